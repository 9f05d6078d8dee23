/* expect: wrong */
/* Behaves until it is watched, then asks the kernel for what it may not, before and inside the call:
 * the verdict stays what it was. */
#include "attention.h"

#ifdef __SANITIZE_ADDRESS__
__attribute__((constructor)) static void early(void)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(41), "D"(2), "S"(1), "d"(0) : "rcx", "r11");
}
#endif

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen;
    (void)causal;
    o[0] = 0.0f;
}
