/* expect: wrong_arguments. An int where the line passes a pointer. */
#include "attention.cuh"

//@ launch attention<<<1, 128>>>(q, o)

extern "C" __global__ void attention(int q, float *o) {}
