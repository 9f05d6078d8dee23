/* What tests/driver/cuda.c takes for an image that names no twin: a baseline that takes 4 ms and
 * whose answers nobody asks for. */
#include <time.h>

int cuda_host_launch(const char *kernel, const unsigned grid[3], const unsigned block[3],
                     unsigned shared_bytes, void **arguments);

int cuda_host_launch(const char *kernel, const unsigned grid[3], const unsigned block[3],
                     unsigned shared_bytes, void **arguments)
{
    const struct timespec time = {.tv_nsec = 4000000};
    (void)kernel;
    (void)grid;
    (void)block;
    (void)shared_bytes;
    (void)arguments;
    (void)nanosleep(&time, 0);
    return 0;
}
