/* expect: launch_bounds. The grid passes 64 bits. */
#include "attention.cuh"

//@ launch attention<<<Tq*4611686018427387904*4, 128>>>(o)

extern "C" __global__ void attention(float *o) {}
