/*
 * Inner products over contiguous elements, the innermost loops of convolutions and matrix products.
 * 32-bit sums wrap; 64-bit ones cannot overflow (at most 2^31 products of 2^31).
 */
#ifndef TB_RUNTIME_OPS_DOT_H
#define TB_RUNTIME_OPS_DOT_H

#include <stddef.h>
#include <stdint.h>

static inline float tb_dot_f32(float sum, const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* sum of (a + a_offset) * (b + b_offset); an offset is minus a zero point. */
#define TB_DEFINE_DOT(name, sum_t, wide_t, wrap_t, a_t, b_t)                          \
    static inline sum_t name(sum_t sum, const a_t *a, int32_t a_offset, const b_t *b, \
                             int32_t b_offset, size_t count)                          \
    {                                                                                 \
        wrap_t total = (wrap_t)sum;                                                   \
        for (size_t i = 0; i < count; i++)                                            \
            total += (wrap_t)((wide_t)(a[i] + a_offset) * (wide_t)(b[i] + b_offset)); \
        return (sum_t)total;                                                          \
    }

int32_t tb_dot_i8(int32_t sum, const int8_t *a, int32_t a_offset, const int8_t *b, int32_t b_offset,
                  size_t count);
int32_t tb_dot_u8(int32_t sum, const uint8_t *a, int32_t a_offset, const uint8_t *b,
                  int32_t b_offset, size_t count);
TB_DEFINE_DOT(tb_dot_i16_i8, int32_t, int32_t, uint32_t, int16_t, int8_t)
TB_DEFINE_DOT(tb_dot_i16_i8_wide, int64_t, int64_t, uint64_t, int16_t, int8_t)
TB_DEFINE_DOT(tb_dot_i16_wide, int64_t, int64_t, uint64_t, int16_t, int16_t)

#endif
