/*
 * The discrete Fourier transform, for lengths that are powers of two, in double precision.
 */
#ifndef TB_RUNTIME_OPS_FFT_H
#define TB_RUNTIME_OPS_FFT_H

#include <stddef.h>

typedef struct tb_complex {
    double real;
    double imaginary;
} tb_complex;

/* In place: values[k] becomes the sum of values[n] * exp(-2 pi i k n / count). The count is a power
   of two; values lie `stride` apart. */
void tb_fft(tb_complex *values, size_t count, size_t stride);

#endif
