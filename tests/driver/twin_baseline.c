/* What tests/driver/cuda.c takes for an image that names no twin: a baseline of attention that
 * takes 4 ms more than its arithmetic. */
#define cuda_host_launch attention_launch
#include "twin_attention.c"
#undef cuda_host_launch

int cuda_host_launch(const char *kernel, const unsigned grid[3], const unsigned block[3],
                     unsigned shared_bytes, void **arguments);

int cuda_host_launch(const char *kernel, const unsigned grid[3], const unsigned block[3],
                     unsigned shared_bytes, void **arguments)
{
    const struct timespec time = {.tv_nsec = 4000000};

    (void)nanosleep(&time, NULL);
    return attention_launch(kernel, grid, block, shared_bytes, arguments);
}
