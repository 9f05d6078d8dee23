#!/usr/bin/env bash
# The git hook with a real `git push`: what a student sees as remote: lines, and what must never fail a push.
. "$(dirname "$0")/lib.sh"
short_timing 500
start_service --assignments.path="$WORK/overlay" || { not_ok "the service starts"; exit 1; }
S=tests/submissions
export GIT_CONFIG_GLOBAL="$WORK/gitconfig" GIT_CONFIG_SYSTEM=/dev/null GIT_TERMINAL_PROMPT=0
git config --global user.name Alice; git config --global user.email a@example.org
git config --global init.defaultBranch main; git config --global advice.detachedHead false
key_of hook demo >"$WORK/hook.key"; chmod 600 "$WORK/hook.key"

git init -q --bare "$WORK/alice.git"
cp deploy/hooks/post-receive "$WORK/alice.git/hooks/post-receive"
for pair in "url $URL" "keyfile $WORK/hook.key" "login alice" "wait 60"; do git -C "$WORK/alice.git" config "grader.${pair% *}" "${pair#* }"; done
git clone -q "$WORK/alice.git" "$WORK/tree" 2>/dev/null
cd "$WORK/tree" || exit 1
put() { mkdir -p "$1"; cp "$2" "$1/$1.c"; git add -A; }
push() { git push "$@" 2>&1; }
rows() { sql 'select count(*) from submission'; }

put attention "$ROOT/$S/attention/correct/naive.c"; echo hello >README; git add README; git commit -qm first
out=$(push -q origin main); code=$?
equals "the push goes through" 0 $code
contains "the report comes as remote: lines" "remote: #1 " "$out"
contains "… with the pusher's login" "alice" "$out"
contains "… case by case" "cases right" "$out"
check "… to its last line" grep -qE '^remote: Score [0-9.]+ / 100' <<<"$out"
equals "the commit's name is kept" "$(git rev-parse HEAD)" "$(sql 'select commit_name from submission where id=1')"
equals "it is alice's submission" alice "$(sql 'select u.login from submission s join membership m on m.id=s.membership_id join user u on u.id=m.user_id')"
contains "the JSON report names the commit" "$(git rev-parse HEAD)" "$(as alice "$URL/s/1.json")"

echo more >>README; git commit -qam second; out=$(push -q origin main)
equals "a push that changes no assignment says nothing" "" "$out"
equals "… and submits nothing" 1 "$(rows)"

