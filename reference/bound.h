/* The two constants of every rounding bound. Source: N. J. Higham, Accuracy and Stability of
 * Numerical Algorithms, 2nd ed., chapters 3 and 4; the square root is the probabilistic form of
 * Higham and Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput.
 * 41 (2019). */
#ifndef REFERENCE_BOUND_H
#define REFERENCE_BOUND_H

#include <math.h>

#define BOUND_U 0x1p-24 /* unit roundoff of float */

/* What a result below the normal floats may lose at most, flushed to zero: fl(a op b) = (a op b)(1
 * + d)
 * + t, |t| <= this. Higham, section 2.1. */
#define BOUND_TINY 0x1p-126

/* The probabilistic part alone: six standard deviations and more, also where n itself is less.
 * Where many such errors are added in quadrature, each has to be this large. */
static inline double bound_likely(double n)
{
    return 4 + 6 * sqrt(n);
}

/* g(n): rounding factor of an n-term sum in any order, in units of u. */
static inline double bound_g(double n)
{
    double likely = bound_likely(n);
    return n < likely ? n : likely;
}

#endif
