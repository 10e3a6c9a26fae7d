/*
 * Template: product of 8-bit matrices on packed panels, requantised. Wants TB_GEMM_NAME,
 * TB_GEMM_MR, TB_GEMM_NV and the two X-lists as t_f32_gemm.h, and
 *
 *   TB_Q8_KR            values of k that one step takes: 4 (bytes) or 2 (int16)
 *   Q8_DOT(acc, a, b)   acc + the sum of the products of the kr values in each lane
 *   TB_Q8_SIGNED        where that takes A's bytes as signed
 */
#include <string.h>

#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/t_q8.h"
#include "delegates/cpu/template.h"

#ifndef TB_GEMV_SUMS
#define TB_GEMV_SUMS 4
#endif

#if defined(VI_WIDE)
/* The sums of a tile, rescaled and stored, four vectors at a time. */
VINLINE void q8_gemm_store_wide(const tb_q8_gemm *g, size_t row, vi acc[][TB_GEMM_NV], const int mr,
                                const int nv, const int nudge)
{
    const int32_t *head = g->b;
    const size_t nr = (size_t)nv * VL;
    const int32_t high = g->min < 0 ? 128 : 0;
    const vi min = vi_set1_u8(g->min + high), max = vi_set1_u8(g->max + high);
    const vi flip = vi_set1_u8(high);
    TB_UNROLL
    for (int j = 0; j < nv; j++) {
        const int32_t *at = head + (size_t)j * VL;
        TB_UNROLL
        for (int i = 0; i < mr; i++)
            acc[i][j] = vi_scale_wide(acc[i][j], at + TB_Q8_MULTIPLIER * nr,
                                      head + TB_Q8_ADD * nr + (size_t)j * 2 * VL,
                                      head + TB_Q8_SHIFT * nr + (size_t)j * 2 * VL, nudge);
    }
    uint8_t *c = (uint8_t *)(g->c + row * g->c_stride);
    const size_t stride = g->c_stride;
    const int rows = 4 / nv;
    TB_UNROLL
    for (int i = 0; i < mr; i += rows) {
        /* where rows run out, the last one is done again */
        const int b = i + 1 < mr ? i + 1 : mr - 1;
        if (nv == 2) {
            vi y = vi_pack_u8(acc[i][0], acc[i][nv - 1], acc[b][0], acc[b][nv - 1]);
            vi_store_rows2(c + (size_t)i * stride, c + (size_t)b * stride,
                           vi_clamp_u8(y, min, max, flip), g->n);
        } else {
            const int d = i + 2 < mr ? i + 2 : mr - 1, e = i + 3 < mr ? i + 3 : mr - 1;
            vi y = vi_pack_u8(acc[i][0], acc[b][0], acc[d][0], acc[e][0]);
            uint8_t *const to[4] = {c + (size_t)i * stride, c + (size_t)b * stride,
                                    c + (size_t)d * stride, c + (size_t)e * stride};
            vi_store_rows4(to, vi_clamp_u8(y, min, max, flip), g->n);
        }
    }
}
#endif

