#!/usr/bin/env python3
"""A course before its deadline: students submit, ever faster, while service and workers are killed with SIGKILL.

Real HTTP, database, workers, sandboxes and compilers; only the kernels' run time is stubbed, by an overlay with small
cases and a short timing. Every accepted id must end in exactly one final grading. Prints TAP lines for the promises and
the figures behind '#'. See tests/soak for the lengths.
usage: soak.py BUILD WORK STUDENTS SUBMISSIONS ARRIVAL_SECONDS KILL_EVERY_SECONDS SEED"""
import glob, http.client, json, os, queue, random, re, signal, sqlite3, subprocess, sys, threading, time

BUILD, WORK = sys.argv[1], sys.argv[2]
STUDENTS, SUBMISSIONS, ARRIVAL, KILL_EVERY, SEED = map(int, sys.argv[3:8])
CLIENTS, PATIENCE = 48, 2400
DATABASE, LOG = WORK + "/grader.db", WORK + "/service.log"
dice = random.Random(SEED)
count, bad = 0, 0


def tap(good, title, *details):
    global count, bad
    count, bad = count + 1, bad + (not good)
    print("%sok %d - %s" % ("" if good else "not ", count, title), *["#   " + str(d) for d in details if not good], sep="\n")


def overlay():
    spec = json.load(open("assignments/attention/assignment.json"))
    spec["cases"] = [case for case in spec["cases"] if case["name"] != "padded"]  # one ranked case is enough here
    for case in spec["cases"]:
        for size in ("Tq", "Tk"):
            case["sizes"][size] = min(case["sizes"][size], 24 if case["group"] == "speed" else 72)
    spec["limits"]["timing_wall_ms"] = 100
    os.makedirs(WORK + "/overlay/attention")
    json.dump(spec, open(WORK + "/overlay/attention/assignment.json", "w"))


def mix():
    """Forty sources with the stage in which each must end."""
    right = [(open(f).read(), "graded") for f in sorted(glob.glob("tests/submissions/attention/correct/*.c"))]
    wrong = [(open(f).read(), "graded") for f in sorted(glob.glob("tests/submissions/attention/wrong/*.c"))]
    broken = [(right[i][0] + "\nint broken%d(" % i, "compile_error") for i in range(4)]
    return right[:6] + broken + wrong[:30]


class Service:
    port, process, kills = 0, None, 0

    def start(self):
        with open(LOG, "ab") as log:
            began = log.tell()
            self.process = subprocess.Popen(
                [BUILD + "/grader", "serve", "--http.port=%d" % self.port, "--database.path=" + DATABASE, "--demo.path=" + WORK + "/demo",
                 "--assignments.path=" + WORK + "/overlay", "--worker.cache=" + WORK + "/cache",
                 "--worker.calibration=", "--rate.submissions=1000000", "--queue.max=100000"],
                stdout=subprocess.DEVNULL, stderr=log)
        until = time.time() + 60
        while time.time() < until:
            with open(LOG) as log:
                log.seek(began)
                found = re.search(r"service.listening url=http://127.0.0.1:(\d+)", log.read())
            if found:
                self.port = int(found.group(1))
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise SystemExit("the service does not start: " + open(LOG).read()[-2000:])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.kills += 1

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Client(threading.Thread):
    """Sends until it is answered, as a person would; the same bytes again never count twice."""

    def __init__(self, service, jobs, accepted):
        super().__init__(daemon=True)
        self.service, self.jobs, self.accepted, self.link, self.retries = service, jobs, accepted, None, 0

    def run(self):
        while True:
            job = self.jobs.get()
            if job is None:
                return
            due, token, text, expected = job
            time.sleep(max(0, due - time.time()))
            sent = time.time()
            while True:
                try:
                    number = self.send(token, text)
                    break
                except (OSError, http.client.HTTPException, ValueError):
                    self.link, self.retries = None, self.retries + 1
                    time.sleep(0.2)
            self.accepted.append((number, expected, sent))

    def send(self, token, text):
        if self.link is None:
            self.link = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)
        self.link.request("PUT", "/submit/attention/a.c", text, {"Accept": "application/json", "Authorization": "Bearer " + token})
        answer = self.link.getresponse()
        body = answer.read()
        if answer.status not in (200, 202):
            raise ValueError("%d %r" % (answer.status, body[:200]))
        return json.loads(body)["id"]


def killer(service, stop):
    workers = 0
    while not stop.wait(KILL_EVERY):
        if (service.kills + workers) % 2 == 0:
            service.kill()
            stop.wait(0.3)
            service.start()
            continue
        mine = subprocess.run(["pgrep", "-P", str(service.process.pid)], capture_output=True, text=True).stdout.split()
        if mine:
            os.kill(int(dice.choice(mine)), signal.SIGKILL)
            workers += 1
    service.worker_kills = workers


def rows(sql):
    while True:
        try:
            with sqlite3.connect("file:%s?mode=ro" % DATABASE, uri=True, timeout=20) as db:
                return db.execute(sql).fetchall()
        except sqlite3.OperationalError:
            time.sleep(0.2)


