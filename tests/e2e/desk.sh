#!/usr/bin/env bash
# A TA's desk beside a running service: the queue, workers, one submission in full and once more, points again
# without a run, a timing once more.
. "$(dirname "$0")/lib.sh"
short_timing 300
start_service --assignments.path="$WORK/overlay" --worker.count=1 || { not_ok "the service starts"; exit 1; }
export GRADER_DATABASE_PATH="$DB" GRADER_ASSIGNMENTS_PATH="$WORK/overlay"
S=tests/submissions/attention
code() { "$@" >"$WORK/out" 2>"$WORK/err"; echo $?; }
said() { cat "$WORK/out" "$WORK/err"; }
send() { as "$1" -o /dev/null -w '%{http_code}' -H 'Accept: application/json' -T "$2" "$URL/submit/attention"; }
idle() { [ "$(sql 'select count(*) from job')" = 0 ]; }

# One in full, and once more
contains "a file is graded" "Score" "$(last_line "$(as alice -T $S/correct/naive.c "$URL/submit/attention")")"
equals "a TA looks at it in full" 0 "$(code "$GRADER" show 1)"
contains "… hidden cases too" "hot269" "$("$GRADER" show 1)"
contains "… in JSON as well" "hot269" "$("$GRADER" show 1 --json | tr -d '\n')"
contains "… with what was graded when, by whom" "cpu:x86-64" "$(said)"
equals "… the source as it came" "$(sha256sum <$S/correct/naive.c)" "$("$GRADER" show 1 --source 2>/dev/null | sha256sum)"
equals "one of nobody is not there" 1 "$(code "$GRADER" show 999)"
equals "it runs once more on the same inputs" 0 "$(code "$GRADER" show 1 --replay)"
contains "… with the same verdicts" "0 differ" "$(said)"
equals "… and nothing of it is stored" 1 "$(sql 'select count(*) from grading')"
equals "over HTTP for TAs" 1 "$(as ta "$URL/api/v1/submissions/1/history" | json 'd["rows"][0]["generation"]')"
equals "… alone" 403 "$(as alice -o /dev/null -w '%{http_code}' "$URL/api/v1/submissions/1/history")"

# Workers and the queue
listed() { "$GRADER" worker list | grep -q "local1.*$1"; }
await 5 listed waits && ok "the worker is on the list" || not_ok "the worker is on the list" "$("$GRADER" worker list)"
check "it is drained" "$GRADER" worker drain local1
await 5 listed drained && ok "… and rests" || not_ok "… and rests" "$("$GRADER" worker list)"
read -rt 1.5 <> <(:) || true # the service looks once a second
{ cat $S/correct/naive.c; echo '/* second */'; } >"$WORK/second.c"
{ cat $S/correct/naive.c; echo '/* third */'; } >"$WORK/third.c"
equals "a file is accepted meanwhile" 202 "$(send bob "$WORK/second.c")"
equals "… another" 202 "$(send chen "$WORK/third.c")"
equals "both wait" "2 2" "$("$GRADER" queue list demo --what=waiting --json | json 'str(len(d["rows"])) + " " + str(sum(r["state"] == "waits" for r in d["rows"]))')"
equals "a cancel wants a reason" 64 "$(code "$GRADER" queue cancel 2)"
check "one is cancelled" "$GRADER" queue cancel 2 --reason="sent twice"
gone() { as bob "$URL/s/2.txt" | grep -qi 'cancelled'; }
await 5 gone && ok "… which its student reads" || not_ok "… which its student reads" "$(as bob "$URL/s/2.txt")"
equals "… and not twice" 1 "$(code "$GRADER" queue cancel 2 --reason=again)"
check "the worker works again" "$GRADER" worker resume local1
await 60 idle && ok "… and takes what waits" || not_ok "… and takes what waits"
equals "what was cancelled is not graded" "cancelled graded" "$(sql "select group_concat(stage, ' ') from (select stage from submission where id in (2, 3) order by id)")"
equals "the same bytes may come again" 202 "$(send bob "$WORK/second.c")"
await 60 idle || not_ok "… and are graded"
key=$("$GRADER" worker add gpu07 --json | json 'd["rows"][0]["key"]')
equals "a worker's key opens nothing of a student" 403 "$(curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" "$URL/api/v1/submissions")"
check "it is removed" "$GRADER" worker remove gpu07
equals "… then it opens nothing at all" 401 "$(curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" "$URL/api/v1/submissions")"
equals "a local one that is here is not removed" 1 "$(code "$GRADER" worker remove local1)"

