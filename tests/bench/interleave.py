#!/usr/bin/env python3
"""Times commands by turns and prints medians and ratios to the first one.

usage: interleave.py ROUNDS NAME=COMMAND NAME=COMMAND ...
{n} in a command becomes a number that never repeats; {prepare} commands are given as NAME!=COMMAND and run
before each timed run of NAME, outside its clock. A command that fails ends the bench with its output."""
import statistics, subprocess, sys, time


def run(command, number):
    command = command.replace("{n}", str(number))
    began = time.perf_counter()
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    took = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit("failed (%d): %s\n%s" % (done.returncode, command, done.stdout.decode(errors="replace")[-3000:]))
    return took


def main():
    rounds, timed, prepare = int(sys.argv[1]), {}, {}
    for word in sys.argv[2:]:
        name, command = word.split("=", 1)
        (prepare if name.endswith("!") else timed)[name.rstrip("!")] = command
    times = {name: [] for name in timed}
    number = int(time.time()) % 100000 * 1000
    for i in range(rounds + 1):  # the first round warms caches and is dropped
        names = list(timed) if i % 2 == 0 else list(timed)[::-1]
        for name in names:
            number += 1
            if name in prepare:
                run(prepare[name], number)
            took = run(timed[name], number)
            if i > 0:
                times[name].append(took)
    first = None
    print("%-34s %9s %9s %9s  ratio (median of rounds)" % ("", "median ms", "p10 ms", "p90 ms"))
    for name, took in times.items():
        first = first or took
        ordered = sorted(took)
        ratio = statistics.median(a / b for a, b in zip(took, first))
        print("%-34s %9.1f %9.1f %9.1f  %.2f" % (name, statistics.median(took) * 1e3, ordered[len(ordered) // 10] * 1e3,
                                                 ordered[len(ordered) * 9 // 10] * 1e3, ratio))


main()
