/* expect: syntax. A main of its own. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

int main(void)
{
    return 0;
}
