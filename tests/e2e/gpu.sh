#!/usr/bin/env bash
# CUDA submissions from the file to the score, offline and by the service, on a stand-in for a device
# (tests/driver): the compiler, the sandbox, the launcher and the judges are real; what kernels compute comes from
# twins on the host. A host with a GPU runs make test-gpu besides.
. "$(dirname "$0")/lib.sh"
if ! "$BUILD/sandbox" doctor 2>/dev/null | grep -q "^yes  nvrtc"; then
    skip "CUDA submissions" "no CUDA toolkit (libnvrtc) on this host"
    exit 0
fi
VIEW="$WORK/device-$$"
LOCKS="/tmp/kernel-grader-gpu-device-$$"
trap 'rm -f "$LOCKS".lock "/tmp/kernel-grader-gpu-$(id -u)/device-$$.quarantine"; finish' EXIT
cp "$BUILD"/tests/driver/{libcuda.so.1,libnvidia-ml.so.1,attention.so,baseline.so} "$WORK"
{
    printf 'device /dev/null nvidiactl\ndevice /dev/zero nvidia-uvm\ndevice /dev/full nvidia0\n'
    for library in libcuda.so.1 attention.so baseline.so libnvidia-ml.so.1; do echo "library $WORK/$library"; done
} >"$VIEW"
mkdir -p "$WORK/overlay/attention"
# A ranked case in a size for the host, and a target, which is not calibrated yet.
sed -e 's/{"B":4,"H":32,"Tq":4096,"Tk":4096,"D":128}/{"B":1,"H":2,"Tq":32,"Tk":32,"D":16}/' \
    -e 's/"gpu:sm_90": {"target": null}/"gpu:sm_90": {"target": 4}/' \
    assignments/attention/assignment.json >"$WORK/overlay/attention/assignment.json"
source_of() { # kernel, word of the stand-in
    cat <<CU
#include "attention.cuh"
//@ launch $1<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)
extern "C" { __device__ int host_$2;
__global__ void $1(int H, int Tq, int Tk, int D, const float *q, const float *k, const float *v,
                   const int *kvlen, int causal, float *o) { o[0] = q[0]; } }
CU
}
source_of attention_2ms twin_attention >"$WORK/right.cu"
source_of attention_half twin_attention >"$WORK/wrong.cu"
source_of attention_2ms knob_trap >"$WORK/trap.cu"
source_of attention_2ms knob_lost >"$WORK/lost.cu"
try() { timeout 120 "$GRADER" try attention "$@" --assignments "$WORK/overlay" >"$WORK/out" 2>"$WORK/err"; }

try "$WORK/right.cu" --gpu "$VIEW"
equals "a right .cu file exits 0" 0 $?
contains "… with every correctness point" "17 of 17 cases right" "$(cat "$WORK/out")"
contains "… and its ranked case on the device" "prefill" "$(cat "$WORK/out")"
try "$WORK/wrong.cu" --gpu "$VIEW"
equals "a wrong one exits 1" 1 $?
contains "… and shows the first mismatch" "first wrong: case one" "$(cat "$WORK/out")"
try "$WORK/trap.cu" --gpu "$VIEW" --case small
equals "one that traps exits 1" 1 $?
contains "… and says so" "trapped" "$(cat "$WORK/out")"
try "$WORK/right.cu" --gpu none
equals "the same file without a device exits 4" 4 $?
contains "… and says that nothing is known" "no GPU here" "$(cat "$WORK/out")"
try "$WORK/right.cu" --gpu "$VIEW" --case prefill --json
equals "a ranked case of the device alone exits 0" 0 $?
equals "… in the class of the device" "gpu:sm_90" "$(json 'd["class"]' <"$WORK/out")"

start_service --worker.gpu="$VIEW" --worker.count=2 --assignments.path="$WORK/overlay" || { not_ok "the service starts"; exit 1; }
submit() { as alice -T "$1" -H 'Accept: application/json' "$URL/submit/attention?device=gpu&wait=100"; }
await 20 grep -q 'gpu=gpu:sm_90' "$WORK/service.log"
submit "$WORK/right.cu" >"$WORK/json"
equals "the service grades a .cu file" "graded" "$(json 'd["stage"]' <"$WORK/json")"
equals "… on the device's class" "gpu:sm_90" "$(json 'd["class"]' <"$WORK/json")"
equals "… with the device's ranked case" "prefill" "$(json 'd["timing"][0]["case"]' <"$WORK/json")"
contains "… and every correctness point" "60" "$(json 'sum(g["points"] for g in d["groups"] if g["name"] != "speed")' <"$WORK/json")"
id=$(json 'd["id"]' <"$WORK/json")
equals "… and the same from the database" "graded gpu:sm_90" \
    "$(as alice -H 'Accept: application/json' "$URL/s/$id" | json 'd["stage"] + " " + d["class"]')"
contains "the list of workers names the device" "gpu:sm_90" "$("$GRADER" worker list --database.path="$DB" 2>&1)"

# Accepted, and then kill -9: what waits for a GPU waits for it again, whichever worker is ready first; and so does
# what comes before any of them is.
again() { { cat "$WORK/right.cu"; echo "// $1"; } >"$WORK/again.cu"; as alice -T "$WORK/again.cu" -H 'Accept: application/json' "$URL/submit/attention?device=gpu" | json 'd["id"]'; }
restart() { start_service --worker.gpu="$VIEW" --worker.count=2 --assignments.path="$WORK/overlay"; }
stage() { as alice -H 'Accept: application/json' "$URL/s/$1" | json 'd["stage"]'; }
is_over() { [[ "$(stage "$1")" =~ ^(graded|compiled_only|system_error)$ ]]; }
before=$(again before)
stop_service KILL; restart
early=$(again early)
for id in "$before" "$early"; do await 90 is_over "$id"; done
equals "accepted before a kill -9, it is graded on the device" graded "$(stage "$before")"
equals "accepted before any worker is ready, too" graded "$(stage "$early")"

submit "$WORK/lost.cu" >"$WORK/json"
contains "a device that is lost is no verdict on the student" "$(json 'd["stage"]' <"$WORK/json")" "system_error compiled_only"
in_list() { "$GRADER" worker list --database.path="$DB" 2>&1 | grep -q 'gpu:quarantine'; }
check "… and shows as quarantine in the list of workers" await 10 in_list
contains "… and in the log, with its reason" "gpu_quarantine" "$(cat "$WORK/service.log")"
submit "$WORK/wrong.cu" >"$WORK/json"
equals "what comes after it is compiled, and no more" "compiled_only" "$(json 'd["stage"]' <"$WORK/json")"
