/* What the shared object of a CUDA source offers (tests/cuda_host): found by dlsym, so these are
 * the types. */
#ifndef TESTS_CUDA_HOST_LAUNCH_H
#define TESTS_CUDA_HOST_LAUNCH_H

enum cuda_host_result {
    CUDA_HOST_RAN,
    CUDA_HOST_NO_KERNEL, /* none of that name */
    CUDA_HOST_GEOMETRY,  /* no device takes such a block, or so much shared memory */
    CUDA_HOST_DEADLOCK,  /* threads wait for others that never come */
    CUDA_HOST_DIVERGED,  /* threads of a block met at different barriers: undefined on a device */
    CUDA_HOST_TRAP,      /* __trap() */
};

/* "cuda_host_launch": arguments as for cuLaunchKernel. Runs to the end; a kernel that spins for
 * ever does so. After anything but CUDA_HOST_RAN the object may be used again. */
typedef int cuda_host_launch_fn(const char *kernel, const unsigned grid[3], const unsigned block[3],
                                unsigned shared_bytes, void **arguments);

/* "cuda_host_arguments": how many arguments the kernel takes, -1 if there is none of that name. */
typedef int cuda_host_arguments_fn(const char *kernel);

/* "cuda_host_said": what went wrong last, in words. */
typedef const char *cuda_host_said_fn(void);

#endif
