/*
 * Template: the Fourier transform of rows of real values, TB_FFT_LANES rows at a time, a lane of a
 * vector each. A file defines TB_FFT_LANES and TB_FFT_NAME(name), includes this, and has
 *     void TB_FFT_NAME(rfft)(const tb_rfft *job)
 * Every lane does the same operations in the same order whatever the instruction set, so results
 * have the same bits everywhere (no multiply-add is contracted).
 *
 * Values 2 n and 2 n + 1 are taken as one complex value, which are transformed by decimation in time,
 * by_two powers of two at once; what belongs to the even and to the odd values is told apart behind it.
 */
#include <string.h>

#include "runtime/base/stop.h"
#include "runtime/ops/fft.h"

#define FFT_INLINE static inline __attribute__((always_inline))

typedef double fft_lanes
    __attribute__((vector_size(TB_FFT_LANES * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef float fft_floats
    __attribute__((vector_size(TB_FFT_LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef struct fft_value {
    fft_lanes real, imaginary;
} fft_value;

FFT_INLINE fft_value fft_add(fft_value a, fft_value b)
{
    return (fft_value){a.real + b.real, a.imaginary + b.imaginary};
}

FFT_INLINE fft_value fft_sub(fft_value a, fft_value b)
{
    return (fft_value){a.real - b.real, a.imaginary - b.imaginary};
}

FFT_INLINE fft_value fft_turned(fft_value a, const tb_complex *by)
{
    return (fft_value){a.real * by->real - a.imaginary * by->imaginary,
                       a.real * by->imaginary + a.imaginary * by->real};
}

/* Two stages of butterflies on values that lie `quarter` apart, the first two turned already. */
FFT_INLINE void fft_cross(fft_value *at, size_t quarter, fft_value a, fft_value b, fft_value c,
                          fft_value d)
{
    const fft_value sum = fft_add(c, d), difference = fft_sub(c, d);
    const fft_value left = fft_add(a, b), right = fft_sub(a, b);
    at[0] = fft_add(left, sum);
    at[2 * quarter] = fft_sub(left, sum);
    /* -i times the difference is (imaginary, -real) */
    at[quarter] = (fft_value){right.real + difference.imaginary, right.imaginary - difference.real};
    at[3 * quarter] =
        (fft_value){right.real - difference.imaginary, right.imaginary + difference.real};
}

/* The complex transform of `count` values that stand in the order of reversed bits. Twiddles are
   those of a transform of 2 * count. */
FFT_INLINE void fft_complex(fft_value *values, size_t count, const tb_complex *twiddles)
{
    size_t quarter = 1;
    if (__builtin_ctzll((unsigned long long)count) % 2) {
        for (size_t at = 0; at < count; at += 2) {
            const fft_value a = values[at], b = values[at + 1];
            values[at] = fft_add(a, b);
            values[at + 1] = fft_sub(a, b);
        }
        quarter = 2;
    } else if (count > 1) {
        for (size_t at = 0; at < count; at += 4)
            fft_cross(values + at, 1, values[at], values[at + 1], values[at + 2], values[at + 3]);
        quarter = 4;
    }
    for (; quarter < count; quarter *= 4) {
        const size_t step = 2 * count / (4 * quarter);
        for (size_t block = 0; block < count; block += 4 * quarter)
            for (size_t k = 0; k < quarter; k++) {
                fft_value *at = values + block + k;
                const tb_complex *w = twiddles;
                fft_cross(at, quarter, at[0], fft_turned(at[quarter], w + 2 * k * step),
                          fft_turned(at[2 * quarter], w + k * step),
                          fft_turned(at[3 * quarter], w + 3 * k * step));
            }
    }
}

/* Values 2 n and 2 n + 1 of each of `rows` rows; lanes past them are zeros. */
FFT_INLINE fft_value fft_load(const tb_rfft *job, const float *in, size_t rows, size_t n)
{
    float real[TB_FFT_LANES] = {0}, imaginary[TB_FFT_LANES] = {0};
    fft_floats re, im;
    for (size_t lane = 0; lane < rows; lane++) {
        const float *row = in + lane * job->in_step;
        real[lane] = 2 * n < job->given ? row[2 * n] : 0.0f;
        imaginary[lane] = 2 * n + 1 < job->given ? row[2 * n + 1] : 0.0f;
    }
    memcpy(&re, real, sizeof re);
    memcpy(&im, imaginary, sizeof im);
    return (fft_value){__builtin_convertvector(re, fft_lanes),
                       __builtin_convertvector(im, fft_lanes)};
}

FFT_INLINE void fft_store(const tb_rfft *job, size_t first, size_t rows, size_t k, fft_value x)
{
    if (job->exact) {
        double real[TB_FFT_LANES], imaginary[TB_FFT_LANES];
        memcpy(real, &x.real, sizeof real);
        memcpy(imaginary, &x.imaginary, sizeof imaginary);
        for (size_t lane = 0; lane < rows; lane++)
            job->exact[(first + lane) * job->out_step + k] =
                (tb_complex){real[lane], imaginary[lane]};
        return;
    }
    float real[TB_FFT_LANES], imaginary[TB_FFT_LANES];
    const fft_floats re = __builtin_convertvector(x.real, fft_floats);
    const fft_floats im = __builtin_convertvector(x.imaginary, fft_floats);
    memcpy(real, &re, sizeof real);
    memcpy(imaginary, &im, sizeof imaginary);
    for (size_t lane = 0; lane < rows; lane++) {
        float *to = job->out + 2 * ((first + lane) * job->out_step + k);
        to[0] = real[lane];
        to[1] = imaginary[lane];
    }
}

/* Rows [first, first + rows), at most as many as there are lanes. */
FFT_INLINE void fft_rows(const tb_rfft *job, size_t first, size_t rows)
{
    const size_t half = job->plan->count / 2;
    const float *in = job->in + first * job->in_step;
    fft_value *values = (fft_value *)(void *)job->work;
    const fft_lanes zero = {0}, by_two = zero + 0.5;
    if (half == 0) {
        fft_value x = fft_load(job, in, rows, 0);
        fft_store(job, first, rows, 0, (fft_value){x.real, zero});
        return;
    }
    for (size_t n = 0; n < half; n++)
        values[job->plan->order[n]] = fft_load(job, in, rows, n);
    fft_complex(values, half, job->plan->twiddles);
    fft_store(job, first, rows, 0, (fft_value){values[0].real + values[0].imaginary, zero});
    fft_store(job, first, rows, half, (fft_value){values[0].real - values[0].imaginary, zero});
    for (size_t k = 1; k <= half / 2; k++) {
        const fft_value a = values[k], b = values[half - k];
        const fft_value even = {(a.real + b.real) * by_two, (a.imaginary - b.imaginary) * by_two};
        const fft_value odd = {(a.imaginary + b.imaginary) * by_two, (b.real - a.real) * by_two};
        const fft_value turned = fft_turned(odd, job->plan->twiddles + k);
        fft_store(job, first, rows, k, fft_add(even, turned));
        if (2 * k < half)
            fft_store(job, first, rows, half - k,
                      (fft_value){even.real - turned.real, turned.imaginary - even.imaginary});
    }
}

void TB_FFT_NAME(rfft)(const tb_rfft *job)
{
    size_t first = 0;
    for (; first + TB_FFT_LANES <= job->rows && !tb_stopped(); first += TB_FFT_LANES)
        fft_rows(job, first, TB_FFT_LANES);
    if (first < job->rows && !tb_stopped())
        fft_rows(job, first, job->rows - first);
}
