/*
 * The vocabulary that the kernel templates (t_*.h) are written in, for AVX-512: vf a vector of
 * floats, vi of 32-bit integers, VL lanes of each; a `vtail` names the first n lanes, and loads and
 * stores through it touch no other. Every simd_<isa>.h defines the same names.
 */
#ifndef TB_CPU_SIMD_AVX512_H
#define TB_CPU_SIMD_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VL 16

typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vtail;

#define VINLINE static inline __attribute__((always_inline))

VINLINE vtail v_tail(size_t n)
{
    return (vtail)((1u << n) - 1);
}

/* ---- floats ----------------------------------------------------------------------------------- */

VINLINE vf vf_set1(float x)
{
    return _mm512_set1_ps(x);
}
VINLINE vf vf_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
/* 2 VL floats, those of even and of odd places */
VINLINE void vf_load_pairs(const float *p, vf *even, vf *odd)
{
    const vf a = vf_load(p), b = vf_load(p + VL);
    const vi pick = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *even = _mm512_permutex2var_ps(a, pick, b);
    *odd = _mm512_permutex2var_ps(a, _mm512_or_si512(pick, _mm512_set1_epi32(1)), b);
}
VINLINE vf vf_load_tail(const float *p, vtail t)
{
    return _mm512_maskz_loadu_ps(t, p);
}
VINLINE void vf_store(float *p, vf x)
{
    _mm512_storeu_ps(p, x);
}
VINLINE void vf_store_tail(float *p, vf x, vtail t)
{
    _mm512_mask_storeu_ps(p, t, x);
}
VINLINE vf vf_add(vf a, vf b)
{
    return _mm512_add_ps(a, b);
}
VINLINE vf vf_sub(vf a, vf b)
{
    return _mm512_sub_ps(a, b);
}
VINLINE vf vf_mul(vf a, vf b)
{
    return _mm512_mul_ps(a, b);
}
VINLINE vf vf_div(vf a, vf b)
{
    return _mm512_div_ps(a, b);
}
VINLINE vf vf_sqrt(vf a)
{
    return _mm512_sqrt_ps(a);
}
/* a * b + c */
VINLINE vf vf_fma(vf a, vf b, vf c)
{
    return _mm512_fmadd_ps(a, b, c);
}
/* c - a * b, rounded once on every instruction set */
VINLINE vf vf_less_product(vf c, vf a, vf b)
{
    return _mm512_fnmadd_ps(a, b, c);
}
/* x < limit ? a : b */
VINLINE vf vf_if_below(vf x, vf limit, vf a, vf b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, limit, _CMP_LT_OQ), b, a);
}
/* 1 / x, to a relative error of 2^-14 */
VINLINE vf vf_inverse(vf x)
{
    return _mm512_rcp14_ps(x);
}
/* b where either is NaN */
VINLINE vf vf_max(vf a, vf b)
{
    return _mm512_max_ps(a, b);
}
VINLINE vf vf_min(vf a, vf b)
{
    return _mm512_min_ps(a, b);
}
/* x < 0 ? a : b */
VINLINE vf vf_if_negative(vf x, vf a, vf b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ), b, a);
}
/* to the nearest integer, halves to even */
VINLINE vf vf_round(vf x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
VINLINE vf vf_abs(vf x)
{
    return _mm512_abs_ps(x);
}
/* the sign of `sign` on the magnitude of x */
VINLINE vf vf_copysign(vf x, vf sign)
{
    __m512i m = _mm512_set1_epi32(INT32_MIN);
    return _mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(m, _mm512_castps_si512(sign), _mm512_castps_si512(x), 0xCA));
}
/* x * 2^n for an integral n with a normal result */
VINLINE vf vf_scale_by_power(vf x, vf n)
{
    return _mm512_scalef_ps(x, n);
}
/* the same bits */
VINLINE vi vi_bits(vf x)
{
    return _mm512_castps_si512(x);
}
VINLINE vf vf_bits(vi x)
{
    return _mm512_castsi512_ps(x);
}
VINLINE float vf_sum(vf x)
{
    return _mm512_reduce_add_ps(x);
}
VINLINE float vf_largest(vf x)
{
    return _mm512_reduce_max_ps(x);
}

/* ---- 32-bit integers --------------------------------------------------------------------------- */

