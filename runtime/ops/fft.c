/* Tables, the complex transform (radix 2, decimation in time: reordered by reversed bits, then
   butterflies from pairs upwards), and the real one for any processor. */
#include "runtime/ops/fft.h"

#include "runtime/base/size.h"
#include "runtime/base/stop.h"
#include "runtime/math.h"

bool tb_fft_plan_bytes(size_t count, size_t *bytes)
{
    size_t order;
    return tb_mul_size(count, sizeof(tb_complex), bytes) &&
           tb_mul_size((count / 2 + 1) / 2 * 2, sizeof(uint32_t), &order) &&
           tb_add_size(*bytes, order, bytes);
}

void tb_fft_plan_fill(size_t count, void *memory, tb_fft_plan *plan)
{
    const double pi = 3.14159265358979323846;
    tb_complex *twiddles = memory;
    uint32_t *order = (uint32_t *)(void *)(twiddles + count);
    for (size_t k = 0; k < count; k++) {
        if (k % 4096 == 0 && tb_stopped())
            return;
        const double angle = -2.0 * pi * (double)k / (double)count;
        twiddles[k] = (tb_complex){tb_cos(angle), tb_sin(angle)};
    }
    for (size_t i = 0, j = 0; i < count / 2; i++) {
        order[i] = (uint32_t)j;
        size_t bit = count >> 2;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
    }
    *plan = tb_fft_plan_of(count, memory);
}

tb_fft_plan tb_fft_plan_of(size_t count, const void *memory)
{
    const tb_complex *twiddles = memory;
    return (tb_fft_plan){count, twiddles, (const uint32_t *)(const void *)(twiddles + count)};
}

void tb_fft(const tb_fft_plan *plan, tb_complex *values, size_t stride)
{
    const size_t count = plan->count;
    for (size_t i = 1, j = 0; i < count; i++) {
        size_t bit = count >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            tb_complex swap = values[i * stride];
            values[i * stride] = values[j * stride];
            values[j * stride] = swap;
        }
    }
    for (size_t half = 1; half < count; half *= 2)
        for (size_t block = 0; block < count; block += 2 * half)
            for (size_t k = 0; k < half; k++) {
                const tb_complex w = plan->twiddles[k * (count / 2 / half)];
                tb_complex *a = &values[(block + k) * stride];
                tb_complex *b = &values[(block + k + half) * stride];
                const double real = b->real * w.real - b->imaginary * w.imaginary;
                const double imaginary = b->real * w.imaginary + b->imaginary * w.real;
                *b = (tb_complex){a->real - real, a->imaginary - imaginary};
                a->real += real;
                a->imaginary += imaginary;
            }
}

#define TB_FFT_LANES      TB_RFFT_LANES
#define TB_FFT_NAME(name) tb_##name##_portable
#include "runtime/ops/fft_lanes.h"
