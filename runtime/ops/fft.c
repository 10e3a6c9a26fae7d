/* Radix 2, decimation in time: reordered by reversed bits, then butterflies from pairs upwards. */
#include "runtime/ops/fft.h"

#include "runtime/math.h"

void tb_fft(tb_complex *values, size_t count, size_t stride)
{
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
    const double pi = 3.14159265358979323846;
    for (size_t half = 1; half < count; half *= 2)
        for (size_t k = 0; k < half; k++) {
            double angle = -pi * (double)k / (double)half;
            double c = tb_cos(angle), s = tb_sin(angle);
            for (size_t at = k; at < count; at += 2 * half) {
                tb_complex *a = &values[at * stride], *b = &values[(at + half) * stride];
                double real = b->real * c - b->imaginary * s;
                double imaginary = b->real * s + b->imaginary * c;
                *b = (tb_complex){a->real - real, a->imaginary - imaginary};
                a->real += real;
                a->imaginary += imaginary;
            }
        }
}
