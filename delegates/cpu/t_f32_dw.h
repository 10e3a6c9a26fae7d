/*
 * Template: depthwise convolution on floats. A tile is a few neighbouring pixels of one or two rows
 * of output for one vector of channels: weights stand in registers, and an input that several
 * outputs share is loaded once. Wants TB_DW_ROWS, the rows of a tile: 2 where accumulators of two
 * rows and nine weights fit into the registers.
 *
 * Every output sums its taps in the same order, so results do not depend on the tile it falls into.
 */
#include <string.h>

#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

/* Where a tile lies, and what of it is known when this is compiled. */
typedef struct f32_dw_shape {
    int kh, kw;
    int step, row_step; /* of output pixels, in taps; step 0: taps are not shared, in one row */
    int rows, width;
} f32_dw_shape;

/* The taps of one input row (`iy` below the first): the weights of those it meets are loaded, and
   each of its pixels is added to every output that it is a tap of. */
VINLINE void f32_dw_input_row(const tb_f32_dw *d, const char *row, const float *w, const int part,
                              vtail tail, const f32_dw_shape s, const int iy, vf acc[TB_DW_ROWS][7])
{
    if (s.step == 0) {
        TB_UNROLL
        for (int kx = 0; kx < s.kw; kx++) {
            const vf weight = vf_load(w + (iy * s.kw + kx) * VL);
            TB_UNROLL
            for (int t = 0; t < s.width; t++) {
                const float *p = (const float *)(const void *)(row + (size_t)t * d->pixel_step +
                                                               (size_t)kx * d->tap_step);
                acc[0][t] = vf_fma(part ? vf_load_tail(p, tail) : vf_load(p), weight, acc[0][t]);
            }
        }
        return;
    }
    TB_UNROLL
    for (int column = 0; column < (s.width - 1) * s.step + s.kw; column++) {
        const float *p = (const float *)(const void *)(row + (size_t)column * d->tap_step);
        const vf in = part ? vf_load_tail(p, tail) : vf_load(p);
        TB_UNROLL
        for (int r = 0; r < s.rows; r++)
            TB_UNROLL
        for (int t = 0; t < s.width; t++) {
            const int kx = column - t * s.step, ky = iy - r * s.row_step;
            if (kx >= 0 && kx < s.kw && ky >= 0 && ky < s.kh)
                acc[r][t] = vf_fma(in, vf_load(w + (ky * s.kw + kx) * VL), acc[r][t]);
        }
    }
}

VINLINE void f32_dw_tile(const tb_f32_dw *d, size_t y, size_t x, size_t channel, const float *w,
                         const int part, vtail tail, const f32_dw_shape s)
{
    vf acc[TB_DW_ROWS][7];
    const vf bias = vf_load(w);
    TB_UNROLL
    for (int r = 0; r < s.rows; r++)
        TB_UNROLL
    for (int t = 0; t < s.width; t++)
        acc[r][t] = bias;
    w += VL;
    const char *const *rows = d->rows + y * d->row_step;
    const size_t at = x * d->pixel_step + channel * sizeof(float);
    if (s.rows > 1) { /* rows are neighbours */
        TB_UNROLL
        for (int iy = 0; iy < s.kh + (s.rows - 1) * s.row_step; iy++)
            f32_dw_input_row(d, rows[iy] + at, w, part, tail, s, iy, acc);
    } else if (s.kh <= 3) {
        TB_UNROLL
        for (int iy = 0; iy < s.kh; iy++)
            f32_dw_input_row(d, rows[(size_t)iy * d->row_dilation] + at, w, part, tail, s, iy, acc);
    } else { /* a row's weights are what registers hold */
        TB_ROLLED
        for (int iy = 0; iy < s.kh; iy++)
            f32_dw_input_row(d, rows[(size_t)iy * d->row_dilation] + at, w + iy * s.kw * VL, part,
                             tail, (f32_dw_shape){1, s.kw, s.step, 1, 1, s.width}, 0, acc);
    }
    const vf min = vf_set1(d->min), max = vf_set1(d->max);
    TB_UNROLL
    for (int r = 0; r < s.rows; r++)
        TB_UNROLL
    for (int t = 0; t < s.width; t++)
        acc[r][t] = vf_min(max, vf_max(min, acc[r][t]));
    if (d->slope) {
        const vf slope =
            part ? vf_load_tail(d->slope + channel, tail) : vf_load(d->slope + channel);
        TB_UNROLL
        for (int r = 0; r < s.rows; r++)
            TB_UNROLL
        for (int t = 0; t < s.width; t++)
            acc[r][t] = vf_if_negative(acc[r][t], vf_mul(acc[r][t], slope), acc[r][t]);
    }
    char *out = d->out + y * d->out_row_stride + x * d->out_stride + channel * sizeof(float);
    TB_UNROLL
    for (int r = 0; r < s.rows; r++, out += d->out_row_stride) {
        char *to = out;
        TB_UNROLL
        for (int t = 0; t < s.width; t++, to += d->out_stride) {
            if (part)
                vf_store_tail((float *)(void *)to, acc[r][t], tail);
            else
                vf_store((float *)(void *)to, acc[r][t]);
        }
    }
}

