/*
 * Template: row sums of a product's left side by products with ones (Q8_DOT on AVX-512), sixteen
 * rows at a time, whose sums are then added across.
 */
#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

/* Lane i of the result is the sum of all lanes of rows[i]. */
VINLINE vi row_sum_across(vi rows[16])
{
    TB_UNROLL
    for (int i = 0; i < 8; i++)
        rows[i] = vi_add(_mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]),
                         _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]));
    TB_UNROLL
    for (int i = 0; i < 4; i++)
        rows[i] = vi_add(_mm512_unpacklo_epi64(rows[2 * i], rows[2 * i + 1]),
                         _mm512_unpackhi_epi64(rows[2 * i], rows[2 * i + 1]));
    TB_UNROLL
    for (int i = 0; i < 2; i++)
        rows[i] = vi_add(_mm512_shuffle_i32x4(rows[2 * i], rows[2 * i + 1], 0x88),
                         _mm512_shuffle_i32x4(rows[2 * i], rows[2 * i + 1], 0xDD));
    return vi_add(_mm512_shuffle_i32x4(rows[0], rows[1], 0x88),
                  _mm512_shuffle_i32x4(rows[0], rows[1], 0xDD));
}

void TB_FN(q8_row_sum)(const tb_q8_gemm *g, int32_t factor, int32_t *out)
{
    const vi flip = vi_set1((int32_t)g->flip), one = vi_set1_u8(1);
    for (size_t row = 0; row < g->m; row += 16) {
        const size_t rows = g->m - row < 16 ? g->m - row : 16;
        vi sums[16];
        TB_UNROLL
        for (int i = 0; i < 16; i++)
            sums[i] = vi_set1(0);
        for (size_t s = 0; s < g->segs; s++)
            for (size_t k = 0; k < g->k; k += 64) {
                const size_t left = g->k - k;
                const __mmask64 mask = left >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1;
                const vi ones = _mm512_maskz_mov_epi8(mask, one);
                const char *a = g->seg[s] + row * g->a_stride + k;
                TB_UNROLL
                for (size_t i = 0; i < 16; i++) { /* the last row again where rows run out */
                    const size_t at = (i < rows ? i : rows - 1) * g->a_stride;
                    const vi x = vi_xor(_mm512_maskz_loadu_epi8(mask, a + at), flip);
                    sums[i] = Q8_DOT(sums[i], x, ones);
                }
            }
        const vi total = vi_mul(row_sum_across(sums), vi_set1(factor));
        vi_store_tail(out + row, total, v_tail(rows));
    }
}
