/* A handful of calls, each of which may be missing from an older library. */
#include "worker/nvml.h"

#include "sandbox/base/err.h"
#include "sandbox/base/log.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define CLOCK_SM 1
#define CLOCK_MEMORY 2
#define INSUFFICIENT_SIZE 7 /* "there are more than that": the answer to a list of none */

static bool load(struct nvml *nvml, const char *uuid);

void nvml_open(struct nvml *out, const char *path, const char *uuid)
{
    *out = (struct nvml){.library = NULL};
    if (path == NULL)
        return;
    out->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (out->library == NULL) {
        log_line(LOG_WARN, "gpu.no_nvml", "why=library");
        return;
    }
    if (load(out, uuid))
        return;
    log_line(LOG_WARN, "gpu.no_nvml", "why=calls");
    (void)dlclose(out->library); /* nothing of it is used */
    *out = (struct nvml){.library = NULL};
}

void nvml_close(struct nvml *nvml)
{
    if (nvml->library == NULL)
        return;
    (void)nvml->shutdown();       /* we ask nothing more */
    (void)dlclose(nvml->library); /* likewise */
    *nvml = (struct nvml){.library = NULL};
}

struct nvml_state nvml_look(const struct nvml *nvml)
{
    struct nvml_state state = {.known = false};
    unsigned long long reasons = 0;
    unsigned sm = 0, memory = 0;

    if (nvml->library == NULL)
        return state;
    state.known = nvml->reasons(nvml->device, &reasons) == 0;
    state.reasons = state.known ? reasons : 0;
    if (nvml->clock(nvml->device, CLOCK_SM, &sm) == 0)
        state.sm_mhz = sm;
    if (nvml->clock(nvml->device, CLOCK_MEMORY, &memory) == 0)
        state.memory_mhz = memory;
    return state;
}

bool nvml_is_shared(const struct nvml *nvml)
{
    unsigned count = 0;

    if (nvml->library == NULL || nvml->mps == NULL)
        return false;
    const int code = nvml->mps(nvml->device, &count, NULL);
    return code == INSUFFICIENT_SIZE || (code == 0 && count > 0);
}

static bool load(struct nvml *nvml, const char *uuid)
{
    int (*init)(void) = NULL;
    int (*find)(const char *, void **) = NULL;
    const struct row {
        const char *name, *older;
        void *place;
        bool may_lack;
    } rows[] = {
        {"nvmlInit_v2", NULL, &init, false},
        {"nvmlShutdown", NULL, &nvml->shutdown, false},
        {"nvmlDeviceGetHandleByUUID", NULL, &find, false},
        {"nvmlDeviceGetClockInfo", NULL, &nvml->clock, false},
        {"nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons",
         &nvml->reasons, false},
        {"nvmlDeviceGetMPSComputeRunningProcesses_v3", NULL, &nvml->mps, true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        void *symbol = dlsym(nvml->library, rows[i].name);
        if (symbol == NULL && rows[i].older != NULL)
            symbol = dlsym(nvml->library, rows[i].older);
        if (symbol == NULL && !rows[i].may_lack)
            return false;
        memcpy(rows[i].place, &symbol, sizeof symbol);
    }
    return init() == 0 && find(uuid, &nvml->device) == 0;
}
