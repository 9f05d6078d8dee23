#!/usr/bin/env bash
# build/sandbox as a command: exit codes, streams, files, JSON, refusals that name what is wrong, and the doctor.
. "$(dirname "$0")/lib.sh"
SANDBOX="$BUILD/sandbox" ACT="$BUILD/tests/programs/act"

ends() { # title, exit code, wanted text, arguments of run…
    local title=$1 code=$2 wanted=$3 out got; shift 3
    out=$("$SANDBOX" run "$@" 2>&1); got=$?
    equals "$title: exit code" "$code" "$got"
    contains "$title: says" "$wanted" "$out"
}

ends "a good run" 0 "sandbox: exited (exit code 0)" -- "$ACT" hello
ends "a bad end" 1 "exit code 7" -- "$ACT" exit 7
ends "too long" 1 "wall_limit" --wall 200ms -- "$ACT" wait
ends "too much CPU time" 1 "cpu_limit" --cpu 200ms -- "$ACT" spin
ends "a forbidden call" 1 "forbidden_call (the filter reported call 57 fork)" -- "$ACT" call 57
ends "threads" 1 "exit code 3" --profile threads --threads 4 -- "$ACT" threads 3

head -c 100 /bin/true >"$WORK/short" && chmod +x "$WORK/short"
echo 'echo no' >"$WORK/script" && chmod +x "$WORK/script"
cp "$ACT" "$WORK/plain" && chmod 644 "$WORK/plain"
ends "no such file" 2 "cannot open" -- "$WORK/nothing"
ends "no ELF" 2 "no ELF file" -- "$WORK/script"
ends "not executable" 2 "chmod +x" -- "$WORK/plain"
ends "cut short" 2 "cut short" -- "$WORK/short"
ends "dynamically linked" 2 "dynamically linked" -- /bin/true
ends "a limit out of range" 2 "limits.memory_bytes is 1, must be 1048576 .." --memory 1 -- "$ACT" hello
ends "threads without the profile" 2 "limits.threads is 2, must be 1 in profile kernel" --threads 2 -- "$ACT" hello
ends "no such profile" 2 "kernel, threads, compile or gpu-launcher" --profile nonsense -- "$ACT" hello
ends "no such back end" 2 "cgroup-v2, cgroup-v1 or rlimits" --backend nonsense -- "$ACT" hello
[ -e /dev/nvidiactl ] || ends "no GPU" 3 "GPU node '/dev/nvidiactl'" --profile gpu-launcher --threads 8 -- "$ACT" hello
ends "no such option" 64 "no option '--nonsense'" --nonsense -- "$ACT" hello
ends "no program" 64 "no program named"
ends "help" 0 "--profile" --help

printf question >"$WORK/in"
"$SANDBOX" run --in "$WORK/in" --out "$WORK/out" --err "$WORK/err" -- "$ACT" echo 2>/dev/null
equals "streams are files" question "$(cat "$WORK/out")"
json=$("$SANDBOX" run --json -- "$ACT" exit 7 2>/dev/null)
equals "JSON" "exited 7" "$(python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["end"], d["exit_code"])' <<<"$json")"
echo 'nop' >"$WORK/a.s"
(cd "$WORK" && "$ROOT/$SANDBOX" run --profile compile --put a.s --get a.o -- /usr/bin/as -o a.o a.s 2>/dev/null)
contains "files go in and out of a compile" ELF "$(head -c 4 "$WORK/a.o")"

out=$("$SANDBOX" doctor); equals "doctor" 0 $?
contains "doctor names the back end" "The sandbox works here, with back end" "$out"
python3 -c 'import json, sys; sys.exit(not json.load(sys.stdin)["usable"])' <<<"$("$SANDBOX" doctor --json)"
equals "doctor in JSON" 0 $?
if grep -q '^no .*cgroup-v1' <<<"$out" && grep -q '^no .*cgroup-v2' <<<"$out"; then
    ends "nothing weaker than groups" 3 "no cgroup" --require=cgroup -- "$ACT" hello
else
    ends "groups are required and there" 0 "cgroup-v" --require=cgroup -- "$ACT" hello
fi
