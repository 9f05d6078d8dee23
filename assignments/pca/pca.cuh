/* pca on a GPU: mathematics, shapes and bounds are those of pca.h.
 *
 * You write extern "C" __global__ kernels, and lines at the top of the file that say what is
 * launched. No code of yours runs on the host: sizes, device memory, launches and copies are ours.
 *
 *     //@ scratch NAME BYTES                  device memory of your own; holds NaN before each call
 *     //@ repeat INDEX COUNT                  what follows, COUNT times; INDEX is 0, 1, ...
 *     //@ launch KERNEL<<<GRID, BLOCK>>>(ARGUMENT, ...)       or <<<GRID, BLOCK, SHARED_BYTES>>>
 *     //@ end                                 of the repeat
 *
 * GRID and BLOCK are EXPRESSION, (X, Y) or (X, Y, Z). Expressions know sizes and options, integers,
 * + - * / and parentheses; division rounds towards zero. An argument is a name below, a name of
 * scratch, the index of the repeat around, or an expression, which arrives as an int. A line with
 * an open parenthesis goes on in the next line of this kind. Launches run one after the other.
 *
 * What you may pass, with its type in the kernel:
 *     int n, int d, int k, const float *X, float *mean, float *comp, float *var, float *proj
 *
 * Bounds    grid up to 2147483647 x 65535 x 65535, block up to 1024 threads, 512 MiB of scratch,
 *           16384 launches a call, 16 KiB of local memory a thread, the device's shared memory.
 * Missing   printf, malloc, assert and launches inside kernels; textures; every #include but this
 *           file, <math.h>, <float.h>, <limits.h>, <stdint.h> and <stddef.h>.
 * Sizes     as in pca.h for correctness; ranked at n 131072, d 512, k 16.
 * Numbers   fp32 or better: no bf16, fp16 or tf32 products. */
#pragma once
