#!/usr/bin/env bash
# A full disk: 503, nothing half-written, a grading that was under way is kept, and all goes on without a restart
# once there is room. On a small file system of its own, in a mount namespace.
if [ "$(id -u)" -ne 0 ]; then
    echo "ok 1 - a full disk # SKIP needs root to mount a small file system"
    echo "1..1"
    exit 0
fi
[ "${1:-}" = inside ] || exec unshare -m bash "$0" inside
. "$(dirname "$0")/lib.sh"
S=tests/submissions/attention
short_timing 500
mkdir "$WORK/db"
mount -t tmpfs -o size=3m tmpfs "$WORK/db" || { skip "a full disk" "no tmpfs here"; exit; }
start_service --assignments.path="$WORK/overlay" --git.free=0 || { not_ok "the service starts"; exit 1; }

report=$(as alice -T $S/correct/naive.c "$URL/submit/attention")
contains "with room: graded" "Score" "$(last_line "$report")"

fill() { dd if=/dev/zero of="$WORK/db/filler" bs=4k 2>/dev/null; sync -f "$WORK/db"; }
deadline() { # minutes from now, for everybody
    sql "update offering set due_at = (unixepoch() + $1 * 60) * 1000000, closes_at = (unixepoch() + $1 * 60) * 1000000 where name = 'attention'"
}
deadline 20
fill
for i in $(seq 40); do # the log of SQLite may still have pages of its own
    { cat $S/correct/blocked.c; head -c 100000 /dev/urandom | base64 | sed 's|^|// |'; } >"$WORK/big$i.c"
    code=$(as alice -o "$WORK/answer" -w '%{http_code}' -H 'Accept: application/json' -T "$WORK/big$i.c" "$URL/submit/attention")
    [ "$code" = 503 ] && break
    fill
done
equals "on a full disk: 503" 503 "$code"
contains "… which says that nothing was stored" "Nothing was stored" "$(cat "$WORK/answer")"
contains "… and that the deadline is held open" "Your deadline is held open for you" "$(cat "$WORK/answer")"
contains "… and when to come back" "Retry-After" "$(as alice -i -H 'Accept: application/json' -T "$WORK/big$i.c" "$URL/submit/attention" 2>/dev/null | tr -d '\r')"
equals "reading still works" 200 "$(as alice -o /dev/null -w '%{http_code}' "$URL/s/1")"
equals "it is alive" 200 "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/healthz")"
kill -0 "$SERVICE" 2>/dev/null && ok "the process has not ended" || not_ok "the process has not ended"

# The same by git: the push fails, nothing moves, and what it had begun is put away.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_TERMINAL_PROMPT=0
git init -q "$WORK/tree"; mkdir "$WORK/tree/attention"; head -c 300000 /dev/urandom >"$WORK/tree/blob"
cp $S/wrong/"$(ls $S/wrong | head -n 1)" "$WORK/tree/attention/attention.c"; git -C "$WORK/tree" add -A
git -C "$WORK/tree" -c user.name=A -c user.email=a@example.org commit -qm first
push() { git -C "$WORK/tree" push -q "http://bob:$(awk '{print $6}' "$WORK/demo/bob.netrc")@${URL#http://}/git/bob.git" HEAD:main 2>&1; }
out=$(push); check "a push to a full disk fails" test $? -ne 0
equals "… and leaves nothing behind" "" "$(find "$WORK/db/git" -name 'tmp_*' -o -name '*.lock' -o -name '*.pack' -o -name main)"

rm "$WORK/db/filler"
out=$(push); equals "with room again it goes through" 0 $?
contains "… and submits" "remote: #" "$out"
report=$(as bob -T $S/correct/blocked.c "$URL/submit/attention")
contains "with room again: graded, without a restart" "Score" "$(last_line "$report")"
finished() { [ "$(sql 'select count(*) from job')" = 0 ]; }
await 60 finished && ok "what was accepted meanwhile is graded too" || not_ok "what was accepted meanwhile is graded too" "$(sql 'select * from job')"
held() { sql "select group_concat(login) from (select distinct u.login from held_open h join membership m on m.id = h.membership_id join user u on u.id = m.user_id order by u.login)"; }
# Bob only pushed, and was told to send the file itself: that nothing could be written then, nobody asked.
wait_held() { [ "$(held)" = alice ]; }
await 10 wait_held && ok "whose file was refused has the deadline held open, and nobody else" || not_ok "whose file was refused has the deadline held open, and nobody else" "$(held)"
deadline -10
equals "past the deadline, who was refused is let in" 202 "$(as alice -o "$WORK/answer" -w '%{http_code}' -H 'Accept: application/json' -T $S/correct/simd.c "$URL/submit/attention")"
equals "… and who was not is late" 409 "$(as chen -o "$WORK/answer" -w '%{http_code}' -H 'Accept: application/json' -T $S/correct/simd.c "$URL/submit/attention")"
await 60 finished || not_ok "the last one is graded"
equals "nothing is half-written" 0 "$(sql "select count(*) from submission s where not exists (select 1 from grading g where g.submission_id = s.id) or not exists (select 1 from source where hash = s.source_hash)")"
equals "the database is whole" ok "$(sql 'pragma integrity_check')"
stop_service TERM
equals "SIGTERM ends it with 0" 0 $?
umount "$WORK/db"
