#!/usr/bin/env bash
# Live: events with ids and resume, long polls, a board that moves, clients that leave, two thousand idle streams.
. "$(dirname "$0")/lib.sh"
STREAMS=${STREAMS:-300} # the bench asks for 2,000
short_timing 300
start_service --assignments.path="$WORK/overlay" --http.connections=4096 --http.connections_per_ip=4096 || { not_ok "the service starts"; exit 1; }
S=tests/submissions/attention
metric() { as ta "$URL/metrics" | awk -v name="$1" '$1 == name {print $2}'; }

kill -STOP $(pgrep -P "$SERVICE") # the workers: everything waits
id=$(as alice -H 'Accept: application/json' -T $S/correct/naive.c "$URL/submit/attention" | json 'd["id"]')
as alice -N --max-time 60 "$URL/api/v1/submissions/$id/events" >"$WORK/events" &
reader=$!
await 5 grep -q '^event: report' "$WORK/events" && ok "the state as it is comes at once" || not_ok "the state as it is comes at once"
code=$(as alice -o "$WORK/poll" -w '%{http_code} %{time_total}' "$URL/api/v1/submissions/$id?wait=1")
check "a long poll answers as it stands when its time is over" grep -qE '^200 1\.' <<<"$code"
now=$(as alice -D - -o /dev/null "$URL/api/v1/submissions/$id" | tr -d '\r' | awk 'tolower($1) == "x-state:" {print $2}')
as alice "$URL/api/v1/submissions/$id?wait=60&after=$now" >"$WORK/after" & poller=$!
kill -CONT $(pgrep -P "$SERVICE")
wait $poller; ok "a long poll with ?after= answers at the next change"
lacks "… which is a change" '"queue_position"' "$(cat "$WORK/after")"
wait $reader
contains "the stream ends with the end" "data: graded" "$(cat "$WORK/events")"
ids=$(grep -c '^id: ' "$WORK/events"); [ "$ids" -ge 5 ] && ok "each change is an event with an id ($ids)" || not_ok "each change is an event with an id" "$ids"
equals "no id comes twice in a row" "" "$(grep '^id: ' "$WORK/events" | uniq -d)"
check "every event is one JSON report" python3 - "$WORK/events" <<'PY'
import json, sys
events = [e for e in open(sys.argv[1]).read().split("\n\n") if e.startswith("event: report")]
assert all(json.loads("".join(l[6:] for l in e.split("\n") if l.startswith("data: ")))["id"] for e in events)
PY
contains "a client is told when to come back" "retry: 2000" "$(head -n 1 "$WORK/events")"
last=$(grep '^id: ' "$WORK/events" | tail -n 1 | cut -d' ' -f2)
equals "who has the last state is sent home with 204" 204 "$(as alice -o /dev/null -w '%{http_code}' -H "Last-Event-ID: $last" "$URL/api/v1/submissions/$id/events")"
first=$(grep '^id: ' "$WORK/events" | head -n 1 | cut -d' ' -f2)
contains "who has an older one gets the present one" "id: $last" "$(as alice -N -H "Last-Event-ID: $first" "$URL/api/v1/submissions/$id/events")"
contains "the page's events are markup" '<p data-told="Graded"' "$(as alice -N "$URL/s/$id/events")"
contains "… in the reader's language" '<p data-told="评分完成"' "$(as alice -N "$URL/s/$id/events?lang=zh")"

# A board that moves
as bob -N --max-time 20 "$URL/demo/attention/board/events" >"$WORK/board" & reader=$!
await 5 grep -q 'alice\|<tr>' "$WORK/board"
before=$(grep -c '^event: page' "$WORK/board")
sql "update grading set speedup = 40, low = 39, high = 41, class = 'cpu:x86-64-v4' where submission_id = $id; update submission set review = null where id = $id"
await 10 sh -c "[ \$(grep -c '^event: page' $WORK/board) -gt $before ]" && ok "a change by another process reaches an open board" || not_ok "a change by another process reaches an open board" "$(tail -c 600 "$WORK/board")"
contains "… with the new value" "40.00×" "$(cat "$WORK/board")"
lacks "… and without the login of others" "alice" "$(cat "$WORK/board")"
pkill -P $reader; wait $reader 2>/dev/null
contains "the report says where one stands" "Rank 1 of 1" "$(as alice "$URL/s/$id.txt")"
contains "the board as text" "40.00x" "$(as alice "$URL/demo/attention/board.txt")"

