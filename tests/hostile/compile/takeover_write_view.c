/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: changes the toolchain for whoever compiles next. It is mounted
 * read-only, and Landlock says the same. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static const char *const paths[] = {"/usr/include/stdio.h", "/usr/bin/as", "/usr/bin/ld"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        must_fail(open(paths[i], O_WRONLY), paths[i]);
        must_fail(open(paths[i], O_RDWR | O_TRUNC), paths[i]);
        must_fail(unlink(paths[i]), paths[i]);
        must_fail(rename("a.c", paths[i]), paths[i]);
        must_fail(rename(paths[i], "a.o"), paths[i]);
        must_fail(chmod(paths[i], 0777), paths[i]);
    }
    must_fail(open("/usr/include/evil.h", O_WRONLY | O_CREAT, 0644), "a new header");
    must_fail(open("/leak", O_WRONLY | O_CREAT, 0644), "a file in the root");
    must_fail(open("/usr/include", O_WRONLY | O_TMPFILE, 0644), "a file without a name");
    return 0;
}
