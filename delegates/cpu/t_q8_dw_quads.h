/*
 * Template: depthwise convolution on 8-bit values, kr 4 (kernels.h has the layout). For AVX-512 and
 * vpdpbusd, which Q8_DOT names.
 *
 * Bytes of four rows that stand above each other are brought into the four bytes of a lane; a
 * vector of such lanes is multiplied with the weights of every output that it is a tap of: in
 * neighbouring pixels, and in two rows of output where their taps fit into the four.
 */
#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/t_q8.h"
#include "delegates/cpu/template.h"

typedef struct dw_shape {
    size_t kh, kw, groups;
    size_t in_rows; /* that a tile has taps in */
    int step;       /* from one output pixel of the tile to the next, in taps */
    int rows;       /* of output: 1, or 2 where weights are packed for two */
    int width;
} dw_shape;

/* Sixteen channels, in the order of memory, or 32 or 64 as unpacking puts them: lane by lane the
   bytes of four rows. */
VINLINE void dw_quads(const uint8_t *p[4], const int vectors, __mmask64 mask, vi flip, vi *out)
{
    if (vectors == 4) {
        vi a = _mm512_maskz_loadu_epi8(mask, p[0]), b = _mm512_maskz_loadu_epi8(mask, p[1]);
        vi c = _mm512_maskz_loadu_epi8(mask, p[2]), d = _mm512_maskz_loadu_epi8(mask, p[3]);
        vi low_ab = _mm512_unpacklo_epi8(a, b), high_ab = _mm512_unpackhi_epi8(a, b);
        vi low_cd = _mm512_unpacklo_epi8(c, d), high_cd = _mm512_unpackhi_epi8(c, d);
        out[0] = _mm512_unpacklo_epi16(low_ab, low_cd);
        out[1] = _mm512_unpackhi_epi16(low_ab, low_cd);
        out[2] = _mm512_unpacklo_epi16(high_ab, high_cd);
        out[3] = _mm512_unpackhi_epi16(high_ab, high_cd);
    } else if (vectors == 2) {
        const vi spread = _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3);
        vi row[4];
        TB_UNROLL
        for (int i = 0; i < 4; i++)
            row[i] = _mm512_permutexvar_epi64(
                spread, _mm512_castsi256_si512(_mm256_maskz_loadu_epi8((__mmask32)mask, p[i])));
        vi ab = _mm512_unpacklo_epi8(row[0], row[1]), cd = _mm512_unpacklo_epi8(row[2], row[3]);
        out[0] = _mm512_unpacklo_epi16(ab, cd);
        out[1] = _mm512_unpackhi_epi16(ab, cd);
    } else {
        vi row[4];
        TB_UNROLL
        for (int i = 0; i < 4; i++)
            row[i] = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)mask, p[i]));
        vi ab = _mm512_or_si512(row[0], _mm512_slli_epi32(row[1], 8));
        vi cd = _mm512_or_si512(row[2], _mm512_slli_epi32(row[3], 8));
        out[0] = _mm512_or_si512(ab, _mm512_slli_epi32(cd, 16));
    }
    TB_UNROLL
    for (int q = 0; q < vectors; q++)
        out[q] = vi_xor(out[q], flip);
}

VINLINE void dw_scale(const tb_q8_dw *d, const int32_t *head, const int vectors, const int pixels,
                      vi acc[4][4])
{
    const int columns = 16 * vectors;
    const vi zero = vi_set1(d->zero_point + (d->min < 0 ? 128 : 0));
    TB_UNROLL
    for (int q = 0; q < vectors; q++) {
        const int32_t *multiplier = head + TB_Q8_MULTIPLIER * columns + q * VL;
        const int32_t *add = head + TB_Q8_ADD * columns + 2 * q * VL;
        const int32_t *shift = head + TB_Q8_SHIFT * columns + 2 * q * VL;
        if (d->rescale == TB_Q8_WIDE_RELU) {
            TB_UNROLL
            for (int i = 0; i < pixels; i++)
                acc[i][q] = vi_scale_wide(acc[i][q], multiplier, add, shift, 0);
        } else if (d->rescale == TB_Q8_WIDE) {
            TB_UNROLL
            for (int i = 0; i < pixels; i++)
                acc[i][q] = vi_scale_wide(acc[i][q], multiplier, add, shift, 1);
        } else {
            const vi right = vi_load(head + TB_Q8_RIGHT * columns + q * VL);
            const vi left = vi_load(head + TB_Q8_LEFT * columns + q * VL);
            TB_UNROLL
            for (int i = 0; i < pixels; i++)
                acc[i][q] = vi_add(q8_scale_any(acc[i][q], vi_load(multiplier), right, left), zero);
        }
    }
}

