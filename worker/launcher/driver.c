/* One row per call. */
#include "worker/launcher/driver.h"

#include "worker/launcher/protocol.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_LEAST                                                                              \
    12000 /* cubins of NVRTC 12 and 13 are made for drivers of their own major                     \
           */

static struct fault find_calls(struct driver *out, void *library);

static const struct call {
    const char *name;
    size_t place;
    bool may_lack;
} calls[] = {
    {"cuInit", offsetof(struct driver, init), false},
    {"cuDriverGetVersion", offsetof(struct driver, version), false},
    {"cuDeviceGetCount", offsetof(struct driver, device_count), false},
    {"cuDeviceGet", offsetof(struct driver, device_get), false},
    {"cuDeviceGetName", offsetof(struct driver, device_name), false},
    {"cuDeviceGetUuid_v2", offsetof(struct driver, device_uuid), false},
    {"cuDeviceTotalMem_v2", offsetof(struct driver, device_memory), false},
    {"cuDeviceGetAttribute", offsetof(struct driver, device_attribute), false},
    {"cuDevicePrimaryCtxRetain", offsetof(struct driver, context_retain), false},
    {"cuCtxSetCurrent", offsetof(struct driver, context_set), false},
    {"cuCtxSetLimit", offsetof(struct driver, context_limit), false},
    {"cuCtxResetPersistingL2Cache", offsetof(struct driver, context_reset_persisting), true},
    {"cuMemGetInfo_v2", offsetof(struct driver, memory_info), false},
    {"cuMemAlloc_v2", offsetof(struct driver, memory_new), false},
    {"cuMemFree_v2", offsetof(struct driver, memory_free), false},
    {"cuMemcpyHtoD_v2", offsetof(struct driver, memory_to), false},
    {"cuMemcpyDtoH_v2", offsetof(struct driver, memory_from), false},
    {"cuMemsetD8_v2", offsetof(struct driver, memory_set), false},
    {"cuMemsetD32_v2", offsetof(struct driver, memory_set_wide), false},
    {"cuStreamCreate", offsetof(struct driver, stream_new), false},
    {"cuStreamSynchronize", offsetof(struct driver, stream_wait), false},
    {"cuCtxSynchronize", offsetof(struct driver, context_wait), false},
    {"cuEventCreate", offsetof(struct driver, event_new), false},
    {"cuEventRecord", offsetof(struct driver, event_record), false},
    {"cuEventElapsedTime", offsetof(struct driver, event_elapsed), false},
    {"cuModuleLoadData", offsetof(struct driver, module_load), false},
    {"cuModuleUnload", offsetof(struct driver, module_unload), false},
    {"cuModuleGetFunction", offsetof(struct driver, module_function), false},
    {"cuFuncSetAttribute", offsetof(struct driver, function_set), false},
    {"cuLaunchKernel", offsetof(struct driver, launch), false},
};

struct fault fault_none(void)
{
    return (struct fault){.code = 0};
}

struct fault fault_make(uint32_t stage, int code, const char *where)
{
    struct fault fault = {.stage = stage, .code = code};
    (void)snprintf(fault.where, sizeof fault.where, "%s", where); /* cut: it is for people */
    return fault;
}

bool fault_is(const struct fault *fault)
{
    return fault->where[0] != '\0';
}

struct fault driver_load(struct driver *out, const char *path)
{
    int version = 0;
    int code = 0;

    /* Modules are loaded anew all the time: code that comes with the first launch would be timed.
     * A launch that only warms up is no way out, since a kernel could do its work there. */
    if (setenv("CUDA_MODULE_LOADING", "EAGER", 1) < 0)
        return fault_make(LAUNCHER_STAGE_DRIVER, 0, "no memory for a setting");
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        (void)fprintf(stderr, "launcher: %s\n", dlerror()); /* the fault has no room for it */
        return fault_make(LAUNCHER_STAGE_DRIVER, 0, "the driver's library does not load");
    }
    struct fault fault = find_calls(out, library);
    if (fault_is(&fault))
        return fault;
    if ((code = out->init(0)) != 0)
        return fault_make(LAUNCHER_STAGE_DRIVER, code, "cuInit");
    if ((code = out->version(&version)) != 0)
        return fault_make(LAUNCHER_STAGE_DRIVER, code, "cuDriverGetVersion");
    if (version < VERSION_LEAST) {
        char words[64];
        (void)snprintf(words, sizeof words, "the driver is for CUDA %d.%d; 12.0 is needed",
                       version / 1000, version % 1000 / 10); /* fits */
        return fault_make(LAUNCHER_STAGE_DRIVER, 0, words);
    }
    return fault_none();
}

static struct fault find_calls(struct driver *out, void *library)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        void *const symbol = dlsym(library, calls[i].name);
        if (symbol == NULL && !calls[i].may_lack) {
            char words[64];
            (void)snprintf(words, sizeof words, "the driver lacks %s", calls[i].name); /* fits */
            return fault_make(LAUNCHER_STAGE_DRIVER, 0, words);
        }
        memcpy((char *)out + calls[i].place, &symbol, sizeof symbol);
    }
    return fault_none();
}
