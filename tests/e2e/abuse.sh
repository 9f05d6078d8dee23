#!/usr/bin/env bash
# Bad input on raw sockets (tests/e2e/abuse.py): a precise refusal for each, and nobody honest waits.
. "$(dirname "$0")/lib.sh"
start_service --worker.count=1 --http.idle=2000 --http.request=4000 || { not_ok "the service starts"; exit 1; }
token=$(awk '{print $6}' "$WORK/demo/alice.netrc")
python3 tests/e2e/abuse.py "$URL" "$token" "${HALF_OPEN:-3000}" >"$WORK/tap"
code=$?
grep -v '^1\.\.' "$WORK/tap"
count=$(grep -cE '^(not )?ok ' "$WORK/tap") bad=$(grep -c '^not ok ' "$WORK/tap")
equals "it ran to its end" "$((bad > 0))" "$code"
equals "nothing of all that was stored" 0 "$(sql 'select count(*) from submission')"
kill -0 "$SERVICE" 2>/dev/null && ok "the process has not ended" || not_ok "the process has not ended"
lines=$(wc -l <"$WORK/service.log")
[ "$lines" -lt 500 ] && ok "the log was not flooded ($lines lines)" || not_ok "the log was not flooded" "$(cut -d' ' -f2-3 "$WORK/service.log" | sort | uniq -c | sort -rn | head -5)"
stop_service TERM
equals "SIGTERM ends it with 0" 0 $?
