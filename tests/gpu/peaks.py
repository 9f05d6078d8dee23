"""A line per ranked case of a report: baseline, expert, their ratio, what the expert reaches and what share of the
device's peak that is. usage: peaks.py REPORT.json assignment.json PEAKS    PEAKS: what tests/bench/gpu/vendor.c prints"""
import json
import sys

report, spec = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
rows = [line.split() for line in open(sys.argv[3])]
peaks = {row[1].rstrip(","): float(row[-1]) for row in rows if row[:1] == ["peak"] and "failed:" not in row}
arithmetic = "int8" if any(a.get("type") == "i8" for a in spec["arguments"]) else "fp32"

for t in report.get("timing", []):
    case = next(c for c in spec["gpu_cases"] if c["name"] == t["case"])
    names = {**{k: v for k, v in case.items() if isinstance(v, int)}, **case["sizes"]}
    rate = {key: eval(case[key].replace("/", "//"), {}, names) / t["student_us"] / 1e6 for key in ("flops", "bytes") if key in case}
    shares = [rate[key] / peaks[peak] for key, peak in (("flops", arithmetic), ("bytes", "memory")) if key in rate and peak in peaks]
    print("%-18s %-12s %12.1f %12.1f %9.2f %10.2f %10s %6s %6s" % (
        report["assignment"], t["case"], t["baseline_us"], t["student_us"], t["speedup"], rate["flops"],
        "%.3f" % rate["bytes"] if "bytes" in rate else "-", "%.0f %%" % (100 * max(shares)) if shares else "-", t["noisy"]))
if not report.get("timing"):
    bad = [c["verdict"] for c in report.get("cases", [])]
    print("%-18s %s: %s" % (report["assignment"], report["stage"], report.get("message", bad or "nothing was timed")))