# Streams that wait, and clients that leave
python3 - "$URL" "$(awk '{print $6}' "$WORK/demo/alice.netrc")" "$STREAMS" "$SERVICE" "$(awk '{print $6}' "$WORK/demo/ta.netrc")" >"$WORK/idle" 2>&1 <<'PY'
import re, resource, select, socket, sys, time, urllib.parse, urllib.request
url, key, count, pid, ta = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 200, max(count + 200, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
def memory(): return int(re.search(r"RssAnon:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])
def get(path, token):
    begin = time.monotonic()
    text = urllib.request.urlopen(urllib.request.Request(sys.argv[1] + path, headers={"Authorization": "Bearer " + token}), timeout=20).read().decode()
    return text, time.monotonic() - begin
def open_streams():
    made = []
    for _ in range(count):
        s = socket.create_connection((url.hostname, url.port))
        s.sendall(f"GET /demo/attention/board/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
        made.append(s)
    for s in made:
        text = b""
        while b"event: page" not in text: text += s.recv(65536)
    return made
def streams_now(): return int(re.search(r"grader_event_streams (\d+)", get("/metrics", ta)[0])[1])
def wait_for_none():
    deadline = time.monotonic() + 30
    while streams_now() and time.monotonic() < deadline: time.sleep(0.2)
wait_for_none() # of those before
before = memory()
streams = open_streams()
time.sleep(0.5)
after = memory()
open_now = streams_now()
waits = sorted(get("/demo/attention/board.json", key)[1] for _ in range(50))
for s in streams: s.close()
wait_for_none()
left = streams_now()
streams = open_streams(); time.sleep(0.5); second = memory()
for s in streams: s.close()
print(f"open {open_now:.0f} left {left:.0f} bytes_each {1024 * (after - before) // count} again_each {1024 * (second - before) // count} p98_ms {1000 * waits[48]:.1f}")
PY
echo "# $(tail -n 1 "$WORK/idle")"
check "all $STREAMS streams were open at once" grep -q "open $STREAMS " "$WORK/idle"
check "none is left once their clients are gone" grep -q 'left 0 ' "$WORK/idle"
if [ -n "${SAN:-}" ]; then
    skip "an idle stream costs at most 40 KiB" "sanitizers keep what is freed"
    skip "as many again cost no more" "sanitizers keep what is freed"
else
    each=$(grep -o 'bytes_each [0-9]*' "$WORK/idle" | cut -d' ' -f2)
    [ "${each:-999999}" -le 40960 ] && ok "an idle stream costs at most 40 KiB ($each bytes)" || not_ok "an idle stream costs at most 40 KiB" "$(cat "$WORK/idle")"
    twice=$(grep -o 'again_each [0-9]*' "$WORK/idle" | cut -d' ' -f2)
    [ "${twice:-999999}" -le $((each + each / 2 + 8192)) ] && ok "as many again cost no more ($twice)" || not_ok "as many again cost no more" "$(cat "$WORK/idle")"
fi
equals "the service answers" 200 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/healthz")"

# The end: what runs is finished, and whoever waits is told that the rest goes on
{ cat $S/correct/naive.c; echo '/* running */'; } >"$WORK/running.c"
{ cat $S/correct/naive.c; echo '/* waiting */'; } >"$WORK/waiting.c"
kill -STOP $(pgrep -P "$SERVICE")
as alice -N -o "$WORK/running" -T "$WORK/running.c" "$URL/submit/attention" & one=$!
await 10 grep -q '^#' "$WORK/running" || not_ok "a file is accepted before the end"
"$GRADER" worker list --database.path="$DB" --json | json '" ".join(r["name"] for r in d["rows"])' | xargs -n 1 "$GRADER" worker drain --database.path="$DB" >/dev/null 2>&1
none_free() { [ "$(metric 'grader_worker_state{state="free"}')" = 0 ]; } # as the service sees it: the list has it at once
await 30 none_free || not_ok "those who are free rest"
as bob -N -o "$WORK/waiting" -T "$WORK/waiting.c" "$URL/submit/attention" & two=$!
await 10 grep -q '^queued' "$WORK/waiting" || not_ok "another one waits"
waits=$(sql "select max(id) from submission")
as bob -v -N -o /dev/null "$URL/api/v1/submissions/$waits/events" 2>"$WORK/events.err" & three=$!
as bob -v -o "$WORK/poll" -w '%{http_code}' "$URL/api/v1/submissions/$waits?wait=60" >"$WORK/poll.code" 2>"$WORK/poll.err" & four=$!
await 30 grep -q '^< HTTP/1.1 200' "$WORK/events.err" || not_ok "events have begun before the end"
await 30 grep -q '^> GET' "$WORK/poll.err" || not_ok "a long poll is asked for before the end"
for look in 1 2; do curl -sS -o /dev/null "$URL/healthz"; done # answered after what was sent before it was read
kill -TERM "$SERVICE"
kill -CONT $(pgrep -P "$SERVICE") 2>/dev/null
wait $one; equals "a stream ends as streams end, not in the middle" 0 $?
contains "… what ran was checked to its end" "cases right" "$(cat "$WORK/running")"
wait $two; equals "so does that of a file that waits" 0 $?
contains "… and it is told that it goes on" "the service restarts. Your file is stored" "$(tail -n 1 "$WORK/waiting")"
wait $three; equals "events end in order" 0 $?
wait $four; equals "a long poll is answered as it stands" '200 "queued"' "$(cat "$WORK/poll.code") $(grep -o '"queued"' "$WORK/poll" | head -n 1)"
wait "$SERVICE"; equals "SIGTERM ends the service with 0" 0 $?
SERVICE=
