/* Full-batch gradient descent for linear and logistic regression.
 *
 * X (n, d)  y (n)  w (d)  b (1)   row-major, 64-byte aligned
 * logistic   0: linear,   r_i = X_i . w + b - y_i,            loss = sum of r_i^2 / (2 n)
 *            1: logistic, r_i = sigmoid(X_i . w + b) - y_i,   loss = mean log-loss; y_i is 0 or 1
 * steps      so many times, both from the same r:
 *
 *                w[j] -= lr * (sum of X[i][j] r_i) / n
 *                b[0] -= lr * (sum of r_i) / n
 *
 * Every step sees all n rows. Exactly `steps` steps; 0 leaves w and b as they are, bit for bit. No
 * regularisation, no clipping, no momentum, no decay, no early end.
 *
 * Sizes     n 1..20000, d 1..640, steps 0..200; any of them may be odd.
 * Inputs    X and y are read-only, finite, never denormal. Nothing overlaps anything. |X_i . w + b|
 *           reaches several hundred: expf alone overflows at 89. lr > 0 is small enough for plain
 *           descent to converge.
 * Outputs   w and b come with the values to start from, which may be far from zero, and leave with
 *           the result.
 * Numbers   fp32 in and out, fp32 or better inside. bf16, fp16 and tf32 products are not accepted.
 * Calls     many in one process, with other sizes and other values; nothing may be kept from one
 *           to the next. Each starts in the default floating-point environment. One thread.
 *
 * Source: S. Boyd, L. Vandenberghe, Convex Optimization, 2004, section 9.3. */
#ifndef GRADIENT_DESCENT_H
#define GRADIENT_DESCENT_H

/* The largest sizes that are asked, for static scratch. */
enum {
    GRADIENT_DESCENT_N_MAX = 20000,
    GRADIENT_DESCENT_D_MAX = 640,
};

/* The function that you write: the contract above, in C. */
void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b);

#endif
