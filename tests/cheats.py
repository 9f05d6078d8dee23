"""Runs the cheats of tests/submissions/*/cheats through `grader try`, which starts the real worker, sandbox and clock,
and prints what each gained: its speed-up over that of the honest kernel it is made of.

    python3 tests/cheats.py [--short] [--tap] [NAME ...]

The first line of a file is what must come of it: /* expect: VERDICT|VERDICT */, or "no gain": right, and the lower end
of its speed-up at most 5 % above the upper end of the honest one's. Only the first ranked case is run, so that nothing
but the timing stage can catch it. --short: smaller ranked cases and the cheats in SHORT. --tap: for the test run."""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = os.environ.get("BUILD", "build")
GAIN = 1.05
CASES = {"attention": "prefill", "gradient_descent": "linear"}
SHORT = ("honest replay_by_pointer replay_by_count constructor done_first done_ahead own_loop lazy_at_times phase "
         "control_page outputs_replaced inputs_replaced veto spoil_caches exit_after").split()
TRIES = 2  # an interval of 95 % is wrong one time in twenty, and a neighbour may push: what counts must come twice

options = [word for word in sys.argv[1:] if word.startswith("--")]
names = [word for word in sys.argv[1:] if not word.startswith("--")]
short, tap = "--short" in options, "--tap" in options


def overlay(folder):
    """Ranked cases of a tenth of the work, for the short form."""
    for name in CASES:
        text = Path(f"assignments/{name}/assignment.json").read_text()
        text = re.sub(r'"Tq":704,"Tk":704', '"Tq":256,"Tk":256', text)
        text = re.sub(r'"timing_wall_ms": *\d+', '"timing_wall_ms": 2500', text)
        (folder / name).mkdir(parents=True)
        (folder / name / "assignment.json").write_text(text)
    return ["--assignments", str(folder)]


def grade(assignment, file, extra):
    run = subprocess.run([BUILD + "/grader", "try", assignment, str(file), "--case", CASES[assignment], "--json", *extra],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    try:
        return json.loads(run.stdout)
    except ValueError:
        return {"stage": "no report", "message": (run.stderr or run.stdout)[-300:].decode()}


def outcome(report):
    """(verdict with its call, timing row or None)"""
    if report["stage"] != "graded":
        return report["stage"], None
    cases = [one for one in report["cases"] if one["verdict"] != "not_run"]
    if not cases:
        return "not_run", None
    verdict = " ".join([cases[-1]["verdict"], cases[-1].get("syscall", "")]).strip()
    rows = report.get("timing", [])
    return verdict, rows[0] if rows and verdict == "pass" else None


def can_time():
    with open("/proc/cpuinfo") as info:
        return len(os.sched_getaffinity(0)) > 1 and " avx2 " in info.read()


def try_one(path, work, extra, honest):
    assignment = path.parts[-3]
    kernel = path.parent / "kernel.inc"
    file = work / f"{path.stem}.c"
    file.write_text((kernel.read_text() if kernel.exists() else "") + path.read_text())
    expected = re.match(r"/\* expect: (.*) \*/", path.read_text()).group(1).split("|")
    for _ in range(TRIES):
        verdict, row = outcome(grade(assignment, file, extra))
        gained = row["low"] / honest["high"] - 1 if row and honest else None
        # Without a row there is nothing to gain either, but only where nothing can be timed: one core.
        fair = "no gain" in expected and verdict == "pass" and (gained is None or gained <= GAIN - 1)
        fair = fair and (row is not None or not can_time())
        good = fair or any(verdict.startswith(word) for word in expected)
        if good:
            break
    return good, expected, verdict, row, gained


def main():
    files = sorted(Path(".").glob("tests/submissions/*/cheats/*.c"), key=lambda path: (path.parts[-3], path.stem != "honest", path))
    if short:
        files = [path for path in files if path.stem in SHORT]
    if names:
        files = [path for path in files if path.stem in names or path.stem == "honest"]
    bad, honest = 0, {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        extra = overlay(work / "overlay") if short else []
        if not tap:
            print(f"{'cheat':28} {'speed-up':>9} {'interval':>17} {'gained':>8}  verdict (expected)")
        for number, path in enumerate(files, 1):
            assignment = path.parts[-3]
            good, expected, verdict, row, gained = try_one(path, work, extra, honest.get(assignment))
            if path.stem == "honest" and row:
                honest[assignment] = row
            bad += not good
            speed = f"{row['speedup']:8.3f}x  {row['low']:6.3f} .. {row['high']:6.3f}" if row else f"{'':27}"
            share = "nothing" if not row or path.stem == "honest" or gained is None else f"{100 * gained:+.1f} %"
            line = f"{path.stem:28} {speed} {share:>8}  {verdict} ({'|'.join(expected)})"
            print(f"{'ok' if good else 'not ok'} {number} - {line}" if tap else line + ("" if good else "  <-- BAD"), flush=True)
        print(f"1..{len(files)}" if tap else f"{len(files)} cheats, {bad} gained something or ended in another way")
    return bad > 0


sys.exit(main())
