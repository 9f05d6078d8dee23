/* From the driver to a device that is ready for calls. */
#include "worker/launcher/device.h"

#include <stdlib.h>
#include <string.h>

#define SCRUB_CHUNK ((size_t)1 << 30)
#define SCRUB_LEAST ((size_t)2 << 20) /* what the driver itself hands out at least */
#define SCRUB_CHUNKS_MAX 1024
#define FLUSH_MAX ((size_t)1 << 30)
#define SMALL_LIMIT ((size_t)4096) /* of printf and malloc, which the audit refuses */

static struct fault scrub(struct device *device, struct launcher_reply *reply);
static struct fault make_stream(struct device *device);
static struct fault make_buffers(struct device *device, size_t arena_bytes);
static struct fault context_fault(int code, const char *where);

struct fault device_probe(struct device *device, const char *driver_path)
{
    struct driver *const driver = &device->driver;
    struct launcher_facts *const facts = &device->facts;
    int l2 = 0, shared = 0, count = 0;
    size_t bytes = 0;

    struct fault fault = driver_load(driver, driver_path);
    if (fault_is(&fault))
        return fault;
    int code = driver->device_count(&count);
    if (code == 0 && count < 1)
        return fault_make(LAUNCHER_STAGE_DRIVER, 0, "the driver finds no device");
    if (code == 0)
        code = driver->device_get(&device->number, 0);
    if (code == 0)
        code = driver->device_name(facts->name, sizeof facts->name, device->number);
    if (code == 0)
        code = driver->device_uuid(facts->uuid, device->number);
    if (code == 0)
        code = driver->device_memory(&bytes, device->number);
    const struct {
        int attribute, *to;
    } asked[] = {
        {CU_ATTRIBUTE_MAJOR, &facts->major},
        {CU_ATTRIBUTE_MINOR, &facts->minor},
        {CU_ATTRIBUTE_L2_CACHE_SIZE, &l2},
        {CU_ATTRIBUTE_SHARED_OPTIN, &shared},
        {CU_ATTRIBUTE_MULTIPROCESSORS, &facts->multiprocessors},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0] && code == 0; i++)
        code = driver->device_attribute(asked[i].to, asked[i].attribute, device->number);
    if (code == 0)
        code = driver->version(&facts->driver_version);
    facts->l2_bytes = l2;
    facts->shared_of_block = shared;
    facts->total_bytes = (int64_t)bytes;
    return code == 0 ? fault_none() : fault_make(LAUNCHER_STAGE_DRIVER, code, "what device it is");
}

struct fault device_open(struct device *device, size_t arena_bytes, struct launcher_reply *reply)
{
    struct driver *const driver = &device->driver;

    int code = driver->context_retain(&device->context, device->number);
    if (code != 0)
        return context_fault(code, "cuDevicePrimaryCtxRetain");
    if ((code = driver->context_set(device->context)) != 0)
        return context_fault(code, "cuCtxSetCurrent");
    (void)driver->context_limit(CU_LIMIT_PRINTF, SMALL_LIMIT); /* a wish: it saves memory */
    (void)driver->context_limit(CU_LIMIT_HEAP, SMALL_LIMIT);   /* likewise */
    struct fault fault = scrub(device, reply);
    if (!fault_is(&fault))
        fault = make_stream(device);
    if (!fault_is(&fault))
        fault = make_buffers(device, arena_bytes);
    return fault;
}

struct fault device_load(struct device *device, enum launcher_image which, bool anew)
{
    struct image *const image = &device->images[which];
    int code = 0;

    if (image->at == NULL)
        return fault_make(LAUNCHER_STAGE_IMAGE, 0, "there is no such program");
    /* The other one too: its static data shall take no memory from this one. */
    for (int i = 0; i < LAUNCHER_IMAGES && anew; i++) {
        struct image *const old = &device->images[i];
        if (old->module != NULL && (code = device->driver.module_unload(old->module)) != 0)
            return fault_make(LAUNCHER_STAGE_IMAGE, code, "cuModuleUnload");
        old->module = NULL;
    }
    if (image->module == NULL &&
        (code = device->driver.module_load(&image->module, image->at)) != 0)
        return fault_make(LAUNCHER_STAGE_IMAGE, code, "cuModuleLoadData");
    return fault_none();
}

/* Takes what is free, in pieces that get smaller, overwrites all of it, and gives it back. What
 * somebody else holds is not free, and not ours to touch. */
static struct fault scrub(struct device *device, struct launcher_reply *reply)
{
    const struct driver *const driver = &device->driver;
    cu_pointer *const chunks = calloc(SCRUB_CHUNKS_MAX, sizeof *chunks);
    size_t count = 0, chunk = SCRUB_CHUNK, all = 0, total = 0;

    if (chunks == NULL)
        return fault_make(LAUNCHER_STAGE_CONTEXT, 0, "no memory for the scrub");
    const char *where = "cuMemGetInfo";
    int code = driver->memory_info(&all, &total);
    reply->free_bytes = all;
    while (code == 0 && chunk >= SCRUB_LEAST && count < SCRUB_CHUNKS_MAX) {
        where = "cuMemAlloc while scrubbing";
        code = driver->memory_new(&chunks[count], chunk);
        if (code == CU_OUT_OF_MEMORY) {
            code = 0;
            chunk /= 2;
            continue;
        }
        if (code != 0)
            break;
        where = "cuMemsetD8 while scrubbing";
        count++;
        code = driver->memory_set(chunks[count - 1], 0, chunk);
        reply->scrubbed_bytes += chunk;
    }
    if (code == 0)
        code = driver->context_wait();
    for (size_t i = 0; i < count && code == 0; i++) {
        where = "cuMemFree while scrubbing";
        code = driver->memory_free(chunks[i]);
    }
    free(chunks);
    return code == 0 ? fault_none() : context_fault(code, where);
}

static struct fault make_stream(struct device *device)
{
    const struct driver *const driver = &device->driver;

    int code = driver->stream_new(&device->stream, 0);
    if (code == 0)
        code = driver->event_new(&device->begin, 0);
    if (code == 0)
        code = driver->event_new(&device->end, 0);
    return code == 0 ? fault_none() : context_fault(code, "cuStreamCreate and cuEventCreate");
}

static struct fault make_buffers(struct device *device, size_t arena_bytes)
{
    const struct driver *const driver = &device->driver;
    const size_t l2 = device->facts.l2_bytes > 0 ? (size_t)device->facts.l2_bytes : 0;

    device->arena_bytes = arena_bytes;
    device->flush_bytes = 2 * l2 < FLUSH_MAX ? 2 * l2 : FLUSH_MAX;
    int code = driver->memory_new(&device->arena, arena_bytes);
    if (code == 0 && device->flush_bytes > 0)
        code = driver->memory_new(&device->flush, device->flush_bytes);
    return code == 0 ? fault_none() : fault_make(LAUNCHER_STAGE_MEMORY, code, "cuMemAlloc");
}

static struct fault context_fault(int code, const char *where)
{
    return fault_make(LAUNCHER_STAGE_CONTEXT, code, where);
}
