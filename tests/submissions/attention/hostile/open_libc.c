/* expect: compile_error */
/* Reads a host file through libc: the name is not there to link with. */
#include "attention.h"
#include <fcntl.h>
void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    o[0] = (float)open("/etc/passwd", O_RDONLY);
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen, (void)causal, (void)o;
}
