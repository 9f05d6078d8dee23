/* expect: syntax. No binary of the toolchain is source text. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

#include "/usr/lib/nvrtc/nvrtc"