def at(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0


def figures(accepted):
    graded = rows("SELECT s.id, s.membership_id, s.received_at, g.checked_at, g.finished_at FROM submission s"
                  " JOIN grading g ON g.submission_id = s.id WHERE g.finished_at IS NOT NULL")
    checked = [(r[3] - r[2]) / 1e6 for r in graded if r[3]]
    ended = [(r[4] - r[2]) / 1e6 for r in graded]
    waits = {}
    for row in graded:
        waits.setdefault(row[1], []).append((row[3] - row[2]) / 1e6)
    means = [sum(w) / len(w) for w in waits.values()]
    jain = sum(means) ** 2 / (len(means) * sum(m * m for m in means)) if any(means) else 1
    runs = {}
    for number, stage in re.findall(r"submission.stage id=(\d+) stage=(compiling|timing)", open(LOG).read()):
        runs[number, stage] = runs.get((number, stage), 0) + 1
    print("# to checked: median %.1f s, p95 %.1f s, longest %.1f s" % (at(checked, 0.5), at(checked, 0.95), max(checked)))
    print("# to graded:  median %.1f s, p95 %.1f s, longest %.1f s" % (at(ended, 0.5), at(ended, 0.95), max(ended)))
    print("# accepted %d, graded %d, lost %d, executed twice or more %d, scored twice %d"
          % (len(accepted), len(graded), len({a[0] for a in accepted} - {r[0] for r in graded}),
             sum(n - 1 for n in runs.values() if n > 1), len(graded) - len({r[0] for r in graded})))
    print("# longest wait of any student for 'checked' %.1f s; fairness of the students' mean waits (Jain) %.3f" % (max(checked), jain))
    return graded


def main():
    os.makedirs(WORK, exist_ok=True)
    overlay()
    service = Service()
    service.start()
    service.end()
    tokens = [line.split()[1] for line in subprocess.run(
        [sys.executable, "tests/bench/students.py", DATABASE, str(STUDENTS)], capture_output=True, text=True, check=True).stdout.splitlines()]
    service.start()
    sources, jobs, accepted, stop, began = mix(), queue.Queue(), [], threading.Event(), time.time()
    arrivals = sorted(ARRIVAL * dice.random() ** 0.5 for _ in range(SUBMISSIONS))  # the deadline is at the end
    for number, arrival in enumerate(arrivals):
        text, expected = sources[number % len(sources)]
        jobs.put((began + arrival, tokens[dice.randrange(STUDENTS)], "/* number %d */\n" % number + text, expected))
    clients = [Client(service, jobs, accepted) for _ in range(CLIENTS)]
    for client in clients:
        jobs.put(None)
    for client in clients:
        client.start()
    killing = threading.Thread(target=killer, args=(service, stop))
    killing.start()
    for client in clients:
        client.join()
    sent_s = time.time() - began
    while rows("SELECT count(*) FROM job")[0][0] > 0 and time.time() - began < PATIENCE:
        time.sleep(1)
    took_s = time.time() - began
    stop.set()
    killing.join()
    code = service.end()

    numbers = {a[0] for a in accepted}
    graded = figures(accepted)
    print("# %d students, %d submissions sent in %.0f s, all ended after %.0f s; killed the service %d times, workers %d times;"
          " clients tried again %d times" % (STUDENTS, SUBMISSIONS, sent_s, took_s, service.kills, service.worker_kills,
                                             sum(c.retries for c in clients)))
    tap(len(accepted) == SUBMISSIONS == len(numbers), "every file was accepted, under a number of its own", len(accepted), len(numbers))
    tap(numbers == {r[0] for r in graded}, "every accepted number ended", sorted(numbers - {r[0] for r in graded})[:20])
    tap(not rows("SELECT submission_id FROM grading GROUP BY 1 HAVING count(*) > 1"), "… in exactly one generation")
    tap(rows("SELECT count(*) FROM submission")[0][0] == SUBMISSIONS, "nothing was stored twice")
    stages = dict(rows("SELECT id, stage FROM submission"))
    died = re.findall(r"job.failed id=(\d+) job=\d+ tries=\d+ worker_died=1", open(LOG).read())
    parked = {n for n, stage in stages.items() if stage == "system_error" and died.count(str(n)) == 2}
    print("# parked, because we killed two workers over one job: %d" % len(parked))
    wrong = [(n, e, stages.get(n)) for n, e, _ in accepted if stages.get(n) != e and n not in parked]
    tap(not wrong, "each ended as its source must", wrong[:20])
    tap(not rows("SELECT 1 FROM grading g JOIN submission s ON s.id = g.submission_id WHERE g.stage <> s.stage"), "the two tables agree")
    tap(not rows("SELECT count(*) FROM case_result GROUP BY grading_id, name HAVING count(*) > 1"), "no case was written twice")
    tap(rows("PRAGMA integrity_check") == [("ok",)], "the database is whole")
    tap(code == 0, "SIGTERM ends it with 0", code)
    print("1..%d" % count)
    return bad > 0


sys.exit(main())
