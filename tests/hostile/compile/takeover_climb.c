/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: climbs out by a directory descriptor. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int root = open("/", O_RDONLY | O_DIRECTORY);
    int work = open(".", O_RDONLY | O_DIRECTORY);
    if (work < 0)
        return 1;
    must_fail(openat(work, "../../etc/passwd", O_RDONLY), "climb from /work");
    must_fail(openat(root, "../etc/passwd", O_RDONLY), "climb from the root");
    must_fail(openat(root, "../void", O_RDONLY), "the slot's own root");
    struct stat above, here;
    if (root >= 0 && (fstatat(root, "..", &above, 0) < 0 || fstat(root, &here) < 0 ||
                      above.st_ino != here.st_ino || above.st_dev != here.st_dev))
        breach("there is something above the root");
    return 0;
}
