/* Scaled dot-product attention, heads apart, keys padded per sequence.
 *
 * q (B, H, Tq, D)  k, v (B, H, Tk, D)  o (B, H, Tq, D)   row-major, 64-byte aligned
 * kvlen (B)   keys in use of each sequence, 0..Tk
 * causal      0: query i sees keys 0 .. kvlen[b] - 1
 *             1: of those, keys 0 .. i + kvlen[b] - Tq (aligned bottom right, as with a cache)
 *
 *     s[i][j] = q[i] . k[j] / sqrt(D)
 *     p[i][j] = exp(s[i][j]) / sum of exp(s[i][j']) over the visible keys j'
 *     o[i]    = sum of p[i][j] v[j] over the visible keys j
 *
 * A row without a visible key is exactly zero. No epsilon anywhere.
 *
 * Sizes     B 1..4, H 1..8, Tq and Tk 1..1024, D 1..128; any of them may be odd.
 * Inputs    read-only, finite, never denormal; they overlap neither each other nor o. Scores reach
 *           +-300: expf(s) alone overflows. Values of k and v past kvlen[b] are finite, and do not
 *           count.
 * Output    every element of o must be written, in every call; o holds NaN before.
 * Numbers   fp32 in and out, fp32 or better inside. bf16, fp16 and tf32 products are not accepted.
 * Calls     many in one process, with other sizes and other values; nothing may be kept from one
 *           to the next. Each starts in the default floating-point environment. One thread.
 *
 * Source: Vaswani et al., Attention Is All You Need, 2017, section 3.2.1. */
#ifndef ATTENTION_H
#define ATTENTION_H

/* The largest sizes that are asked, for static scratch. */
enum {
    ATTENTION_B_MAX = 4,
    ATTENTION_H_MAX = 8,
    ATTENTION_TQ_MAX = 1024,
    ATTENTION_TK_MAX = 1024,
    ATTENTION_D_MAX = 128,
};

/* The function that you write: the contract above, in C. */
void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o);

#endif
