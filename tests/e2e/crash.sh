#!/usr/bin/env bash
# kill -9 of the service and of its workers at random moments: everything accepted is graded exactly once.
# ROUNDS kills during SUBMISSIONS submissions, of services and workers by turns, or with ONLY=service of the service
# alone (defaults are short; make kills asks for more).
. "$(dirname "$0")/lib.sh"
SUBMISSIONS=${SUBMISSIONS:-16} ROUNDS=${ROUNDS:-4}
RANDOM=${SEED:-7}
S=tests/submissions/attention
short_timing 1000
start_service --assignments.path="$WORK/overlay" || { not_ok "the service starts"; exit 1; }

sent=0 accepted=0
send_one() { # number: a file nobody sent before; right, wrong or broken by turns
    local file="$WORK/s$1.c" source=$S/correct/naive.c
    case $(($1 % 4)) in 1) source=$(ls $S/wrong/*.c | sed -n "$(($1 % 9 + 1))p") ;; 2) source=/dev/null ;; esac
    { cat $source; echo "/* number $1 */"; [ $(($1 % 4)) -eq 2 ] && echo 'int broken('; } >"$file"
    local login=$(printf 'alice\nbob\nchen\n' | sed -n "$(($1 % 3 + 1))p") tries=0
    # As a client would: until it is answered. The same bytes again never count twice.
    until code=$(as "$login" -o "$WORK/answer$1" -w '%{http_code}' -H 'Accept: application/json' -T "$file" "$URL/submit/attention" 2>/dev/null); [ "$code" = 202 ] || [ "$code" = 200 ]; do
        tries=$((tries + 1)); [ $tries -gt 100 ] && return 1
        read -rt 0.1 <> <(:) || true
    done
}
( for i in $(seq "$SUBMISSIONS"); do send_one "$i" || echo "$i" >>"$WORK/unsent"; done; touch "$WORK/all-sent" ) &
sender=$!

killed_workers=0 killed_services=0
for round in $(seq "$ROUNDS"); do
    read -rt "0.$((RANDOM % 9 + 1))" <> <(:) || true
    [ "${ONLY:-}" = service ] || read -rt "$((RANDOM % 2)).$((RANDOM % 9))" <> <(:) || true
    if [ $((round % 2)) -eq 0 ] || [ "${ONLY:-}" = service ]; then
        kill -9 "$SERVICE"; wait "$SERVICE" 2>/dev/null; killed_services=$((killed_services + 1))
        cat "$WORK/service.log" >>"$WORK/all.log"
        await 5 sh -c "! curl -s -o /dev/null $URL/healthz" || true
        start_service --assignments.path="$WORK/overlay" || { not_ok "the service starts again"; exit 1; }
    else
        victim=$(pgrep -P "$SERVICE" | shuf -n 1 --random-source=<(yes "$round"))
        [ -n "$victim" ] && kill -9 "$victim" && killed_workers=$((killed_workers + 1))
    fi
done
wait "$sender"
check "every file was answered in the end" test ! -e "$WORK/unsent"
ids=$(cat "$WORK"/answer* | grep -o '"id": *[0-9]*' | grep -o '[0-9]*' | sort -n | uniq | wc -l)
equals "each file has a number of its own" "$SUBMISSIONS" "$ids"
finished() { [ "$(sql 'select count(*) from job')" = 0 ]; }
await "${PATIENCE:-300}" finished && ok "everything is graded" || not_ok "everything is graded" "left: $(sql 'select count(*) from job')"
equals "none is lost, none is stored twice" "$SUBMISSIONS" "$(sql 'select count(*) from submission')"
equals "none is graded twice" "$SUBMISSIONS" "$(sql 'select count(*) from grading where finished_at is not null')"
cat "$WORK/service.log" >>"$WORK/all.log"
# Right and wrong files end as graded, broken ones as compile errors; only what was in the hands of two workers
# that were killed may be parked.
parked=0 otherwise=
for i in $(seq "$SUBMISSIONS"); do
    id=$(grep -o '"id": *[0-9]*' "$WORK/answer$i" | grep -o '[0-9]*' | head -n 1)
    [ $((i % 4)) -eq 2 ] && want=compile_error || want=graded
    got=$(sql "select stage from submission where id = $id")
    if [ "$got" = system_error ] && [ "$(grep -c "job.failed id=$id .*worker_died=1" "$WORK/all.log")" -ge 2 ]; then
        parked=$((parked + 1))
    elif [ "$got" != $want ]; then
        otherwise+="file $i, submission $id: $got, not $want: $(sql "select code || ' ' || message from grading where submission_id = $id"); "
    fi
done
equals "each ended as it should" "" "$otherwise"
equals "no case was written twice" 0 "$(sql "select count(*) from (select grading_id, name from case_result group by 1, 2 having count(*) > 1)")"
equals "the database is whole" ok "$(sql 'pragma integrity_check')"
echo "# killed: $killed_services services, $killed_workers workers, during $SUBMISSIONS submissions; parked: $parked"
stop_service TERM
