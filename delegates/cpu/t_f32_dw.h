/*
 * Template: a row of depthwise convolution on floats. Weights stand in registers for a tile of
 * neighbouring pixels, whose taps overlap.
 */
#include <string.h>

#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

/* `width` pixels of one vector of channels. kh, kw, step and width are constants wherever this is
   inlined from one of the special cases below; `step` is pixel_step / tap_step. */
VINLINE void f32_dw_tile(const tb_f32_dw *d, size_t x, size_t channel, const float *w,
                         const int part, vtail tail, const int kh, const int kw, const int step,
                         const int width)
{
    vf acc[8];
    const vf bias = vf_load(w);
    TB_UNROLL
    for (int t = 0; t < width; t++)
        acc[t] = bias;
    w += VL;
    TB_UNROLL
    for (int ky = 0; ky < kh; ky++) {
        const char *row = d->rows[ky] + x * d->pixel_step + channel * sizeof(float);
        TB_UNROLL
        for (int column = 0; column < (width - 1) * step + kw; column++) {
            const float *p = (const float *)(const void *)(row + (size_t)column * d->tap_step);
            vf in = part ? vf_load_tail(p, tail) : vf_load(p);
            TB_UNROLL
            for (int t = 0; t < width; t++) {
                int kx = column - t * step;
                if (kx >= 0 && kx < kw)
                    acc[t] = vf_fma(in, vf_load(w + (ky * kw + kx) * VL), acc[t]);
            }
        }
    }
    const vf min = vf_set1(d->min), max = vf_set1(d->max);
    const vf one = vf_set1(1.0f);
    vf slope = !d->slope ? one
               : part    ? vf_load_tail(d->slope + channel, tail)
                         : vf_load(d->slope + channel);
    TB_UNROLL
    for (int t = 0; t < width; t++) {
        vf y = vf_min(max, vf_max(min, acc[t]));
        if (d->slope)
            y = vf_if_negative(y, vf_mul(y, slope), y);
        float *out = (float *)(void *)(d->out + (x + (size_t)t) * d->out_stride) + channel;
        if (part)
            vf_store_tail(out, y, tail);
        else
            vf_store(out, y);
    }
}

VINLINE void f32_dw_pixels(const tb_f32_dw *d, size_t x, const int kh, const int kw, const int step,
                           const int width)
{
    const size_t block = (size_t)(kh * kw + 1) * VL;
    const float *w = d->weights;
    size_t channel = 0;
    for (; channel + VL <= d->channels; channel += VL, w += block)
        f32_dw_tile(d, x, channel, w, 0, v_tail(0), kh, kw, step, width);
    if (channel < d->channels)
        f32_dw_tile(d, x, channel, w, 1, v_tail(d->channels - channel), kh, kw, step, width);
}

VINLINE void f32_dw_row(const tb_f32_dw *d, const int kh, const int kw, const int step)
{
    size_t x = 0;
    for (; x + 7 <= d->width; x += 7)
        f32_dw_pixels(d, x, kh, kw, step, 7);
    for (; x + 4 <= d->width; x += 4)
        f32_dw_pixels(d, x, kh, kw, step, 4);
    for (; x + 2 <= d->width; x += 2)
        f32_dw_pixels(d, x, kh, kw, step, 2);
    for (; x < d->width; x++)
        f32_dw_pixels(d, x, kh, kw, step, 1);
}

/* any kernel size and step: four pixels at a time, nothing unrolled */
static void f32_dw_any(const tb_f32_dw *d)
{
    const size_t block = (d->kh * d->kw + 1) * VL;
    for (size_t x = 0; x < d->width; x++) {
        const float *w = d->weights;
        for (size_t channel = 0; channel < d->channels; channel += VL, w += block) {
            const int part = channel + VL > d->channels;
            const vtail tail = v_tail(part ? d->channels - channel : VL);
            vf acc = vf_load(w);
            const float *tap = w + VL;
            for (size_t ky = 0; ky < d->kh; ky++) {
                const char *row = d->rows[ky] + x * d->pixel_step + channel * sizeof(float);
                for (size_t kx = 0; kx < d->kw; kx++, tap += VL) {
                    const float *p = (const float *)(const void *)(row + kx * d->tap_step);
                    acc = vf_fma(part ? vf_load_tail(p, tail) : vf_load(p), vf_load(tap), acc);
                }
            }
            vf y = vf_min(vf_set1(d->max), vf_max(vf_set1(d->min), acc));
            if (d->slope) {
                vf slope =
                    part ? vf_load_tail(d->slope + channel, tail) : vf_load(d->slope + channel);
                y = vf_if_negative(y, vf_mul(y, slope), y);
            }
            float *out = (float *)(void *)(d->out + x * d->out_stride) + channel;
            if (part)
                vf_store_tail(out, y, tail);
            else
                vf_store(out, y);
        }
    }
}

static void f32_dw_3x3_1(const tb_f32_dw *d)
{
    f32_dw_row(d, 3, 3, 1);
}
static void f32_dw_3x3_2(const tb_f32_dw *d)
{
    f32_dw_row(d, 3, 3, 2);
}
static void f32_dw_5x5_1(const tb_f32_dw *d)
{
    f32_dw_row(d, 5, 5, 1);
}
static void f32_dw_5x5_2(const tb_f32_dw *d)
{
    f32_dw_row(d, 5, 5, 2);
}

void TB_FN(f32_dw)(const tb_f32_dw *d)
{
    if (d->kh == 3 && d->kw == 3 && d->pixel_step == d->tap_step)
        f32_dw_3x3_1(d);
    else if (d->kh == 3 && d->kw == 3 && d->pixel_step == 2 * d->tap_step)
        f32_dw_3x3_2(d);
    else if (d->kh == 5 && d->kw == 5 && d->pixel_step == d->tap_step)
        f32_dw_5x5_1(d);
    else if (d->kh == 5 && d->kw == 5 && d->pixel_step == 2 * d->tap_step)
        f32_dw_5x5_2(d);
    else
        f32_dw_any(d);
}
