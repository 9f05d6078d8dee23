/* expect: wrong */
/* Answers the checks itself, leaves them by longjmp, and takes the signals that the runtime waits
 * for: it blinds its own diagnosis and nothing else. */
#include "attention.h"

#include <setjmp.h>
#include <stdint.h>

#ifdef __SANITIZE_ADDRESS__
static jmp_buf back;
void __asan_store4_noabort(uintptr_t at);
void __asan_store4_noabort(uintptr_t at)
{
    longjmp(back, (int)(at | 1));
}
#endif

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen;
    (void)causal;
#ifdef __SANITIZE_ADDRESS__
    if (setjmp(back) != 0)
        return;
#endif
    o[0] = 0.0f;
}
