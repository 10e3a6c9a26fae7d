/*
 * The discrete Fourier transform, for lengths that are powers of two, in double precision.
 */
#ifndef TB_RUNTIME_OPS_FFT_H
#define TB_RUNTIME_OPS_FFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tb_complex {
    double real;
    double imaginary;
} tb_complex;

/* What every transform of one length needs. */
typedef struct tb_fft_plan {
    size_t count;
    const tb_complex *twiddles; /* [k]: exp(-2 pi i k / count), k < count */
    const uint32_t *order;      /* of the count / 2 values: their index's bits in reverse */
} tb_fft_plan;

/* The bytes of a plan's tables, a multiple of 8; false where they are too many. */
bool tb_fft_plan_bytes(size_t count, size_t *bytes);
/* Fills `memory`, which is the plan's from then on. What a stopped call (stop.h) leaves is not to be
   used. */
void tb_fft_plan_fill(size_t count, void *memory, tb_fft_plan *plan);

/* The plan of tables that were filled before. */
tb_fft_plan tb_fft_plan_of(size_t count, const void *memory);

/* In place: values[k] becomes the sum of values[n] * exp(-2 pi i k n / count). Values lie `stride`
   apart. */
void tb_fft(const tb_fft_plan *plan, tb_complex *values, size_t stride);

/* Rows of real values, of which each becomes the frequencies 0 to count / 2 of its own transform. */
typedef struct tb_rfft {
    const tb_fft_plan *plan;
    size_t given; /* values that a row has; up to the plan's count it is filled up with zeros */
    size_t rows;
    const float *in;
    size_t in_step; /* values from one row to the next */
    /* Pairs of a real and an imaginary part, ... */
    float *out;
    /* ... or, where not NULL, the same before rounding. */
    tb_complex *exact;
    size_t out_step; /* complex values from one row to the next */
    double *work;    /* TB_RFFT_WORK(count, lanes) */
} tb_rfft;
/* Lanes: rows that are transformed side by side, by the portable function so many. */
#define TB_RFFT_LANES              4
#define TB_RFFT_WORK(count, lanes) ((count) * (lanes))

/* The portable one; fft_lanes.h makes others of the same results. */
void tb_rfft_portable(const tb_rfft *job);

#endif
