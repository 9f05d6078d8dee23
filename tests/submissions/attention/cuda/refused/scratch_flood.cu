/* expect: launch_bounds. Asks for more device memory than is granted. */
#include "attention.cuh"

//@ scratch s 1073741824*64
//@ launch attention<<<1, 128>>>(s, o)

extern "C" __global__ void attention(float *s, float *o) {}
