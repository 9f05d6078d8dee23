/* expect: missing_kernel. The promised kernel is not there. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

extern "C" __global__ void other(float *o) {}
