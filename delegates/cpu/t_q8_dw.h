/* Template: depthwise convolution on 8-bit values, kr 2: pairs of taps side by side in a lane, one
   multiply-add of int16 pairs for both. */
#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/t_q8.h"
#include "delegates/cpu/template.h"

/* `width` pixels of row y, one vector of channels. */
VINLINE void q8_dw_tile(const tb_q8_dw *d, size_t y, size_t x, size_t channel, const int32_t *w,
                        const int part, vtail tail, const size_t kh, const size_t kw,
                        const int width)
{
    vi acc[4];
    TB_UNROLL
    for (int t = 0; t < width; t++)
        acc[t] = vi_load(w + TB_Q8_BIAS * VL);
    const int32_t *pair = w + TB_Q8_HEAD * VL;
    const vi flip = vi_set1((int32_t)d->flip);
    const size_t taps = kh * kw;
    const char *const *rows = d->rows + y * d->row_step;
    for (size_t tap = 0; tap < taps; tap += 2, pair += VL) {
        const vi weights = vi_load(pair);
        const size_t other = tap + 1 < taps ? tap + 1 : tap; /* its weight is 0 */
        const char *p = rows[tap / kw * d->row_dilation] + (tap % kw) * d->tap_step + channel;
        const char *q = rows[other / kw * d->row_dilation] + (other % kw) * d->tap_step + channel;
        TB_UNROLL
        for (int t = 0; t < width; t++) {
            const size_t at = (x + (size_t)t) * d->pixel_step;
            const uint8_t *p8 = (const uint8_t *)p + at, *q8 = (const uint8_t *)q + at;
            vi a = vi_xor(part ? vi_load_u8_tail(p8, tail) : vi_load_u8(p8), flip);
            vi b = vi_xor(part ? vi_load_u8_tail(q8, tail) : vi_load_u8(q8), flip);
            acc[t] = vi_dot2(acc[t], vi_pair(a, b), weights);
        }
    }
    const vi multiplier = vi_load(w + TB_Q8_MULTIPLIER * VL), right = vi_load(w + TB_Q8_RIGHT * VL);
    const vi left = vi_load(w + TB_Q8_LEFT * VL), half = q8_half(right);
    const vi zero = vi_set1(d->zero_point), min = vi_set1(d->min), max = vi_set1(d->max);
    TB_UNROLL
    for (int t = 0; t < width; t++) {
        vi value = d->rescale == TB_Q8_PLAIN ? q8_scale_plain(acc[t], multiplier, right, half)
                                             : q8_scale_any(acc[t], multiplier, right, left);
        value = q8_clamp(vi_add(value, zero), min, max);
        uint8_t *out =
            (uint8_t *)d->out + y * d->out_row_stride + (x + (size_t)t) * d->out_stride + channel;
        if (part)
            vi_store_u8_tail(out, value, tail);
        else
            vi_store_u8(out, value);
    }
}

VINLINE void q8_dw_pixels(const tb_q8_dw *d, size_t y, size_t x, const size_t kh, const size_t kw,
                          const int width)
{
    const size_t block = (TB_Q8_HEAD + (kh * kw + 1) / 2) * VL;
    const int32_t *w = d->weights;
    size_t channel = 0;
    for (; channel + VL <= d->channels; channel += VL, w += block)
        q8_dw_tile(d, y, x, channel, w, 0, v_tail(0), kh, kw, width);
    if (channel < d->channels)
        q8_dw_tile(d, y, x, channel, w, 1, v_tail(d->channels - channel), kh, kw, width);
}

VINLINE void q8_dw_rows(const tb_q8_dw *d, const size_t kh, const size_t kw)
{
    for (size_t y = 0; y < d->height; y++) {
        size_t x = 0;
        for (; x + 4 <= d->width; x += 4)
            q8_dw_pixels(d, y, x, kh, kw, 4);
        for (; x < d->width; x++)
            q8_dw_pixels(d, y, x, kh, kw, 1);
    }
}

static void q8_dw_3x3(const tb_q8_dw *d)
{
    q8_dw_rows(d, 3, 3);
}
static void q8_dw_any(const tb_q8_dw *d)
{
    q8_dw_rows(d, d->kh, d->kw);
}

void TB_FN(q8_dw)(const tb_q8_dw *d)
{
    if (d->kh == 3 && d->kw == 3)
        q8_dw_3x3(d);
    else
        q8_dw_any(d);
}
