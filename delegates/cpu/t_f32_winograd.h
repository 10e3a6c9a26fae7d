/*
 * Template: the transforms of Winograd's minimal filtering for 3x3 windows, F(2x2) and F(4x4): tiles
 * of input to matrices, one for each element of a transformed tile, and products of them back to
 * tiles of output. (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks"; points 0,
 * 1, -1 and, for 4x4, 2, -2.)
 */
#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

/* One column (or row) of a tile: size + 2 values. */
VINLINE void winograd_in_1d(const int size, const vf d[6], vf y[6])
{
    if (size == 2) {
        y[0] = vf_sub(d[0], d[2]);
        y[1] = vf_add(d[1], d[2]);
        y[2] = vf_sub(d[2], d[1]);
        y[3] = vf_sub(d[1], d[3]);
        return;
    }
    const vf four = vf_set1(4.0f), minus_four = vf_set1(-4.0f), minus_five = vf_set1(-5.0f);
    const vf two = vf_set1(2.0f), minus_two = vf_set1(-2.0f);
    vf even = vf_fma(minus_four, d[2], d[4]), odd = vf_fma(minus_four, d[1], d[3]);
    y[0] = vf_fma(four, d[0], vf_fma(minus_five, d[2], d[4]));
    y[1] = vf_add(even, odd);
    y[2] = vf_sub(even, odd);
    even = vf_sub(d[4], d[2]);
    odd = vf_sub(d[3], d[1]);
    y[3] = vf_fma(two, odd, even);
    y[4] = vf_fma(minus_two, odd, even);
    y[5] = vf_fma(four, d[1], vf_fma(minus_five, d[3], d[5]));
}

VINLINE void winograd_out_1d(const int size, const vf m[6], vf y[4])
{
    const vf sum = vf_add(m[1], m[2]), difference = vf_sub(m[1], m[2]);
    if (size == 2) {
        y[0] = vf_add(m[0], sum);
        y[1] = vf_sub(difference, m[3]);
        return;
    }
    const vf sum2 = vf_add(m[3], m[4]), difference2 = vf_sub(m[3], m[4]);
    y[0] = vf_add(vf_add(m[0], sum), sum2);
    y[1] = vf_fma(vf_set1(2.0f), difference2, difference);
    y[2] = vf_fma(vf_set1(4.0f), sum2, sum);
    y[3] = vf_add(vf_fma(vf_set1(8.0f), difference2, difference), m[5]);
}

VINLINE void winograd_in_tile(const tb_f32_winograd *w, const int size, size_t tile, size_t channel,
                              const int part, vtail tail)
{
    const int side = size + 2;
    const size_t x = tile + 1 < w->tiles ? tile * (size_t)size : w->last_x;
    vf columns[6][6]; /* [x][y], transformed along y */
    TB_UNROLL
    for (int j = 0; j < side; j++) {
        vf d[6];
        TB_UNROLL
        for (int i = 0; i < side; i++) {
            const float *p =
                (const float *)(const void *)(w->rows[i] + (x + (size_t)j) * w->pixel_bytes) +
                channel;
            d[i] = part ? vf_load_tail(p, tail) : vf_load(p);
        }
        winograd_in_1d(size, d, columns[j]);
    }
    float *to = w->matrices + tile * w->row_values + channel;
    TB_UNROLL
    for (int i = 0; i < side; i++) {
        vf d[6], y[6];
        TB_UNROLL
        for (int j = 0; j < side; j++)
            d[j] = columns[j][i];
        winograd_in_1d(size, d, y);
        TB_UNROLL
        for (int j = 0; j < side; j++) {
            float *p = to + (size_t)(i * side + j) * w->matrix_values;
            if (part)
                vf_store_tail(p, y[j], tail);
            else
                vf_store(p, y[j]);
        }
    }
}

