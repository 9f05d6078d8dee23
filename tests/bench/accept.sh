# Accepting: durable submissions per second with the answer after COMMIT, grouped against one commit each, and what
# an idle live report costs. Sourced by tests/bench/run: needs $tmp, $BUILD. The workers are stopped, so that the
# machine does nothing else.
accept_service() { # batch
    rm -rf "$tmp/accept" && mkdir "$tmp/accept"
    local start="$BUILD/grader serve --http.port=0 --worker.calibration= --database.path=$tmp/accept/grader.db --rate.submissions=1000000
        --queue.max=100000 --worker.count=1 --worker.silence=3600000 --database.batch=$1"
    $start --demo.path="$tmp/accept/demo" >/dev/null 2>"$tmp/accept/log" &
    service=$!
    while ! grep -q worker.ready "$tmp/accept/log"; do sleep 0.05; done
    kill $service && wait $service
    python3 tests/bench/students.py "$tmp/accept/grader.db" 1000 >"$tmp/accept/students"
    $start >/dev/null 2>"$tmp/accept/log" &
    service=$!
    while ! grep -q worker.ready "$tmp/accept/log"; do sleep 0.05; done
    kill -STOP $(pgrep -P $service)
    port=$(grep -o 'url=[^ ]*' "$tmp/accept/log" | sed 's/.*://')
}
accept_end() { kill -9 $service; wait $service 2>/dev/null || true; service=; }
resident() { awk '/^VmRSS/ { print $2 }' /proc/$service/status; }

accept() {
    local batch connections rate line
    echo; echo "== accepting, answer after COMMIT: goal >= 2,000/s and grouped >= 2x single"
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -o "$tmp/load" tests/bench/load.c
    python3 - "$tmp" <<'PY'
import os, sys, time
fd, took = os.open(sys.argv[1] + "/sync", os.O_CREAT | os.O_WRONLY), []
for i in range(100):
    os.pwrite(fd, b"x" * 4096, (i % 64) * 4096)
    began = time.perf_counter()
    os.fdatasync(fd)
    took.append(time.perf_counter() - began)
print("fdatasync of 4 KiB on this disk: median %.2f ms" % (sorted(took)[50] * 1e3))
PY
    printf '%-12s %11s %9s %9s %9s\n' commits connections per_s p50_ms p99_ms
    : >"$tmp/rates"
    for connections in 1 32 256; do
        for batch in 64 1; do
            accept_service $batch
            line=$("$tmp/load" "$port" $connections "${ACCEPT_SECONDS:-3}" "$tmp/accept/students")
            echo "$batch $connections $line" >>"$tmp/rates"
            accept_end
        done
    done
    awk '{ printf "%-12s %11d %9d %9.2f %9.2f\n", $1 == 1 ? "one by one" : "grouped", $2, $5, $6, $7
           rate[$1, $2] = $5; refused += $4 }
         END { for (c = 1; c <= 256; c = c == 1 ? 32 : c * 8)
                   printf "grouped / one by one at %d: %.2f\n", c, rate[64, c] / rate[1, c]
               if (refused) print "REFUSED: " refused }' "$tmp/rates"

}

streams() {
    echo; echo "== 2,000 idle live reports: what each costs, and what accepting is then"
    gcc -std=gnu11 -D_GNU_SOURCE -O2 -o "$tmp/load" tests/bench/load.c
    accept_service 64
    mkfifo "$tmp/say" && exec 7<>"$tmp/say"
    "$tmp/load" "$port" streams 2000 "$tmp/accept/students" <"$tmp/say" >"$tmp/heard" &
    local load=$! before
    while ! grep -q ready "$tmp/heard"; do kill -0 $load && sleep 0.05; done
    before=$(resident)
    echo go >&7
    while ! grep -q open "$tmp/heard"; do kill -0 $load && sleep 0.05; done
    awk -v before=$before -v after=$(resident) 'BEGIN { printf "%.1f KiB each; the whole process %.1f MiB, before %.1f MiB\n", (after - before) / 2000, after / 1024, before / 1024 }'
    "$tmp/load" "$port" 32 "${ACCEPT_SECONDS:-3}" "$tmp/accept/students" |
        awk '{ printf "meanwhile, 32 connections: %d per second, p99 %.2f ms\n", $3, $5 }'
    exec 7>&-
    kill $load 2>/dev/null || true
    accept_end
}
