#!/usr/bin/env python3
"""Puts students with tokens into the demo cohort of a stopped service: for loads, not for courses.

usage: students.py DATABASE COUNT     prints "LOGIN TOKEN" lines"""
import hashlib, secrets, sqlite3, sys, time

db = sqlite3.connect(sys.argv[1], timeout=20)
now = time.time_ns() // 1000
cohort = db.execute("SELECT id FROM cohort WHERE name = 'demo'").fetchone()[0]
for number in range(int(sys.argv[2])):
    login, token = "s%04d" % number, secrets.token_hex(32)
    user = db.execute("INSERT INTO user (login, name, created_at) VALUES (?, ?, ?)", (login, login, now)).lastrowid
    member = db.execute("INSERT INTO membership (cohort_id, user_id, role, created_at) VALUES (?, ?, 'student', ?)",
                        (cohort, user, now)).lastrowid
    db.execute("INSERT INTO token (membership_id, hash, created_at) VALUES (?, ?, ?)",
               (member, hashlib.blake2b(token.encode(), digest_size=32).digest(), now))
    print(login, token)
db.commit()