VINLINE vf winograd_finish(const tb_f32_winograd *w, vf x, const float *residual, vf slope,
                           const int part, vtail tail)
{
    x = vf_min(vf_set1(w->max), vf_max(vf_set1(w->min), x));
    if (residual) {
        x = vf_add(x, part ? vf_load_tail(residual, tail) : vf_load(residual));
        x = vf_min(vf_set1(w->max2), vf_max(vf_set1(w->min2), x));
    }
    return w->slope ? vf_if_negative(x, vf_mul(x, slope), x) : x;
}

VINLINE void winograd_out_tile(const tb_f32_winograd *w, const int size, size_t tile,
                               size_t channel, const int part, vtail tail)
{
    const int side = size + 2;
    const int is_last = tile + 1 == w->tiles;
    const size_t x = is_last ? w->last_x : tile * (size_t)size;
    const int first_x = is_last ? w->last_first : 0;
    const float *from = w->matrices + tile * w->row_values + channel;
    vf rows[6][4]; /* transformed along x */
    TB_UNROLL
    for (int i = 0; i < side; i++) {
        vf m[6];
        TB_UNROLL
        for (int j = 0; j < side; j++) {
            const float *p = from + (size_t)(i * side + j) * w->matrix_values;
            m[j] = part ? vf_load_tail(p, tail) : vf_load(p);
        }
        winograd_out_1d(size, m, rows[i]);
    }
    const vf bias = !w->bias ? vf_set1(0.0f)
                    : part   ? vf_load_tail(w->bias + channel, tail)
                             : vf_load(w->bias + channel);
    const vf slope = !w->slope ? vf_set1(0.0f)
                     : part    ? vf_load_tail(w->slope + channel, tail)
                               : vf_load(w->slope + channel);
    TB_UNROLL
    for (int j = 0; j < size; j++) {
        vf m[6], y[4];
        TB_UNROLL
        for (int i = 0; i < side; i++)
            m[i] = rows[i][j];
        winograd_out_1d(size, m, y);
        if (j < first_x)
            continue;
        TB_UNROLL
        for (int i = 0; i < size; i++) {
            if (i < w->first_row)
                continue;
            const size_t at = (x + (size_t)j) * w->out_pixel_bytes + channel * sizeof(float);
            const float *residual =
                w->residual ? (const float *)(const void *)(w->residual + at +
                                                            (size_t)i * w->residual_row_bytes)
                            : NULL;
            float *out = (float *)(void *)(w->out + at + (size_t)i * w->out_row_bytes);
            const vf value = winograd_finish(w, vf_add(y[i], bias), residual, slope, part, tail);
            if (part)
                vf_store_tail(out, value, tail);
            else
                vf_store(out, value);
        }
    }
}

#define TB_WINOGRAD(size)                                                        \
    void TB_FN(f32_winograd_in_##size)(const tb_f32_winograd *w)                 \
    {                                                                            \
        for (size_t tile = 0; tile < w->tiles; tile++) {                         \
            size_t c = 0;                                                        \
            for (; c + VL <= w->channels; c += VL)                               \
                winograd_in_tile(w, size, tile, c, 0, v_tail(0));                \
            if (c < w->channels)                                                 \
                winograd_in_tile(w, size, tile, c, 1, v_tail(w->channels - c));  \
        }                                                                        \
    }                                                                            \
    void TB_FN(f32_winograd_out_##size)(const tb_f32_winograd *w)                \
    {                                                                            \
        for (size_t tile = 0; tile < w->tiles; tile++) {                         \
            size_t c = 0;                                                        \
            for (; c + VL <= w->channels; c += VL)                               \
                winograd_out_tile(w, size, tile, c, 0, v_tail(0));               \
            if (c < w->channels)                                                 \
                winograd_out_tile(w, size, tile, c, 1, v_tail(w->channels - c)); \
        }                                                                        \
    }

TB_WINOGRAD(2)
TB_WINOGRAD(4)
#undef TB_WINOGRAD
