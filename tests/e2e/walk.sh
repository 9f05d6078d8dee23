#!/usr/bin/env bash
# A course as a TA runs it, by commands and over HTTP, beside a service that runs all the while. The page for people: grader/README.md.
. "$(dirname "$0")/lib.sh"
short_timing 300
start_service --assignments.path="$WORK/overlay" || { not_ok "the service starts"; exit 1; }
export GRADER_DATABASE_PATH="$DB" GRADER_ASSIGNMENTS_PATH="$WORK/overlay"
S=tests/submissions/attention
C=ml-2026
code() { "$@" >"$WORK/out" 2>"$WORK/err"; echo $?; }
said() { cat "$WORK/out" "$WORK/err"; }

# A roster
check "a cohort is made" "$GRADER" cohort create $C --title="Machine learning" --zone=Asia/Shanghai
equals "an unknown time zone is refused" 1 "$(code "$GRADER" cohort create other --zone=Asia/Shangai)"
contains "… by name" "Asia/Shangai" "$(said)"
printf '\xef\xbb\xbflogin,name,email,section,student_id\r\nanna,"Li, Anna 李",a@x.org,A,2001\r\n21307,张三,b@x.org,B,2002\r\ncara,=cmd(),c@x.org,A,2003\r\n' >"$WORK/roster.csv"
equals "a roster shows its changes and does nothing" 2 "$(code "$GRADER" roster import $C "$WORK/roster.csv" --tokens --out="$WORK/tokens.csv")"
contains "… with what it would do" "3 new, 0 changed" "$(said)"
equals "… nobody is in yet" 0 "$(sql "select count(*) from membership m join cohort c on c.id = m.cohort_id where c.name = '$C'")"
equals "… and no file of tokens is there" 1 "$(code test -e "$WORK/tokens.csv")"
printf 'login,name\nanna,"Li\n' >"$WORK/broken.csv"
equals "a broken CSV is refused" 1 "$(code "$GRADER" roster import $C "$WORK/broken.csv" --yes)"
contains "… with line and column" "line 2, column 6" "$(said)"
equals "with --yes people come in" 0 "$(code "$GRADER" roster import $C "$WORK/roster.csv" --tokens --yes --out="$WORK/tokens.csv")"
equals "tokens are for the owner of the file alone" 600 "$(stat -c %a "$WORK/tokens.csv")"
equals "… one for each" 4 "$(wc -l <"$WORK/tokens.csv")"
equals "the same roster again changes nothing" 0 "$(code "$GRADER" roster import $C "$WORK/roster.csv" --tokens --yes)"
contains "… and says so" "0 new, 0 changed, 3 unchanged" "$(said)"
for login in anna 21307 cara; do
    token=$(grep "^$login," "$WORK/tokens.csv" | awk -F, '{print $NF}')
    echo "machine 127.0.0.1 login $login password $token" >"$WORK/demo/$login.netrc"
done

# An assignment
equals "wrong dates are refused" 1 "$(code "$GRADER" offer $C attention --opens=2030-01-02 --due="2030-01-01 23:59" --yes)"
contains "… with both of them" "after it is due 2030-01-01 23:59" "$(said)"
equals "an offer shows first" 2 "$(code "$GRADER" offer $C attention --due="2030-01-01 23:59" --attempts=5)"
equals "… and is made with --yes" 0 "$(code "$GRADER" offer $C attention --due="2030-01-01 23:59" --attempts=5 --yes)"

# Submissions, while the service runs: it reads people and dates anew
contains "a student submits" "Score" "$(last_line "$(as anna -T $S/correct/naive.c "$URL/submit/attention")")"
contains "… another" "Score" "$(last_line "$(as 21307 -T $S/correct/simd.c "$URL/submit/attention")")"
contains "… a third, wrongly" "Score" "$(last_line "$(as cara -T "$(ls $S/wrong/*.c | head -n 1)" "$URL/submit/attention")")"

