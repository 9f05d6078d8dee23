# Shared by the tests and the bench that need a device. Source it.
#   GPU=WHICH        as of grader try --gpu (default auto)
#   TWINS=FOLDER     for a stand-in of tests/driver: each source gets the name of its twin in that folder
#   OVERLAY=FOLDER   a private folder of assignments
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
BUILD="${BUILD:-build}"
GRADER="$BUILD/grader" GPU="${GPU:-auto}"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/grader-gpu-XXXXXX")
trap 'rm -rf "$WORK"' EXIT

# Grades one file into $WORK/json; returns the exit code of grader try.
try() { # assignment, file, options…
    local assignment=$1 file=$2; shift 2
    cp "$file" "$WORK/source.cu"
    [ -z "${TWINS:-}" ] || printf '\nextern "C" { __device__ int host_twin_%s; }\n' "$(twin_of "$file")" >>"$WORK/source.cu"
    timeout 900 "$GRADER" try "$assignment" "$WORK/source.cu" --gpu "$GPU" ${OVERLAY:+--assignments "$OVERLAY"} --json "$@" \
        >"$WORK/json" 2>"$WORK/err"
}
twin_of() { printf '%s' "${1%.cu}" | tr -c 'a-zA-Z0-9' _; }
said() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$WORK/json" "$1"; }
ranked() { python3 -c 'import json,sys; print(*[c["name"] for c in json.load(open(sys.argv[1]))["gpu_cases"]])' "${OVERLAY:-assignments}/$1/assignment.json"; }
assignments() { local a; for a in assignments/*/assignment.json; do a=$(dirname "$a"); basename "$a"; done; }

# Ends the script where no kernel can run.
need_device() {
    local a=attention
    try $a tests/submissions/$a/cuda/naive.cu --no-timing
    local code=$?
    [ $code -ne 4 ] || { echo "skipped: no GPU ($GRADER doctor says more)"; exit 0; }
    [ $code -eq 0 ] || { echo "the first kernel failed: $(cat "$WORK/err" "$WORK/json")"; exit 1; }
}
