/* The system calls that a program may make: a table with a reason per row, and the filter that is
 * made of it.
 *
 * A call outside the table ends the run. By default the kernel reports it to the slot, which notes
 * the number and kills: the call itself never happens, and the program cannot catch it. Where the
 * kernel refuses a second listener, the filter kills by itself (SIGSYS) and the number is lost.
 * Other architectures' entries (int 0x80, x32) are outside, whatever the number. */
#ifndef SANDBOX_POLICY_H
#define SANDBOX_POLICY_H

#include "sandbox/base/err.h"
#include "sandbox/sandbox.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_PROGRAM_FD 24 /* the one descriptor that execveat may run; gone after the exec */
#define POLICY_PROGRAM_PID 2 /* of the program in its pid namespace */

enum policy_profile {
    POLICY_KERNEL = 1,
    POLICY_THREADS = 2,
    POLICY_COMPILE = 4,
    POLICY_GPU_LAUNCHER = 8,
};

enum policy_compare { POLICY_EQUAL, POLICY_MASKED }; /* MASKED: (argument & mask) == value */

struct policy_argument {
    unsigned index; /* 0 .. 5 */
    enum policy_compare compare;
    uint64_t mask; /* of POLICY_MASKED */
    uint64_t value;
};

struct policy_rule {
    const char *name;  /* of the call */
    int number;        /* on x86-64 */
    unsigned profiles; /* enum policy_profile, or-ed */
    int answer;        /* 0: allowed, else this errno is returned without calling */
    size_t arguments_count;
    struct policy_argument arguments[2];
    const char *reason;
};

/* The whole table, for tests and for people. */
const struct policy_rule *policy_rules(size_t *out_count);

/* The bit of the table that belongs to a profile of the library. */
unsigned policy_bit(enum sandbox_profile profile);

/* The filter of a profile, made when the sandbox was built (policy_main.c): a slot only installs
 * it. Lent for ever.
 *
 * notify  report what is outside to a listener, else kill by SIGSYS */
struct sock_fprog policy_filter(enum sandbox_profile profile, bool notify);

/* Builds the same anew from the table by libseccomp, for the build and for tests (policy_build.c).
 *
 * out_filter filter is allocated; policy_release frees it */
struct err policy_build(enum sandbox_profile profile, bool notify, struct sock_fprog *out_filter);
void policy_release(struct sock_fprog *filter);

/* The ways into the kernel, each with numbers of its own. */
enum policy_entry { POLICY_ENTRY_64, POLICY_ENTRY_32, POLICY_ENTRY_X32 };

/* The name of a number, from the same tables as policy_filter; NULL: it has none. Lent for ever. */
const char *policy_name(enum policy_entry entry, int number);

/* Writes the call's name: "openat", "getpid (32-bit)", the number where it has no name. `entry` is
 * the audit architecture that the kernel reports. */
void policy_call_name(uint32_t entry, int number, char *out, size_t out_size);

#endif
