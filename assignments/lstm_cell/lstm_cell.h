/* One layer of an LSTM over T steps of B sequences; T = 1 is the single cell.
 *
 * x (T, B, nx)  Wih (4 nh, nx)  Whh (4 nh, nh)  bih, bhh (4 nh)  h0, c0 (B, nh)
 * y (T, B, nh)  hT, cT (B, nh)                          row-major, 64-byte aligned
 *
 * Rows of Wih, Whh, bih and bhh come in four blocks of nh: gates i, f, g, o (PyTorch's order).
 * With h = h0 and c = c0 before the first step, each step t takes, for every sequence,
 *
 *     z = Wih x[t] + bih + Whh h + bhh          all four gates from the h of step t - 1
 *     i = sigmoid(z_i)  f = sigmoid(z_f)  g = tanh(z_g)  o = sigmoid(z_o)
 *     c = f c + i g
 *     h = o tanh(c)
 *     y[t] = h
 *
 * and hT, cT are h and c after the last step.
 *
 * Sizes     T 1..256, B 1..32, nx and nh 1..256; any of them may be odd, nx and nh differ.
 * Inputs    read-only, finite, never denormal; nothing overlaps. Pre-activations pass +-100:
 *           expf overflows at 88, and tanh by way of exp(2 z) at 44.
 * Output    every element of y, hT and cT must be written, in every call; they hold NaN before.
 * Numbers   fp32 in and out, fp32 or better inside. bf16, fp16 and tf32 products are not accepted,
 *           nor piecewise linear gates.
 * Calls     many in one process, with other sizes and other values; nothing may be kept from one
 *           to the next. Each starts in the default floating-point environment. One thread.
 *
 * Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997, with the forget gate of Gers,
 * Schmidhuber and Cummins, 2000. */
#ifndef LSTM_CELL_H
#define LSTM_CELL_H

/* The largest sizes that are asked, for static scratch. */
enum {
    LSTM_CELL_T_MAX = 256,
    LSTM_CELL_B_MAX = 32,
    LSTM_CELL_NX_MAX = 256,
    LSTM_CELL_NH_MAX = 256,
};

/* The function that you write: the contract above, in C. */
void lstm_cell(int T, int B, int nx, int nh, const float *restrict x, const float *restrict Wih,
               const float *restrict Whh, const float *restrict bih, const float *restrict bhh,
               const float *restrict h0, const float *restrict c0, float *restrict y,
               float *restrict hT, float *restrict cT);

#endif
