/* Bytes of a cubin, and of a compiler's log. Whatever they are, the audit comes to an end, stays in
 * the bytes, and says why in one printable sentence. */
#include "sandbox/base/err.h"
#include "worker/cubin.h"
#include "worker/cuda_log.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void try_log(const char *text, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct launch_plan plan = {
        .steps_count = 2,
        .steps = {{.kernel = "k",
                   .line = 3,
                   .arguments_count = 2,
                   .arguments = {{LAUNCH_NUMBER, 0}, {LAUNCH_TENSOR, 5}}},
                  {.kernel = "two", .line = 4, .arguments_count = 1}},
    };
    struct cubin_finding finding;
    const bool fine = cubin_audit(bytes, size, &plan, 90, &finding);

    if (fine != (finding.code[0] == '\0') ||
        memchr(finding.message, 0, sizeof finding.message) == NULL)
        abort();
    for (const char *at = finding.message; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            abort();
    int registers = 1;
    int64_t shared = 0;
    if (cubin_resources(bytes, size, "k", &registers, &shared) &&
        (registers < 1 || registers > 255 || shared < 0))
        abort();
    try_log((const char *)bytes, size);
    return 0;
}

static void try_log(const char *text, size_t size)
{
    struct wire_kernel kernels[WIRE_KERNELS_MAX];
    auto_buf struct buf reports = buf_of((size_t)1 << 20);

    const int count = cuda_log_read(text, size, &reports, kernels);
    if (count < 0 || count > WIRE_KERNELS_MAX)
        abort();
    for (int i = 0; i < count; i++)
        if (memchr(kernels[i].name, '\0', sizeof kernels[i].name) == NULL ||
            kernels[i].spill_bytes < 0)
            abort();
}
