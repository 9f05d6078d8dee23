#!/usr/bin/env bash
# Without a server: try, check, batch, doctor, settings. Exit codes, one JSON object, nothing left behind.
. "$(dirname "$0")/lib.sh"
S=tests/submissions/attention
try() { timeout 120 "$GRADER" try "$@" 2>"$WORK/err"; }
code_of() { local title=$1 expected=$2; shift 2; try "$@" >"$WORK/out"; equals "$title" "$expected" $?; }

code_of "a correct file exits 0" 0 attention $S/correct/naive.c --no-timing
contains "… and ends in its score" "Score 60.0 / 100" "$(tail -n 1 "$WORK/out")"
code_of "a wrong file exits 1" 1 attention "$(ls $S/wrong/*.c | head -n 1)"
contains "… and names the first wrong case" "first wrong: case" "$(cat "$WORK/out")"
printf 'int x = ;\n' >"$WORK/attention.c"
code_of "a file that does not compile exits 2" 2 attention "$WORK/attention.c"
contains "… with the compiler's words" "attention.c:1:9: error" "$(cat "$WORK/out")"
lacks "… and no path of this machine" "$WORK" "$(cat "$WORK/out")"
: >"$WORK/empty.c"
code_of "an empty file exits 2" 2 attention "$WORK/empty.c"
printf 'a\0b' >"$WORK/nul.c"
code_of "a NUL byte exits 2" 2 attention "$WORK/nul.c"
contains "… and says where" "offset 1" "$(cat "$WORK/out")"
head -c 300000 /dev/zero | tr '\0' ' ' >"$WORK/large.c"
code_of "a file over the limit exits 2" 2 attention "$WORK/large.c"
contains "… and names the limit" "the limit is 256 KiB" "$(cat "$WORK/out")"
code_of "an unknown assignment exits 2" 2 atention $S/correct/naive.c
contains "… with the nearest name and the list" "Did you mean attention? Open now: " "$(cat "$WORK/out")"
cp $S/correct/naive.c "$WORK/attention.cu"
code_of "a .cu file without launch lines exits 2" 2 attention "$WORK/attention.cu"
contains "… and says what is missing" "no launch line" "$(cat "$WORK/out")"
if "$BUILD/sandbox" doctor 2>/dev/null | grep -q "^yes  nvrtc"; then
    code_of "a right .cu file without a GPU exits 4" 4 attention $S/cuda/naive.cu --gpu none
    contains "… with the launches that it asks for" "attention<<<(Tq, H, B), 128, 4*Tk>>>" "$(cat "$WORK/out")"
    contains "… and what each kernel needs" "registers" "$(cat "$WORK/out")"
    contains "… and no score" "No score: compiled; no GPU here" "$(tail -n 1 "$WORK/out")"
    cp $S/cuda/naive.cu "$WORK/right.cu"
else
    echo "ok - compiling CUDA # SKIP no CUDA toolkit (libnvrtc) on this host"
fi
code_of "an unknown option exits 64" 64 attention $S/correct/naive.c --jsno
contains "… and names the nearest" "Did you mean --json?" "$(cat "$WORK/err")"
code_of "an unknown back end exits 64" 64 attention $S/correct/naive.c --backend docker
code_of "an unknown case exits 64" 64 attention $S/correct/naive.c --case paddin
code_of "one case alone exits 0" 0 attention $S/correct/naive.c --case padding
contains "… without a score" "No score: only case padding" "$(tail -n 1 "$WORK/out")"

try attention $S/correct/naive.c --no-timing --json >"$WORK/json"
check "--json is one object with the promised fields" python3 - "$WORK/json" <<'PY'
import json, sys
text = open(sys.argv[1]).read()
d = json.loads(text)
assert text.endswith("}\n") and text.count("\n") == 1
assert d["format"] == 1 and d["stage"] == "graded" and d["score"] == 60 and d["max_score"] == 100, d
assert abs(sum(g["points"] for g in d["groups"]) - d["score"]) < 1e-9
assert "id" not in d and "timing" not in d and not any(c.get("hidden") for c in d["cases"])
assert len(d["provenance"]["seed_commitment"]) == 64 and d["provenance"]["spec"]
PY
for file in "$WORK/attention.c" "$WORK/nul.c" "$WORK/attention.cu" "$WORK/right.cu"; do
    [ -e "$file" ] || continue
    try attention "$file" --json >"$WORK/json"
    check "--json without a score is whole too (${file##*.}, $(wc -c <"$file") bytes)" python3 - "$WORK/json" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["stage"] in ("compile_error", "rejected", "compiled_only") and "score" not in d and d["message"]
PY
done
contains "a Chinese report is Chinese" "未计时" "$(try attention $S/correct/naive.c --no-timing --lang zh)"