VINLINE void dw_store(const tb_q8_dw *d, uint8_t *const to[4], const int vectors, const int pixels,
                      size_t channels, vi acc[4][4])
{
    const int32_t high = d->min < 0 ? 128 : 0;
    const vi min = vi_set1_u8(d->min + high), max = vi_set1_u8(d->max + high);
    const vi flip = vi_set1_u8(high);
    if (vectors == 4) {
        TB_UNROLL
        for (int i = 0; i < pixels; i++) {
            vi y = vi_pack_u8(acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
            y = vi_clamp_u8(y, min, max, flip);
            if (channels >= 64)
                _mm512_storeu_si512(to[i], y);
            else
                _mm512_mask_storeu_epi8(to[i], ((uint64_t)1 << channels) - 1, y);
        }
    } else if (vectors == 2) {
        const vi order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
        const __mmask32 tail = (uint32_t)(((uint64_t)1 << channels) - 1);
        TB_UNROLL
        for (int i = 0; i < pixels; i += 2) {
            const int b = i + 1 < pixels ? i + 1 : i;
            vi y = vi_pack_u8(acc[i][0], acc[i][1], acc[b][0], acc[b][1]);
            y = _mm512_permutexvar_epi64(order, vi_clamp_u8(y, min, max, flip));
            _mm256_mask_storeu_epi8(to[i], tail, _mm512_castsi512_si256(y));
            _mm256_mask_storeu_epi8(to[b], tail, _mm512_extracti64x4_epi64(y, 1));
        }
    } else {
        const int b = pixels > 1 ? 1 : 0, c = pixels > 2 ? 2 : 0, e = pixels > 3 ? 3 : 0;
        vi y = vi_pack_u8(acc[0][0], acc[b][0], acc[c][0], acc[e][0]);
        uint8_t *const rows[4] = {to[0], to[b], to[c], to[e]};
        vi_store_rows4(rows, vi_clamp_u8(y, min, max, flip), channels);
    }
}

/* A column of taps, at p and then moved on: added to every output of the tile that it is in. */
VINLINE void dw_column(const tb_q8_dw *d, const uint8_t *p[4], const int vectors, __mmask64 mask,
                       const int32_t *taps, size_t set_values, size_t column, const dw_shape s,
                       vi acc[4][4])
{
    vi quads[4];
    dw_quads(p, vectors, mask, vi_set1_u8((int32_t)d->flip), quads);
    TB_UNROLL
    for (int i = 0; i < 4; i++)
        p[i] += d->tap_step;
    TB_UNROLL
    for (int t = 0; t < s.width; t++) {
        const size_t kx = column - (size_t)(t * s.step);
        if (kx >= s.kw)
            continue;
        TB_UNROLL
        for (int r = 0; r < s.rows; r++)
            TB_UNROLL
        for (int q = 0; q < vectors; q++) {
            const vi weight =
                vi_load(taps + (size_t)r * set_values + (kx * (size_t)vectors + (size_t)q) * VL);
            acc[r * s.width + t][q] = Q8_DOT(acc[r * s.width + t][q], quads[q], weight);
        }
    }
}

/* One tile of a block of 16 * vectors channels, of which `channels` are there. */
VINLINE void dw_tile(const tb_q8_dw *d, size_t y, size_t x, size_t channel, const int32_t *block,
                     const int vectors, size_t channels, const dw_shape s)
{
    const int columns = 16 * vectors, pixels = s.rows * s.width;
    const int32_t *head = block + TB_Q8_DW_CONTROL, *w = head + TB_Q8_HEAD * columns;
    const size_t set_values = s.groups * s.kw * (size_t)columns;
    const size_t sets = tb_q8_dw_pairs(d->kh, d->row_step, d->row_dilation) ? 2 : 1;
    const __mmask64 mask = channels >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << channels) - 1;
    vi acc[4][4];
    TB_UNROLL
    for (int q = 0; q < vectors; q++)
        TB_UNROLL
    for (int i = 0; i < pixels; i++)
        acc[i][q] = vi_load(head + TB_Q8_BIAS * columns + q * VL);

    const char *const *rows = d->rows + y * d->row_step;
    const size_t at = x * d->pixel_step + channel;
    for (int32_t pass = 0; pass < block[0]; pass++, w += sets * set_values)
        for (size_t g = 0; g < s.groups; g++) {
            const uint8_t *p[4];
            TB_UNROLL
            for (size_t i = 0; i < 4; i++) /* weights of rows that are not there are 0 */
                p[i] = (const uint8_t *)
                           rows[4 * g + i < s.in_rows ? (4 * g + i) * d->row_dilation : 0] +
                       at;
            const int32_t *taps = w + g * s.kw * (size_t)columns;
            const size_t last = (size_t)((s.width - 1) * s.step) + s.kw;
            if (s.width > 1) {
                TB_UNROLL
                for (size_t column = 0; column < last; column++)
                    dw_column(d, p, vectors, mask, taps, set_values, column, s, acc);
            } else {
                for (size_t column = 0; column < last; column++)
                    dw_column(d, p, vectors, mask, taps, set_values, column, s, acc);
            }
        }

    uint8_t *to[4];
    TB_UNROLL
    for (int r = 0; r < s.rows; r++)
        TB_UNROLL
    for (int t = 0; t < s.width; t++)
        to[r * s.width + t] = (uint8_t *)d->out + (y + (size_t)r) * d->out_row_stride +
                              (x + (size_t)t) * d->out_stride + channel;
    dw_scale(d, head, vectors, pixels, acc);
    dw_store(d, to, vectors, pixels, channels, acc);
}

