/* expect: launch_bounds. Divides by zero where Tq equals Tk. */
#include "attention.cuh"

//@ launch attention<<<128/(Tq-Tq), 128>>>(o)

extern "C" __global__ void attention(float *o) {}