# The worker dies, or the student loses patience
cat >"$WORK/spin.c" <<'C'
#include "attention.h"
void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    for (volatile int i = 0;; i++)
        ;
}
C
worker_of() { pgrep -P "$1" -x worker; }
"$GRADER" try attention "$WORK/spin.c" --case one >"$WORK/out" 2>"$WORK/err" &
pid=$!
await 20 grep -q compiled "$WORK/out"
kill -9 "$(worker_of $pid)"
wait $pid
equals "a worker that is killed exits 3" 3 $?
contains "… and the last line says whose fault it is" "No score: grading failed on our side" "$(tail -n 1 "$WORK/out")"
"$GRADER" try attention "$WORK/spin.c" --case one >"$WORK/out" 2>"$WORK/err" &
pid=$!
await 20 grep -q compiled "$WORK/out"
worker=$(worker_of $pid)
kill -TERM $pid
wait $pid
equals "a signal ends it as signals do" 143 $?
check "… and the worker with it" await 5 sh -c "! kill -0 $worker"

# The other commands
mkdir -p "$WORK/lms/bob"
cp $S/correct/naive.c "$WORK/lms/alice_attention.c"
cp "$WORK/attention.c" "$WORK/lms/bob/=cmd.c"
script -qec "'$GRADER' batch attention '$WORK/lms' --no-timing --csv '$WORK/bar.csv'" /dev/null </dev/null >"$WORK/bar"
files=$(($(wc -l <"$WORK/bar.csv") - 1))
check "on a terminal batch shows how far it is" grep -qF "[##############################] $files/$files " "$WORK/bar"
check "batch grades a folder" "$GRADER" batch attention "$WORK/lms" --no-timing --csv "$WORK/table.csv" --junit "$WORK/junit.xml"
check "… into CSV that no spreadsheet runs, and JUnit XML" python3 - "$WORK" <<'PY'
import csv, sys, xml.etree.ElementTree as xml
rows = {r["file"]: r for r in csv.DictReader(open(sys.argv[1] + "/table.csv"))}
assert rows["alice_attention.c"]["score"] == "60.0", rows
assert rows["bob/=cmd.c"]["stage"] == "compile_error", rows
suite = xml.parse(sys.argv[1] + "/junit.xml").getroot()
assert suite.attrib["tests"] == "2" and suite.attrib["failures"] == "1", suite.attrib
PY
mkdir -p "$WORK/corpus/correct" "$WORK/corpus/wrong"
cp $S/correct/naive.c "$WORK/corpus/correct/"
cp "$(ls $S/wrong/*.c | head -n 1)" "$WORK/corpus/wrong/"
check "check passes where right and wrong are told apart" "$GRADER" check attention --no-timing --dir "$WORK/corpus"
cp $S/correct/naive.c "$WORK/corpus/wrong/right.c"
"$GRADER" check attention --no-timing --dir "$WORK/corpus" >"$WORK/out"
equals "… and exits 1 where a mutant survives" 1 $?
contains "… naming it" "BAD  wrong    right.c" "$(cat "$WORK/out")"
rm "$WORK/corpus/wrong/right.c"
# A mutant that dies by one case only is said, and so is one that passes what its first line expects to fail.
cp $S/wrong/empty_sequence_nan.c "$WORK/corpus/wrong/"
"$GRADER" check attention --no-timing --seeds 2 --dir "$WORK/corpus" >"$WORK/out"
equals "check takes other inputs as often as --seeds says" "0, 4 of 4 wrong mutants fail" "$?, $(grep -o '[0-9]* of [0-9]* wrong mutants fail' "$WORK/out")"
contains "… and names the case without which a mutant would pass" "note case     empty                        alone kills empty_sequence_nan.c and 1 more" "$(cat "$WORK/out")"
sed '1s/wrong .*/wrong masks,range *\//' $S/wrong/empty_sequence_nan.c >"$WORK/corpus/wrong/empty_sequence_nan.c"
"$GRADER" check attention --no-timing --dir "$WORK/corpus" >"$WORK/out"
equals "check exits 1 where a mutant passes what it should fail" 1 $?
contains "… naming it and the group" "BAD  wrong    empty_sequence_nan.c         passes range, which its first line expects to fail" "$(cat "$WORK/out")"
rm "$WORK/corpus/wrong/empty_sequence_nan.c"
# What a TA may mistype in an assignment file: file, field and reason, and no other assignment is blamed.
mkdir -p "$WORK/typo/attention"
while IFS='|' read -r change words; do
    sed -E "$change" assignments/attention/assignment.json >"$WORK/typo/attention/assignment.json"
    "$GRADER" check attention --no-timing --assignments "$WORK/typo" >"$WORK/out" 2>"$WORK/err"
    equals "check exits 1 for a file that is refused" 1 $?
    contains "… with file, field and reason" "/attention/assignment.json: $words" "$(cat "$WORK/err")"
