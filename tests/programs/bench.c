/* What `sandbox bench --program` runs: a static glibc program, as a student's is. Ends at once, or
 * with "spin" never. */
#include <string.h>

int main(int argc, char **argv)
{
    volatile int spin = argc > 2 && strcmp(argv[2], "spin") == 0;
    while (spin)
        continue;
    return 0;
}
