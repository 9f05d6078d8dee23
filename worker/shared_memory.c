/* One memfd, one mapping. */
#include "worker/shared_memory.h"

#include "sandbox/base/fdio.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

struct err shared_memory_make(const char *name, size_t bytes, int seals, int *out_fd, void **out)
{
    struct err err = fdio_memfd(name, bytes, out_fd);
    if (err_is(err))
        return err;
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, *out_fd, 0);
    if (at == MAP_FAILED)
        return err_make(ERR_SYSTEM, "map %zu bytes of %s", bytes, name);
    *out = at;
    memset(at, 0, bytes);
    if (fcntl(*out_fd, F_ADD_SEALS, seals) < 0)
        return err_make(ERR_SYSTEM, "seal the memory of %s", name);
    return err_none();
}