# Parked, under review
sql "update submission set stage = 'system_error' where id = 3; update grading set stage = 'system_error', code = 'parked' where submission_id = 3"
contains "a parked one is on the list" "parked" "$("$GRADER" queue list demo --what=parked)"
equals "over HTTP it is released" 200 "$(as ta -o "$WORK/out" -w '%{http_code}' -X POST "$URL/api/v1/submissions/3/release")"
await 60 idle && ok "… and runs" || not_ok "… and runs"
equals "… as a generation that counts" "2 graded" "$(sql "select generation || ' ' || stage from submission where id = 3")"
equals "what is neither parked nor under review is not released" 409 "$(as ta -o "$WORK/out" -w '%{http_code}' -X POST "$URL/api/v1/submissions/3/release")"
check "one is marked for review" "$GRADER" queue review 1 --reason="faster than the machine"
contains "… which its student reads" "Waiting for a TA" "$(as alice "$URL/s/1.txt")"
check "… and released" "$GRADER" queue release 1
lacks "… which takes the words away" "Waiting for a TA" "$(as alice "$URL/s/1.txt")"

# A person
equals "one student's history" 0 "$(code "$GRADER" user show demo bob)"
contains "… has what was cancelled" "cancelled" "$(said)"
equals "tokens know when they were used" 1 "$(await 15 sh -c "[ \"\$(sqlite3 -cmd '.timeout 5000' '$DB' 'select count(*) > 1 from token where last_used_at is not null')\" = 1 ]" && echo 1)"

# The timing once more
sql "update grading set events = replace(events, '\"noisy\":false', '\"noisy\":true') where submission_id = 1"
if can_time; then
    equals "what is right is timed" 1 "$(sql "select speedup is not null from grading where submission_id = 1")"
    equals "a noisy timing may be asked for again" 202 "$(as alice -o "$WORK/out" -w '%{http_code}' -X POST "$URL/s/1/retime")"
    equals "… by its student alone" 404 "$(as bob -o /dev/null -w '%{http_code}' -X POST "$URL/s/1/retime")"
    await 60 idle && ok "… and runs" || not_ok "… and runs"
    equals "it counts if it is narrower, and not otherwise" 1 "$(sql "select (s.generation = 2) = ((n.high - n.low) / n.speedup < (o.high - o.low) / o.speedup) from submission s join grading o on o.submission_id = s.id and o.generation = 1 join grading n on n.submission_id = s.id and n.generation = 2 where s.id = 1")"
else
    skip "a noisy timing once more" "timing wants two processors with AVX2"
fi