done <<'END'
s/("q".*"type": )"f32"/\1"f64"/|arguments[5]: type 'f64' is none of f32 i32 i8
s/("name": "q".*)"B", "H"/\1"B*2000000000*2000000000*2000000000", "H"/|cases[0]: shape of 'q': the expression overflows
s/("Tq", .*"max": )1024/\1383/|cases[6].sizes.Tq: 384 lies outside 1..383
s/"target": 12/"target": 1/|speed.classes.cpu:x86-64-v4.target: a target is larger than 1
END
# Ranked cases that are over before the clock has looked.
if [ "$(nproc)" -ge 2 ]; then
    mkdir -p "$WORK/tiny/attention"
    mkdir -p "$WORK/few/attention"
    sed -E 's/"pairs_min": 15, "pairs_max": 200/"pairs_min": 2, "pairs_max": 6/' assignments/attention/assignment.json >"$WORK/few/attention/assignment.json"
    try attention reference/attention/expert.c --case prefill --json --assignments "$WORK/few" >"$WORK/out"
    equals "pairs_max of the assignment bounds the pairs" 6 "$(grep -oE '"pairs": ?[0-9]+' "$WORK/out" | head -n 1 | tr -dc 0-9)"
    sed -E 's/"T([qk])":(704|640)/"T\1":64/g' assignments/attention/assignment.json >"$WORK/tiny/attention/assignment.json"
    "$GRADER" check attention --dir "$WORK/corpus" --assignments "$WORK/tiny" >"$WORK/out"
    equals "check exits 1 where a ranked case is no measure" 1 $?
    contains "… with file, field and reason" "$WORK/tiny/attention/assignment.json: cases[17].sizes: prefill: the expert takes" "$(cat "$WORK/out")"
else
    skip "check exits 1 where a ranked case is no measure" "one processor"
fi
# A case that the expert was not written for: the overlay allows more keys than its scratch holds.
mkdir -p "$WORK/longer/attention"
sed -E 's/("Tk",.*"max": )1024/\18192/; s/("name": "long",.*"Tk":)384/\18192/' assignments/attention/assignment.json >"$WORK/longer/attention/assignment.json"
"$GRADER" check attention --no-timing --dir "$WORK/corpus" --assignments "$WORK/longer" >"$WORK/out"
equals "check exits 1 where the expert fails its own case" 1 $?
contains "… naming the expert" "BAD  trusted  expert.c" "$(cat "$WORK/out")"
contains "… and what is wrong with the assignment" "ask for more than its own" "$(cat "$WORK/out")"
if [ "$(nproc)" -ge 2 ]; then
    contains "doctor says how well this machine measures" "baseline against itself within" "$("$GRADER" doctor --worker.calibration="$WORK/calibration.json")"
    contains "… and whether timed programs go first" "$([ "$(id -u)" = 0 ] && echo 'priority               ok' || echo priority)" "$("$GRADER" doctor --worker.calibration=)"
    # A test of the machine that is cut off leaves a worker that grades.
    "$GRADER" doctor --worker.calibration="$WORK/never.json" >"$WORK/out" &
    doctor=$!
    until pgrep -P "$doctor" -x worker >/dev/null; do sleep 0.1; done
    sleep 2 && pkill -KILL -P "$doctor" -x worker
    wait "$doctor"
    equals "doctor goes on without a test of the machine" 0 $?
    contains "… and says that speed is not measured" "the worker was ended by signal 9" "$(grep '^speed' "$WORK/out")"
else
    skip "doctor says how well this machine measures" "one processor"
fi
check "doctor finds that this machine grades" "$GRADER" doctor --worker.calibration=
check "doctor --json is one object" sh -c "'$GRADER' doctor --json --worker.calibration= | python3 -c 'import json,sys; assert json.load(sys.stdin)[\"works\"]'"
timeout 20 "$GRADER" serve --http.host=0.0.0.0 --http.port=0 --worker.calibration= --database.path="$WORK/open.db" >"$WORK/out" 2>&1
equals "tokens in the clear: no service for other machines" 1 $?
contains "… unless a setting says so" "http.allow_plain=1" "$(cat "$WORK/out")"
contains "settings prints origin and bounds" "http.port = 81 port   (environment; 0 to 65535 port, default 8080)" \
    "$(GRADER_HTTP_PORT=81 "$GRADER" settings)"
"$GRADER" settings --http.prot=1 2>"$WORK/err"
equals "an unknown setting exits 64" 64 $?
contains "… with the nearest name" "Did you mean http.port?" "$(cat "$WORK/err")"
"$GRADER" tyr >/dev/null 2>"$WORK/err"
equals "an unknown command exits 64" 64 $?
contains "… with the nearest name" "Did you mean try?" "$(cat "$WORK/err")"