/* The sums of a tile, rescaled and stored. */
VINLINE void q8_gemm_store(const tb_q8_gemm *g, size_t row, vi acc[][TB_GEMM_NV], const int mr,
                           const int nv)
{
    const int32_t *head = g->b;
    const size_t nr = (size_t)nv * VL;
    if (g->row_sum) {
        TB_UNROLL
        for (int i = 0; i < mr; i++) {
            vi sum = vi_set1(g->row_sum[row + (size_t)i]);
            TB_UNROLL
            for (int j = 0; j < nv; j++)
                acc[i][j] = vi_add(acc[i][j], sum);
        }
    }
#if defined(VI_WIDE)
    if (g->rescale == TB_Q8_WIDE_RELU) {
        q8_gemm_store_wide(g, row, acc, mr, nv, 0);
        return;
    }
    if (g->rescale == TB_Q8_WIDE) {
        q8_gemm_store_wide(g, row, acc, mr, nv, 1);
        return;
    }
#endif
    const vtail last = v_tail(g->n - (size_t)(nv - 1) * VL);
    const int whole = g->n == nr;
    const vi zero = vi_set1(g->zero_point), min = vi_set1(g->min), max = vi_set1(g->max);
    TB_UNROLL
    for (int j = 0; j < nv; j++) {
        const int32_t *at = head + (size_t)j * VL;
        if (g->rescale == TB_Q8_REAL) {
            const char *factors = (const char *)(head + TB_Q8_MULTIPLIER * nr);
            TB_UNROLL
            for (int i = 0; i < mr; i++)
                acc[i][j] = vi_scale_real(acc[i][j], factors + (size_t)j * VL * sizeof(double));
            continue;
        }
        vi multiplier = vi_load(at + TB_Q8_MULTIPLIER * nr), right = vi_load(at + TB_Q8_RIGHT * nr);
        if (g->rescale == TB_Q8_PLAIN) {
            vi half = q8_half(right);
            TB_UNROLL
            for (int i = 0; i < mr; i++)
                acc[i][j] = q8_scale_plain(acc[i][j], multiplier, right, half);
        } else {
            vi left = vi_load(at + TB_Q8_LEFT * nr);
            TB_UNROLL
            for (int i = 0; i < mr; i++)
                acc[i][j] = q8_scale_any(acc[i][j], multiplier, right, left);
        }
    }
    TB_UNROLL
    for (int i = 0; i < mr; i++) {
        uint8_t *c = (uint8_t *)(g->c + (row + (size_t)i) * g->c_stride);
        TB_UNROLL
        for (int j = 0; j < nv; j++) {
            vi y = q8_clamp(vi_add(acc[i][j], zero), min, max);
            if (j < nv - 1 || whole)
                vi_store_u8(c + j * VL, y);
            else
                vi_store_u8_tail(c + j * VL, y, last);
        }
    }
}

#if TB_Q8_KR == 4
/* What makes A's bytes signed or unsigned, as the product takes them. */
VINLINE vi q8_gemm_flip(const tb_q8_gemm *g)
{
#if defined(TB_Q8_SIGNED)
    return vi_set1((int32_t)(g->flip ^ 0x80808080u));
#else
    return vi_set1((int32_t)g->flip);
#endif
}
#endif

VINLINE void q8_gemm_tile(const tb_q8_gemm *g, size_t row, const int mr, const int nv)
{
    vi acc[TB_GEMM_MR][TB_GEMM_NV];
    const size_t stride = g->a_stride;
    const int32_t *head = g->b;
    const size_t nr = (size_t)nv * VL;
    TB_UNROLL
    for (int j = 0; j < nv; j++) {
        vi bias = vi_load(head + TB_Q8_BIAS * nr + (size_t)j * VL);
        TB_UNROLL
        for (int i = 0; i < mr; i++)
            acc[i][j] = bias;
    }
    const int32_t *b = head + TB_Q8_HEAD * nr;
#if TB_Q8_KR == 4
    const vi flip = q8_gemm_flip(g);
#endif
    for (size_t s = 0; s < g->segs; s++) {
        const char *a[(TB_GEMM_MR + 2) / 3];
        TB_UNROLL
        for (int i = 0; i < mr; i += 3)
            a[i / 3] = g->seg[s] + (row + (size_t)i) * stride;
        for (size_t k = g->k / TB_Q8_KR; k > 0; k--) {
            vi bv[TB_GEMM_NV];
            TB_UNROLL
            for (int j = 0; j < nv; j++)
                bv[j] = vi_load(b + j * VL);
            TB_UNROLL
            for (int i = 0; i < mr; i++) {
                int32_t x;
                memcpy(&x, a[i / 3] + (size_t)(i % 3) * stride, sizeof x);
                vi av = vi_set1(x);
#if TB_Q8_KR == 4
                av = vi_xor(av, flip);
#endif
                TB_UNROLL
                for (int j = 0; j < nv; j++)
                    acc[i][j] = Q8_DOT(acc[i][j], av, bv[j]);
            }
            TB_UNROLL
            for (int i = 0; i < mr; i += 3)
                a[i / 3] += 4;
            b += nr;
        }
    }
    q8_gemm_store(g, row, acc, mr, nv);
}

typedef void (*q8_gemm_tile_fn)(const tb_q8_gemm *, size_t row);

#define TB_GEMM_TILE(mr, nv)                                              \
    static void q8_gemm_tile_##mr##x##nv(const tb_q8_gemm *g, size_t row) \
    {                                                                     \
        q8_gemm_tile(g, row, mr, nv);                                     \
    }
#define TB_GEMM_TILES(mr) TB_GEMM_NV_LIST(TB_GEMM_TILE, mr)
TB_GEMM_MR_LIST(TB_GEMM_TILES)