wrong() { ls "$ROOT/$S/$1"/wrong/*.c | head -n 1; } # no clock: quick
put pca "$(wrong pca)"; put lstm_cell "$(wrong lstm_cell)"; git commit -qm two
out=$(push -q origin main)
equals "two files in one push are two submissions" 3 "$(rows)"
contains "… both reported" "remote: grader: pca/pca.c" "$out"
contains "… both reported" "remote: grader: lstm_cell/lstm_cell.c" "$out"

mkdir -p 'attention/sub' 'bad name' x-1; printf 'int x;' >'attention/other.c'; printf 'int x;' >'bad name/bad name.c'
printf 'int x;' >attention/sub/sub.c; printf 'int x;' >"$(printf 'attention/new\nline.c')"; ln -s /etc/passwd x-1/x-1.c
mkdir -p '$(touch pwned)' 'a;b'; printf x >'$(touch pwned)/$(touch pwned).c'; printf x >'a;b/a;b.c'
git add -A; git commit -qm odd; out=$(push -q origin main); code=$?
equals "odd names do not fail a push" 0 $code
contains "a symbolic link is not followed" "x-1/x-1.c is no ordinary file" "$out"
equals "none of them is submitted" 3 "$(rows)"
check "nothing of a name was run" sh -c "! find $WORK -name pwned | grep -q ."

put atention "$ROOT/$S/attention/correct/naive.c"; git commit -qm typo; out=$(push -q origin main); code=$?
equals "an unknown assignment does not fail a push" 0 $code
contains "… and the answer helps" "Did you mean attention" "$out"

git push -q origin main:topic 2>/dev/null; before=$(rows)
out=$(push -q origin :topic); code=$?
equals "deleting a branch goes through" "0 $before" "$code $(rows)"
git tag v1; out=$(push -q origin v1); equals "a tag submits nothing" "$before" "$(rows)"

put attention "$(wrong attention)"; git commit -qam third; git push -q origin main >/dev/null 2>&1
equals "a changed file is submitted once more" $((before + 1)) "$(rows)"
git reset -q --hard HEAD~1; printf '/* other */\n' >>attention/attention.c; git commit -qam rewritten
out=$(push -q -f origin main); code=$?
equals "a forced push goes through" 0 $code
equals "… and submits what is new" $((before + 2)) "$(rows)"

head -c 2000000 /dev/zero | tr '\0' 'x' >attention/attention.c; git commit -qam huge; out=$(push -q origin main); code=$?
contains "a huge file is refused in one line" "attention/attention.c has 2000000 bytes; not submitted" "$out"
equals "… the push goes through" 0 $code
for i in 1 2 3; do put "a$i" "$ROOT/$S/attention/correct/naive.c"; done
put attention "$(wrong attention)"; put pca "$(wrong pca)"; printf '/* many */\n' | tee -a attention/attention.c >>pca/pca.c
git add -A; git commit -qm many; before=$(rows)
git -C "$WORK/alice.git" config grader.wait 0; git -C "$WORK/alice.git" config grader.files 1; git -C "$WORK/alice.git" config grader.mark true
out=$(push -q origin main)
contains "what no assignment is called is told in words" "remote: grader: a1/a1.c: 404 " "$out"
lacks "… and in nothing else" '{"' "$out"
equals "… and counts for no limit" $((before + 1)) "$(rows)"
contains "a push with many files stops at its limit" "more than 1 files in one push" "$out"
contains "… and says for each how to send it" "pca/pca.c was not submitted. It goes in with the next commit that you push (git commit --allow-empty); or send it: curl -n -T pca/pca.c $URL/submit/pca" "$out"
git commit -q --allow-empty -m next; push -q origin main >/dev/null
equals "… or the next push brings it in" $((before + 2)) "$(rows)"
git -C "$WORK/alice.git" config --unset grader.mark; git -C "$WORK/alice.git" config --unset grader.files; git -C "$WORK/alice.git" config grader.wait 60

# Slow grading: the link instead of the rest
put attention "$(wrong attention)"; printf '/* slow */\n' >>attention/attention.c; git commit -qam slow
git -C "$WORK/alice.git" config grader.wait 3
kill -STOP $(pgrep -P "$SERVICE")
begin=$SECONDS; out=$(push -q origin main); code=$?
kill -CONT $(pgrep -P "$SERVICE")
equals "a slow grading does not fail a push" 0 $code
# A slow machine may have used its three seconds up before it could begin to wait.
check "… it says where the report will be" grep -qE "(still being graded; the report|is submitted): $URL/s/" <<<"$out"
[ $((SECONDS - begin)) -le 30 ] && ok "… after the seconds it may wait" || not_ok "… after the seconds it may wait" "$((SECONDS - begin)) s"
git -C "$WORK/alice.git" config grader.wait 0; printf '/* z */\n' >>attention/attention.c; git commit -qam nowait; out=$(push -q origin main)
contains "with no time to wait there is only the link" "is submitted: $URL/s/" "$out"
git -C "$WORK/alice.git" config grader.wait 60

# Who it is
printf '/* bob */\n' >>attention/attention.c; git commit -qam bob
git -C "$WORK/alice.git" config --unset grader.login
out=$(GL_USER=bob push -q origin main)
equals "the git server says who pushes" bob "$(sql 'select u.login from submission s join membership m on m.id=s.membership_id join user u on u.id=m.user_id order by s.id desc limit 1')"
printf '/* eve */\n' >>attention/attention.c; git commit -qam eve; before=$(rows)
out=$(GL_USER=eve push -q origin main); code=$?
contains "somebody who is not in the course is told so" "no 'eve' in demo" "$out"
printf '/* f */\n' >>attention/attention.c; git commit -qam f
out=$(GL_USER='x"; touch pwned; "' push -q origin main)
contains "a login that is none is not passed on" "cannot tell whose push" "$out"
equals "… nothing was submitted" "$before" "$(rows)"
lacks "the key is never shown" "$(cat "$WORK/hook.key")" "$out"
git -C "$WORK/alice.git" config grader.login alice

# What the key may not
key=$(cat "$WORK/hook.key")
equals "the key reads no report" 403 "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" "$URL/s/1")"
equals "the key submits for nobody without ?for=" 400 "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" -T attention/attention.c "$URL/submit/attention")"
equals "a student cannot use ?for=" 403 "$(as alice -o /dev/null -w '%{http_code}' -T attention/attention.c "$URL/submit/attention?for=bob")"
equals "a commit is hexadecimal" 400 "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" -T attention/attention.c "$URL/submit/attention?for=bob&commit=zz")"

