/* expect: compile_limit. A million instructions of inline PTX out of ten lines. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

#define ONE asm volatile("st.global.f32 [%0], %1;" ::"l"(o), "f"(q[D]) : "memory");
#define FOUR(x) x x x x
#define SIXTEEN(x) FOUR(FOUR(x))
#define MANY(x) SIXTEEN(SIXTEEN(SIXTEEN(SIXTEEN(SIXTEEN(x)))))

extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    MANY(ONE)
}
