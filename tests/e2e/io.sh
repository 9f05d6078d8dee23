#!/usr/bin/env bash
# A disk that fails (tests/preload/disk.c): I/O errors, a file system that turned read-only, a full one. 503 that says
# so, nothing half-written, a grading under way is kept, and all goes on without a restart.
. "$(dirname "$0")/lib.sh"
S=tests/submissions/attention
mkdir -p "$WORK/overlay/attention" # without a target there is no timing
sed -E 's/"target": *[0-9.]+/"target": null/g' assignments/attention/assignment.json >"$WORK/overlay/attention/assignment.json"
gcc -D_GNU_SOURCE -shared -fPIC -O1 -w -o "$WORK/disk.so" tests/preload/disk.c -ldl || { not_ok "the failing disk compiles"; exit 1; }
preload="$WORK/disk.so"
[ -n "${SAN:-}" ] && preload="$(gcc -print-file-name=libasan.so) $preload"
export FAIL_DISK="$WORK/fail"
echo nfs >"$WORK/fail"
LD_PRELOAD="$preload" timeout 60 "$GRADER" serve --http.port=0 --worker.calibration= --database.path="$WORK/remote.db" >"$WORK/remote" 2>&1
equals "a database on NFS: the service does not start" 1 $?
contains "… says what it is" "NFS" "$(cat "$WORK/remote")"
contains "… and which setting moves it" "database.path" "$(cat "$WORK/remote")"
rm "$WORK/fail"
: >"$WORK/service.log"
LD_PRELOAD="$preload" "$GRADER" serve --http.port=0 --worker.calibration= --demo.path="$WORK/demo" --database.path="$WORK/db/grader.db" \
    --rate.submissions=100000 --worker.count=1 --assignments.path="$WORK/overlay" >"$WORK/service.out" 2>>"$WORK/service.log" &
SERVICE=$!
await 20 grep -q service.listening "$WORK/service.log" || { not_ok "the service starts" "$(cat "$WORK/service.log")"; exit 1; }
URL=$(grep -o 'url=[^ ]*' "$WORK/service.log" | tail -n 1 | cut -d= -f2)
DB="$WORK/db/grader.db"

send() { # number: a file nobody sent before; prints the code
    { cat $S/correct/naive.c; echo "/* $1 */"; } >"$WORK/s$1.c"
    as alice -o "$WORK/answer" -w '%{http_code}' -H 'Accept: application/json' -T "$WORK/s$1.c" "$URL/submit/attention"
}
finished() { [ "$(sql 'select count(*) from job')" = 0 ]; }

number=0
for kind in io readonly full; do
    number=$((number + 1))
    equals "$kind: before, a file is accepted" 202 "$(send $number)"
    echo $kind >"$WORK/fail" # while that one is graded
    number=$((number + 1))
    equals "$kind: 503" 503 "$(send $number)"
    contains "$kind: … which says that nothing was stored" "Nothing was stored" "$(cat "$WORK/answer")"
    equals "$kind: what a TA does: 503 too" 503 "$(as ta -D "$WORK/head" -o "$WORK/answer" -w '%{http_code}' -X PUT -H 'Content-Type: application/json' -d '{"hold":true,"reason":"talk"}' "$URL/api/v1/cohorts/demo/offerings/attention/grades/alice")"
    request=$(tr -d '\r' <"$WORK/head" | sed -n 's/^X-Request-Id: //p')
    check "$kind: … and the log says why, by the request's name" grep -q "http.operation request=${request:-none} code=" "$WORK/service.log"
    equals "$kind: it is not ready" "503 the disk takes no writes" "$(curl -sS -o "$WORK/ready" -w '%{http_code}' "$URL/readyz") $(head -n 1 "$WORK/ready")"
    equals "$kind: reading still works" 200 "$(as alice -o /dev/null -w '%{http_code}' "$URL/s/1")"
    await 10 grep -q 'submission.write' "$WORK/service.log" && ok "$kind: the grading under way cannot be written" || not_ok "$kind: the grading under way cannot be written"
    rm "$WORK/fail"
    : >"$WORK/service.log"
    equals "$kind: after it, the same file is accepted without a restart" 202 "$(send $number)"
    equals "$kind: … and it is ready" 200 "$(curl -sS -o "$WORK/ready" -w '%{http_code}' "$URL/readyz")"
    await 60 finished && ok "$kind: what was accepted is graded" || not_ok "$kind: what was accepted is graded" "$(sql 'select * from job')" "$(tail -5 "$WORK/service.log")"
    equals "$kind: what was refused is not there" $number "$(sql 'select count(*) from submission')"
done
equals "everything accepted ended as graded" 6 "$(sql "select count(*) from submission where stage = 'graded'")"
equals "nothing is half-written" 0 "$(sql "select count(*) from submission s where not exists (select 1 from grading g where g.submission_id = s.id) or not exists (select 1 from source where hash = s.source_hash)")"
equals "the database is whole" ok "$(sql 'pragma integrity_check')"
kill -0 "$SERVICE" 2>/dev/null && ok "the process has not ended" || not_ok "the process has not ended"
stop_service TERM
equals "SIGTERM ends it with 0" 0 $?
