#!/usr/bin/env bash
# What systemd hears of a service of Type=notify: ready once it accepts, a watchdog that stops when the loop hangs,
# stopping with the time that draining may take.
. "$(dirname "$0")/lib.sh"
mkdir -p "$WORK/db"
out=$(python3 - "$GRADER" "$WORK" <<'PY'
import os, signal, socket, subprocess, sys, time, urllib.request
grader, work = sys.argv[1:]


def run(name, title):
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind("\0" + name[1:] if name[0] == "@" else name)
    ear.settimeout(20)
    process = subprocess.Popen([grader, "serve", "--http.port=0", "--database.path=%s/db/grader.db" % work, "--demo.path=%s/demo" % work,
                                "--worker.count=1", "--service.drain=7000"], env=dict(os.environ, NOTIFY_SOCKET=name, WATCHDOG_USEC="600000"),
                               stdout=subprocess.DEVNULL, stderr=open(work + "/log", "w"))

    def hear(wanted):
        while True:
            words = ear.recv(1000).decode().split("\n")
            if any(word.startswith(wanted) for word in words):
                return words

    ready = hear("READY=1")
    url = ready[1].split(" at ")[1]
    print(title, "ready", urllib.request.urlopen(url + "/healthz", timeout=5).status)
    gaps = []
    for _ in range(6): # the shorter ones tell the period, whatever else this machine does
        began = time.time()
        hear("WATCHDOG=1")
        gaps.append(time.time() - began)
    print(title, "watchdog", "in time" if sorted(gaps)[2] < 0.5 else "late %s" % gaps)
    worker = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()[0]
    print(title, "worker", "knows" if "NOTIFY_SOCKET" in open("/proc/%s/environ" % worker).read() else "does not know")
    process.send_signal(signal.SIGSTOP)
    ear.setblocking(False)
    time.sleep(0.1)
    while True:
        try:
            ear.recv(1000)
        except BlockingIOError:
            break
    time.sleep(0.8)
    try:
        print(title, "hanging", ear.recv(1000))
    except BlockingIOError:
        print(title, "hanging", "silent")
    process.send_signal(signal.SIGCONT)
    ear.settimeout(20)
    process.send_signal(signal.SIGTERM)
    print(title, "stopping", hear("STOPPING=1")[2])
    print(title, "exit", process.wait(20))


run(work + "/notify", "path")
run("@grader-%d" % os.getpid(), "abstract")
PY
)
for kind in path abstract; do
    contains "$kind: ready once it answers" "$kind ready 200" "$out"
    contains "$kind: fed at a third of the watchdog's time" "$kind watchdog in time" "$out"
    contains "$kind: workers cannot speak in its name" "$kind worker does not know" "$out"
    contains "$kind: a hanging loop is silent" "$kind hanging silent" "$out"
    contains "$kind: stopping asks for the time to drain" "$kind stopping EXTEND_TIMEOUT_USEC=17000000" "$out"
    contains "$kind: ends with 0" "$kind exit 0" "$out"
done
