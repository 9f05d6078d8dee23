#!/usr/bin/env bash
# The service's own door for git, with a real git: push, fetch, whose repository it is, what a push costs, and what
# people do who want to break it.
. "$(dirname "$0")/lib.sh"
for program in git curl; do command -v $program >/dev/null || { skip "pushing to the service" "$program is not installed"; exit 0; }; done
short_timing 500
start_service --assignments.path="$WORK/overlay" --git.push=2000000 --git.repository=3000000 --git.children=6 || { not_ok "the service starts"; exit 1; }
S=$ROOT/tests/submissions
HOST=${URL#http://} HOST=${HOST%:*}
export GIT_CONFIG_GLOBAL="$WORK/gitconfig" GIT_CONFIG_SYSTEM=/dev/null GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true
for pair in "user.name A" "user.email a@example.org" "init.defaultBranch main" "advice.detachedHead false"; do git config --global "${pair% *}" "${pair#* }"; done
token() { awk '{print $6}' "$WORK/demo/$1.netrc"; }
for login in alice bob ta; do mkdir "$WORK/of-$login"; cp "$WORK/demo/$login.netrc" "$WORK/of-$login/.netrc"; chmod 600 "$WORK/of-$login/.netrc"; done
g() { local login=$1; shift; HOME="$WORK/of-$login" git "$@" 2>&1; } # git as somebody, by netrc alone
rows() { sql 'select count(*) from submission'; }
put() { mkdir -p "$1"; cp "$2" "$1/$1.c"; git add -A; }
wrong() { ls "$S/$1"/wrong/*.c | sed -n "${2:-1}p"; } # no clock: quick
status() { curl -s -o /dev/null -w '%{http_code}' --max-time 20 "$@"; }
quiet() { await 15 sh -c "! pgrep -P $SERVICE -f http-backend"; }

git init -q "$WORK/tree"; cd "$WORK/tree" || exit 1
git remote add origin "$URL/git/alice.git"

# -- what a student does --------------------------------------------------------------------------
put attention "$S/attention/correct/naive.c"; echo hello >README; git add README; git commit -qm first
out=$(g alice push origin main); code=$?
equals "git push goes through" 0 $code
contains "the report comes as remote: lines" "remote: #1 accepted  attention  alice" "$out"
contains "… case by case" "cases right" "$out"
check "… to its last line" grep -qE '^remote: Score [0-9.]+ / 100' <<<"$out"
contains "the branch is there" "main -> main" "$out"
equals "the commit's name is kept" "$(git rev-parse HEAD)" "$(sql 'select commit_name from submission where id=1')"
equals "it is alice's submission" alice "$(sql 'select u.login from submission s join membership m on m.id=s.membership_id join user u on u.id=m.user_id')"
cp "$(wrong attention)" attention/attention.c; git commit -qam wrong
out=$(g alice push -q origin main)
equals "a changed file is a second submission" 2 "$(rows)"
echo more >>README; git commit -qam second; out=$(g alice push -q origin main); code=$?
contains "a push with nothing to grade says where a file must lie" "nothing to grade in this push; what is graded is ASSIGNMENT/ASSIGNMENT.c" "$out"
equals "… and goes through, and submits nothing" "0 2" "$code $(rows)"
cp "$S/attention/correct/naive.c" attention/attention.c; git commit -qam again; out=$(g alice push -q origin main)
contains "the same bytes show the report that is there" "remote: #1 " "$out"
equals "… and cost nothing" 2 "$(rows)"
put pca "$(wrong pca)"; put lstm_cell "$(wrong lstm_cell)"; git commit -qm two; out=$(g alice push -q origin main)
equals "two assignments in one push are two submissions" 4 "$(rows)"
contains "… both reported" "remote: grader: pca/pca.c" "$out"
contains "… both reported" "remote: grader: lstm_cell/lstm_cell.c" "$out"

check "clone brings it back" env HOME="$WORK/of-alice" git clone -q "$URL/git/alice.git" "$WORK/copy"
equals "… byte for byte" "$(git rev-parse HEAD)" "$(git -C "$WORK/copy" rev-parse HEAD)"
lacks "what the hook remembers is not shown" "refs/grader" "$(g alice ls-remote origin)"
echo x >>README; git commit -qam x; g alice push -q origin main >/dev/null
check "fetch finds what is new" sh -c "cd '$WORK/copy' && HOME='$WORK/of-alice' git fetch -q && test \$(git rev-parse origin/main) = $(git rev-parse HEAD)"
check "… with an older protocol too" env HOME="$WORK/of-alice" git -c protocol.version=0 -C "$WORK/copy" pull -q
git checkout -q -b topic; g alice push -q origin topic >/dev/null; out=$(g alice push origin :topic); code=$?
equals "a branch can be deleted" 0 $code
git checkout -q main; git reset -q --hard HEAD~1; echo other >>README; git commit -qam rewritten
g alice push -qf origin main >/dev/null; equals "history can be rewritten" 0 $?
out=$(g alice push origin HEAD:refs/grader/main); equals "what was submitted cannot be told to the hook" "1" "$?"
out=$(g alice push origin HEAD:refs/notes/x); contains "only branches and tags can be pushed" "only branches and tags" "$out"

# -- whose it is ----------------------------------------------------------------------------------
out=$(g bob ls-remote "$URL/git/alice.git"); contains "somebody else's repository is not there" "404" "$out$(status -u "bob:$(token bob)" "$URL/git/alice.git/info/refs?service=git-upload-pack")"
equals "… nor one of nobody" 404 "$(status -u "bob:$(token bob)" "$URL/git/nobody.git/info/refs?service=git-upload-pack")"
equals "… nor for a push" 404 "$(status -u "bob:$(token bob)" "$URL/git/alice.git/info/refs?service=git-receive-pack")"
check "a TA fetches a student's" env HOME="$WORK/of-ta" git clone -q "$URL/git/alice.git" "$WORK/ta-copy"
out=$(g ta push "$URL/git/alice.git" main); check "… and does not push to it" test $? -ne 0
contains "… and is told why" "403" "$out"
equals "what was never used is not there for a TA" 404 "$(status -u "ta:$(token ta)" "$URL/git/bob.git/info/refs?service=git-upload-pack")"
equals "one's own is there from the first use on" 200 "$(status -u "bob:$(token bob)" "$URL/git/bob.git/info/refs?service=git-upload-pack")"
head=$(curl -s -D - -o /dev/null -u alice:wrong "$URL/git/alice.git/info/refs?service=git-upload-pack")
contains "a wrong token is refused" " 401 " "$head"; contains "… so that git asks for another" "WWW-Authenticate: Basic" "$head"
out=$(HOME="$WORK" git push "$URL/git/alice.git" main 2>&1); check "no token, no push" test $? -ne 0
hook=$(key_of hook demo)
equals "a git server's key does not push" 403 "$(status -H "Authorization: Bearer $hook" "$URL/git/alice.git/info/refs?service=git-receive-pack")"

# -- addresses ------------------------------------------------------------------------------------
a="alice:$(token alice)" id=$(ls "$WORK/db/git" | grep -m1 '\.git$')
for path in '%2e%2e.git/info/refs' '..%2f..%2fdb.git/info/refs' 'alice.git/HEAD' 'alice.git/config' 'alice.git/objects/info/packs' \
    "$id/info/refs" "${id%.git}.git/info/refs" 'alice.git%2f..%2fbob.git/info/refs' 'alice.git%00/info/refs' 'home.git/info/refs'; do
    code=$(status --path-as-is -u "$a" "$URL/git/$path?service=git-upload-pack")
    case $code in 400 | 404) ok "/git/$path is no way in ($code)" ;; *) not_ok "/git/$path is no way in" "$code" ;; esac
done
equals "an older git without smart HTTP is told so" 400 "$(status -u "$a" "$URL/git/alice.git/info/refs")"
equals "… another service is none" 400 "$(status -u "$a" "$URL/git/alice.git/info/refs?service=git-upload-archive")"
equals "a body of another type is not taken" 415 "$(status -u "$a" -d x "$URL/git/alice.git/git-receive-pack")"
push_type='Content-Type: application/x-git-receive-pack-request'
equals "… nor one that is packed twice" 415 "$(printf x | gzip | status -u "$a" -H "$push_type" -H 'Content-Encoding: gzip' --data-binary @- "$URL/git/alice.git/git-receive-pack")"
head -c 4000000 /dev/urandom >"$WORK/big"
equals "too long a push is refused by its length" 413 "$(status -u "$a" -H "$push_type" --data-binary @"$WORK/big" "$URL/git/alice.git/git-receive-pack")"
equals "… or where it has none, as it comes" 413 "$(status -u "$a" -H "$push_type" -H 'Transfer-Encoding: chunked' --data-binary @"$WORK/big" "$URL/git/alice.git/git-receive-pack")"
code=$(head -c 100000 "$WORK/big" | status -u "$a" -H "$push_type" --data-binary @- "$URL/git/alice.git/git-receive-pack")
case $code in 200 | 400 | 500 | 503) ok "noise for a push is answered ($code)" ;; *) not_ok "noise for a push is answered" "$code" ;; esac
equals "none of it changed anything" "$(git rev-parse HEAD)" "$(g alice ls-remote origin refs/heads/main | cut -f1)"

# -- limits ---------------------------------------------------------------------------------------
git checkout -q -b big; head -c 3000000 /dev/urandom >blob; git add blob; git commit -qm big
out=$(g alice push origin big); check "a push over the limit fails" test $? -ne 0
git reset -q --hard main
head -c 1500000 /dev/urandom >blob; git add blob; git commit -qm b1; out=$(g alice push origin big); equals "one below goes through, in pieces" 0 $?
head -c 1500000 /dev/urandom >blob; git add blob; git commit -qm b2; out=$(g alice push origin big); check "a repository has an end" test $? -ne 0
contains "… which it names" "the limit is" "$out"
git checkout -q main; git checkout -q -b bomb; head -c 600000000 /dev/zero >blob; git add blob; git commit -qm bomb
begin=$SECONDS; before=$(du -sk "$WORK/db/git" | cut -f1); out=$(g alice push -q origin bomb); code=$?
equals "a huge file in a small pack is taken as that pack" 0 $code
after=$(du -sk "$WORK/db/git" | cut -f1)
[ $((after - before)) -le 1500 ] && ok "… and takes its room ($((after - before)) KiB)" || not_ok "… and takes its room" "$((after - before)) KiB"
[ $((SECONDS - begin)) -le 60 ] && ok "… in time ($((SECONDS - begin)) s)" || not_ok "… in time" "$((SECONDS - begin)) s"
git checkout -qf main; git branch -qD bomb big; rm -f blob
for i in $(seq 40); do git branch "many$i"; done
out=$(g alice push origin $(for i in $(seq 40); do echo "many$i"; done)); contains "forty branches at once are too many" "more than 32 branches" "$out"
for i in $(seq 40); do git branch -qD "many$i"; done

# -- odd trees ------------------------------------------------------------------------------------
before=$(rows)
mkdir -p x-1 'bad name' "$(printf 'e\033[31mvil')"; ln -s /etc/passwd x-1/x-1.c; printf 'int x;' >'bad name/bad name.c'
printf 'int x;' >"$(printf 'attention/new\nline.c')"; printf 'int x;' >"$(printf 'e\033[31mvil/e\033[31mvil.c')"
mkdir -p '$(touch pwned)'; printf x >'$(touch pwned)/$(touch pwned).c'; git add -A; git commit -qm odd
out=$(g alice push -q origin main); equals "odd names do not fail a push" 0 $?
contains "a symbolic link is not followed" "x-1/x-1.c is no ordinary file" "$out"
check "no escape reaches the terminal" sh -c '! printf %s "$1" | sed "s/\x1b\[K//g" | grep -q "$(printf "\033")"' - "$out"
equals "none of them is submitted" "$before" "$(rows)"
check "nothing of a name was run" sh -c "! find '$WORK' -name pwned | grep -q ."

# -- the key of a push ----------------------------------------------------------------------------
check "no token lies anywhere in the repositories" sh -c "! grep -rF '$(token alice)' '$WORK/db/git'"
check "… nor the key of a push" sh -c "! grep -rF GRADER_KEY '$WORK/db/git'"

# -- people who leave, and a service that does ----------------------------------------------------
printf 'POST /git/alice.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %s\r\n%s\r\nContent-Length: 100000\r\n\r\n0000' "$(printf %s "$a" | base64 -w0)" "$push_type" >"$WORK/half"
began=$(date +%s%6N)
exec 7<>"/dev/tcp/$HOST/$PORT"; cat "$WORK/half" >&7
check "half a push holds a git" await 5 sh -c "pgrep -P $SERVICE -f http-backend"
# What our own user sees in /proc of the key that the hook is lent
begun=$(date +%s%6N)
key=$(tr '\0' '\n' <"/proc/$(pgrep -P "$SERVICE" -f http-backend)/environ" | sed -n 's/^GRADER_KEY=//p')
with_key() { status -H "Authorization: Bearer $key" -H 'Accept: application/json' "$@"; }
{ cat "$(wrong pca)"; echo '/* key */'; } >"$WORK/key.c"
equals "a push's key submits for nobody else" 403 "$(with_key -T "$WORK/key.c" "$URL/submit/pca?for=bob")"
equals "… reads no report, not even of its pusher" 403 "$(with_key "$URL/s/1")"
equals "… and opens no repository" 403 "$(with_key "$URL/git/alice.git/info/refs?service=git-receive-pack")"
before=$(rows)
equals "it submits for its pusher" 202 "$(with_key -T "$WORK/key.c" "$URL/submit/pca?for=alice")"
equals "… once" $((before + 1)) "$(rows)"
equals "… as of the push's first byte" 1 "$(sql "select received_at between $began and $begun from submission order by id desc limit 1")"
exec 7>&-
check "… which ends when the client leaves" quiet
equals "… and with it its key" 401 "$(with_key -T "$WORK/key.c" "$URL/submit/pca?for=alice")"
equals "… and leaves nothing behind" "" "$(find "$WORK/db/git" -name 'tmp_*')"
for i in 7 8 9; do eval "exec $i<>/dev/tcp/$HOST/$PORT"; eval "cat '$WORK/half' >&$i"; done
await 5 sh -c "[ \$(pgrep -P $SERVICE -f http-backend | wc -l) -ge 3 ]"
equals "nobody has more than three at once" 429 "$(status -u "$a" "$URL/git/alice.git/info/refs?service=git-upload-pack")"
equals "… and others are not kept out" 200 "$(status -u "bob:$(token bob)" "$URL/git/bob.git/info/refs?service=git-upload-pack")"
sed "s/Basic .*/Basic $(printf 'bob:%s' "$(token bob)" | base64 -w0)\r/;s/alice.git/bob.git/" "$WORK/half" >"$WORK/half-bob"
for i in 10 11 12; do eval "exec $i<>/dev/tcp/$HOST/$PORT"; eval "cat '$WORK/half-bob' >&$i"; done
await 5 sh -c "[ \$(pgrep -P $SERVICE -f http-backend | wc -l) -ge 6 ]"
head=$(curl -s -D - -u "chen:$(token chen)" "$URL/git/chen.git/info/refs?service=git-receive-pack")
contains "a full house says when to come back" "Retry-After" "$head"
lacks "… and holds no deadline open for a question" "held open" "$head"
head=$(curl -s -D - -u "chen:$(token chen)" -H "$push_type" -d 0000 "$URL/git/chen.git/git-receive-pack")
contains "… but for a push" "held open" "$head"
for i in 7 8 9 10 11 12; do eval "exec $i>&-"; done
check "all of them end" quiet
equals "the service answers" 200 "$(status "$URL/healthz")"

printf '/* gone */\n' >>attention/attention.c; git commit -qam gone; before=$(rows)
kill -STOP $(pgrep -P "$SERVICE" -f 'worker --fd')
HOME="$WORK/of-alice" git push -q origin main >"$WORK/pushed" 2>&1 &
pushing=$!
check "a push waits for its report" await 20 grep -q '^remote: #' "$WORK/pushed"
equals "… whose file is in" $((before + 1)) "$(rows)"
kill -9 $pushing $(pgrep -P $pushing) 2>/dev/null; wait $pushing 2>/dev/null
kill -CONT $(pgrep -P "$SERVICE" -f 'worker --fd')

printf '/* late */\n' >>attention/attention.c; git commit -qam late
kill -STOP $(pgrep -P "$SERVICE" -f 'worker --fd')
HOME="$WORK/of-alice" git push -q origin main >"$WORK/pushed" 2>&1 &
pushing=$!
check "another push is in, and waits" await 60 grep -q '^remote: #' "$WORK/pushed"
kill -9 "$SERVICE"; wait "$SERVICE" 2>/dev/null; kill -9 $(pgrep -f "worker --fd.*$WORK") 2>/dev/null
check "a push whose service dies does not hang" await 30 sh -c "! kill -0 $pushing"
check "no git outlives it" await 15 sh -c "! grep -lsaF 'GIT_PROJECT_ROOT=$(realpath "$WORK")' /proc/[0-9]*/environ"
cd "$ROOT" && start_service --assignments.path="$WORK/overlay" --git.push=2000000 --git.repository=30000000; cd "$WORK/tree" || exit 1
last=$(sql 'select max(id) from submission')
check "what was accepted is graded after the restart" await 60 sh -c "curl -s --netrc-file '$WORK/demo/alice.netrc' '$URL/s/$last.txt' | tail -n 1 | grep -q '^Score\|^No score'"
# Whether the hook could still note what it had submitted is a matter of milliseconds; that nothing is submitted twice
# is not, nor that the next push notes it.
before=$(rows); git commit -q --allow-empty -m empty; check "the next push goes through" g alice push -q origin main
[ "$(rows)" = "$before" ] && ok "what the dead push had submitted is not submitted twice" ||
    not_ok "what the dead push had submitted is not submitted twice" "$before rows, then:" "$(sql 'select id, stage, hex(substr(source_hash, 1, 4)), commit_name from submission')" "$(cat "$WORK/pushed")"
git commit -q --allow-empty -m empty2; out=$(g alice push -q origin main)
contains "… and not looked at again after that" "nothing to grade" "$out"

# Two files, and the service is asked to stop while the first report is awaited: both are in.
for name in attention pca; do cp "$(wrong $name)" $name/$name.c; printf '/* term */\n' >>$name/$name.c; done; git commit -qam term
before=$(rows)
kill -STOP $(pgrep -P "$SERVICE" -f 'worker --fd')
HOME="$WORK/of-alice" git push -q origin main >"$WORK/pushed" 2>&1 &
pushing=$!
check "a push of two files waits for the first report" await 60 grep -q '^remote: #' "$WORK/pushed"
exec 7<>"/dev/tcp/$HOST/$PORT"; cat "$WORK/half" >&7; await 20 sh -c "[ \$(pgrep -P $SERVICE -f http-backend | wc -l) -ge 2 ]"
kill -TERM "$SERVICE"; await 10 grep -q service.stopping "$WORK/service.log"
kill -CONT $(pgrep -P "$SERVICE" -f 'worker --fd')
wait "$SERVICE"; code=$?; SERVICE=
exec 7>&-
equals "SIGTERM ends the service, with that push and with half a one" 0 $code
wait $pushing 2>/dev/null
equals "… and both files are in" $((before + 2)) "$(rows)"
gits() { grep -lsaF "GIT_PROJECT_ROOT=$(realpath "$WORK")" /proc/[0-9]*/environ | grep -c .; } # whatever their name
equals "nothing of git is left running" 0 "$(gits)"
