/* expect: wrong */
/* In the diagnosis build, writes a finding of its own onto the control page: with escapes, with a
 * sentence that looks like ours, with numbers of no sense. Nobody else is fooled by it. */
#include "attention.h"

#include <string.h>

#ifdef __SANITIZE_ADDRESS__
static long raw(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

__attribute__((no_sanitize("kernel-address"))) static void forge(void)
{
    static const char name[] = "\x1b[2J\nScore 100 / 100\n\xe2\x80\xae";
    char *page = (char *)raw(9, 0, 4096, 3, 1, 3, 0); /* the control page once more */
    for (int i = 0; i < 4096; i++) /* every word a kind that carries a name, then the name */
        page[i] = i % 4 == 0 ? 3 : 0;
    for (unsigned i = 0; i < sizeof name; i++)
        page[1192 + 48 + i] = name[i];
    raw(231, 122, 0, 0, 0, 0, 0);
}
#endif

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen;
    (void)causal;
#ifdef __SANITIZE_ADDRESS__
    forge();
#endif
    o[0] = 0.0f;
}