# … and one by git push, through the hook of any git server
"$GRADER" token make $C --hook --json | json 'd["rows"][0]["token"]' >"$WORK/hook.key"; chmod 600 "$WORK/hook.key"
printf 'login,name\ndan,Dan Wu\n' >"$WORK/dan.csv"
check "a fourth student comes late" "$GRADER" roster import $C "$WORK/dan.csv" --yes
export GIT_CONFIG_GLOBAL="$WORK/gitconfig" GIT_CONFIG_SYSTEM=/dev/null GIT_TERMINAL_PROMPT=0
git config --global user.name Dan; git config --global user.email d@x.org; git config --global init.defaultBranch main
git init -q --bare "$WORK/dan.git"
cp deploy/hooks/post-receive "$WORK/dan.git/hooks/post-receive"
for pair in "url $URL" "keyfile $WORK/hook.key" "login dan" "wait 60"; do git -C "$WORK/dan.git" config "grader.${pair% *}" "${pair#* }"; done
git clone -q "$WORK/dan.git" "$WORK/tree" 2>/dev/null
mkdir "$WORK/tree/attention" && cp $S/correct/blocked.c "$WORK/tree/attention/attention.c"
pushed=$(cd "$WORK/tree" && git add -A && git commit -qm first && git push -q origin main 2>&1)
check "a fourth submits by git push and sees the score" grep -qE '^remote: Score [0-9.]+ / 100' <<<"$pushed"

# A deadline passes; one is extended
past=$(TZ=Asia/Shanghai date -d '-1 hour' '+%F %H:%M')
check "the deadline is moved into the past" "$GRADER" offer $C attention --opens=none --due="$past" --yes
sed 's/$/ /' $S/correct/naive.c >"$WORK/attention.c"
equals "a late file is refused" 409 "$(as cara -o "$WORK/out" -w '%{http_code}' -T "$WORK/attention.c" "$URL/submit/attention")"
contains "… in the words of the rules" "Nothing was stored" "$(cat "$WORK/out")"
equals "an extension needs a reason" 64 "$(code "$GRADER" extend $C attention cara --due="2030-01-01 23:59")"
check "one student gets more time" "$GRADER" extend $C attention cara --due="2030-01-01 23:59" --reason=ill
contains "… and submits" "Score" "$(last_line "$(as cara -T "$WORK/attention.c" "$URL/submit/attention")")"
equals "… the others do not" 409 "$(as anna -o /dev/null -w '%{http_code}' -T "$WORK/attention.c" "$URL/submit/attention")"

# Once more
before=$(sql "select group_concat(s.id || ':' || g.score, ' ') from submission s join grading g on g.submission_id = s.id and g.generation = s.generation")
equals "a regrade shows first" 2 "$(code "$GRADER" regrade $C attention)"
equals "… runs with --yes" 0 "$(code "$GRADER" regrade $C attention --yes)"
contains "… for what counts of each" "4 submissions" "$(said)"
equals "… and not twice at once" 1 "$(code "$GRADER" regrade $C attention --yes)"
await 90 sh -c "[ \$(sqlite3 -cmd '.timeout 5000' '$DB' 'select count(*) from job') -eq 0 ]" && ok "the running service takes the work" || not_ok "the running service takes the work"
equals "what counts has not moved" "$before" "$(sql "select group_concat(s.id || ':' || g.score, ' ') from submission s join grading g on g.submission_id = s.id and g.generation = s.generation")"
equals "who gains and who loses is shown" 2 "$(code "$GRADER" regrade $C attention --apply)"
contains "… summed up" "0 still run" "$(said)"
equals "… and applied" 0 "$(code "$GRADER" regrade $C attention --apply --yes)"
equals "each of them counts by its second generation" 4 "$(sql "select count(*) from submission where generation = 2")"

