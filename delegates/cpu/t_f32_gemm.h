/*
 * Template: float matrix product on packed panels. Wants TB_GEMM_NAME, TB_GEMM_NV (vectors a panel)
 * and TB_GEMM_MR_LIST(X), an X(i) for i = 1 ... the number of rows that accumulators leave room for.
 *
 * Every tile sums in the order of k, so results do not depend on the tile a row falls into.
 */
#include <string.h>

#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

#ifndef TB_GEMV_PANELS
#define TB_GEMV_PANELS 4
#endif

/* clamp that lets NaN through */
VINLINE vf gemm_clamp(vf x, vf low, vf high)
{
    return vf_min(high, vf_max(low, x));
}

/* The sums of a tile, with all that follows them. */
VINLINE void f32_gemm_store(const tb_f32_gemm *g, size_t row, vf acc[][TB_GEMM_NV], const int mr,
                            const int nv)
{
    const vtail last = v_tail(g->n - (size_t)(nv - 1) * VL);
    const int whole = g->n == (size_t)nv * VL;
    const vf min = vf_set1(g->min), max = vf_set1(g->max);
    TB_UNROLL
    for (int i = 0; i < mr; i++)
        TB_UNROLL
    for (int j = 0; j < nv; j++)
        acc[i][j] = gemm_clamp(acc[i][j], min, max);
    if (g->residual) {
        const vf min2 = vf_set1(g->min2), max2 = vf_set1(g->max2);
        TB_UNROLL
        for (int i = 0; i < mr; i++) {
            const float *r =
                (const float *)(const void *)(g->residual + (row + (size_t)i) * g->residual_stride);
            TB_UNROLL
            for (int j = 0; j < nv; j++) {
                vf other =
                    j < nv - 1 || whole ? vf_load(r + j * VL) : vf_load_tail(r + j * VL, last);
                acc[i][j] = gemm_clamp(vf_add(acc[i][j], other), min2, max2);
            }
        }
    }
    if (g->slope) {
        TB_UNROLL
        for (int j = 0; j < nv; j++) {
            vf slope = j < nv - 1 || whole ? vf_load(g->slope + j * VL)
                                           : vf_load_tail(g->slope + j * VL, last);
            TB_UNROLL
            for (int i = 0; i < mr; i++)
                acc[i][j] = vf_if_negative(acc[i][j], vf_mul(acc[i][j], slope), acc[i][j]);
        }
    }
    const size_t c_stride = g->c_stride;
    char *to = g->c + row * c_stride;
    TB_UNROLL
    for (int i = 0; i < mr; i++, to += c_stride) {
        float *c = (float *)(void *)to;
        TB_UNROLL
        for (int j = 0; j < nv; j++) {
            if (j < nv - 1 || whole)
                vf_store(c + j * VL, acc[i][j]);
            else
                vf_store_tail(c + j * VL, acc[i][j], last);
        }
    }
}

VINLINE void f32_gemm_tile(const tb_f32_gemm *g, size_t row, const int mr, const int nv)
{
    vf acc[TB_GEMM_MR][TB_GEMM_NV];
    const size_t stride = g->a_stride;
    const float *b = g->b;
    TB_UNROLL
    for (int j = 0; j < nv; j++) {
        vf bias = vf_load(b + j * VL);
        TB_UNROLL
        for (int i = 0; i < mr; i++)
            acc[i][j] = bias;
    }
    b += nv * VL;
    for (size_t s = 0; s < g->segs; s++) {
        const char *a[(TB_GEMM_MR + 2) / 3]; /* every third row: the rest is reached by stride */
        TB_UNROLL
        for (int i = 0; i < mr; i += 3)
            a[i / 3] = g->seg[s] + (row + (size_t)i) * stride;
        for (size_t k = g->k; k > 0; k--) {
            vf bv[TB_GEMM_NV];
            TB_UNROLL
            for (int j = 0; j < nv; j++)
                bv[j] = vf_load(b + j * VL);
            TB_UNROLL
            for (int i = 0; i < mr; i++) {
                float x;
                memcpy(&x, a[i / 3] + (size_t)(i % 3) * stride, sizeof x);
                vf av = vf_set1(x);
                TB_UNROLL
                for (int j = 0; j < nv; j++)
                    acc[i][j] = vf_fma(av, bv[j], acc[i][j]);
            }
            TB_UNROLL
            for (int i = 0; i < mr; i += 3)
                a[i / 3] += sizeof(float);
            b += nv * VL;
        }
    }
    f32_gemm_store(g, row, acc, mr, nv);
}

