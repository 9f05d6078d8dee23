/* The table, and how a multiprocessor is filled with blocks. */
#include "worker/gpu_arch.h"

#include "sandbox/base/err.h"

#include <string.h>

#define WARP 32
#define REGISTERS_UNIT 256 /* a warp gets multiples of it */
#define PARTITIONS 4       /* of the register file; a warp lives in one */
#define SHARED_UNIT 128    /* a block gets multiples of it */

#define KIB(n) ((int64_t)(n) << 10)

static const struct gpu_arch table[] = {
    /* name    number threads blocks shared   of a block */
    {"sm_75", 75, 1024, 16, KIB(64), KIB(64)},     {"sm_80", 80, 2048, 32, KIB(164), KIB(163)},
    {"sm_86", 86, 1536, 16, KIB(100), KIB(99)},    {"sm_87", 87, 1536, 16, KIB(164), KIB(163)},
    {"sm_89", 89, 1536, 24, KIB(100), KIB(99)},    {"sm_90", 90, 2048, 32, KIB(228), KIB(227)},
    {"sm_100", 100, 2048, 32, KIB(228), KIB(227)}, {"sm_103", 103, 2048, 32, KIB(228), KIB(227)},
    {"sm_120", 120, 1536, 24, KIB(100), KIB(99)},  {"sm_121", 121, 1536, 24, KIB(100), KIB(99)},
};

static int warp_registers(int registers);

const struct gpu_arch *gpu_arch_find(const char *name)
{
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

bool gpu_arch_registers_fit(int registers, int threads)
{
    const int warps = (threads + WARP - 1) / WARP;
    return warp_registers(registers) * warps <= GPU_REGISTERS;
}

int gpu_arch_occupancy(const struct gpu_arch *arch, int registers, int64_t shared_bytes,
                       int threads)
{
    const int warps = (threads + WARP - 1) / WARP;
    const int per_warp = warp_registers(registers > 0 ? registers : 1);
    const int by_registers = GPU_REGISTERS / PARTITIONS / per_warp * PARTITIONS / warps;
    const int64_t shared =
        (shared_bytes + GPU_SHARED_RESERVED + SHARED_UNIT - 1) / SHARED_UNIT * SHARED_UNIT;
    const int by_shared = (int)(arch->shared_bytes / shared);
    const int by_threads = arch->threads / WARP / warps;
    int blocks = arch->blocks;

    blocks = by_registers < blocks ? by_registers : blocks;
    blocks = by_shared < blocks ? by_shared : blocks;
    blocks = by_threads < blocks ? by_threads : blocks;
    return 100 * blocks * warps / (arch->threads / WARP);
}

static int warp_registers(int registers)
{
    return (registers * WARP + REGISTERS_UNIT - 1) / REGISTERS_UNIT * REGISTERS_UNIT;
}