VINLINE vi vi_set1(int32_t x)
{
    return _mm512_set1_epi32(x);
}
VINLINE vi vi_load(const int32_t *p)
{
    return _mm512_loadu_si512(p);
}
VINLINE vi vi_load_tail(const int32_t *p, vtail t)
{
    return _mm512_maskz_loadu_epi32(t, p);
}
VINLINE void vi_store(int32_t *p, vi x)
{
    _mm512_storeu_si512(p, x);
}
VINLINE void vi_store_tail(int32_t *p, vi x, vtail t)
{
    _mm512_mask_storeu_epi32(p, t, x);
}
/* VL bytes, zero-extended */
VINLINE vi vi_load_u8(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
}
VINLINE vi vi_load_u8_tail(const uint8_t *p, vtail t)
{
    return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(t, p));
}
/* the low byte of each lane */
VINLINE void vi_store_u8(uint8_t *p, vi x)
{
    _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(x));
}
VINLINE void vi_store_u8_tail(uint8_t *p, vi x, vtail t)
{
    _mm_mask_storeu_epi8(p, t, _mm512_cvtepi32_epi8(x));
}
VINLINE vi vi_add(vi a, vi b)
{
    return _mm512_add_epi32(a, b);
}
VINLINE vi vi_sub(vi a, vi b)
{
    return _mm512_sub_epi32(a, b);
}
VINLINE vi vi_mul(vi a, vi b)
{
    return _mm512_mullo_epi32(a, b);
}
VINLINE vi vi_xor(vi a, vi b)
{
    return _mm512_xor_si512(a, b);
}
VINLINE vi vi_min(vi a, vi b)
{
    return _mm512_min_epi32(a, b);
}
VINLINE vi vi_max(vi a, vi b)
{
    return _mm512_max_epi32(a, b);
}
/* 0 where the count is not in [0, 31] */
VINLINE int32_t vi_largest(vi x)
{
    return _mm512_reduce_max_epi32(x);
}
VINLINE vi vi_shift_left(vi x, vi by)
{
    return _mm512_sllv_epi32(x, by);
}
VINLINE vi vi_shift_right(vi x, vi by)
{
    return _mm512_srav_epi32(x, by);
}
VINLINE vi vi_sign(vi x)
{
    return _mm512_srai_epi32(x, 31);
}
/* acc + a_low * b_low + a_high * b_high, each lane two int16 */
VINLINE vi vi_dot2(vi acc, vi a, vi b)
{
    return _mm512_add_epi32(acc, _mm512_madd_epi16(a, b));
}
/* two lanes of bytes as the two int16 of one lane: low | high << 16 */
VINLINE vi vi_pair(vi low, vi high)
{
    return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}
/* (a * b + 2^30) >> 31, in 64 bits: tb_high_mul for a positive multiplier */
VINLINE vi vi_high_mul(vi a, vi b)
{
    const __m512i half = _mm512_set1_epi64((int64_t)1 << 30);
    __m512i even = _mm512_add_epi64(_mm512_mul_epi32(a, b), half);
    __m512i odd = _mm512_add_epi64(
        _mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32)), half);
    return _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}
/* TB_Q8_WIDE: constants of the even lanes and of the odd ones. vpmuldq takes the lower halves. */
#define VI_WIDE 1
VINLINE vi vi_wide(vi sum, vi even_multiplier, vi odd_multiplier, vi even_add, vi odd_add,
                   vi even_shift, vi odd_shift, const int nudge)
{
    const vi odd_sum = _mm512_srli_epi64(sum, 32);
    vi even = _mm512_add_epi64(_mm512_mul_epi32(sum, even_multiplier), even_add);
    vi odd = _mm512_add_epi64(_mm512_mul_epi32(odd_sum, odd_multiplier), odd_add);
    if (nudge) {
        const vi sign = _mm512_set1_epi64((int64_t)1 << 31);
        even = _mm512_sub_epi64(even, _mm512_and_si512(sum, sign));
        odd = _mm512_sub_epi64(odd, _mm512_and_si512(odd_sum, sign));
    }
    even = _mm512_srav_epi64(even, even_shift);
    odd = _mm512_srav_epi64(odd, odd_shift);
    return _mm512_mask_blend_epi32(0xAAAA, even, odd);
}
/* The same with the vectors of a head. The odd columns' multipliers are reached by an address of
   one column more; the last one's upper half is whatever follows in the head. */
