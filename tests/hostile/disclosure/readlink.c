/* expect: exited 0 */
/* Reads the link to its own program: the table answers ENOENT without looking. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static const char *const paths[] = {"/proc/self/exe", "/proc/self/cwd", "/proc/1/root", "/bin"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char text[256];
        must_fail(readlink(paths[i], text, sizeof text), paths[i]);
        must_fail(readlinkat(AT_FDCWD, paths[i], text, sizeof text), paths[i]);
    }
    return errno == ENOENT ? 0 : 1;
}
