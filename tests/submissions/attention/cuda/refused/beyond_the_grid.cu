/* expect: launch_bounds. */
#include "attention.cuh"

//@ launch attention<<<(1, 65536), 128>>>(o)

extern "C" __global__ void attention(float *o) {}