/* Channels [first, end) of a tile; `first` is a multiple of VL. */
VINLINE void f32_dw_pixels(const tb_f32_dw *d, size_t y, size_t x, size_t first, size_t end,
                           const f32_dw_shape s)
{
    const size_t block = (size_t)(s.kh * s.kw + 1) * VL;
    const float *w = d->weights + first / VL * block;
    size_t channel = first;
    for (; channel + VL <= end; channel += VL, w += block)
        f32_dw_tile(d, y, x, channel, w, 0, v_tail(0), s);
    if (channel < end)
        f32_dw_tile(d, y, x, channel, w, 1, v_tail(end - channel), s);
}

VINLINE void f32_dw_row(const tb_f32_dw *d, size_t y, size_t first, size_t end, f32_dw_shape s)
{
    size_t x = 0;
    s.width = 7;
    for (; x + 7 <= d->width; x += 7)
        f32_dw_pixels(d, y, x, first, end, s);
    s.width = 3;
    for (; x + 3 <= d->width; x += 3)
        f32_dw_pixels(d, y, x, first, end, s);
    s.width = 1;
    for (; x < d->width; x++)
        f32_dw_pixels(d, y, x, first, end, s);
}

/* So many channels that the input rows of a row of tiles stay in a first-level cache until the next
   row of tiles reads them again. Where stride 2 leaves little to read again, all. */
VINLINE size_t f32_dw_channels(const tb_f32_dw *d, const f32_dw_shape s)
{
    enum { CACHE_BYTES = 32 << 10, FEWEST = 32 };
    const size_t rows = (size_t)(s.kh + s.rows - 1) * d->row_dilation;
    const size_t pixels = (size_t)s.kw + d->width * d->row_step;
    size_t fit = CACHE_BYTES / sizeof(float) / (rows * pixels);
    fit = fit > FEWEST ? fit : FEWEST;
    const size_t parts = s.step == 2 ? 1 : (d->channels + fit - 1) / fit;
    return ((d->channels + parts - 1) / parts + VL - 1) / VL * VL;
}

VINLINE void f32_dw_all(const tb_f32_dw *d, const f32_dw_shape s)
{
    const size_t most = f32_dw_channels(d, s);
    for (size_t first = 0; first < d->channels; first += most) {
        const size_t end = d->channels - first < most ? d->channels : first + most;
        size_t y = 0;
        for (; s.rows == 2 && y + 2 <= d->height; y += 2)
            f32_dw_row(d, y, first, end, s);
        for (; y < d->height; y++)
            f32_dw_row(d, y, first, end,
                       (f32_dw_shape){s.kh, s.kw, s.step, s.row_step, 1, s.width});
    }
}

