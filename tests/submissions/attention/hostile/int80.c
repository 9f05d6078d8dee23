/* expect: runtime_error|forbidden_call */
/* Calls through the 32-bit gate. */
#include "attention.h"

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(5L), "b"((long)"/etc/passwd"), "c"(0L) : "memory");
    o[0] = (float)result;
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen, (void)causal, (void)o;
}
