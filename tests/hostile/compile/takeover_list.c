/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: lists its root. Only the toolchain and /work are there. */
#include "tests/hostile/hostile.h"

#include <dirent.h>

int main(void)
{
    static const char *const known[] = {".", "..", "usr", "lib", "lib64", "work"};
    char bytes[4096];
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    long size = fd < 0 ? 0 : syscall(SYS_getdents64, fd, bytes, sizeof bytes);
    for (long at = 0; at < size;) {
        const struct dirent64 *entry = (const void *)(bytes + at);
        size_t i = 0;
        while (i < sizeof known / sizeof known[0] && strcmp(known[i], entry->d_name) != 0)
            i++;
        if (i == sizeof known / sizeof known[0])
            breach(entry->d_name);
        at += entry->d_reclen;
    }
    return 0;
}
