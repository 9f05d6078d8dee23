/* The rows, most particular first: the same number means another thing at another step. Numbers and
 * meanings as in cuda.h. */
#include "worker/gpu_fault.h"

#include "sandbox/base/err.h"

#define ANY_STAGE LAUNCHER_STAGE_COUNT
#define OURS                                                                                       \
    {                                                                                              \
        GPU_OURS, VERDICT_NOT_RUN, "", ""                                                          \
    }
#define LOST                                                                                       \
    {                                                                                              \
        GPU_LOST, VERDICT_NOT_RUN, "", ""                                                          \
    }
#define THEIRS(code, sentence)                                                                     \
    {                                                                                              \
        GPU_THEIRS, VERDICT_RUNTIME_ERROR, code, sentence                                          \
    }
#define MEMORY(sentence)                                                                           \
    {                                                                                              \
        GPU_THEIRS, VERDICT_MEMORY_LIMIT, "device_memory", sentence                                \
    }

/* clang-format off */
static const struct row {
    uint32_t stage;
    int code;
    struct gpu_meaning meaning;
} rows[] = {
    /* what a kernel does */
    {LAUNCHER_STAGE_WAIT,   700, THEIRS("illegal_address", "illegal address: a kernel used memory outside its arrays")},
    {LAUNCHER_STAGE_WAIT,   716, THEIRS("misaligned_address", "misaligned address: a kernel used a pointer that is no multiple of what it points to")},
    {LAUNCHER_STAGE_WAIT,   717, THEIRS("illegal_address", "wrong address space: a kernel used, say, a shared address as a global one")},
    {LAUNCHER_STAGE_WAIT,   714, THEIRS("device_stack", "the stack of a thread overflowed: recursion without an end, or large local arrays")},
    {LAUNCHER_STAGE_WAIT,   715, THEIRS("trap", "a kernel trapped, or met an instruction that the device does not have")},
    {LAUNCHER_STAGE_WAIT,   718, THEIRS("trap", "a kernel jumped to an address that holds no code")},
    {LAUNCHER_STAGE_WAIT,   719, THEIRS("launch_failure", "launch failure: the device stopped a kernel, most often by a trap or a bad address in shared memory")},
    {LAUNCHER_STAGE_WAIT,   710, THEIRS("trap", "an assertion in a kernel failed")},
    {LAUNCHER_STAGE_WAIT,   702, {GPU_THEIRS, VERDICT_TIME_LIMIT, "loop_endless", "the driver stopped a kernel that ran for too long"}},
    {LAUNCHER_STAGE_WAIT,     2, MEMORY("a kernel needs more local memory than the device has")},

    /* what a launch line asks */
    {LAUNCHER_STAGE_LAUNCH,   1, THEIRS("launch_out_of_range", "the device refuses a launch: grid, block or shared memory beyond what it has")},
    {LAUNCHER_STAGE_LAUNCH, 701, THEIRS("launch_out_of_range", "the device refuses a launch: more registers or shared memory than a block may have")},
    {LAUNCHER_STAGE_LAUNCH, 720, THEIRS("launch_out_of_range", "the device refuses a launch: more blocks than can be there at once")},
    {LAUNCHER_STAGE_LAUNCH, 912, THEIRS("launch_out_of_range", "the device refuses a launch: clusters that do not fit")},
    {LAUNCHER_STAGE_LAUNCH,   2, MEMORY("a kernel needs more local memory than the device has")},
    {LAUNCHER_STAGE_IMAGE,    2, MEMORY("the static data of its kernels is more than the device has")},

    /* the device: unavailable, no device, ECC, NVLINK, contained, not ready, external, unknown */
    {LAUNCHER_STAGE_DRIVER, 999, OURS},
    {LAUNCHER_STAGE_IMAGE,  999, OURS},
    {ANY_STAGE,  46, LOST},
    {ANY_STAGE, 100, LOST},
    {ANY_STAGE, 101, LOST},
    {ANY_STAGE, 214, LOST},
    {ANY_STAGE, 220, LOST},
    {ANY_STAGE, 226, LOST},
    {ANY_STAGE, 802, LOST},
    {ANY_STAGE, 911, LOST},
    {ANY_STAGE, 999, LOST},
};
/* clang-format on */

const struct gpu_meaning *gpu_fault_meaning(uint32_t stage, int code)
{
    static const struct gpu_meaning ours = OURS;

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].code == code && (rows[i].stage == stage || rows[i].stage == ANY_STAGE))
            return &rows[i].meaning;
    return &ours;
}
