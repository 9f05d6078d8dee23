#!/usr/bin/env bash
# The role matrix: every endpoint of /openapi.json, asked by everybody. Then what a stranger may learn, how guesses
# are slowed, and what pages carry.
. "$(dirname "$0")/lib.sh"
start_service || { not_ok "the service starts"; exit 1; }
S=tests/submissions
as alice -o /dev/null -T "$(ls $S/attention/wrong/*.c | head -n 1)" "$URL/submit/attention"
key() { awk '{print $6}' "$WORK/demo/$1.netrc"; }
{
    echo "none -"
    echo "student $(key alice)"
    echo "other $(key bob)"
    echo "stranger $(key_of member elsewhere zoe student)"
    echo "ta $(key ta)"
    echo "other_ta $(key_of member elsewhere tom ta)"
    echo "admin $(key_of member demo root admin)"
    echo "other_admin $(key_of member elsewhere rita admin)" # of the whole service all the same
    echo "worker $(key_of worker gpu07)"
    echo "hook $(key_of hook demo)"
    echo "revoked $(key_of member demo alice student revoked)"
    echo "expired $(key_of member demo alice student expired)"
    echo "guess aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
} >"$WORK/keys"
curl -sS "$URL/openapi.json" >"$WORK/openapi.json"

# What each may with alice's submission 1, in the cohort demo. A column with = says "as for everybody who may".
cat >"$WORK/table" <<'TABLE'
method path                               none student other stranger  ta other_ta admin worker hook revoked other_admin
GET    /s/1                                401     200   404      404 200      404   200    403  403     401        200
GET    /s/1.txt                            401     200   404      404 200      404   200    403  403     401        200
GET    /s/1.json                           401     200   404      404 200      404   200    403  403     401        200
GET    /s/1.c                              401     200   404      404 200      404   200    403  403     401        200
GET    /s/1.html                           401     200   404      404 200      404   200    403  403     401        200
GET    /s/1/source                         401     200   404      404 200      404   200    403  403     401        200
GET    /s/1/speed                          401     200   404      404 200      404   200    403  403     401        200
GET    /s/1/events                         401     200   404      404 200      404   200    403  403     401        200
GET    /s/999                              401     404   404      404 404      404   404    403  403     401        404
GET    /s/x                                401     404   404      404 404      404   404    403  403     401        404
GET    /api/v1/submissions                 401     200   200      200 200      200   200    403  403     401        200
GET    /api/v1/submissions/1               401     200   404      404 200      404   200    403  403     401        200
GET    /api/v1/submissions/1?wait=x        401     400   404      404 400      404   400    403  403     401        400
GET    /api/v1/submissions/1/events        401     200   404      404 200      404   200    403  403     401        200
GET    /demo/attention                     401     200   200      404 200      404   200    403  403     401        200
GET    /demo/attention.txt                 401     200   200      404 200      404   200    403  403     401        200
GET    /demo/atention                      401     404   404      404 404      404   404    403  403     401        404
GET    /demo/attention/board               401     200   200      404 200      404   200    404  404     401        200
GET    /demo/attention/board.json          401     200   200      404 200      404   200    404  404     401        200
GET    /demo/attention/board.txt?top=x     401     400   400      404 400      404   400    404  404     401        400
GET    /demo/attention/board/events        401     200   200      404 200      404   200    404  404     401        200
GET    /nowhere/attention/board            401     404   404      404 404      404   404    404  404     401        404
GET    /metrics                            401     403   403      403 200      200   200    403  403     401        200
GET    /                                   200     200   200      200 200      200   200    200  200     200        200
GET    /signin                             401     303   303      303 303      303   303    403  403     401        303
GET    /help                               200     200   200      200 200      200   200    200  200     200        200
GET    /healthz                            200     200   200      200 200      200   200    200  200     200        200
GET    /readyz                             200     200   200      200 200      200   200    200  200     200        200
GET    /openapi.json                       200     200   200      200 200      200   200    200  200     200        200
GET    /static/page.css                    200     200   200      200 200      200   200    200  200     200        200
GET    /static/../page.c                   400     400   400      400 400      400   400    400  400     400        400
GET    /kit/attention.tar.gz               200     200   200      200 200      200   200    200  200     200        200
GET    /api/v1/assignments                 200     200   200      200 200      200   200    200  200     401        200
GET    /api/v1/assignments/attention       200     200   200      200 200      200   200    200  200     200        200
GET    /git/alice.git/info/refs?service=git-receive-pack 401 200 404 404 403   404   403    403  403     401        404
GET    /git/alice.git/info/refs?service=git-upload-pack 401 200 404  404 200   404   200    403  403     401        404
GET    /git/alice.git/info/refs            401     400   404      404 400      404   400    403  403     401        404
GET    /git/..alice.git/info/refs          401     404   404      404 404      404   404    403  403     401        404
POST   /git/alice.git/git-receive-pack     401     415   404      404 403      404   403    403  403     401        404
POST   /git/alice.git/git-upload-pack      401     415   404      404 415      404   415    403  403     401        404
PUT    /submit/attention                   401     422   422      404 422      404   422    403  400     401        404
PUT    /submit/nothing                     401     404   404      404 404      404   404    403  400     401        404
PUT    /submit/attention?for=bob           401     403   422      403 403      403   403    403  422     401        403
PUT    /submit/attention?for=zoe           401     403   403      404 403      403   403    403  404     401        403
PUT    /try/attention                      401     422   422      404 422      404   422    403  403     401        404
POST   /api/v1/assignments/attention/submissions 401 422 422      404 422      404   422    403  400     401        404
TABLE

