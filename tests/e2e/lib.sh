# Shared by the end-to-end scripts: TAP lines, a private folder, a service of one's own. Source it.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
ROOT=$PWD
BUILD="${BUILD:-build}"
GRADER="$BUILD/grader"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/grader-e2e-XXXXXX")
chmod 755 "$WORK"
count=0 bad=0 SERVICE=

finish() {
    [ -n "$SERVICE" ] && { kill -9 "$SERVICE" 2>/dev/null; wait "$SERVICE" 2>/dev/null; }
    [ -n "${KEEP:-}" ] && echo "# kept $WORK" || rm -rf "$WORK"
    echo "1..$count"
    exit "$((bad > 0))"
}
trap finish EXIT

ok() { count=$((count + 1)); echo "ok $count - $1"; }
not_ok() { count=$((count + 1)); bad=$((bad + 1)); echo "not ok $count - $1"; shift; [ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/#   /'; }
skip() { count=$((count + 1)); echo "ok $count - $1 # SKIP $2"; }
check() { # title, command…
    local title=$1 out; shift
    if out=$("$@" 2>&1); then ok "$title"; else not_ok "$title" "command: $*" "$out"; fi
}
equals() { # title, expected, got
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2" "got:      $3"; fi
}
contains() { # title, wanted substring, text
    case "$3" in *"$2"*) ok "$1" ;; *) not_ok "$1" "wanted: $2" "in: $(printf '%s' "$3" | head -c 600)" ;; esac
}
lacks() { # title, unwanted substring, text: of something that was said
    [ -n "$3" ] || { not_ok "$1" "nothing was said at all"; return; }
    case "$3" in *"$2"*) not_ok "$1" "unwanted: $2" "in: $(printf '%s' "$3" | head -c 600)" ;; *) ok "$1" ;; esac
}
# What the host can do is asked of the host: a service that times nothing by mistake is no reason to skip.
can_time() { [ "$(nproc)" -ge 2 ] && grep -qw avx2 /proc/cpuinfo; }
last_line() { printf '%s\n' "$1" | tail -n 1; }

# Waits until a command succeeds, at most so many seconds.
await() { # seconds, command…
    local until=$((SECONDS + $1)); shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -ge $until ] && return 1
        read -rt 0.05 <> <(:) || true
    done
}

# Starts a service on a free port with the demo cohort; sets URL, DB, SERVICE. More flags may follow. Its workers do not
# test whether this machine can measure: it is busy with tests, and would rightly be refused.
start_service() {
    : >"$WORK/service.log"
    "$GRADER" serve --http.port="${PORT:-0}" --demo.path="$WORK/demo" --database.path="$WORK/db/grader.db" \
        --rate.submissions=100000 --rate.practice=100000 --worker.calibration= "$@" >"$WORK/service.out" 2>>"$WORK/service.log" &
    SERVICE=$!
    if ! await 20 grep -q service.listening "$WORK/service.log"; then
        echo "# the service did not start:"; sed 's/^/#   /' "$WORK/service.log"
        return 1
    fi
    URL=$(grep -o 'url=[^ ]*' "$WORK/service.log" | tail -n 1 | cut -d= -f2)
    PORT=${URL##*:}
    DB="$WORK/db/grader.db"
}
stop_service() { # signal
    kill "-${1:-TERM}" "$SERVICE" 2>/dev/null
    wait "$SERVICE" 2>/dev/null
    local code=$?
    SERVICE=
    return $code
}
as() { # login, curl arguments…
    local login=$1; shift
    curl -sS --max-time 120 --netrc-file "$WORK/demo/$login.netrc" "$@"
}
sql() { sqlite3 -cmd '.timeout 5000' "$DB" "$1"; }
json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

# A folder of assignments for --assignments.path whose timing stage is short (milliseconds for all ranked cases).
short_timing() { # milliseconds
    local file
    for file in assignments/*/assignment.json; do
        mkdir -p "$WORK/overlay/$(basename "$(dirname "$file")")"
        sed -E "s/\"timing_wall_ms\": *[0-9]+/\"timing_wall_ms\": $1/" "$file" >"$WORK/overlay/$(basename "$(dirname "$file")")/assignment.json"
    done
}
# A key that no demo person has, straight into the database; prints it.
# usage: key_of hook COHORT | worker NAME | member COHORT LOGIN ROLE [revoked|expired]
key_of() { python3 - "$DB" "$@" <<'PY'
import hashlib, secrets, sqlite3, sys, time
db, kind, args = sqlite3.connect(sys.argv[1], timeout=10), sys.argv[2], sys.argv[3:]
key, now = secrets.token_urlsafe(32), int(time.time() * 1e6)
owner, revoked, expires = [None, None, None], None, None
def cohort(name):
    db.execute("insert into cohort (name, title, created_at) values (?, ?, ?) on conflict do nothing", (name, name, now))
    return db.execute("select id from cohort where name = ?", (name,)).fetchone()[0]
if kind == "hook":
    owner[1] = cohort(args[0])
elif kind == "worker":
    owner[2] = db.execute("insert into worker (name, created_at) values (?, ?)", (args[0], now)).lastrowid
else:
    name, login, role = args[:3]
    revoked, expires = (now if "revoked" in args else None), (now - 1 if "expired" in args else None)
    db.execute("insert into user (login, name, created_at) values (?, ?, ?) on conflict do nothing", (login, login, now))
    user = db.execute("select id from user where login = ?", (login,)).fetchone()[0]
    db.execute("insert into membership (cohort_id, user_id, role, created_at) values (?, ?, ?, ?) on conflict do nothing",
               (cohort(name), user, role, now))
    owner[0] = db.execute("select id from membership where cohort_id = ? and user_id = ?", (cohort(name), user)).fetchone()[0]
db.execute("insert into token (membership_id, cohort_id, worker_id, hash, created_at, revoked_at, expires_at) values (?, ?, ?, ?, ?, ?, ?)",
           (*owner, hashlib.blake2b(key.encode(), digest_size=32).digest(), now, revoked, expires))
db.commit()
print(key)
PY
}
