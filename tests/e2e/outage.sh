#!/usr/bin/env bash
# The service is killed in the last hour before a deadline: at the next start everybody has an hour from then, once
# per outage; a first start is none, and who has no deadline near keeps theirs.
. "$(dirname "$0")/lib.sh"
S=tests/submissions/attention
start_service --worker.count=1 || { not_ok "the service starts"; exit 1; }
deadline() { # assignment, minutes from now
    sql "update offering set due_at = (unixepoch() + $2 * 60) * 1000000, closes_at = (unixepoch() + $2 * 60) * 1000000 where name = '$1'"
}
send() { # login, file, assignment: the code
    as "$1" -o "$WORK/answer" -w '%{http_code}' -H 'Accept: application/json' -T "$2" "$URL/submit/$3"
}
equals "a first start is no outage" 0 "$(sql 'select count(*) from outage')"
deadline attention 20
deadline pca 180
beat=$(sql 'select alive_at from service')
later() { [ "$(sql 'select alive_at from service')" -gt "$beat" ]; }
await 12 later && ok "it says that it is alive" || not_ok "it says that it is alive"

kill -9 "$SERVICE"; wait "$SERVICE" 2>/dev/null
beat=$(sql 'select alive_at from service')
start_service --worker.count=1 --demo.path= || { not_ok "the service starts again"; exit 1; }
people=$(sql "select count(*) from membership m join offering o on o.cohort_id = m.cohort_id where o.name = 'attention'")
equals "the outage is noted, with its beginning at the last sign of life" 1 "$(sql "select count(*) from outage where began_at = $beat and ended_at > began_at")"
equals "everybody's deadline is held open" "$people" "$(sql "select count(*) from held_open h join offering o on o.id = h.offering_id where o.name = 'attention'")"
equals "… until an hour after the start" 1 "$(sql "select max(abs(h.due_at - u.ended_at - 3600000000)) < 1000 from held_open h, outage u")"
equals "… and no other deadline" 0 "$(sql "select count(*) from held_open h join offering o on o.id = h.offering_id where o.name <> 'attention'")"
contains "the audit has it" "deadlines of people held open" "$(sql "select reason from audit where actor = 'service'")"
equals "a student sees the date that holds" 1 "$(sql "select max(due_at) / 1000000 / 60 from held_open" | { read -r want; as alice "$URL/demo/attention.json" | json "int(d['due_at'] // 60000000 == $want)"; })"
deadline attention -10
deadline pca -10
equals "past the deadline a file is let in" 202 "$(send alice $S/correct/naive.c attention)"
equals "… where it was held open" 409 "$(send alice tests/submissions/pca/correct/naive.c pca)"

held=$(sql 'select max(due_at) from held_open')
stop_service TERM
start_service --worker.count=1 --demo.path= || { not_ok "the service starts a third time"; exit 1; }
equals "a restart in the last hour is an outage too" 1 "$(sql "select max(due_at) > $held from held_open")"
stop_service TERM
equals "SIGTERM ends it with 0" 0 $?
