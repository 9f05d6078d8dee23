/* expect: launch_bounds. A million launches would hold the device for seconds. */
#include "attention.cuh"

//@ repeat t 1000000
//@   launch attention<<<1, 128>>>(t, o)
//@ end

extern "C" __global__ void attention(int t, float *o) {}