VINLINE vi vi_scale_wide(vi sum, const int32_t *multiplier, const int32_t *add,
                         const int32_t *shift, const int nudge)
{
    return vi_wide(sum, _mm512_loadu_si512(multiplier), _mm512_loadu_si512(multiplier + 1),
                   _mm512_loadu_si512(add), _mm512_loadu_si512(add + VL), _mm512_loadu_si512(shift),
                   _mm512_loadu_si512(shift + VL), nudge);
}
/* Four vectors as unsigned bytes: group i of 16 bytes has elements 4i ... 4i + 3 of each. */
VINLINE vi vi_pack_u8(vi a, vi b, vi c, vi d)
{
    return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
}
/* Bytes clamped as unsigned; `flip` put on the result. */
VINLINE vi vi_clamp_u8(vi x, vi min, vi max, vi flip)
{
    return _mm512_xor_si512(_mm512_min_epu8(max, _mm512_max_epu8(min, x)), flip);
}
VINLINE vi vi_set1_u8(int32_t x)
{
    return _mm512_set1_epi8((char)x);
}
/* What vi_pack_u8 made of a row's two vectors and another's: each row's bytes together. */
VINLINE void vi_store_rows2(uint8_t *first, uint8_t *second, vi bytes, size_t n)
{
    const vi order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    vi y = _mm512_permutexvar_epi32(order, bytes);
    __m256i low = _mm512_castsi512_si256(y), high = _mm512_extracti64x4_epi64(y, 1);
    if (n == 2 * VL) {
        _mm256_storeu_si256((__m256i *)first, low);
        _mm256_storeu_si256((__m256i *)second, high);
    } else {
        const __mmask32 tail = (1u << n) - 1;
        _mm256_mask_storeu_epi8(first, tail, low);
        _mm256_mask_storeu_epi8(second, tail, high);
    }
}
/* The same of four rows of one vector. */
VINLINE void vi_store_rows4(uint8_t *const rows[4], vi bytes, size_t n)
{
    const vi order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    vi y = _mm512_permutexvar_epi32(order, bytes);
    const __mmask16 tail = (__mmask16)((1u << n) - 1);
    _mm_mask_storeu_epi8(rows[0], tail, _mm512_castsi512_si128(y));
    _mm_mask_storeu_epi8(rows[1], tail, _mm512_extracti32x4_epi32(y, 1));
    _mm_mask_storeu_epi8(rows[2], tail, _mm512_extracti32x4_epi32(y, 2));
    _mm_mask_storeu_epi8(rows[3], tail, _mm512_extracti32x4_epi32(y, 3));
}
/* VL doubles at `factors`, aligned or not: round(x * factor) in double precision, halves away from zero, kept in 32 bits */
VINLINE __m256i vi_scale_real_half(__m256i x, __m512d factor)
{
    const __m512d sign = _mm512_set1_pd(-0.0), most = _mm512_set1_pd(2147483647.0);
    const __m512d half = _mm512_set1_pd(0x1.fffffffffffffp-2); /* the largest below 1/2 */
    __m512d y = _mm512_mul_pd(_mm512_cvtepi32_pd(x), factor);
    y = _mm512_max_pd(_mm512_min_pd(y, most), _mm512_set1_pd(-2147483648.0));
    return _mm512_cvttpd_epi32(_mm512_add_pd(y, _mm512_or_pd(half, _mm512_and_pd(y, sign))));
}
VINLINE vi vi_scale_real(vi x, const void *factors)
{
    __m256i low = vi_scale_real_half(_mm512_castsi512_si256(x), _mm512_loadu_pd(factors));
    __m256i high = vi_scale_real_half(_mm512_extracti64x4_epi64(x, 1),
                                      _mm512_loadu_pd((const char *)factors + 64));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}
VINLINE vi vi_from_float(vf x) /* truncates */
{
    return _mm512_cvttps_epi32(x);
}
VINLINE vi vi_from_float_round(vf x) /* to nearest, halves to even */
{
    return _mm512_cvtps_epi32(x);
}
VINLINE vf vf_from_int(vi x)
{
    return _mm512_cvtepi32_ps(x);
}

#endif
