#!/usr/bin/env bash
# The service as students use it: real curl, right, wrong and broken files, what the database holds, refusals.
. "$(dirname "$0")/lib.sh"
start_service || { not_ok "the service starts"; exit 1; }
S=tests/submissions

assignments=$(cd assignments && ls -d */ | tr -d /)
for a in $assignments; do
    report=$(as alice -T $S/$a/correct/naive.c "$URL/submit/$a")
    check "$a: a correct file ends in its score" grep -qE '^Score (6|7|8|9|10)[0-9.]+ / 100$' <<<"$(last_line "$report")"
    [ -n "${SHOW:-}" ] && echo "$report"
    wrong=$(ls $S/$a/wrong/*.c | head -n 1)
    report=$(as bob -T "$wrong" "$URL/submit/$a")
    check "$a: a wrong file loses a group" grep -qE '^Score [0-5]?[0-9]\.[0-9] / 100$' <<<"$(last_line "$report")"
    contains "$a: … and says what was wrong" "first wrong" "$report"
    printf '#include "%s.h"\nvoid %s(int x { return; }\n' $a $a >"$WORK/broken.c"
    report=$(as chen -T "$WORK/broken.c" "$URL/submit/$a/broken.c")
    contains "$a: a file that does not compile shows the compiler's words" "broken.c:2:" "$report"
    contains "$a: … and has no score" "No score" "$(last_line "$report")"
done
count_all=$(echo "$assignments" | wc -w)
equals "the database holds each of them once" "$((count_all * 2))|$count_all" \
    "$(sql "select sum(stage='graded'), sum(stage='compile_error') from submission")"
equals "every graded one has case results" 0 \
    "$(sql "select count(*) from grading g where stage='graded' and not exists (select 1 from case_result c where c.grading_id=g.id)")"
equals "groups add up: no score above 100" 0 "$(sql "select count(*) from grading where score > max_score or max_score <> 10000 and stage='graded'")"
equals "the queue is empty" 0 "$(sql 'select count(*) from job')"
equals "no token is stored in the clear" 0 "$(sql ".dump" | grep -cF "$(awk '{print $6}' "$WORK/demo/alice.netrc")")"

# The same bytes again
before=$(sql 'select count(*) from submission')
code=$(as alice -o "$WORK/again" -w '%{http_code}' -T $S/attention/correct/naive.c "$URL/submit/attention")
equals "the same bytes again answer 200" 200 "$code"
contains "… with the existing report" "Score" "$(tail -n 1 "$WORK/again")"
equals "… and are not stored again" "$before" "$(sql 'select count(*) from submission')"

# JSON, reading back, ownership
sed 's/$/ /' $S/attention/correct/naive.c >"$WORK/attention.c"
code=$(as alice -D "$WORK/head" -o "$WORK/j" -w '%{http_code}' -H 'Accept: application/json' -T "$WORK/attention.c" "$URL/submit/attention")
equals "JSON on request answers 202 at once" 202 "$code"
id=$(json 'd["id"]' <"$WORK/j")
request=$(tr -d '\r' <"$WORK/head" | sed -n 's/^X-Request-Id: //p')
check "the log says which request brought which submission" grep -q "request=${request:-none} id=$id existing=0" "$WORK/service.log"
await 60 sh -c "curl -sS --netrc-file $WORK/demo/alice.netrc $URL/s/$id.json | grep -q '\"stage\": *\"graded\"'" && ok "it is graded in the background" || not_ok "it is graded in the background"
as alice "$URL/s/$id.json" >"$WORK/report.json"
check "the JSON report keeps its invariants" python3 - "$WORK/report.json" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["format"] == 1 and d["stage"] == "graded" and d["max_score"] == 100, d
assert abs(sum(g["points"] for g in d["groups"]) - d["score"]) < 1e-9, d["groups"]
assert abs(sum(g["max_points"] for g in d["groups"]) - 100) < 1e-9
assert not any(v is None for v in d.values())
assert all(c["verdict"] == "pass" for c in d["cases"])
assert not any(c.get("hidden") for c in d["cases"])
assert all("points" in t for t in d["timing"])
PY
contains "the text report is there by suffix" "Score" "$(as alice "$URL/s/$id.txt" | tail -n 1)"
equals "the source comes back byte for byte" "$(sha256sum <"$WORK/attention.c")" "$(as alice "$URL/s/$id.c" | sha256sum)"
equals "somebody else's is 404" 404 "$(as bob -o /dev/null -w '%{http_code}' "$URL/s/$id")"
equals "a TA may read it" 200 "$(as ta -o /dev/null -w '%{http_code}' "$URL/s/$id")"
equals "no token, no report" 401 "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/s/$id")"
code=$(as alice -D "$WORK/head" -o "$WORK/m" -w '%{http_code}' -F "file=@$S/lstm_cell/wrong/$(ls $S/lstm_cell/wrong | tail -n 1);filename=lstm_cell.c" -H 'Accept: application/json' "$URL/api/v1/assignments/lstm_cell/submissions?wait=60")
equals "multipart with ?wait=60 answers 200 with the report" 200 "$code"
contains "… which is final" '"graded"' "$(cat "$WORK/m")"
state() { tr -d '\r' <"$1" | sed -n 's/^X-State: //p'; }
as alice -D "$WORK/head2" -o /dev/null "$URL$(tr -d '\r' <"$WORK/head" | sed -n 's/^Location: //p' | sed 's|/s/|/api/v1/submissions/|')"
equals "… and names the state as the API does" "$(state "$WORK/head2")" "$(state "$WORK/head")"
check "… which has a name" [ -n "$(state "$WORK/head")" ]
long=$(printf '%080d' 0 | tr 0 a)
as alice -o /dev/null -T "$S/pca/correct/naive.c" "$URL/try/pca/$long.c"
equals "a name too long keeps its ending" "${long:0:61}.c" "$(sql "select file_name from submission order by id desc limit 1")"
practice=$(as chen -T $S/attention/correct/online.c "$URL/try/attention" 2>/dev/null || true)
contains "practice streams a report" "cases right" "$practice"
equals "practice costs no attempt" 0 "$(sql "select count(*) from submission s join membership m on m.id=s.membership_id join user u on u.id=m.user_id where u.login='chen' and practice=0 and stage='graded'")"

# Kit, help, lists, health
as alice "$URL/kit/attention.tar.gz" | tar tz >"$WORK/kit"
contains "the kit has the header" "attention.h" "$(cat "$WORK/kit")"
check "the kit has nothing of the reference" sh -c "! grep -qE 'oracle|expert|baseline|inputs' $WORK/kit"
contains "help shows the netrc line" "machine" "$(curl -sS "$URL/help")"
contains "the list names the assignments" "quantized_matmul" "$(as alice "$URL/api/v1/assignments")"
for a in attention gradient_descent lstm_cell pca quantized_matmul; do
    mkdir -p "$WORK/kits" && as alice -o "$WORK/kits/$a.tar.gz" "$URL/kit/$a.tar.gz" && tar -xzf "$WORK/kits/$a.tar.gz" -C "$WORK/kits"
    as alice "$URL/api/v1/assignments/$a" >"$WORK/kits/$a.json"
done
equals "no kit and no answer holds a trusted file" "" "$(cd "$WORK/kits" && grep -rlF -e "$(sed -n '3p' "$ROOT/reference/attention/expert.c")" -e '_oracle' -e 'on one thread, to learn from' -e 'Expert of quantized' . ; find . -name 'expert*' -o -name 'oracle*' -o -name 'baseline*' -o -name 'inputs*')"
lacks "an assignment shows no hidden case" "short_cache" "$(as alice -H 'Accept: application/json' "$URL/api/v1/assignments/attention")"
equals "healthz" 200 "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/healthz")"

handout=$(as alice "$URL/demo/pca.txt")
contains "the handout has the frozen target of a machine class" "cpu:x86-64-v4: " "$handout"
contains "… and the deadline" "no due date" "$handout"
contains "… in Chinese too" "无截止日期" "$(as alice "$URL/demo/pca.txt?lang=zh")"
equals "as JSON it has targets and one's own submissions" "True True" "$(as alice "$URL/demo/attention.json" | json 'str(any(t["class"] == "cpu:x86-64-v4" and t["target"] > 1 for t in d["targets"])) + " " + str(any(s["id"] == '"$id"' and s["score"] > 0 for s in d["submissions"]))')"

check "a rule for lateness" "$GRADER" offer demo pca --due="2035-01-01 23:59" --late=grace --grace-days=2 --late-percent=10 --yes --database.path="$DB"
contains "… is in the handout" "late: 2 free days, then 10 % less for each day begun" "$(as alice "$URL/demo/pca.txt")"
page=$(as alice -H 'Accept: text/html' "$URL/demo/pca")
contains "… and on its page" "late: 2 free days, then 10 % less" "$page"
contains "… where the last minute of a deadline counts whole" "due Mon 01 Jan 2035 23:59 UTC" "$page"
sql "update cohort set grace_days = 1 where name = 'demo'"
contains "… which a budget for the whole course bounds" "late: up to 1 free days, as long as your 1 for the whole course last, then 10 % less" "$(as alice "$URL/demo/pca.txt")"
contains "… in Chinese too" "整门课程共 1 天" "$(as alice -H 'Accept: text/html' "$URL/demo/pca?lang=zh")"
sql "update cohort set grace_days = 9 where name = 'demo'"
contains "… or leaves as they are" "late: up to 2 free days, as long as your 9 for the whole course last" "$(as alice "$URL/demo/pca.txt")"
sql "update cohort set grace_days = null where name = 'demo'"
check "… and gone again" "$GRADER" offer demo pca --due=none --closes=none --late=none --yes --database.path="$DB"

# Refusals, word for word
refused() { # title, code, wanted text, curl arguments…
    local title=$1 code=$2 text=$3 got; shift 3
    got=$(as alice -o "$WORK/refusal" -w '%{http_code}' "$@")
    equals "$title: $code" "$code" "$got"
    contains "$title: its words" "$text" "$(cat "$WORK/refusal")"
}
F=$S/attention/correct/naive.c
code=$(curl -sS -o "$WORK/refusal" -w '%{http_code}' -T $F "$URL/submit/attention")
equals "no token: 401" 401 "$code"
contains "no token: its words" "no valid token. Put one line into ~/.netrc (machine HOST login YOU password TOKEN) and use curl -n" "$(cat "$WORK/refusal")"
contains "401 names Basic" "WWW-Authenticate: Basic" "$(curl -sSi -T $F "$URL/submit/attention" | tr -d '\r')"
equals "a wrong token: 401" 401 "$(curl -sS -o /dev/null -w '%{http_code}' -u alice:wrong -T $F "$URL/submit/attention")"
equals "a token under another login: 401" 401 "$(curl -sS -o /dev/null -w '%{http_code}' -u "bob:$(awk '{print $6}' "$WORK/demo/alice.netrc")" -T $F "$URL/submit/attention")"
equals "Bearer works too" 200 "$(curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(awk '{print $6}' "$WORK/demo/alice.netrc")" "$URL/s/$id")"
refused "an unknown assignment" 404 "no assignment 'atention'. Did you mean attention? Open now: attention, " -T $F "$URL/submit/atention"
head -c 307200 /dev/zero | tr '\0' 'x' >"$WORK/attention_large.c"
refused "a file too large" 413 "attention_large.c is 300 KiB; the limit is 256 KiB" -T "$WORK/attention_large.c" "$URL/submit/attention/attention_large.c"
refused "… chunked, without a length" 413 "attention_large.c is more than 256 KiB" -H 'Transfer-Encoding: chunked' -T "$WORK/attention_large.c" "$URL/submit/attention/attention_large.c"
refused "curl -d" 415 "curl -d strips the line breaks from your file. Use: curl -n -T attention.c" -d @$F "$URL/api/v1/assignments/attention/submissions"
{ head -c 4096 /dev/zero | tr '\0' 'x'; printf '\0more'; } >"$WORK/nul.c"
refused "a NUL byte" 422 "attention.c holds a NUL byte at offset 4096: this looks like a compiled file. Send the .c" -T "$WORK/nul.c" "$URL/submit/attention/attention.c"
printf 'int x; /* \xff\xfe */' >"$WORK/utf8.c"
refused "invalid UTF-8" 422 "offset 10" -T "$WORK/utf8.c" "$URL/submit/attention/utf8.c"
: >"$WORK/empty.c"
refused "an empty body" 400 "empty" -T "$WORK/empty.c" "$URL/submit/attention/empty.c"
head -c 4000 /bin/ls >"$WORK/binary.c"
refused "binary garbage" 422 "" -T "$WORK/binary.c" "$URL/submit/attention/binary.c"
refused "CUDA without a name" 422 "Send it to /submit/attention/ with the slash, so that curl adds the name, or with ?device=gpu" -T $S/attention/cuda/naive.cu "$URL/submit/attention"
equals "a wrong method: 405" 405 "$(as alice -o /dev/null -w '%{http_code}' -X DELETE "$URL/submit/attention")"
contains "… and names what is possible" "GET" "$(as alice -X DELETE "$URL/kit/attention.tar.gz")"

# A page of another site that a signed-in browser happens to be on
refused "a form of another site" 403 "a page of another site" -H 'Sec-Fetch-Site: cross-site' -F "file=@$F" "$URL/api/v1/assignments/attention/submissions"
refused "a form of another origin" 403 "a page of another site" -H 'Origin: https://evil.example' -H 'Content-Type: text/plain' -d '{"login":"mallory","role":"admin"}' "$URL/api/v1/cohorts/demo/people"
equals "a form of our own, behind a proxy that renamed us: no 403" 200 "$(as alice -o /dev/null -w '%{http_code}' -H 'Sec-Fetch-Site: same-origin' -H 'Origin: https://grader.example' -F "file=@$S/lstm_cell/wrong/$(ls $S/lstm_cell/wrong | tail -n 1);filename=lstm_cell.c" "$URL/api/v1/assignments/lstm_cell/submissions")"
refused "an origin that says nothing" 403 "a page of another site" -H 'Origin: null' -T $F "$URL/submit/attention"

# A retry finds its report past every limit, in whatever form it comes
sqlite3 "$DB" "update offering set attempts_max = 1 where name = 'lstm_cell'"
last=$S/lstm_cell/wrong/$(ls $S/lstm_cell/wrong | tail -n 1)
equals "the same bytes without attempts left, as a form: 200" 200 "$(as alice -o /dev/null -w '%{http_code}' -F "file=@$last;filename=lstm_cell.c" "$URL/api/v1/assignments/lstm_cell/submissions")"
equals "… as a file: 200" 200 "$(as alice -o /dev/null -w '%{http_code}' -T "$last" "$URL/submit/lstm_cell")"
cp "$last" "$WORK/other.c"; echo '/* other */' >>"$WORK/other.c"
equals "other bytes: 409" 409 "$(as alice -o /dev/null -w '%{http_code}' -F "file=@$WORK/other.c;filename=lstm_cell.c" "$URL/api/v1/assignments/lstm_cell/submissions")"
sqlite3 "$DB" "update offering set attempts_max = 0 where name = 'lstm_cell'"
equals "nothing of all that was stored" 0 "$(sql 'select count(*) from job')"
check "no report names a path of this host" sh -c "! sqlite3 $DB 'select events from grading' | grep -qE '$ROOT|/tmp/|/root|/home/'"

# Ending
check "a second service on the port says so in one line and exits with 1" bash -c "
    out=\$($GRADER serve --http.port=$PORT --database.path=$WORK/other.db 2>&1); code=\$?
    [ \$code -eq 1 ] && [ \$(echo \"\$out\" | wc -l) -eq 1 ] && echo \"\$out\" | grep -q 'in use'"
check "an offering of the demo is changed" "$GRADER" offer demo pca --attempts=7 --yes --database.path="$DB"
stop_service TERM
equals "SIGTERM ends it with 0" 0 $?
equals "no process is left" "" "$(pgrep -f "$WORK" || true)"
start_service || { not_ok "the service starts again"; exit 1; }
equals "what was changed in the demo stays" 7 "$(sql "select attempts_max from offering where name = 'pca'")"
