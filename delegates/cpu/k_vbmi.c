/* Tables of 256 bytes, looked up 64 at a time: vpermi2b takes 128 bytes of a table. */
#include "delegates/cpu/simd_avx512.h"

#define TB_ISA vbmi
#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

void TB_FN(q8_lut)(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out)
{
    vi part[4];
    TB_UNROLL
    for (int i = 0; i < 4; i++)
        part[i] = _mm512_loadu_si512(table + 64 * i);
    for (size_t i = 0; i < n; i += 64) {
        const __mmask64 mask = n - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (n - i)) - 1;
        const vi index = _mm512_maskz_loadu_epi8(mask, in + i);
        const vi low = _mm512_permutex2var_epi8(part[0], index, part[1]);
        const vi high = _mm512_permutex2var_epi8(part[2], index, part[3]);
        const vi y = _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high);
        if (n - i >= 64)
            _mm512_storeu_si512(out + i, y);
        else
            _mm512_mask_storeu_epi8(out + i, mask, y);
    }
}
