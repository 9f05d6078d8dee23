#!/usr/bin/env python3
"""A hostile client on raw sockets: framing in two ways, names, sizes, drips and thousands of half-open connections.
Each gets a precise refusal, and an honest request is answered within a second meanwhile. Speaks TAP.
usage: abuse.py URL TOKEN HALF_OPEN"""
import resource, socket, sys, threading, time

host, port = sys.argv[1].split("//")[1].split(":")
token, half_open = sys.argv[2], int(sys.argv[3])
address, count, bad, slowest = (host, int(port)), 0, 0, 0
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
AUTH = b"Host: x\r\nAuthorization: Bearer " + token.encode() + b"\r\n"


def tap(good, title, *details):
    global count, bad
    count, bad = count + 1, bad + (not good)
    print("%sok %d - %s" % ("" if good else "not ", count, title), *["#   " + str(d) for d in details if not good], sep="\n")


def dial():
    link = socket.create_connection(address, timeout=10)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def answer(link, limit=1 << 16):
    got = b""
    try:
        while len(got) < limit:
            piece = link.recv(65536)
            if not piece:
                break
            got += piece
    except OSError as error:
        got += b"" if got else str(error).encode()
    return got


def send(raw):
    link = dial()
    try:
        link.sendall(raw)
    except OSError:
        pass  # refused before all of it was sent: the answer says why
    got = answer(link)
    link.close()
    return got


def honest(path="/healthz"):
    """One honest request; how long it took."""
    global slowest
    began = time.time()
    got = send(b"GET " + path.encode() + b" HTTP/1.1\r\n" + AUTH + b"Connection: close\r\n\r\n")
    took = time.time() - began
    slowest = max(slowest, took)
    return got.startswith(b"HTTP/1.1 200"), took


def put(extra, body=b"", path=b"/submit/attention"):
    return b"PUT " + path + b" HTTP/1.1\r\n" + AUTH + extra + b"\r\n" + body


def get(path, extra=b""):
    return b"GET " + path + b" HTTP/1.1\r\n" + AUTH + extra + b"Connection: close\r\n\r\n"