# The leaderboard
as anna "$URL/$C/attention/board.json" >"$WORK/board.json"
if can_time; then
    equals "the leaderboard has who was timed" 1 "$(json 'int(str(d).count("low") >= 2)' <"$WORK/board.json")"
    lacks "… under aliases for students" "Dan Wu" "$(cat "$WORK/board.json")"
    contains "… as text for curl" "attention" "$(as anna "$URL/$C/attention/board.txt")"
    mine=$(sql "select max(s.id) from submission s join membership m on m.id = s.membership_id join user u on u.id = m.user_id where u.login = '21307'")
    contains "a report has its rank" "Rank " "$(as 21307 "$URL/s/$mine.txt")"
    "$GRADER" offer $C attention --board=ta --yes >/dev/null
    lacks "… but not where the board is for TAs alone" "Rank " "$(as 21307 "$URL/s/$mine.txt")"
    "$GRADER" offer $C attention --board=cohort --yes >/dev/null
else
    skip "the leaderboard" "timing wants two processors with AVX2"
fi

# Results
check "a grade is set by hand" "$GRADER" grade $C attention 21307 --grade=42.5 --reason="oral exam"
contains "… and held back" "until --release" "$("$GRADER" grade $C attention 21307 --hold --reason=talk)"
id=$(sql "select max(s.id) from submission s join membership m on m.id = s.membership_id join user u on u.id = m.user_id where u.login = '21307'")
contains "… which the student's report says" "Waiting for a TA: your grade is held back" "$(as 21307 "$URL/s/$id.txt")"
score=$(last_line "$(as 21307 "$URL/s/$id.txt")")
contains "a report ends in its score" "Score" "$score"
check "the split of an offering changes" "$GRADER" offer $C attention --split=10 --yes
equals "a report says for ever what it said" "$score" "$(last_line "$(as 21307 "$URL/s/$id.txt")")"
check "… and let go again" "$GRADER" grade $C attention 21307 --release --reason=talked
check "the gradebook goes into a file" "$GRADER" gradebook $C --out="$WORK/book.csv"
equals "… for nobody else to read" 600 "$(stat -c %a "$WORK/book.csv")"
contains "our gradebook has it" ",42.50," "$(grep ^21307, "$WORK/book.csv")"
contains "… with a name that is no formula" "'=cmd()" "$(grep ^cara, "$WORK/book.csv")"
printf '\xef\xbb\xbfStudent,ID,SIS User ID,SIS Login ID,Section,attention (77),Final\r\n    Points Possible,,,,,50,\r\n"Li, Anna",1,2001,anna,A,,x\r\n张三,2,2002,21307,B,7,"y, z"\r\nNobody,3,,nobody,A,9,\r\n' >"$WORK/canvas.csv"
"$GRADER" gradebook $C --fill="$WORK/canvas.csv" --assignment=attention >"$WORK/canvas.out" 2>"$WORK/err"
contains "Canvas' file is filled and scaled" '张三,2,2002,21307,B,21.25,"y, z"' "$(cat "$WORK/canvas.out")"
equals "… and differs in no other byte" "$(sed -E 's/^("Li, Anna",1,2001,anna,A,)[^,]*/\1/; s/^(张三,2,2002,21307,B,)[^,]*/\17/' "$WORK/canvas.out" | sha256sum)" "$(sha256sum <"$WORK/canvas.csv")"
sed 's/,Final/,attention (78)/' "$WORK/canvas.csv" >"$WORK/two.csv"
equals "two columns that fit are refused" 1 "$(code "$GRADER" gradebook $C --fill="$WORK/two.csv" --assignment=attention)"
contains "… by line and column" "line 1, column 60: another column for 'attention', 'attention (78)'" "$(said)"
for columns in "attention (77),attention" "attention,attention (77)" "attention,attention"; do
    printf 'SIS Login ID,%s\n21307,,\n' "$columns" >"$WORK/twice.csv"
    equals "… in whichever order and form: $columns" 1 "$(code "$GRADER" gradebook $C --fill="$WORK/twice.csv" --assignment=attention)"
    contains "… which is said" "another column for 'attention'" "$(said)"
done
contains "… until one is named" '张三,2,2002,21307,B,21.25,"y, z"' "$("$GRADER" gradebook $C --fill="$WORK/two.csv" --assignment=attention --column='attention (77)' 2>/dev/null)"
printf 'First name,Surname,ID number,Email address,Assignment: attention (Real),Last downloaded\nAnna,Li,2001,a@x.org,-,1\nSan,Zhang,2002,b@x.org,-,1\n' >"$WORK/moodle.csv"
contains "Moodle's too" "San,Zhang,2002,b@x.org,42.50,1" "$("$GRADER" gradebook $C --fill="$WORK/moodle.csv" --assignment=attention 2>/dev/null)"

