/* expect: exited 0 */
/* Makes allowed calls with addresses that are none: each must get an errno. */
#include "tests/hostile/hostile.h"

static const struct row {
    const char *name;
    long number, first;
} rows[] = {
    {"read", SYS_read, INPUT},
    {"write", SYS_write, OUTPUT},
    {"readv", SYS_readv, INPUT},
    {"writev", SYS_writev, OUTPUT},
    {"fstat", SYS_fstat, OUTPUT},
    {"clock_gettime", SYS_clock_gettime, CLOCK_MONOTONIC},
    {"clock_getres", SYS_clock_getres, CLOCK_MONOTONIC},
    {"sigaltstack", SYS_sigaltstack, 8},
    {"rt_sigaction", SYS_rt_sigaction, SIGUSR1},
    {"sysinfo", SYS_sysinfo, 8},
};

int main(void)
{
    static const unsigned long places[] = {
        8, 0x7fffffffffff, 0x8000000000000000, 0xffff888000000000, 0xffffffffff600000, -1UL};
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
            must_fail(syscall(rows[n].number, rows[n].first, places[i], 64, 8, 0, 0), rows[n].name);
    }
    return 0;
}
