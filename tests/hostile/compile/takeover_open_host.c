/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: opens files of the host. The view has none of them. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static const char *const paths[] = {"/etc/passwd",
                                        "/etc/shadow",
                                        "/proc/self/maps",
                                        "/proc/1/environ",
                                        "/dev/null",
                                        "/sys/kernel",
                                        "/root",
                                        "/home",
                                        "/tmp",
                                        "/var",
                                        "/bin/sh",
                                        "/usr/bin/gcc",
                                        "/void",
                                        "/view",
                                        "../etc/passwd",
                                        "/../etc/passwd",
                                        "/usr/../etc",
                                        "/usr/include/../../etc/passwd",
                                        "/work/../proc"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        must_fail(open(paths[i], O_RDONLY), paths[i]);
    return 0;
}