big = b"x" * 300000
CASES = [
    # what is sent, the code that must come back; 0: nothing, for it would not be understood
    ("Content-Length and Transfer-Encoding", put(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    ("two different Content-Lengths", put(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"abcdef"), 400),
    ("the same Content-Length twice", put(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"abcde"), 400),
    ("a negative Content-Length", put(b"Content-Length: -5\r\n"), 400),
    ("a Content-Length with a plus", put(b"Content-Length: +5\r\n", b"abcde"), 400),
    ("a Content-Length beyond every number", put(b"Content-Length: 99999999999999999999999\r\n"), 413),
    ("an unknown transfer coding", put(b"Transfer-Encoding: gzip\r\n"), 400),
    ("chunked twice", put(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 400),
    ("a space before the colon", put(b"Content-Length : 5\r\n", b"abcde"), 400),
    ("a bare carriage return in a header", put(b"X-A: b\rContent-Length: 5\r\n", b"abcde"), 400),
    ("a bare line feed in a header", put(b"X-A: b\nContent-Length: 5\r\n", b"abcde"), 400),
    ("a folded header line", put(b"X-A: b\r\n c\r\nContent-Length: 0\r\n"), 400),
    ("a zero byte in a header", put(b"X-A: b\0c\r\n"), 400),
    ("no Host", b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("%00 in the address", get(b"/s/1%00.c"), 400),
    ("an encoded slash", get(b"/s/..%2f..%2fetc"), 400),
    ("two dots", get(b"/kit/../../etc/passwd"), 400),
    ("two encoded dots", get(b"/kit/%2e%2e/passwd"), 400),
    ("an overlong UTF-8 slash", get(b"/kit/..%c0%afpasswd"), 400),
    ("an address of 5,000 bytes", get(b"/" + b"a" * 5000), 414),
    ("a name of 1,500 bytes", get(b"/kit/" + b"a" * 1500 + b".tar.gz"), 404),
    ("a hundred segments", get(b"/a" * 100), 414),
    ("thirty-three arguments", get(b"/healthz?" + b"&".join([b"a=b"] * 33)), 400),
    ("two hundred and fifty-one arguments", get(b"/healthz?" + b"&".join([b"a=b"] * 251)), 400),
    ("a thousand arguments", get(b"/healthz?" + b"&" * 999), 400),
    ("a hundred header lines", get(b"/healthz", b"X-A: b\r\n" * 100), 431),
    ("a header line of 60 KB", get(b"/healthz", b"X-A: " + b"b" * 60000 + b"\r\n"), 431),
    ("a method in small letters", b"get /healthz HTTP/1.1\r\n" + AUTH + b"Connection: close\r\n\r\n", 400),
    ("a method that is none", b"BREW /healthz HTTP/1.1\r\n" + AUTH + b"Connection: close\r\n\r\n", 405),
    ("a wrong method", b"DELETE /submit/attention HTTP/1.1\r\n" + AUTH + b"Connection: close\r\n\r\n", 405),
    ("HTTP/2 by force", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("HTTP/1.9", b"GET /healthz HTTP/1.9\r\n" + AUTH + b"\r\n", 505),
    ("another expectation", put(b"Expect: 200-maybe\r\nContent-Length: 5\r\n", b"abcde"), 417),
    ("a body over the limit, with its length", put(b"Content-Length: 300000\r\nExpect: 100-continue\r\n"), 413),
    ("… and sent at once", put(b"Content-Length: 300000\r\n", big), 413),
    ("… chunked", put(b"Transfer-Encoding: chunked\r\n", b"493e0\r\n" + big + b"\r\n0\r\n\r\n"), 413),
    ("a chunk size that is none", put(b"Transfer-Encoding: chunked\r\n", b"zz\r\nabc\r\n0\r\n\r\n"), 400),
    ("a chunk size beyond every number", put(b"Transfer-Encoding: chunked\r\n", b"fffffffffffffffff\r\nabc\r\n"), 413),
    ("a body where none is taken", b"GET /healthz HTTP/1.1\r\n" + AUTH + b"Content-Length: 5\r\n\r\nabcde", 413),
    ("a form", put(b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n", b"abcde"), 415),
    ("a packed body", put(b"Content-Encoding: gzip\r\nContent-Length: 5\r\n", b"abcde"), 415),
    ("no text", put(b"Content-Length: 5\r\n", b"a\0\xff\xfe\n"), 422),
    ("no token", b"PUT /submit/attention HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde", 401),
    ("a token of 5,000 bytes", b"GET /s/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"a" * 5000 + b"\r\nConnection: close\r\n\r\n", 401),
    ("noise", bytes(range(256)) * 8 + b"\r\n\r\n", 400),
    ("the start of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 300 + b"\r\n\r\n", 0),
]


def attacks():
    for title, raw, code in CASES:
        got = send(raw)
        first = got.split(b"\r\n")[0]
        good = first.startswith(b"HTTP/1.1 %d" % code) if code else got == b""
        tap(good, "%s: %s" % (title, code or "hung up"), got[:300])
    tap(honest()[0] and slowest < 1, "an honest request is answered within a second after all that", slowest)


def smuggled():
    """What hides behind a refused request must not be answered as a second one."""
    hidden = b"GET /help HTTP/1.1\r\nHost: x\r\n\r\n"
    got = send(put(b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(hidden), b"0\r\n\r\n" + hidden))
    tap(got.count(b"HTTP/1.1 ") == 1, "nothing hidden behind a refused body is answered", got[:300])


def drips():
    """Header and body, a byte now and then, for ever."""
    ended, lasted = [], []

    def drip(raw):
        link, began = dial(), time.time()
        try:
            for byte in raw * 1000:
                link.sendall(bytes([byte]))
                time.sleep(0.2)
        except OSError:
            pass
        ended.append(answer(link)[:12])
        lasted.append(time.time() - began)
        link.close()

    threads = [threading.Thread(target=drip, args=(raw,)) for raw in
               [b"X-A: b\r\n"] * 20 + [put(b"Content-Length: 200000\r\n", b"a" * 100)] * 20]
    for thread in threads:
        thread.start()
    took = []
    while any(thread.is_alive() for thread in threads) and len(took) < 100:
        took.append(honest()[1])
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    tap(max(lasted) < 15, "forty who drip for ever are ended by their total deadline", max(lasted))
    tap(max(took) < 1, "… and an honest request is answered within a second meanwhile (%.3f s)" % max(took))


def crowds():
    links = []
    for number in range(half_open):
        link = socket.socket()
        link.settimeout(10)
        try:
            link.connect(address)
            if number % 2:
                link.sendall(b"PUT /submit/attention HTTP/1.1\r\nHo")
        except OSError:
            pass
        links.append(link)
    began, took, good = time.time(), [], 0
    while time.time() - began < 3:
        fine, seconds = honest()
        good += fine
        took.append(seconds)
    tap(good == len(took) and max(took) < 1, "with %d half-open connections an honest request is answered within a second (%d of them, slowest %.3f s)"
        % (half_open, len(took), max(took)), good, max(took))
    for link in links:
        link.close()
    tap(honest()[0], "… and after they have gone")


def deaf():
    """Asks for much and never reads."""
    links = []
    for _ in range(50):
        link = dial()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        link.sendall(b"GET /openapi.json HTTP/1.1\r\n" + AUTH + b"\r\n" + b"")
        links.append(link)
    fine, took = honest()
    tap(fine and took < 1, "fifty who never read what they asked for hold nobody up", took)
    for link in links:
        link.close()


attacks()
smuggled()
deaf()
drips()
crowds()
print("# slowest honest request of all: %.3f s" % slowest)
print("1..%d" % count)
sys.exit(bad > 0)