# Nobody there
printf '/* g */\n' >>attention/attention.c; git commit -qam g
: >"$WORK/hook.key"; out=$(push -q origin main); code=$?
contains "an empty key file is told" "key file" "$out"; equals "… and fails no push" 0 $code
printf '%s\n' "$key" >"$WORK/hook.key"
printf '/* h */\n' >>attention/attention.c; git commit -qam h
stop_service TERM
git -C "$WORK/alice.git" config grader.wait 10
out=$(push -q origin main); code=$?
equals "a push while the service is down goes through" 0 $code
contains "… is tried again" "trying again" "$out"
contains "… and says how to send what was not submitted" "attention/attention.c was not submitted. Pushing it again does nothing; send it: curl -n -T attention/attention.c" "$out"

git -C "$WORK/alice.git" config grader.wait 60
before=$(rows)
printf '/* i */\n' >>attention/attention.c; git commit -qam i
push -q origin main >"$WORK/pushed" 2>&1 &
pushing=$!
await 10 grep -q 'trying again' "$WORK/pushed" || true
cd "$ROOT" && start_service --assignments.path="$WORK/overlay"; cd "$WORK/tree" || exit 1
wait $pushing
check "a push during a restart is submitted when the service is back" grep -q '^remote: #' "$WORK/pushed"
equals "… once" $((before + 1)) "$(rows)"
stop_service TERM

# A service that takes connections and says nothing
python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); time.sleep(120)' >"$WORK/deaf" &
deaf=$!
await 10 test -s "$WORK/deaf"
git -C "$WORK/alice.git" config grader.url "http://127.0.0.1:$(cat "$WORK/deaf")"; git -C "$WORK/alice.git" config grader.wait 2
for a in attention lstm_cell pca; do echo '/* deaf */' >>$a/$a.c; done
git commit -qam deaf; begin=$SECONDS; out=$(push -q origin main)
[ $((SECONDS - begin)) -le 18 ] && ok "three files nobody answers for do not take three times as long" || not_ok "three files nobody answers for do not take three times as long" "$((SECONDS - begin)) s"
equals "… and each is told how it can go in" 3 "$(grep -c 'was not submitted. Pushing it again does nothing; send it: curl' <<<"$out")"
kill $deaf

