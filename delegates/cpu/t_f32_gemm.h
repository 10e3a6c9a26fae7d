/*
 * Template: float matrix product on packed panels. Wants TB_GEMM_NAME, TB_GEMM_NV (vectors a panel)
 * and TB_GEMM_MR_LIST(X), an X(i) for i = 1 ... the number of rows that accumulators leave room for.
 *
 * Every tile sums in the order of k, so results do not depend on the tile a row falls into.
 */
#include <string.h>

#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

/* clamp that lets NaN through */
VINLINE vf gemm_clamp(vf x, vf low, vf high)
{
    return vf_min(high, vf_max(low, x));
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

void TB_FN(TB_GEMM_NAME)(const tb_f32_gemm *g)
{
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