# The same over HTTP
"$GRADER" user add $C tina --role=ta >/dev/null
token=$("$GRADER" token make $C tina --json | json 'd["rows"][0]["token"]')
echo "machine 127.0.0.1 login tina password $token" >"$WORK/demo/tina.netrc"
equals "a TA lists people over HTTP" 5 "$(as tina "$URL/api/v1/cohorts/$C/people" | json 'len(d["rows"])')"
equals "a student does not" 403 "$(as anna -o /dev/null -w '%{http_code}' "$URL/api/v1/cohorts/$C/people")"
equals "a TA of another cohort finds nothing" 404 "$(as ta -o /dev/null -w '%{http_code}' "$URL/api/v1/cohorts/$C/people")"
equals "a TA makes no cohort" 403 "$(as tina -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -d '{"cohort":"mine"}' "$URL/api/v1/cohorts")"
python3 - "$WORK" <<'PY'
import json, sys
text = "login,name,email,section,student_id\ndora,Dora,,A,\n"
json.dump({"file": text}, open(sys.argv[1] + "/show.json", "w")); json.dump({"file": text, "yes": True}, open(sys.argv[1] + "/do.json", "w"))
PY
equals "a roster over HTTP shows first" False "$(as tina -H 'Content-Type: application/json' -d @"$WORK/show.json" "$URL/api/v1/cohorts/$C/roster" | json 'd["done"]')"
equals "… nobody came in" 0 "$(sql "select count(*) from user where login = 'dora'")"
equals "… and does it when told to" True "$(as tina -H 'Content-Type: application/json' -d @"$WORK/do.json" "$URL/api/v1/cohorts/$C/roster" | json 'd["done"]')"
equals "… then she is there" 1 "$(sql "select count(*) from user where login = 'dora'")"
told() { as tina -o "$WORK/out" -w '%{http_code}' -H 'Content-Type: application/json' -d "$1" "$URL/api/v1/cohorts/$C/roster"; }
equals "a NUL within a file does not cut it short" 422 "$(told '{"file":"login,name\nerik,E\u0000\nfay,F\n","yes":true}')"
contains "… which is said" "a NUL character" "$(cat "$WORK/out")"
equals "what only looks like one is a name" 200 "$(told '{"file":"login,name\nerik,E\\u0000\n"}')"
equals "a file given twice is refused" 422 "$(told '{"file":"login,name\nerik,E\n","file":"login,name\nfay,F\n","yes":true}')"
equals "… and a yes that is no yes" 422 "$(told '{"file":"login,name\nerik,E\n","yes":"true"}')"
equals "nobody came in by any of them" 0 "$(sql "select count(*) from user where login in ('erik', 'fay')")"
contains "the gradebook comes as CSV" "21307," "$(as tina "$URL/api/v1/cohorts/$C/gradebook")"

"$GRADER" user add $C vera --role=admin >/dev/null
echo "machine 127.0.0.1 login vera password $("$GRADER" token make $C vera --json | json 'd["rows"][0]["token"]')" >"$WORK/demo/vera.netrc"
contains "an admin reads another cohort's handout, with links into that one" 'href="/demo/attention/board"' "$(as vera -H 'Accept: text/html' "$URL/demo/attention")"
erase() { as vera -o "$WORK/out" -w '%{http_code}' -X DELETE "$URL/api/v1/users/dora?reason=left$1"; }
equals "over HTTP an admin's erasing shows first" 200 "$(erase '')"
equals "… a yes that is none is refused" 422 "$(erase '&yes=perhaps')"
equals "… and does nothing" 1 "$(sql "select count(*) from user where login = 'dora'")"
equals "… with yes=true it is done" 200 "$(erase '&yes=true')"
equals "… and she is gone" 0 "$(sql "select count(*) from user where login = 'dora'")"

