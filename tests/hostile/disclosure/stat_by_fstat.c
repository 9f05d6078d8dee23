/* expect: exited 0 */
/* fstat of this libc is a call that takes paths too. It finds what is there: an empty, read-only
 * directory. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static const char *const paths[] = {
        "/etc",    "/etc/passwd",  "/proc", "/proc/self/maps", "/dev/null",  "/sys",    "/tmp",
        "/bin/sh", "/usr",         "/view", "/work",           "/void",      "../view", "../../etc",
        "/../etc", "/proc/1/root", "/root", "/home",           "/.dockerenv"};
    struct stat info;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        must_fail(syscall(SYS_newfstatat, AT_FDCWD, paths[i], &info, AT_EMPTY_PATH), paths[i]);
    if (syscall(SYS_newfstatat, AT_FDCWD, "/", &info, AT_EMPTY_PATH) == 0 && info.st_nlink > 2)
        breach("the root has directories");
    return 0;
}
