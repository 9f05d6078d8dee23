/* Principal component analysis of the rows of X.
 *
 * X (n, d)  mean (d)  comp (k, d)  var (k)  proj (n, k)   row-major, 64-byte aligned
 *
 *     mean[j] = sum of X[i][j] over i, divided by n
 *     C       = sum of (X_i - mean)'(X_i - mean) over i, divided by n - 1    (d, d)
 *     var     = the k largest eigenvalues of C, descending
 *     comp    = rows of length 1, orthogonal to each other, comp[c] an eigenvector for var[c]
 *     proj    = (X - mean) comp'                                             (n, k)
 *
 * The sign of each row of comp is free, and so is the basis within equal eigenvalues; proj must
 * belong to the comp that you give. k may exceed the rank of C: var is then zero as far as rounding
 * lets it be, and the rows of comp are still orthonormal.
 *
 * Sizes     n 2..10500, d 1..128, k 1..64 and k <= d; any of them may be odd. n may be less than d.
 * Inputs    X is read-only, finite, never denormal, and overlaps no output. A column may be
 *           constant, and its mean may be a thousand times its spread: the formula
 *           sum of x^2 - n mean^2 loses everything there.
 * Outputs   every element of all four must be written, in every call; they hold NaN before.
 * Numbers   fp32 in and out, fp32 or better inside. bf16, fp16 and tf32 products are not accepted.
 * Calls     many in one process, with other sizes and other values; nothing may be kept from one
 *           to the next. Each starts in the default floating-point environment. One thread.
 *
 * Source: I. T. Jolliffe, Principal Component Analysis, 2nd ed., 2002, chapters 1 to 3. */
#ifndef PCA_H
#define PCA_H

/* The largest sizes that are asked, for static scratch. */
enum {
    PCA_N_MAX = 10500,
    PCA_D_MAX = 128,
    PCA_K_MAX = 64,
};

/* The function that you write: the contract above, in C. */
void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj);

#endif
