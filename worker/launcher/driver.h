/* The few calls of the CUDA driver that the launcher makes, found at run time: no CUDA toolkit is
 * needed to build this. Signatures and numbers as in cuda.h of CUDA 12 and 13. */
#ifndef WORKER_LAUNCHER_DRIVER_H
#define WORKER_LAUNCHER_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A step that went wrong: code 0 and where NULL: none did. */
struct fault {
    uint32_t stage; /* enum launcher_stage */
    int code;       /* CUresult; 0: not the driver's */
    char where[64];
};

/* `where` is copied, and cut if it is longer. */
struct fault fault_none(void);
struct fault fault_make(uint32_t stage, int code, const char *where);
bool fault_is(const struct fault *fault);

#define CU_OUT_OF_MEMORY 2
#define CU_NOT_SUPPORTED 801

#define CU_ATTRIBUTE_MULTIPROCESSORS 16
#define CU_ATTRIBUTE_L2_CACHE_SIZE 38
#define CU_ATTRIBUTE_MAJOR 75
#define CU_ATTRIBUTE_MINOR 76
#define CU_ATTRIBUTE_SHARED_OPTIN 97
#define CU_FUNCTION_DYNAMIC_SHARED 8
#define CU_LIMIT_PRINTF 1
#define CU_LIMIT_HEAP 2

typedef unsigned long long cu_pointer;
typedef void *cu_handle; /* context, module, function, stream, event */

struct driver {
    int (*init)(unsigned flags);
    int (*version)(int *out);
    int (*device_count)(int *out);
    int (*device_get)(int *out, int ordinal);
    int (*device_name)(char *out, int size, int device);
    int (*device_uuid)(unsigned char out[16], int device);
    int (*device_memory)(size_t *out, int device);
    int (*device_attribute)(int *out, int attribute, int device);
    int (*context_retain)(cu_handle *out, int device);
    int (*context_set)(cu_handle context);
    int (*context_limit)(int limit, size_t value);
    int (*context_reset_persisting)(void); /* may be NULL */
    int (*memory_info)(size_t *out_free, size_t *out_total);
    int (*memory_new)(cu_pointer *out, size_t bytes);
    int (*memory_free)(cu_pointer at);
    int (*memory_to)(cu_pointer to, const void *from, size_t bytes);
    int (*memory_from)(void *to, cu_pointer from, size_t bytes);
    int (*memory_set)(cu_pointer at, unsigned char value, size_t count);
    int (*memory_set_wide)(cu_pointer at, unsigned value, size_t count);
    int (*stream_new)(cu_handle *out, unsigned flags);
    int (*stream_wait)(cu_handle stream);
    int (*context_wait)(void);
    int (*event_new)(cu_handle *out, unsigned flags);
    int (*event_record)(cu_handle event, cu_handle stream);
    int (*event_elapsed)(float *out_ms, cu_handle from, cu_handle to);
    int (*module_load)(cu_handle *out, const void *image);
    int (*module_unload)(cu_handle module);
    int (*module_function)(cu_handle *out, cu_handle module, const char *name);
    int (*function_set)(cu_handle function, int attribute, int value);
    int (*launch)(cu_handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                  unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                  cu_handle stream, void **parameters, void **extra);
};

/* Loads the library, finds the calls, initialises it, and refuses drivers older than CUDA 12. */
struct fault driver_load(struct driver *out, const char *path);

#endif