# A copy, under load, and back
for i in 1 2 3; do sed "s/\$/ $(printf '%*s' $i '')/" $S/correct/naive.c >"$WORK/more$i.c"; as cara -H 'Accept: application/json' -o /dev/null -T "$WORK/more$i.c" "$URL/submit/attention" & loads[i]=$!; done
check "a copy is made while the service writes" "$GRADER" backup "$WORK/copy.db"
equals "… which the audit has, with who took it" "command:$(id -un) $(realpath "$WORK/copy.db")" "$(sql "select actor || ' ' || object from audit where action = 'backup'")"
equals "… private" 600 "$(stat -c %a "$WORK/copy.db")"
equals "… and never over another file" 1 "$(code "$GRADER" backup "$WORK/copy.db")"
wait "${loads[@]}"
equals "nothing is put under a running service" 1 "$(code "$GRADER" restore "$WORK/copy.db")"
contains "… which is said" "stop the service first" "$(said)"
stop_service
head -c 5000 "$WORK/copy.db" >"$WORK/cut.db"
equals "a damaged copy is refused" 1 "$(code "$GRADER" restore "$WORK/cut.db")"
check "a copy is put in place" "$GRADER" restore "$WORK/copy.db"
equals "… with nothing beside it that belongs to it" "" "$(ls "$DB"-wal "$DB".restoring* 2>/dev/null)"
equals "… which the audit has too" 1 "$(sql "select count(*) from audit where action = 'restore' and actor = 'command:$(id -un)'")"
check "… what was there is kept" test -s "$DB.before-restore"
before=$(sha256sum <"$DB.before-restore")
chmod 444 "$WORK/copy.db"
[ "$(id -u)" = 0 ] && user="setpriv --reuid=65534 --regid=65534 --clear-groups" || user=
mkdir -m 777 "$WORK/theirs"; cp "$WORK/copy.db" "$WORK/theirs/copy.db"; chmod 444 "$WORK/theirs/copy.db"; chmod 755 "$WORK" "$WORK/theirs"; mkdir -m 777 "$WORK/mine"
check "whoever may only read a copy restores it" $user "$GRADER" restore "$WORK/theirs/copy.db" --database.path="$WORK/mine/grader.db"
check "a second time" "$GRADER" restore "$WORK/copy.db"
equals "… loses nothing of the first" "$before" "$(sha256sum <"$DB.before-restore")"
check "… nor of its own" test -s "$DB.before-restore-2"
head -c 5000 "$WORK/copy.db" >"$DB"; echo "what a killed service left" >"$DB-wal"
check "a broken one is replaced" "$GRADER" restore "$WORK/copy.db"
contains "… and what lay beside it is kept" "killed" "$(cat "$DB.before-restore-3-wal")"
start_service --assignments.path="$WORK/overlay" || { not_ok "the service starts again"; exit 1; }
contains "… and serves" "21307," "$(as tina "$URL/api/v1/cohorts/$C/gradebook")"

# Erasure
needle="Li, Anna"
contains "her name is in the database" "$needle" "$(sql .dump)"
equals "erasing shows first" 2 "$(code "$GRADER" user erase anna --reason="asked for it")"
equals "… and erases" 0 "$(code "$GRADER" user erase anna --reason="asked for it" --yes)"
equals "her token opens nothing" 401 "$(as anna -o /dev/null -w '%{http_code}' "$URL/api/v1/submissions")"
lacks "her name is in no row" "$needle" "$(sql .dump)"
equals "… nor in any byte of the files" 0 "$(cat "$DB" "$DB-wal" | grep -ac "$needle")"
equals "her scores stay as numbers" 1 "$(sql "select count(*) from submission s join grading g on g.submission_id = s.id and g.generation = s.generation join membership m on m.id = s.membership_id join user u on u.id = m.user_id where u.login like 'erased-%' and g.score > 0")"
equals "every act is in the audit" 1 "$(sql "select count(*) > 10 from audit where actor like 'command:%' or actor = 'tina'")"
