#!/usr/bin/env bash
# Requests on connections that were open when SIGTERM came: while jobs are finished, and in the last moments.
. "$(dirname "$0")/lib.sh"
S=tests/submissions/attention
mkdir -p "$WORK/overlay/attention" # without a target there is no timing
sed -E 's/"target": *[0-9.]+/"target": null/g' assignments/attention/assignment.json >"$WORK/overlay/attention/assignment.json"
start_service --assignments.path="$WORK/overlay" --worker.count=1 || { not_ok "the service starts"; exit 1; }
id=$(as alice -H 'Accept: application/json' -T $S/correct/naive.c "$URL/submit/attention?wait=60" | json 'd["id"]')
check "a submission is graded" await 60 sh -c "[ \"\$(sqlite3 '$DB' 'select stage from submission where id = $id')\" = graded ]"
kill -STOP $(pgrep -P "$SERVICE") # the worker: what comes now runs until the end
{ cat $S/correct/naive.c; echo '/* running */'; } >"$WORK/running.c"
as alice -o /dev/null -H 'Accept: application/json' -T "$WORK/running.c" "$URL/submit/attention"
await 10 sh -c "[ \"\$(grep -c 'submission.stage.*stage=compiling' '$WORK/service.log')\" -ge 2 ]" || not_ok "another one runs"

python3 - "$URL" "$(awk '{print $6}' "$WORK/demo/ta.netrc")" "$id" "$SERVICE" "$WORK/service.log" >"$WORK/told" 2>&1 <<'PY'
import http.client, os, signal, sys, time, urllib.parse
url, key, id, pid, log = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
grade = "/api/v1/cohorts/demo/offerings/attention/grades/alice"


def connect():
    line = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    ask(line, "GET", "/healthz")
    return line


def ask(line, method, path, body=None, language="en"):
    """The code and the words, or "closed"; never on a new connection."""
    try:
        line.auto_open = 0 if line.sock else 1
        line.request(method, path, body, {"Authorization": "Bearer " + key, "Content-Type": "application/json", "Accept-Language": language})
        answer = line.getresponse()
        return str(answer.status), answer.read().decode()
    except (OSError, http.client.HTTPException):
        return "closed", ""


def signalled(times):
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + 30
    while open(log).read().count("service.stopping") < times and time.monotonic() < until:
        time.sleep(0.001)


note = '{"hold": true, "reason": "a talk"}'
lines = [connect() for _ in range(80)]
signalled(1)
code, words = ask(lines.pop(), "PUT", grade, note)
print("write", code, "stored" if "Nothing was stored" in words else words)
print("chinese", "没有保存" in ask(lines.pop(), "PUT", grade, note, "zh")[1])
print("retime", ask(lines.pop(), "POST", "/s/%s/retime" % id)[0])
print("read", ask(lines.pop(), "GET", "/api/v1/submissions/" + id)[0], ask(lines.pop(), "GET", "/metrics")[0])
signalled(2)
codes = set()
while len(lines) > 1: # across all that is left of the service's time
    codes.add(ask(lines.pop(), "PUT", grade, note)[0])
    codes.add("read" + ask(lines.pop(), "GET", "/metrics")[0])
    time.sleep(0.008)
print("last", "strange" if codes - {"503", "closed", "read200", "readclosed"} else "in order", sorted(codes))
PY
told=$(cat "$WORK/told")
contains "a TA's change while jobs are finished: 503, and nothing was stored" "write 503 stored" "$told"
contains "… in the reader's language" "chinese True" "$told"
contains "… and so is a wish for another timing" "retime 503" "$told"
contains "… what is read is answered" "read 200 200" "$told"
contains "in the last moments every request is refused or hung up on" "last in order" "$told"
wait "$SERVICE"; equals "the service ends with 0 whatever was asked for meanwhile" 0 $?
SERVICE=
equals "nothing of it was stored" 0 "$(sql 'select count(*) from audit where actor = "ta"' 2>/dev/null || echo none)"
