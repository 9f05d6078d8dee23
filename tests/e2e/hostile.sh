#!/usr/bin/env bash
# Each hostile submission ends in its own verdict, within its limit, shows nothing of the host, and the next
# submission is graded as if nothing had been. Four workers serve them all, as a service would.
. "$(dirname "$0")/lib.sh"
start_service --worker.count=4 || { not_ok "the service starts"; exit 1; }
canary=tests/submissions/attention/correct/naive.c
secret=$(head -n 1 /etc/passwd)
list=${1:-$(ls tests/submissions/*/hostile/*.c)}

one() { # file
    local file=$1 a name answer
    a=$(basename "$(dirname "$(dirname "$file")")") name=$(basename "$file")
    answer="$WORK/$name.json"
    as alice -H 'Accept: application/json' -T "$file" "$URL/try/$a/$name?wait=60" >"$answer" 2>&1
    # Half a gigabyte of fresh pages, case after case, takes a slow host its minutes.
    local until=$((SECONDS + 400))
    while grep -qE '"stage": *"(queued|compiling|checking)"' "$answer" && [ $SECONDS -lt $until ]; do
        sleep 0.5
        as alice -H 'Accept: application/json' "$URL/s/$(grep -oE '"id": *[0-9]+' "$answer" | grep -oE '[0-9]+' | head -n 1)?wait=30" >"$answer.more" 2>&1
        mv "$answer.more" "$answer"
    done
}
# Four at a time: most of them wait for their limit.
export -f one as; export WORK URL
printf '%s\n' $list | xargs -P 4 -I{} bash -c 'one {}'
for file in $list; do
    name=$(basename "$file" .c)
    expect=$(sed -n '1s|/\* expect: \(.*\) \*/|\1|p' "$file")
    got=$(python3 - "$WORK/$name.c.json" <<'PY'
import json, sys
try:
    d = json.load(open(sys.argv[1]))
except Exception as e:
    print("no report:", e); sys.exit()
if d.get("stage") != "graded":
    print(d.get("stage"), d.get("code", "")); sys.exit()
bad = [c for c in d["cases"] if c["verdict"] not in ("pass", "not_run")]
print(bad[0]["verdict"] + " " + bad[0].get("syscall", "") if bad else "pass")
PY
)
    if grep -qE "^($expect)" <<<"$got"; then ok "$name: $got"; else not_ok "$name" "expected: $expect" "got: $got" "$(head -c 1500 "$WORK/$name.c.json")"; fi
    if grep -qF "$secret" "$WORK/$name.c.json" || grep -qE "\"(/tmp|/root|/home|$ROOT)" "$WORK/$name.c.json"; then not_ok "$name shows nothing of the host" "$(head -c 1500 "$WORK/$name.c.json")"; fi
done
for worker in 1 2 3 4; do # other bytes each, all at once: each worker has one
    { cat $canary; echo "/* $worker */"; } >"$WORK/canary$worker.c"
    as bob -o "$WORK/canary$worker" -T "$WORK/canary$worker.c" "$URL/try/attention" & canaries[worker]=$!
done
wait "${canaries[@]}"
for worker in 1 2 3 4; do
    contains "after all of them an honest file gets full marks ($worker of 4)" "cases right" "$(cat "$WORK/canary$worker")"
    lacks "… with nothing wrong" "first wrong" "$(cat "$WORK/canary$worker")"
done
equals "no worker died of it" 0 "$(grep -c 'worker.exit' "$WORK/service.log")"
stop_service TERM
equals "no process is left" "" "$(pgrep -f "$WORK" || true)"