# A newer version comes in while the reports of an older push are awaited
cd "$ROOT" && start_service --assignments.path="$WORK/overlay" --worker.count=1; cd "$WORK/tree" || exit 1
git -C "$WORK/alice.git" config grader.url "$URL"; git -C "$WORK/alice.git" config grader.wait 60
sql "update offering set supersede = 1, interval_s = 0"
as bob -T "$(wrong pca)" "$URL/submit/pca" >/dev/null # the worker is there, and free
kill -STOP $(pgrep -P "$SERVICE" -f 'worker --fd')
{ cat "$(wrong pca)"; echo '/* first in line */'; } >"$WORK/first.c"
as bob -H 'Accept: application/json' -T "$WORK/first.c" "$URL/submit/pca" >/dev/null
before=$(rows)
for a in lstm_cell pca; do echo '/* older */' >>$a/$a.c; done
git commit -qam older; push -q origin main >"$WORK/pushed" 2>&1 &
pushing=$!
await 20 sh -c "[ \"\$(sqlite3 '$DB' 'select count(*) from submission')\" -eq $((before + 2)) ]"
older=$(sql "select max(s.id) from submission s join offering o on o.id = s.offering_id where o.name = 'pca'")
echo '/* newer */' >>pca/pca.c
as alice -H 'Accept: application/json' -T pca/pca.c "$URL/submit/pca" >/dev/null
equals "a newer version takes the place of one that waits" superseded "$(sql "select stage from submission where id = $older")"
kill -CONT $(pgrep -P "$SERVICE" -f 'worker --fd')
wait $pushing
contains "whoever pushed the older one hears that" "a newer submission took its place" "$(grep -A20 "remote: #$older " "$WORK/pushed")"
equals "… and it is not sent once more" $((before + 3)) "$(rows)"
await 20 sh -c "[ \"\$(sqlite3 '$DB' 'select stage from submission order by id desc limit 1')\" = graded ]"
equals "… the newer one is graded" graded "$(sql "select stage from submission order by id desc limit 1")"
follow() { curl -s -o "$WORK/answer" -w '%{http_code}' -H "Authorization: Bearer $key" -T "$1" "$URL/submit/pca?for=$2&again=$3"; }
git show HEAD:pca/pca.c >"$WORK/older.c"
equals "the key follows what it has the bytes of" 200 "$(follow "$WORK/older.c" alice $older)"
equals "… not what it has not" 404 "$(follow pca/pca.c alice $older)"
equals "… nor somebody else's" 404 "$(follow "$WORK/older.c" bob $older)"
equals "… nor what is not there" "404 400" "$(follow "$WORK/older.c" alice 99999) $(follow "$WORK/older.c" alice x)"
equals "… and nothing is stored of it" $((before + 3)) "$(rows)"

# No room for the hook's copy
old=$(git rev-parse HEAD~1) new=$(git rev-parse HEAD)
out=$(cd "$WORK/alice.git" && ulimit -f 0 && echo "$old $new refs/heads/main" | sh hooks/post-receive 2>&1)
contains "without room for a copy the file is told of" "grader: no room for a copy of pca/pca.c" "$out"
contains "… with how it can go in" "pca/pca.c was not submitted. Pushing it again does nothing; send it: curl" "$out"

# A commit whose folder cannot be read
tree=$(git rev-parse 'HEAD^{tree}' | sed 's|^..|&/|') lost=$WORK/alice.git/objects
folder=$(git rev-parse HEAD:pca | sed 's|^..|&/|')
git -C "$WORK/alice.git" config grader.mark true
if [ -f "$lost/$folder" ] && [ -f "$lost/$tree" ]; then
    mv "$lost/$folder" "$WORK/folder"
    out=$(cd "$WORK/alice.git" && echo "$old $new refs/heads/main" | sh hooks/post-receive 2>&1)
    mv "$WORK/folder" "$lost/$folder"
    contains "what cannot be read is told" "grader: what was pushed cannot be read just now" "$out"
    equals "… and is not taken for submitted" "" "$(git -C "$WORK/alice.git" rev-parse -q --verify refs/grader/main | grep "$new" || true)"
else
    skip "what cannot be read is told" "git packed its objects"
fi
stop_service TERM
equals "nothing is left in the repository" "" "$(ls "$WORK/alice.git" | grep grader || true)"
