/* The device as the launcher holds it: context, stream, events, the arena that all buffers of a
 * call lie in, and the two programs.
 *
 * Invariants
 * - Free memory of the device was overwritten before a stranger's code was loaded.
 * - Before each call the whole arena is overwritten: nothing that an earlier call left there, the
 *   baseline's answers to the same inputs least of all, can be read.
 * - A program that runs after the other one is loaded anew: both share an address space, and a
 *   stranger's kernel may have written over code or data of ours.
 * - Between a tensor and the next lie guards, which are looked at after each call. */
#ifndef WORKER_LAUNCHER_DEVICE_H
#define WORKER_LAUNCHER_DEVICE_H

#include "worker/launcher/driver.h"
#include "worker/launcher/protocol.h"

struct image {
    const void *at; /* mapped; NULL: there is none */
    size_t bytes;
    cu_handle module; /* NULL: not loaded */
};

struct device {
    struct driver driver;
    int number;
    struct launcher_facts facts;
    cu_handle context, stream, begin, end;
    cu_pointer arena, flush;
    size_t arena_bytes, flush_bytes;
    const char *inputs; /* the memfds, mapped */
    char *outputs;
    size_t inputs_bytes, outputs_bytes;
    struct image images[LAUNCHER_IMAGES];
    enum launcher_image ran; /* the last one that was launched */
};

/* Loads the driver and asks what there is. */
struct fault device_probe(struct device *device, const char *driver_path);

/* Context, scrub, stream, events, buffers. The mappings are set before. */
struct fault device_open(struct device *device, size_t arena_bytes, struct launcher_reply *reply);

/* Loads the module of an image if it is not loaded, or anew. */
struct fault device_load(struct device *device, enum launcher_image which, bool anew);

/* device_call.c: one call. Fills elapsed_ns, host_ns and outside. */
struct fault device_call(struct device *device, const struct launcher_order *order,
                         struct launcher_reply *reply);

#endif
