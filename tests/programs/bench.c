/* What `sandbox bench --program` runs: a static glibc program, as a student's is. Does as
 * bench_program of the sandbox with the same words. */
#include <string.h>

int main(int argc, char **argv)
{
    const char *word = argc > 2 ? argv[2] : "";
    const int spin = strcmp(word, "spin") == 0;
    volatile unsigned left = strcmp(word, "work") == 0 ? 32000000 : 0;
    while (spin || left > 0)
        left = left - 1;
    return 0;
}