static const q8_gemm_tile_fn q8_gemm_tiles[TB_GEMM_MR][TB_GEMM_NV] = {
#define TB_GEMM_ENTRY(mr, nv) [mr - 1][nv - 1] = q8_gemm_tile_##mr##x##nv,
#define TB_GEMM_ENTRIES(mr)   TB_GEMM_NV_LIST(TB_GEMM_ENTRY, mr)
    TB_GEMM_MR_LIST(TB_GEMM_ENTRIES)};

VINLINE vi q8_gemv_load(const tb_q8_gemm *g, const char *a)
{
    int32_t x;
    memcpy(&x, a, sizeof x);
#if TB_Q8_KR == 4
    return vi_xor(vi_set1(x), q8_gemm_flip(g));
#else
    (void)g;
    return vi_set1(x);
#endif
}

/* One row and a whole panel. Its weights are read from front to back, as caches like it; sums are
   kept apart by k, so that they do not wait for each other. */
static void q8_gemv_panel(const tb_q8_gemm *g)
{
    const size_t nr = TB_GEMM_NV * VL, all = g->k / TB_Q8_KR;
    const int32_t *b = g->b;
    vi acc[TB_GEMV_SUMS][TB_GEMM_NV];
    TB_UNROLL
    for (int i = 0; i < TB_GEMV_SUMS; i++)
        TB_UNROLL
    for (int j = 0; j < TB_GEMM_NV; j++)
        acc[i][j] = i ? vi_set1(0) : vi_load(b + TB_Q8_BIAS * nr + (size_t)j * VL);
    b += TB_Q8_HEAD * nr;
    for (size_t s = 0; s < g->segs; s++) {
        const char *a = g->seg[s];
        size_t k = 0;
        for (; k + TB_GEMV_SUMS <= all; k += TB_GEMV_SUMS, b += TB_GEMV_SUMS * nr) {
            TB_UNROLL
            for (int i = 0; i < TB_GEMV_SUMS; i++) {
                const vi av = q8_gemv_load(g, a + 4 * (k + (size_t)i));
                TB_UNROLL
                for (int j = 0; j < TB_GEMM_NV; j++)
                    acc[i][j] = Q8_DOT(acc[i][j], av, vi_load(b + (size_t)i * nr + (size_t)j * VL));
            }
        }
        for (; k < all; k++, b += nr) {
            const vi av = q8_gemv_load(g, a + 4 * k);
            TB_UNROLL
            for (int j = 0; j < TB_GEMM_NV; j++)
                acc[0][j] = Q8_DOT(acc[0][j], av, vi_load(b + (size_t)j * VL));
        }
    }
    TB_UNROLL
    for (int i = 1; i < TB_GEMV_SUMS; i++)
        TB_UNROLL
    for (int j = 0; j < TB_GEMM_NV; j++)
        acc[0][j] = vi_add(acc[0][j], acc[i][j]);
    q8_gemm_store(g, 0, acc, 1, TB_GEMM_NV);
}

static void q8_gemv(const tb_q8_gemm *all)
{
    const size_t nr = TB_GEMM_NV * VL;
    const size_t panel = (TB_Q8_HEAD + all->segs * (all->k / TB_Q8_KR)) * nr;
    tb_q8_gemm g = *all;
    for (size_t left = all->n; left > 0; left -= g.n) {
        g.n = left < nr ? left : nr;
        if (g.n > (TB_GEMM_NV - 1) * VL)
            q8_gemv_panel(&g);
        else
            q8_gemm_tiles[0][(g.n + VL - 1) / VL - 1](&g, 0);
        g.b = (const int32_t *)g.b + panel;
        g.c += g.n;
    }
}

void TB_FN(TB_GEMM_NAME)(const tb_q8_gemm *g)
{
    if (g->m == 1 && (g->n > TB_GEMM_NV * VL || g->segs * g->k > 64)) {
        q8_gemv(g);
        return;
    }
    size_t nv = (g->n + VL - 1) / VL;
    size_t tiles = (g->m + TB_GEMM_MR - 1) / TB_GEMM_MR;
    for (size_t i = 0, row = 0; i < tiles; i++) {
        size_t end = g->m * (i + 1) / tiles;
        q8_gemm_tiles[end - row - 1][nv - 1](g, row);
        row = end;
    }
}

#undef TB_GEMM_TILE
#undef TB_GEMM_TILES
#undef TB_GEMM_ENTRY
#undef TB_GEMM_ENTRIES
