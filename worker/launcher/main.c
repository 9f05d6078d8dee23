/* build/launcher: launches the kernels of one job, in the sandbox's profile gpu-launcher. Orders
 * come one after the other from descriptor 0 (protocol.h); it ends when the worker hangs up, or
 * with the first fault.
 *
 * It is ours, but feeds a device and a large library with strangers' code: whatever it says is
 * checked by the worker. Exits with 0; 2: an order that makes no sense, which is our failure. */
#include "worker/launcher/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_OURS 2

static struct fault order_run(struct device *device, const char *driver_path,
                              const struct launcher_order *order, struct launcher_reply *reply);
static struct fault open_all(struct device *device, const char *driver_path,
                             const struct launcher_order *order, struct launcher_reply *reply);
static bool map_images(struct device *device);
static bool reply_send(struct launcher_reply *reply, const struct fault *fault);

int main(int argc, char **argv)
{
    struct device *const device = calloc(1, sizeof *device);
    struct launcher_order *const order = malloc(sizeof *order);
    bool over = false;

    if (device == NULL || order == NULL || argc != 2)
        _exit(EXIT_OURS);
    while (!over) {
        const ssize_t got = read(LAUNCHER_FD_CONTROL, order, sizeof *order);
        if (got == 0)
            break;
        if (got != sizeof *order || order->version != LAUNCHER_VERSION)
            _exit(EXIT_OURS);
        struct launcher_reply reply = {.serial = order->serial, .outside = -1};
        const struct fault fault = order_run(device, argv[1], order, &reply);
        over = !reply_send(&reply, &fault) || fault_is(&fault);
    }
    /* No destructors: a driver's may wait for a device that does not answer. */
    _exit(0);
}

static struct fault order_run(struct device *device, const char *driver_path,
                              const struct launcher_order *order, struct launcher_reply *reply)
{
    switch (order->kind) {
    case LAUNCHER_PROBE: {
        struct fault fault = device_probe(device, driver_path);
        reply->facts = device->facts;
        return fault;
    }
    case LAUNCHER_OPEN: return open_all(device, driver_path, order, reply);
    case LAUNCHER_CALL:
        if (device->context != NULL && order->image < LAUNCHER_IMAGES &&
            order->program.steps_count >= 0 && order->program.steps_count <= LAUNCH_STEPS_MAX &&
            order->program.scratch_count >= 0 && order->program.scratch_count <= LAUNCH_SCRATCH_MAX)
            return device_call(device, order, reply);
        break;
    default: break;
    }
    return fault_make(LAUNCHER_STAGE_DRIVER, 0, "an order out of turn");
}

static struct fault open_all(struct device *device, const char *driver_path,
                             const struct launcher_order *order, struct launcher_reply *reply)
{
    device->inputs_bytes = (size_t)order->inputs_bytes;
    device->outputs_bytes = (size_t)order->outputs_bytes;
    void *const inputs =
        mmap(NULL, device->inputs_bytes, PROT_READ, MAP_SHARED, LAUNCHER_FD_INPUTS, 0);
    void *const outputs = mmap(NULL, device->outputs_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                               LAUNCHER_FD_OUTPUTS, 0);
    if (inputs == MAP_FAILED || outputs == MAP_FAILED || !map_images(device))
        return fault_make(LAUNCHER_STAGE_MEMORY, 0, "the worker's memory does not map");
    device->inputs = inputs;
    device->outputs = outputs;
    struct fault fault = device_probe(device, driver_path);
    return fault_is(&fault) ? fault : device_open(device, (size_t)order->arena_bytes, reply);
}

static bool map_images(struct device *device)
{
    static const int fds[LAUNCHER_IMAGES] = {
        [LAUNCHER_STUDENT] = LAUNCHER_FD_STUDENT, [LAUNCHER_BASELINE] = LAUNCHER_FD_BASELINE};

    for (int i = 0; i < LAUNCHER_IMAGES; i++) {
        struct stat info;
        if (fstat(fds[i], &info) < 0)
            return false;
        if (info.st_size == 0)
            continue;
        void *const at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fds[i], 0);
        if (at == MAP_FAILED)
            return false;
        device->images[i] = (struct image){.at = at, .bytes = (size_t)info.st_size};
    }
    return true;
}

/* False: nobody listens any more. */
static bool reply_send(struct launcher_reply *reply, const struct fault *fault)
{
    reply->version = LAUNCHER_VERSION;
    reply->kind = fault_is(fault) ? LAUNCHER_FAULT : LAUNCHER_DONE;
    reply->stage = fault->stage;
    reply->code = fault->code;
    memcpy(reply->where, fault->where, sizeof reply->where);
    return write(LAUNCHER_FD_CONTROL, reply, sizeof *reply) == sizeof *reply;
}
