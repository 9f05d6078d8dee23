/* The table of profiles. */
#include "sandbox/profile.h"

#define STATIC_EXTRA (16U << 20)   /* image, vdso, guard gap */
#define DYNAMIC_EXTRA (256U << 20) /* libraries besides */

/* cc1 opens one header at a time per level of nesting; a GPU's driver holds its nodes some dozens
 * of times. */
static const struct profile profiles[] = {
    [SANDBOX_KERNEL] = {.word = "kernel",
                        .one_thread = true,
                        .fixed_addresses = true,
                        .descriptors = 64,
                        .extra_bytes = STATIC_EXTRA},
    [SANDBOX_THREADS] = {.word = "threads",
                         .fixed_addresses = true,
                         .descriptors = 64,
                         .extra_bytes = STATIC_EXTRA},
    [SANDBOX_COMPILE] = {.word = "compile",
                         .view = SLOT_VIEW_TOOLCHAIN,
                         .directory = "/work",
                         .own_programs = true,
                         .work = true,
                         .descriptors = 64,
                         .extra_bytes = DYNAMIC_EXTRA},
    [SANDBOX_GPU_LAUNCHER] = {.word = "gpu-launcher",
                              .view = SLOT_VIEW_GPU,
                              .own_programs = true,
                              .dynamic = true,
                              .vast_addresses = true,
                              .descriptors = 1024,
                              .extra_bytes = DYNAMIC_EXTRA},
};

const struct profile *profile_of(unsigned profile)
{
    return profile < COUNT(profiles) ? &profiles[profile] : NULL;
}
