/* Reads a student's object file before it is linked, and says what in it a kernel may not have:
 * code that would run before or after the call, sections that the compiler never makes, names that
 * the runtime does not offer or wants for itself.
 *
 * The bytes are hostile: they came out of the assembler, and inline assembly can make it write
 * anything. Pure; every offset is checked before it is followed. The audit is no wall (the sandbox
 * is): it turns surprises at run time into one sentence at compile time. */
#ifndef WORKER_AUDIT_H
#define WORKER_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

/* Static data and code of one object; a kernel's scratch is a few megabytes. */
#define AUDIT_STATIC_MAX ((size_t)1 << 30)
#define AUDIT_THREAD_MAX                                                                           \
    ((size_t)1 << 20) /* of it, thread-local: lies on the start of the heap                        \
                       */
#define AUDIT_SECTIONS_MAX 4096

struct audit_rules {
    const char *function;     /* must be defined, global, in code */
    const char *const *names; /* what may be left undefined: sorted by strcmp */
    size_t names_count;
    const char *const *extras; /* the same, out of the runtime's second part */
    size_t extras_count;
};

struct audit_finding {
    bool needs_extra;  /* of an object that may be linked: it uses a name of `extras` */
    char code[32];     /* "refused_section", "undefined_name", …: see the tables of audit.c */
    char message[200]; /* one sentence for the student; foreign bytes in names are '?' */
};

/* Returns true if the object may be linked; else out says the first thing that may not be. out is
 * written in either case.
 * Cost: linear in the object, times a binary search per undefined name. */
bool audit_object(const void *bytes, size_t size, const struct audit_rules *rules,
                  struct audit_finding *out);

#endif