typedef void (*f32_gemm_tile_fn)(const tb_f32_gemm *, size_t row);

#define TB_GEMM_TILE(mr, nv)                                                \
    static void f32_gemm_tile_##mr##x##nv(const tb_f32_gemm *g, size_t row) \
    {                                                                       \
        f32_gemm_tile(g, row, mr, nv);                                      \
    }
#define TB_GEMM_TILES(mr) TB_GEMM_NV_LIST(TB_GEMM_TILE, mr)
TB_GEMM_MR_LIST(TB_GEMM_TILES)

static const f32_gemm_tile_fn f32_gemm_tiles[TB_GEMM_MR][TB_GEMM_NV] = {
#define TB_GEMM_ENTRY(mr, nv) [mr - 1][nv - 1] = f32_gemm_tile_##mr##x##nv,
#define TB_GEMM_ENTRIES(mr)   TB_GEMM_NV_LIST(TB_GEMM_ENTRY, mr)
    TB_GEMM_MR_LIST(TB_GEMM_ENTRIES)};

/* One row, of so many panels at once that their sums do not wait for each other. */
VINLINE void f32_gemv_tile(const tb_f32_gemm *g, const int panels)
{
    const size_t nr = TB_GEMM_NV * VL, panel = nr * (1 + g->segs * g->k);
    vf acc[TB_GEMV_PANELS][TB_GEMM_NV];
    const float *b = g->b;
    TB_UNROLL
    for (int p = 0; p < panels; p++)
        TB_UNROLL
    for (int j = 0; j < TB_GEMM_NV; j++)
        acc[p][j] = vf_load(b + (size_t)p * panel + j * VL);
    b += nr;
    for (size_t s = 0; s < g->segs; s++) {
        const float *a = (const float *)(const void *)g->seg[s];
        for (size_t k = 0; k < g->k; k++, b += nr) {
            const vf av = vf_set1(a[k]);
            TB_UNROLL
            for (int p = 0; p < panels; p++)
                TB_UNROLL
            for (int j = 0; j < TB_GEMM_NV; j++)
                acc[p][j] = vf_fma(av, vf_load(b + (size_t)p * panel + j * VL), acc[p][j]);
        }
    }
    tb_f32_gemm one = *g;
    one.n = nr;
    TB_UNROLL
    for (int p = 0; p < panels; p++) {
        f32_gemm_store(&one, 0, &acc[p], 1, TB_GEMM_NV);
        one.c += nr * sizeof(float);
        one.residual = g->residual ? one.residual + nr * sizeof(float) : NULL;
        one.slope = g->slope ? one.slope + nr : NULL;
    }
}

static void f32_gemv_all(const tb_f32_gemm *g)
{
    f32_gemv_tile(g, TB_GEMV_PANELS);
}

static void f32_gemv_one(const tb_f32_gemm *g)
{
    f32_gemv_tile(g, 1);
}

/* What is left when so many columns are done. */
static void f32_gemv_skip(tb_f32_gemm *g, size_t columns)
{
    g->b += columns * (1 + g->segs * g->k);
    g->c += columns * sizeof(float);
    g->n -= columns;
    if (g->residual)
        g->residual += columns * sizeof(float);
    if (g->slope)
        g->slope += columns;
}

static void f32_gemv(const tb_f32_gemm *all)
{
    const size_t nr = TB_GEMM_NV * VL;
    tb_f32_gemm g = *all;
    for (; g.n >= TB_GEMV_PANELS * nr; f32_gemv_skip(&g, TB_GEMV_PANELS * nr))
        f32_gemv_all(&g);
    for (; g.n >= nr; f32_gemv_skip(&g, nr))
        f32_gemv_one(&g);
    if (g.n > 0)
        f32_gemm_tiles[0][(g.n + VL - 1) / VL - 1](&g, 0);
}

void TB_FN(TB_GEMM_NAME)(const tb_f32_gemm *g)
{
    if (g->m == 1 && g->n > TB_GEMM_NV * VL) {
        f32_gemv(g);
        return;
    }
    size_t nv = (g->n + VL - 1) / VL;
    size_t tiles = (g->m + TB_GEMM_MR - 1) / TB_GEMM_MR;
    /* tiles of nearly one height do better than full ones and a rest */
    for (size_t i = 0, row = 0; i < tiles; i++) {
        size_t end = g->m * (i + 1) / tiles;
        f32_gemm_tiles[end - row - 1][nv - 1](g, row);
        row = end;
    }
}

#undef TB_GEMM_TILE
#undef TB_GEMM_TILES
#undef TB_GEMM_ENTRY
#undef TB_GEMM_ENTRIES
