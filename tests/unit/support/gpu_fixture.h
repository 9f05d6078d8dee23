/* A stand-in GPU: a view of character devices, a driver's library of tests/driver, its twins, and a
 * folder of its own for claims. */
#ifndef TESTS_UNIT_SUPPORT_GPU_FIXTURE_H
#define TESTS_UNIT_SUPPORT_GPU_FIXTURE_H

#include "sandbox/base/err.h"

struct gpu_fixture {
    char folder[64]; /* readable for anybody, since that is who a slot becomes */
    char view[128], locks[128];
    char launcher[512], sandbox[512];
};

/* driver: a name in $BUILD/tests/driver. */
struct err gpu_fixture_make(struct gpu_fixture *out, const char *driver);

/* Removes the folder with what lies in it. */
void gpu_fixture_release(struct gpu_fixture *fixture);

#endif
