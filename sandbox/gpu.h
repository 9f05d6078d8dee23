/* The view of profile gpu-launcher: from what the caller lists to what the slot mounts, and what a
 * host with an NVIDIA GPU has of it. */
#ifndef SANDBOX_GPU_H
#define SANDBOX_GPU_H

#include "sandbox/base/err.h"
#include "sandbox/jail_parts.h"
#include "sandbox/sandbox.h"
#include "sandbox/wire.h"

#define GPU_TEXT_BYTES_MAX 16384

/* Everything that one device needs, found on this host; `gpu` points into the rest. */
struct gpu_host {
    struct sandbox_gpu gpu;
    struct sandbox_device devices[SANDBOX_DEVICES_MAX];
    char names[SANDBOX_DEVICES_MAX][32]; /* "/dev/nvidia0" */
    const char *libraries[SANDBOX_LIBRARIES_MAX + 1];
    char paths[SANDBOX_LIBRARIES_MAX][JAIL_PATH_MAX];
    const char *texts[SANDBOX_TEXTS_MAX + 1];
    char *listed; /* of gpu_read: texts and device paths lie there; whoever has the struct frees */
    char driver[JAIL_PATH_MAX]; /* libcuda.so.1, by the path that dlopen shall get */
};

/* Finds /dev/nvidiactl, /dev/nvidia-uvm, /dev/nvidiaN and the driver's libraries. ERR_SYSTEM says
 * what is missing. Opens nothing and talks to no driver. The struct must stay where it is. */
struct err gpu_find(unsigned device, struct gpu_host *out);

/* The same from a file, for hosts where things lie elsewhere and for MIG slices. Lines: `device
 * PATH NAME`, `library PATH` (the first is the driver's), `text PATH`, `#` and what follows is
 * passed over. ERR_INPUT names the line. What is listed is checked when it is used. */
struct err gpu_read(const char *path, struct gpu_host *out);

/* Library side: checks and packs. ERR_INPUT names the field. */
struct err gpu_pack(const struct sandbox_gpu *gpu, struct slot_gpu *out);

/* Slot side, while the host can still be seen: the packed list as parts of a view. Texts are open
 * descriptors then, owned by the parts. */
struct err gpu_parts(const struct slot_gpu *packed, struct jail_parts *out);

#endif