python3 - "$URL" "$WORK" <<'PY'
import http.client, json, re, sys, urllib.parse
url, work = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
keys = dict(line.split() for line in open(work + "/keys"))
api = json.load(open(work + "/openapi.json"))
seen, tried = {}, 0
def ask(method, path, who, body=b"\0not a source", accept=None):
    global tried
    tried += 1
    # Each from an address of its own: guesses are slowed by address, which the end of this file looks at.
    source = f"127.{1 + (tried >> 16 & 127)}.{tried >> 8 & 255}.{tried & 255}"
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20, source_address=(source, 0))
    headers = {} if keys[who] == "-" else {"Authorization": "Bearer " + keys[who]}
    if accept: headers["Accept"] = accept
    connection.request(method, path, None if method in ("GET", "DELETE") else body, headers)
    answer = connection.getresponse()
    text = b"" if "event-stream" in answer.headers.get("Content-Type", "") else answer.read()
    connection.close()
    return answer.status, dict(answer.headers), text.decode("utf-8", "replace")
def shape(path):
    return re.compile("^" + re.sub(r"\\\{\w+\\\}", "[^/?]+", re.escape(path)) + "$")
shapes = {(m.upper(), p): shape(p) for p, ms in api["paths"].items() for m in ms}
def operation(method, path):
    path = path.split("?")[0]
    exact = [k for k in shapes if k[0] == method and k[1] == path]
    fits = exact or [k for k, r in shapes.items() if k[0] == method and r.match(path)
                     and not (k[1].startswith("/{") and path.split("/")[1] in firsts)]
    return max(fits, key=lambda k: len(k[1])) if fits else None
firsts = {p.split("/")[1] for p in api["paths"] if not p.startswith("/{")}
count = [0, 0]
def tell(good, title, *why):
    count[0 if good else 1] += 1
    print(("ok" if good else "not ok"), "-", title, *([] if good else ["\n#   " + str(w) for w in why]))
def documented(method, path, code):
    key = operation(method, path)
    if key: seen.setdefault(key, set()).add(code)
    return key is None or str(code) in api["paths"][key[1]][key[0].lower()]["responses"]

# 1. The table, cell by cell.
rows = [line.split() for line in open(work + "/table")]
for row in rows[1:]:
    method, path, bad = row[0], row[1], []
    for who, wanted in zip(rows[0][2:], row[2:]):
        code, headers, text = ask(method, path, who)
        if code != int(wanted): bad.append(f"{who}: {code} instead of {wanted}: {text[:120]}")
        if code == 401 and "Basic" not in headers.get("WWW-Authenticate", ""): bad.append(f"{who}: 401 without WWW-Authenticate")
        if not documented(method, path, code): bad.append(f"{who}: {code} is not in openapi.json")
        if code == 404 and "/s/1" in path and "attention" in text: bad.append(f"{who}: a 404 that tells of the submission")
    tell(not bad, f"{method} {path}", *bad)

