/* Quantized matrix product: int8 operands, exact int32 sums, requantized to int8.
 *
 *   acc[m][n] = sum over k of (A[m][k] - a_zero) * (W[n][k] - w_zero[n])  +  bias[n]
 *   C[m][n]   = saturate( rint( acc[m][n] * a_scale[m] * w_scale[n] / c_scale ) + c_zero )
 *
 * rint rounds halves to even; saturate limits to -128..127.
 *
 * A       (M, K)  activations            W       (N, K)  weights, one row per output channel
 * a_zero          -128..127              w_zero  (N)     -128..127, one per channel
 * a_scale (M)     > 0, one per row       w_scale (N)     > 0, one per channel
 * bias    (N)     in units of acc
 * c_scale         > 0                    c_zero          -128..127
 * acc     (M, N)  written in full        C       (M, N)  written in full
 *
 * All tensors are row-major and contiguous, begin at a multiple of 64 bytes and overlap nothing.
 * Sizes are at least 1 and at most M 1024, N 1024, K 4097; they are multiples of nothing in
 * particular. Inputs are read-only. acc never overflows int32; a difference A - a_zero needs 9
 * bits. Every call starts in the default floating-point environment (rounding to nearest). */
#ifndef QUANTIZED_MATMUL_H
#define QUANTIZED_MATMUL_H

#include <stdint.h>

/* The function that you write: the contract above, in C. */
void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C);

#endif
