/* expect: syntax. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

#include "/etc/passwd"