# Who looks like whom
if [ -x /usr/bin/sim_c ]; then
    P=tests/submissions/pca/correct
    sed 's/sum/total/g; s/\bi\b/first/g; s/\bj\b/second/g; s/^\( *\)for/\1 for/' $P/naive.c >"$WORK/renamed.c"
    for pair in "alice $P/one_sided_jacobi.c" "bob $P/naive.c" "chen $WORK/renamed.c"; do
        equals "${pair% *} sends a file" 202 "$(as "${pair% *}" -o /dev/null -w '%{http_code}' -H 'Accept: application/json' -T "${pair#* }" "$URL/submit/pca")"
    done
    await 60 idle || not_ok "all are graded"
    equals "sources are compared" 0 "$(code "$GRADER" similar run demo pca)"
    contains "… of each who was graded" "3 sources compared" "$(said)"
    top=$("$GRADER" similar list demo pca --json)
    equals "the most alike come first" "bob chen" "$(json '" ".join(sorted([d["rows"][0]["one_login"], d["rows"][0]["other_login"]]))' <<<"$top")"
    equals "… with nearly all in common" 1 "$(json 'int(d["rows"][0]["share"] > 80)' <<<"$top")"
    pair=$(json 'str(d["rows"][0]["one"]) + " " + str(d["rows"][0]["other"])' <<<"$top")
    contains "… and are shown side by side" "for" "$("$GRADER" similar pair $pair --json)"
    equals "… over HTTP too" 200 "$(as ta -o "$WORK/out" -w '%{http_code}' "$URL/api/v1/submissions/${pair% *}/similar/${pair#* }")"
    equals "… for TAs" 403 "$(as bob -o "$WORK/out" -w '%{http_code}' "$URL/api/v1/cohorts/demo/offerings/pca/similar")"
    # What is compared is what counts: a worse file afterwards, where the best counts, and where the last does.
    equals "alice sends a worse file" 202 "$(as alice -o "$WORK/out" -w '%{http_code}' -H 'Accept: application/json' -T tests/submissions/pca/wrong/whitened.c "$URL/submit/pca")"
    worse=$(json 'd["id"]' <"$WORK/out")
    await 60 idle || not_ok "the worse file is graded"
    for pick in best last; do
        sql "update offering set pick = '$pick' where assignment_id = (select id from assignment where name = 'pca')"
        "$GRADER" similar run demo pca >/dev/null 2>&1
        equals "where the $pick counts, it is compared: $([ $pick = last ] && echo yes || echo no)" "$([ $pick = last ] && echo 1 || echo 0)" \
            "$(sql "select count(*) > 0 from similar where $worse in (one_id, other_id)")"
    done
    # The better file becomes late, and counts for nothing: then the worse one is what counts.
    sql "update submission set received_at = received_at + 2 * 86400000000 where membership_id = (select membership_id from submission where id = $worse) and id <> $worse and offering_id = (select offering_id from submission where id = $worse)"
    sql "update offering set pick = 'best', late_policy = 'none', due_at = (select received_at + 3600000000 from submission where id = $worse) where assignment_id = (select id from assignment where name = 'pca')"
    "$GRADER" similar run demo pca >/dev/null 2>&1
    equals "where the best counts and comes late, what counts instead is compared" 1 "$(sql "select count(*) > 0 from similar where $worse in (one_id, other_id)")"
    sql "update offering set due_at = null where assignment_id = (select id from assignment where name = 'pca')"
else
    skip "who looks like whom" "no sim_c here (Debian: similarity-tester)"
fi

# Points again, without a run
stop_service TERM
sed -i -E '0,/"name": "basics", *"points": 15/s//"name": "basics", "points": 5/; 0,/"name": "shapes", *"points": 15/s//"name": "shapes", "points": 25/' "$WORK/overlay/attention/assignment.json"
grep -q '"points": 25' "$WORK/overlay/attention/assignment.json" || not_ok "the assignment is edited"
start_service --assignments.path="$WORK/overlay" --worker.count=1 --demo.path= || { not_ok "the service starts again"; exit 1; }
contains "an edited assignment leaves the reports of before alone" "shapes   15.0 / 15" "$(as alice "$URL/s/1.txt")"
equals "… and keeps both versions" 2 "$(sql "select count(*) from assignment where name = 'attention' and spec is not null")"
contains "… a new file is graded under the new one" "shapes   25.0 / 25" "$(as alice -T $S/correct/pairwise.c "$URL/submit/attention")"
runs=$(sql 'select count(*) from grading')
equals "points again show first" 2 "$(code "$GRADER" regrade demo attention --points-only)"
equals "… and do nothing" "$runs" "$(sql 'select count(*) from grading')"
equals "… then are made" 0 "$(code "$GRADER" regrade demo attention --points-only --yes)"
contains "… summed up" "stay" "$(said)"
equals "nothing was run for it" 0 "$(sql 'select count(*) from job')"
contains "the report has the new points" "shapes   25.0 / 25" "$(as alice "$URL/s/1.txt")"
equals "groups add up to the score" 1 "$(as alice "$URL/s/1.json" | json "int(abs(sum(g['points'] for g in d['groups']) - d['score']) < 0.05)")"
equals "points-only runs nothing, so nothing fresh" 1 "$(code "$GRADER" regrade demo attention --points-only --fresh)"
sed -i -E 's/"name": *"odd"/"name": "uneven"/' "$WORK/overlay/attention/assignment.json"
"$GRADER" regrade demo attention --points-only >"$WORK/out" 2>"$WORK/err"
contains "a case that was never measured is told, and what measures it" "To measure it: grader regrade demo attention" "$(said)"
stop_service TERM
equals "SIGTERM ends it with 0" 0 $?