/* any kernel size and step: pixel by pixel, nothing unrolled */
static void f32_dw_any(const tb_f32_dw *d)
{
    const size_t block = (d->kh * d->kw + 1) * VL;
    for (size_t i = 0; i < d->width * d->height; i++) {
        const size_t y = i / d->width, x = i % d->width;
        const char *const *rows = d->rows + y * d->row_step;
        const float *w = d->weights;
        for (size_t channel = 0; channel < d->channels; channel += VL, w += block) {
            const int part = channel + VL > d->channels;
            const vtail tail = v_tail(part ? d->channels - channel : VL);
            vf acc = vf_load(w);
            const float *tap = w + VL;
            for (size_t ky = 0; ky < d->kh; ky++) {
                const char *row =
                    rows[ky * d->row_dilation] + x * d->pixel_step + channel * sizeof(float);
                for (size_t kx = 0; kx < d->kw; kx++, tap += VL) {
                    const float *p = (const float *)(const void *)(row + kx * d->tap_step);
                    acc = vf_fma(part ? vf_load_tail(p, tail) : vf_load(p), vf_load(tap), acc);
                }
            }
            vf value = vf_min(vf_set1(d->max), vf_max(vf_set1(d->min), acc));
            if (d->slope) {
                vf slope =
                    part ? vf_load_tail(d->slope + channel, tail) : vf_load(d->slope + channel);
                value = vf_if_negative(value, vf_mul(value, slope), value);
            }
            float *out =
                (float *)(void *)(d->out + y * d->out_row_stride + x * d->out_stride) + channel;
            if (part)
                vf_store_tail(out, value, tail);
            else
                vf_store(out, value);
        }
    }
}

/* The functions below copy their argument, so that it is known not to change with every store. */
static void f32_dw_3x3_1(const tb_f32_dw *caller)
{
    const tb_f32_dw own = *caller;
    f32_dw_all(&own, (f32_dw_shape){3, 3, 1, 1, TB_DW_ROWS, 0});
}
static void f32_dw_3x3_2(const tb_f32_dw *caller)
{
    const tb_f32_dw own = *caller;
    f32_dw_all(&own, (f32_dw_shape){3, 3, 2, 2, TB_DW_ROWS, 0});
}
static void f32_dw_3x3_dilated(const tb_f32_dw *caller)
{
    const tb_f32_dw own = *caller;
    f32_dw_all(&own, (f32_dw_shape){3, 3, 0, 1, 1, 0});
}
static void f32_dw_5x5_1(const tb_f32_dw *caller)
{
    const tb_f32_dw own = *caller;
    f32_dw_all(&own, (f32_dw_shape){5, 5, 1, 1, 1, 0});
}
static void f32_dw_5x5_2(const tb_f32_dw *caller)
{
    const tb_f32_dw own = *caller;
    f32_dw_all(&own, (f32_dw_shape){5, 5, 2, 1, 1, 0});
}

void TB_FN(f32_dw)(const tb_f32_dw *d)
{
    const size_t step = d->pixel_step % d->tap_step ? 0 : d->pixel_step / d->tap_step;
    if (d->kh == 3 && d->kw == 3) {
        if (step == 1 && d->row_step == 1 && d->row_dilation == 1)
            f32_dw_3x3_1(d);
        else if (step == 2 && d->row_step == 2 && d->row_dilation == 1)
            f32_dw_3x3_2(d);
        else
            f32_dw_3x3_dilated(d);
    } else if (d->kh == 5 && d->kw == 5 && step == 1) {
        f32_dw_5x5_1(d);
    } else if (d->kh == 5 && d->kw == 5 && step == 2) {
        f32_dw_5x5_2(d);
    } else {
        f32_dw_any(d);
    }
}
