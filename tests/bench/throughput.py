#!/usr/bin/env python3
"""Grading without the timing stage against bare compile-and-run of the same sources, by turns.

usage: throughput.py URL NETRC TMP ROUNDS PER_ROUND BARE_COMMAND SOURCE...
BARE_COMMAND: shell, {source} is the file, {program} where to put the program. Each round runs PER_ROUND files that
nobody sent before, with 2 and with 8 clients, bare and through the service."""
import base64, concurrent.futures, http.client, itertools, json, os, statistics, subprocess, sys, time

url, netrc, tmp, rounds, per_round, bare = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
sources = [open(path).read() for path in sys.argv[7:]]
words = open(netrc).read().split()
token = words[words.index("password") + 1]
host = url.split("//")[1]
numbers = itertools.count(int(time.time()) % 100000 * 10000)


def fresh():
    number = next(numbers)
    return "/* %d */\n" % number + sources[number % len(sources)], number


def run_bare(job):
    text, number = job
    path, program = "%s/b%d.c" % (tmp, number), "%s/b%d" % (tmp, number)
    with open(path, "w") as file:
        file.write(text)
    done = subprocess.run(bare.format(source=path, program=program), shell=True, capture_output=True)
    if done.returncode != 0:
        raise SystemExit("bare failed: " + done.stderr.decode()[-2000:])
    os.unlink(program)
    os.unlink(path)


def run_service(job):
    text, number = job
    link = http.client.HTTPConnection(host, timeout=120)
    link.request("PUT", "/submit/attention/a.c?wait=100", text, {"Accept": "application/json", "Authorization": "Bearer " + token})
    answer = link.getresponse()
    report = json.loads(answer.read())
    if answer.status != 200 or report["stage"] != "graded":
        raise SystemExit("service: %d %.300s" % (answer.status, report))


def rate(run, clients):
    jobs = [fresh() for _ in range(per_round)]
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(run, jobs))
    return per_round / (time.perf_counter() - began)


rate(run_service, 2), rate(run_bare, 2)  # warm
for clients in (2, 8):
    pairs = []
    for turn in range(rounds):
        both = [run_bare, run_service] if turn % 2 == 0 else [run_service, run_bare]
        got = {run: rate(run, clients) for run in both}
        pairs.append((got[run_bare], got[run_service]))
    ratios = sorted(service / bare_rate for bare_rate, service in pairs)
    print("%d clients: bare %5.2f/s  service %5.2f/s  ratio %.2f (median of %d, %.2f to %.2f)"
          % (clients, statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs),
             statistics.median(ratios), rounds, ratios[0], ratios[-1]))