# 2. Every endpoint that openapi.json names, by its x-role: also those that the table has no row for.
rank = {"student": 0, "other": 0, "stranger": 0, "ta": 1, "other_ta": 1, "admin": 2, "other_admin": 2}
least = {"student": 0, "ta": 1, "admin": 2}
def welcome(roles, who):
    words = roles.split()
    return "any" in words or who in words or any(w in least and rank.get(who, -1) >= least[w] for w in words)
values = {"id": "999999", "cohort": "demo", "assignment": "attention", "login": "nobody9", "file": "a.c", "name": "page.css"}
for path, methods in api["paths"].items():
    for method, about in methods.items():
        at, bad = re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], "x1"), path), []
        for who in keys:
            code, _, text = ask(method.upper(), at, who)
            roles = about["x-role"]
            if not documented(method.upper(), at, code): bad.append(f"{who}: {code} is not in openapi.json")
            if code >= 500 and path != "/readyz": bad.append(f"{who}: {code} {text[:100]}")
            if roles == "any": continue
            known = who not in ("none", "revoked", "expired", "guess")
            if not known and code != 401: bad.append(f"{who}: {code} instead of 401")
            if known and not welcome(roles, who) and code != 403: bad.append(f"{who}: {code} instead of 403")
            if known and welcome(roles, who) and code == 401: bad.append(f"{who}: 401")
        tell(not bad, f"{method.upper()} {path} is for {about['x-role']}", *bad)
print(f"# {tried} requests, {len(shapes)} endpoints, {len(keys)} kinds of people")

# 3. Pages: policy, nothing outside, nothing inline.
for path in ("/", "/help", "/s/1", "/s/1/source", "/demo/attention", "/demo/attention/board"):
    code, headers, text = ask("GET", path, "student", accept="text/html")
    bad = [h for h, v in (("Content-Security-Policy", "default-src 'self'"), ("X-Content-Type-Options", "nosniff"),
                          ("Referrer-Policy", "no-referrer")) if v not in headers.get(h, "")]
    if not headers["Content-Type"].startswith("text/html"): bad.append(headers["Content-Type"])
    if re.search(r"<script(?! src=\"/static/)|style=|\son\w+=|(src|href)=\"(https?:)?//", text): bad.append("inline or foreign: " + text[:200])
    for needed in ("<html lang=", "<title>", "<main", "<h1>", 'name="viewport"'):
        if needed not in text: bad.append("no " + needed)
    if "<th>" in text or re.search(r"<th (?!scope)", text): bad.append("a heading of a table without scope")
    if text.count("<h1") != 1: bad.append(f"{text.count('<h1')} times h1")
    tell(code == 200 and not bad, f"the page {path} keeps its policy", code, *bad)
sys.exit(count[1] > 0)
PY
[ $? -eq 0 ] || bad=$((bad + 1))

# Guesses are slowed, the right token of the same address is not.
begin=$(date +%s%N)
for i in 1 2 3 4 5 6 7 8; do curl -s -o /dev/null -u "alice:guess$i" "$URL/s/1"; done
slow=$((($(date +%s%N) - begin) / 1000000)); begin=$(date +%s%N)
as alice -o /dev/null "$URL/s/1"
quick=$((($(date +%s%N) - begin) / 1000000))
[ $slow -ge 1000 ] && [ $quick -lt 1000 ] && ok "guesses are slowed ($slow ms for 8), a good token is not ($quick ms)" || not_ok "guesses are slowed, a good token is not" "$slow ms, $quick ms"
refused=$(as ta "$URL/metrics" | awk '$1 == "grader_tokens_refused_total" {print $2}')
[ "${refused:-0}" -ge 8 ] && ok "they are counted ($refused)" || not_ok "they are counted" "$refused"
check "metrics count by route and code" grep -q 'route="/s/{id}",code="404"' <(as ta "$URL/metrics")
check "a request's name is in the answer and in the log" bash -c "id=\$(curl -sS -D - -o /dev/null --netrc-file $WORK/demo/alice.netrc -T tests/e2e/lib.sh $URL/submit/attention | tr -d '\r' | awk 'tolower(\$1) == \"x-request-id:\" {print \$2}'); sleep 0.2; grep -q \"request=\$id \" $WORK/service.log"