/* A row (or two) of one block: tiles of s.width, the last one moved back over pixels that are done
   already, so that it is whole. */
VINLINE void dw_block_row(const tb_q8_dw *d, size_t y, size_t channel, const int32_t *block,
                          const int vectors, size_t channels, dw_shape s)
{
    if (d->width < (size_t)s.width)
        for (size_t x = 0; x < d->width; x++)
            dw_tile(d, y, x, channel, block, vectors, channels,
                    (dw_shape){s.kh, s.kw, s.groups, s.in_rows, 0, s.rows, 1});
    else
        for (size_t x = 0; x < d->width; x += (size_t)s.width) {
            const size_t most = d->width - (size_t)s.width;
            dw_tile(d, y, x < most ? x : most, channel, block, vectors, channels, s);
        }
}

VINLINE void dw_row(const tb_q8_dw *d, size_t y, const dw_shape s)
{
    const int32_t *block = d->weights;
    for (size_t channel = 0; channel < d->channels; channel += TB_Q8_DW_BLOCK) {
        const size_t left = d->channels - channel;
        if (left > 32)
            dw_block_row(d, y, channel, block, 4, left, s);
        else if (left > 16)
            dw_block_row(d, y, channel, block, 2, left, s);
        else
            dw_block_row(d, y, channel, block, 1, left, s);
        block += tb_q8_dw_block_values(d->kh, d->kw, d->row_step, d->row_dilation, left);
    }
}

/* Weights for two rows: an odd last row is made together with the one before, again. */
VINLINE void dw_row_pairs(const tb_q8_dw *d, const size_t kh, const size_t kw,
                          const size_t row_step, const int step, const int width)
{
    const dw_shape s = {kh, kw, tb_q8_dw_groups(kh), kh + row_step, step, 2, width};
    if (d->height < 2)
        dw_row(d, 0, (dw_shape){kh, kw, s.groups, kh, 0, 1, 1});
    else
        for (size_t y = 0; y < d->height; y += 2)
            dw_row(d, y < d->height - 2 ? y : d->height - 2, s);
}

static void dw_pairs_3x3_1(const tb_q8_dw *d)
{
    dw_row_pairs(d, 3, 3, 1, 1, 2);
}
static void dw_pairs_3x3_2(const tb_q8_dw *d)
{
    dw_row_pairs(d, 3, 3, 1, 2, 2);
}
static void dw_pairs_5x5_1(const tb_q8_dw *d)
{
    dw_row_pairs(d, 5, 5, 1, 1, 2);
}
static void dw_pairs_5x5_2(const tb_q8_dw *d)
{
    dw_row_pairs(d, 5, 5, 2, 2, 2);
}
static void dw_pairs_any(const tb_q8_dw *d)
{
    dw_row_pairs(d, d->kh, d->kw, d->row_step, 0, 1);
}
static void dw_singles_3x3_2(const tb_q8_dw *d)
{
    for (size_t y = 0; y < d->height; y++)
        dw_row(d, y, (dw_shape){3, 3, 1, 3, 2, 1, 4});
}
static void dw_singles_any(const tb_q8_dw *d)
{
    for (size_t y = 0; y < d->height; y++)
        dw_row(d, y, (dw_shape){d->kh, d->kw, tb_q8_dw_groups(d->kh), d->kh, 0, 1, 1});
}

void TB_FN(q8_dw_quads)(const tb_q8_dw *d)
{
    const size_t step = d->pixel_step % d->tap_step ? 0 : d->pixel_step / d->tap_step;
    const size_t square = d->kh == d->kw ? d->kh : 0;
    if (!tb_q8_dw_pairs(d->kh, d->row_step, d->row_dilation))
        (square == 3 && step == 2 && d->row_dilation == 1 ? dw_singles_3x3_2 : dw_singles_any)(d);
    else if (square == 3 && step == 1 && d->row_step == 1)
        dw_pairs_3x3_1(d);
    else if (square == 3 && step == 2 && d->row_step == 1) /* pixels of two in one block */
        dw_pairs_3x3_2(d);
    else if (square == 5 && step == 1 && d->row_step == 1)
        dw_pairs_5x5_1(d);
    else if (square == 5 && step == 2 && d->row_step == 2)
        dw_pairs_5x5_2(d);
    else
        dw_pairs_any(d);
}
