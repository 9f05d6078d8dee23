#!/usr/bin/env bash
# Pushes from people who want to break the service's own door for git: packs that claim to become gigabytes, folders
# without an end, names that lead elsewhere, clients that stop reading, everybody at once; then erasure and a full disk.
. "$(dirname "$0")/lib.sh"
for program in git curl; do command -v $program >/dev/null || { skip "attacks on the door for git" "$program is not installed"; exit 0; }; done
short_timing 500
flags=(--assignments.path="$WORK/overlay" --git.push=4000000 --git.repository=16000000 --git.children=6)
start_service "${flags[@]}" --git.wait=300 || { not_ok "the service starts"; exit 1; } # git.wall is 120 s: what has no end shows
S=$ROOT/tests/submissions
HOST=${URL#http://} HOST=${HOST%:*}
export GIT_CONFIG_GLOBAL="$WORK/gitconfig" GIT_CONFIG_SYSTEM=/dev/null GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true HOME="$WORK"
for pair in "user.name A" "user.email a@example.org" "init.defaultBranch main"; do git config --global "${pair% *}" "${pair#* }"; done
a="alice:$(awk '{print $6}' "$WORK/demo/alice.netrc")"
type='Content-Type: application/x-git-receive-pack-request'
rows() { sql 'select count(*) from submission'; }
kib() { du -sk "$WORK/db/git" | cut -f1; }
gits() { grep -lsaF "GIT_PROJECT_ROOT=$(realpath "$WORK")" /proc/[0-9]*/environ | grep -c .; } # whatever their name
quiet() { await 30 sh -c "! pgrep -P $SERVICE -f http-backend"; }
attack() { python3 "$ROOT/tests/e2e/git_attack.py" "$@"; }
# Pushes what an attack makes; $answer is what came back, with a last line "CODE SECONDS".
pushes() { # kind count
    attack "$@" >"$WORK/body"
    answer=$(curl -s --max-time 100 -w '\n%{http_code} %{time_total}' -u "$a" -H "$type" --data-binary @"$WORK/body" "$URL/git/alice.git/git-receive-pack" | tr -d '\0')
}
in_time() { # title seconds
    local took=${answer##* }
    [ "${took%.*}" -lt "$2" ] && ok "$1 (after $took s)" || not_ok "$1" "after $took s: $answer"
}
refs() { curl -s -u "$a" "$URL/git/alice.git/info/refs?service=git-upload-pack" | tr -d '\0' | grep -ac refs/; }

# -- names ----------------------------------------------------------------------------------------
equals "the repository is there" 0 "$(refs)"
for kind in dotdot dotgit dotgit_case slash twice ref_up ref_config ref_option ref_hidden cut; do
    pushes $kind
    lacks "$kind is refused" "ok refs/" "$answer"
    lacks "… and nothing else breaks" "503 " "${answer##*$'\n'}"
done
pushes ref_head
equals "nothing of all that is there" 0 "$(refs)"
equals "… nor anywhere else" "" "$(find "$WORK" -name 'evil*' -o -name pwned -o -name '*.lock')"
equals "nobody's settings changed" "$(printf '[core]\n\trepositoryformatversion = 0\n\tbare = true\n')" "$(cat "$WORK"/db/git/*.git/config)"

# -- sizes ----------------------------------------------------------------------------------------
pushes copies 20
contains "20 objects of 20 MiB in a pack of one are taken as that pack" "ok refs/heads/evil" "$answer"
[ "$(kib)" -lt 4000 ] && ok "… and take its room ($(kib) KiB)" || not_ok "… and take its room" "$(kib) KiB"
in_time "… in time" 60
pushes huge
lacks "an object of 1.5 GiB in a pack of one is too much memory" "unpack ok" "$answer"
in_time "… which shows soon" 30
pushes refs 5000
lacks "5,000 branches at once are refused" "ok refs/heads/b" "$answer"
contains "… each of them" "ng refs/heads/b4999" "$answer"
in_time "… in time" 30
before=$(rows)
attack folders 12 <"$S/attention/correct/naive.c" >"$WORK/body"
answer=$(sed -e 's|refs/heads/evil|refs/heads/tree|' "$WORK/body" | curl -s --max-time 100 -w '\n%{http_code} %{time_total}' -u "$a" -H "$type" --data-binary @- "$URL/git/alice.git/git-receive-pack" | tr -d '\0')
contains "a million million folders go through" "ok refs/heads/tree" "$answer"
equals "… with the one file that is a submission" $((before + 1)) "$(rows)"
in_time "… without a walk through them" 60
check "all of them end" quiet

# -- what git is told -----------------------------------------------------------------------------
printf 'POST /git/alice.git/git-receive-pack HTTP/1.1\r\nHost: evil\r\nProxy: http://evil\r\nGit-Protocol: version=2:--evil\r\nX-Forwarded-User: bob\r\nRemote-User: bob\r\nAccept-Language: evil\r\nCookie: evil\r\nUser-Agent: () { :;}; evil\r\nReferer: evil\r\nAuthorization: Basic %s\r\n%s\r\nContent-Length: 100000\r\n\r\n0000' "$(printf %s "$a" | base64 -w0)" "$type" >"$WORK/half"
exec 7<>"/dev/tcp/$HOST/$PORT"; cat "$WORK/half" >&7
backend() { pgrep -f -P "$(pgrep -P "$SERVICE" -f git-keep)" http-backend; }
await 5 backend
told=$(tr '\0' '\n' <"/proc/$(backend)/environ")
lacks "no word of the client reaches git's environment" evil "$told"
equals "… but its number of bytes" "CONTENT_LENGTH=100000" "$(grep LENGTH <<<"$told")"
contains "… and who it is, as we know" "REMOTE_USER=alice" "$told"
equals "… and of ours nothing but this" "CONTENT GIT GRADER HOME LC PATH QUERY REMOTE REQUEST" "$(sed 's/[_=].*//' <<<"$told" | sort -u | tr '\n' ' ' | sed 's/ $//')"
wait_key=$(sed -n 's/^GIT_CONFIG_KEY_\([0-9]*\)=grader.wait$/\1/p' <<<"$told")
equals "a push waits no longer than it may live" "GIT_CONFIG_VALUE_$wait_key=110" "$(grep "^GIT_CONFIG_VALUE_$wait_key=" <<<"$told")"
lacks "no token is in it" "${a#alice:}" "$told"
equals "limits hold below the keeper" "536870912 30" "$(awk '/address space/ {a=$4} /cpu time/ {c=$4} END {print a, c}' "/proc/$(backend)/limits")"
exec 7>&-
check "it ends with its client" quiet

# -- for later: more than the buffers between a fetch and who does not read it hold ---------------
git init -q "$WORK/tree"; cd "$WORK/tree" || exit 1
head -c 3500000 /dev/urandom >blob; git add blob; git commit -qm blob
check "three megabytes are pushed" git push -q "http://$a@$HOST:$PORT/git/alice.git" main
head -c 3500000 /dev/urandom >blob; git commit -qam more
check "… and three more" git push -q "http://$a@$HOST:$PORT/git/alice.git" main

# -- everybody at once ----------------------------------------------------------------------------
students=${STUDENTS:-12} # of 6 places
for i in $(seq $students); do printf 's%d:%s\n' "$i" "$(key_of member demo "s$i" student)"; done >"$WORK/keys"
mkdir -p "$WORK/out"
storm() { # which: numbers
    for i in "$@"; do
        rm -rf "$WORK/s$i"; git init -q "$WORK/s$i"; mkdir "$WORK/s$i/attention"
        { cat "$S"/attention/wrong/$(ls "$S/attention/wrong" | head -n 1); echo "/* $i */"; } >"$WORK/s$i/attention/attention.c"
        git -C "$WORK/s$i" add -A; git -C "$WORK/s$i" commit -qm "$i"
    done
    local pids=()
    for i in "$@"; do
        git -C "$WORK/s$i" push -q "http://$(sed -n "${i}p" "$WORK/keys")@$HOST:$PORT/git/s$i.git" main >"$WORK/out/$i" 2>&1 &
        pids+=($!)
    done
    slowest=0
    while kill -0 "${pids[@]}" 2>/dev/null; do
        local took=$(curl -s -o /dev/null -w '%{time_total}' --max-time 20 "$URL/healthz")
        slowest=$(printf '%s\n%s\n' "$slowest" "$took" | sort -g | tail -n 1)
        read -rt 0.1 <> <(:) || true
    done
    wait "${pids[@]}" 2>/dev/null
}
before=$(rows) left=$(seq $students) rounds=0
while [ -n "$left" ] && [ $rounds -lt 15 ]; do
    storm $left; rounds=$((rounds + 1))
    [ $rounds -eq 1 ] && silent=$(for i in $left; do grep -q 'remote: #\|is submitted: http\|503' "$WORK/out/$i" || cat "$WORK/out/$i"; done)
    [ $rounds -eq 1 ] && { awk "BEGIN {exit !($slowest < 2)}" && ok "$students pushes at once: others are answered within $slowest s" || not_ok "$students pushes at once: others are answered" "$slowest s"; }
    left=$(for i in $left; do grep -q 'remote: #\|is submitted: http' "$WORK/out/$i" || echo "$i"; done)
done
equals "who gets in is told, who does not is told so" "" "$silent"
equals "trying again brings everybody in, after $rounds rounds" "" "$left"
equals "… once each" $((before + students)) "$(rows)"
check "no git is left" quiet

# -- people who go --------------------------------------------------------------------------------
id=$(sql "select m.id || '-' || m.created_at from membership m join user u on u.id = m.user_id where u.login = 's1'")
check "what s1 pushed lies there" test -d "$WORK/db/git/$id.git"
out=$("$ROOT/$GRADER" user erase s1 --reason=test --database.path="$DB" 2>&1)
contains "erasing says what would go" "1 repositories below" "$out"
check "… and only says so" test -d "$WORK/db/git/$id.git"
exec 7<>"/dev/tcp/$HOST/$PORT"; sed "s/Basic .*/Basic $(sed -n 1p "$WORK/keys" | tr -d '\n' | base64 -w0)\r/;s/alice.git/s1.git/" "$WORK/half" >&7 # a push that is under way
await 5 sh -c "pgrep -P $SERVICE -f http-backend"
repository_of() { curl -s -o /dev/null -w '%{http_code}' -u "$(sed -n "${1#s}p" "$WORK/keys")" "$URL/git/$1.git/info/refs?service=git-upload-pack"; }
key=$(key_of member demo root admin)
erase_s2() { curl -s -o "$WORK/answer" -w '%{http_code}' -X DELETE -H "Authorization: Bearer $key" "$URL/api/v1/users/s2?reason=test&yes=1"; }
# A COMMIT that fails, as on a full disk: its constraint is looked at no earlier.
sql "create table trap (id integer references user (id) deferrable initially deferred); create trigger spring after insert on audit begin insert into trap values (-1); end"
check "an erasure whose COMMIT fails says so" sh -c "! '$ROOT/$GRADER' user erase s1 --reason=test --yes --database.path='$DB'"
equals "… over HTTP too" 503 "$(erase_s2)"
sql "drop trigger spring; drop table trap"
equals "… and leaves both their repositories" "200 200" "$(repository_of s1) $(repository_of s2)"
check "erasing takes it" "$ROOT/$GRADER" user erase s1 --reason=test --yes --database.path="$DB"
exec 7>&-
quiet
equals "nothing of it is left" "$id.git 0" "$(cd "$WORK/db/git" && find . -name "$id.*" -printf '%f %s\n')"
mkdir "$WORK/db/git/$id.gone"; : >"$WORK/db/git/$id.gone/left" # by a crash after COMMIT
"$ROOT/$GRADER" user erase "$(sql "select login from user where login like 'erased-%'")" --reason=again --yes --database.path="$DB" >/dev/null
equals "… nor is what a crash had left, once that is asked for again" "$id.git 0" "$(cd "$WORK/db/git" && find . -name "$id.*" -printf '%f %s\n')"
erased=$id
id_of() { sql "select m.id || '-' || m.created_at from membership m join user u on u.id = m.user_id where u.login = '$1'"; }
id=$(id_of s2)
if mkdir "$WORK/db/git/$id.git/objects/busy" && mount -t tmpfs none "$WORK/db/git/$id.git/objects/busy" 2>/dev/null; then
    equals "over HTTP too" 200 "$(erase_s2)"
    contains "… and what could not be removed is told" "tried again when the service starts: remove all of the repository" "$(cat "$WORK/answer")"
    umount "$WORK/db/git/$id.gone/objects/busy"
else
    skip "what could not be removed is told" "nothing can be mounted here"
    equals "over HTTP too" 200 "$(erase_s2)"
    equals "… nothing of it is left" "$id.git 0" "$(cd "$WORK/db/git" && find . -name "$id.*" -printf '%f %s\n')"
fi
equals "whose token opens nothing any more" 401 "$(repository_of s2)"

# -- little room ----------------------------------------------------------------------------------
stop_service TERM
alice=$WORK/db/git/$(id_of alice)
mv "$alice.git" "$alice.gone"; : >"$alice.git" # an erasure that was killed before its COMMIT
rm "$WORK/db/git/$erased.git"; mkdir -p "$WORK/db/git/$erased.git/objects" "$WORK/db/git/99999-5.gone" # a lost exchange; somebody of another database
cd "$ROOT" && start_service "${flags[@]}" --git.free=1099511627776 --git.wall=5000
[ "$(refs)" -gt 0 ] && ok "an erasure that never came to its COMMIT is taken back at the next start" || not_ok "an erasure that never came to its COMMIT is taken back at the next start" "$(ls "$WORK/db/git")"
check "… what belongs to nobody here is left alone" test -d "$WORK/db/git/99999-5.gone"
equals "… one that did is completed: not even a name is left" "" "$(ls "$WORK/db/git" | grep -E "^($erased|$id)\.")"
head=$(curl -s -D - -u "$a" "$URL/git/alice.git/info/refs?service=git-receive-pack")
contains "where git.free is not free, a push is refused" "503" "$head"
contains "… with what to do" "send the file itself" "$head"
lacks "… and no deadline moved: the file itself goes in" "held open" "$head"
equals "… and what is there can be fetched" 200 "$(curl -s -o /dev/null -w '%{http_code}' -u "$a" "$URL/git/alice.git/info/refs?service=git-upload-pack")"
# -- clients that stop: here, where git.wall is short ----------------------------------------------
python3 - "$HOST" "$PORT" "$(printf %s "$a" | base64 -w0)" "$(git -C "$WORK/tree" rev-parse HEAD)" "$WORK/go" >"$WORK/heard" <<'PY' &
import os, socket, sys, time
link = socket.socket(); link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096); link.connect((sys.argv[1], int(sys.argv[2])))
want = b"0032want " + sys.argv[4].encode() + b"\n00000009done\n"
link.sendall(b"POST /git/alice.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %s\r\nContent-Type: application/x-git-upload-pack-request\r\nContent-Length: %d\r\n\r\n%s" % (sys.argv[3].encode(), len(want), want))
heard = link.recv(100)
code = heard.split()[1].decode()
link.settimeout(60)
while not os.path.exists(sys.argv[5]):
    time.sleep(0.1)
try:
    while piece := link.recv(65536):
        heard = heard[-100:] + piece
except ConnectionError:
    pass
print(code, "whole" if heard.endswith(b"\r\n0\r\n\r\n") else "cut")
PY
reader=$!
check "who fetches and does not read holds a git" await 10 sh -c "pgrep -P $SERVICE -f http-backend"
check "… no longer than git.wall" await 40 sh -c "! pgrep -P $SERVICE -f http-backend"
: >"$WORK/go"; wait $reader
equals "… and sees that this was not all" "200 cut" "$(cat "$WORK/heard")"
stop_service TERM
equals "SIGTERM ends it with 0" 0 $?

# -- pushes whose git is gone before the last byte of them has come -------------------------------
held() { readlink "/proc/$SERVICE"/fd/* | sort; }
half() { # begins half a push, and waits for its git; $new is what the service then holds for it
    local before; before=$(held)
    exec 7<>"/dev/tcp/$HOST/$PORT"; cat "$WORK/half" >&7
    await 20 pgrep -P "$SERVICE" -f http-backend
    new=$(comm -13 <(echo "$before") <(held))
    [ "$(wc -l <<<"$new")" -ge 3 ] && ok "half a push holds its connection and a git" || not_ok "half a push holds its connection and a git" "$new"
}
let_go() { [ "$(comm -12 <(held) <(echo "$new") | wc -l)" -le 1 ]; } # of all but the connection
rest() { head -c 99996 /dev/zero >&7; timeout 20 head -n 1 <&7 | tr -d '\r'; exec 7>&-; }
rm -f "$DB"*
cd "$ROOT" && start_service "${flags[@]}" --git.wall=1000
before=$a a="alice:$(awk '{print $6}' "$WORK/demo/alice.netrc")"
sed -i "s|$(printf %s "$before" | base64 -w0)|$(printf %s "$a" | base64 -w0)|" "$WORK/half"
equals "beside another database nobody has the repository of who had that number" 0 "$(refs)"
half
check "a push that takes longer than git.wall loses its git" await 20 let_go
contains "… and is told so when it is whole" "503" "$(rest)"
equals "… by a service that is still there" 200 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/healthz")"
stop_service TERM
equals "… and ends with 0" 0 $?
start_service "${flags[@]}" --service.drain=60000 --worker.count=1
as alice -T "$(ls "$S"/pca/wrong/*.c | head -n 1)" "$URL/submit/pca" >/dev/null # the worker is there, and free
kill -STOP $(pgrep -P "$SERVICE" -f 'worker --fd')
{ cat "$(ls "$S"/pca/wrong/*.c | head -n 1)"; echo '/* drain */'; } >"$WORK/pca.c"
as alice -H 'Accept: application/json' -T "$WORK/pca.c" "$URL/submit/pca" >/dev/null
half
kill -TERM "$SERVICE"
check "while the service drains, half a push loses its git" await 20 let_go
contains "… and is told so when it is whole" "503" "$(rest)"
kill -CONT $(pgrep -P "$SERVICE" -f 'worker --fd')
wait "$SERVICE"
equals "… by a service that ends with 0" 0 $?
SERVICE=
equals "nothing of git is left running" 0 "$(gits)"
