/* The vocabulary of simd_avx512.h for AVX2 with FMA. */
#ifndef TB_CPU_SIMD_AVX2_H
#define TB_CPU_SIMD_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VL 8

typedef __m256 vf;
typedef __m256i vi;
typedef struct vtail {
    __m256i mask;
    size_t n;
} vtail;

#define VINLINE static inline __attribute__((always_inline))

VINLINE vtail v_tail(size_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (vtail){_mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane), n};
}

/* ---- floats ----------------------------------------------------------------------------------- */

VINLINE vf vf_set1(float x)
{
    return _mm256_set1_ps(x);
}
VINLINE vf vf_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
VINLINE void vf_load_pairs(const float *p, vf *even, vf *odd)
{
    const vf a = vf_load(p), b = vf_load(p + VL);
    const vf low = _mm256_permute2f128_ps(a, b, 0x20), high = _mm256_permute2f128_ps(a, b, 0x31);
    *even = _mm256_shuffle_ps(low, high, 0x88);
    *odd = _mm256_shuffle_ps(low, high, 0xDD);
}
VINLINE vf vf_load_tail(const float *p, vtail t)
{
    return _mm256_maskload_ps(p, t.mask);
}
VINLINE void vf_store(float *p, vf x)
{
    _mm256_storeu_ps(p, x);
}
VINLINE void vf_store_tail(float *p, vf x, vtail t)
{
    _mm256_maskstore_ps(p, t.mask, x);
}
VINLINE vf vf_add(vf a, vf b)
{
    return _mm256_add_ps(a, b);
}
VINLINE vf vf_sub(vf a, vf b)
{
    return _mm256_sub_ps(a, b);
}
VINLINE vf vf_mul(vf a, vf b)
{
    return _mm256_mul_ps(a, b);
}
VINLINE vf vf_div(vf a, vf b)
{
    return _mm256_div_ps(a, b);
}
VINLINE vf vf_sqrt(vf a)
{
    return _mm256_sqrt_ps(a);
}
VINLINE vf vf_fma(vf a, vf b, vf c)
{
    return _mm256_fmadd_ps(a, b, c);
}
VINLINE vf vf_less_product(vf c, vf a, vf b)
{
    return _mm256_fnmadd_ps(a, b, c);
}
VINLINE vf vf_if_below(vf x, vf limit, vf a, vf b)
{
    return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, limit, _CMP_LT_OQ));
}
VINLINE vf vf_inverse(vf x)
{
    return _mm256_div_ps(_mm256_set1_ps(1.0f), x);
}
VINLINE vf vf_max(vf a, vf b)
{
    return _mm256_max_ps(a, b);
}
VINLINE vf vf_min(vf a, vf b)
{
    return _mm256_min_ps(a, b);
}
VINLINE vf vf_if_negative(vf x, vf a, vf b)
{
    return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ));
}
VINLINE vf vf_round(vf x)
{
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
VINLINE vf vf_abs(vf x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}
VINLINE vf vf_copysign(vf x, vf sign)
{
    __m256 m = _mm256_set1_ps(-0.0f);
    return _mm256_or_ps(_mm256_andnot_ps(m, x), _mm256_and_ps(m, sign));
}
VINLINE vf vf_scale_by_power(vf x, vf n)
{
    __m256i bits = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_mul_ps(x,
                         _mm256_castsi256_ps(_mm256_add_epi32(bits, _mm256_set1_epi32(127 << 23))));
}
VINLINE vi vi_bits(vf x)
{
    return _mm256_castps_si256(x);
}
VINLINE vf vf_bits(vi x)
{
    return _mm256_castsi256_ps(x);
}
VINLINE float vf_sum(vf x)
{
    __m128 h = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    h = _mm_add_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_add_ss(h, _mm_movehdup_ps(h)));
}
VINLINE float vf_largest(vf x)
{
    __m128 h = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    h = _mm_max_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_max_ss(h, _mm_movehdup_ps(h)));
}

/* ---- 32-bit integers --------------------------------------------------------------------------- */

VINLINE vi vi_set1(int32_t x)
{
    return _mm256_set1_epi32(x);
}
VINLINE vi vi_load(const int32_t *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}
VINLINE vi vi_load_tail(const int32_t *p, vtail t)
{
    return _mm256_maskload_epi32(p, t.mask);
}
VINLINE void vi_store(int32_t *p, vi x)
{
    _mm256_storeu_si256((__m256i *)p, x);
}
VINLINE void vi_store_tail(int32_t *p, vi x, vtail t)
{
    _mm256_maskstore_epi32(p, t.mask, x);
}
VINLINE vi vi_load_u8(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
}
VINLINE vi vi_load_u8_tail(const uint8_t *p, vtail t)
{
    uint64_t bytes = 0;
    memcpy(&bytes, p, t.n);
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes));
}
VINLINE uint64_t vi_low_bytes(vi x)
{
    const __m256i pick = _mm256_set1_epi32(0x0C080400);
    __m256i bytes = _mm256_shuffle_epi8(x, pick);
    uint32_t low = (uint32_t)_mm256_extract_epi32(bytes, 0);
    uint32_t high = (uint32_t)_mm256_extract_epi32(bytes, 4);
    return low | (uint64_t)high << 32;
}
VINLINE void vi_store_u8(uint8_t *p, vi x)
{
    uint64_t bytes = vi_low_bytes(x);
    memcpy(p, &bytes, sizeof bytes);
}
VINLINE void vi_store_u8_tail(uint8_t *p, vi x, vtail t)
{
    uint64_t bytes = vi_low_bytes(x);
    memcpy(p, &bytes, t.n);
}
VINLINE vi vi_add(vi a, vi b)
{
    return _mm256_add_epi32(a, b);
}
VINLINE vi vi_sub(vi a, vi b)
{
    return _mm256_sub_epi32(a, b);
}
VINLINE vi vi_mul(vi a, vi b)
{
    return _mm256_mullo_epi32(a, b);
}
VINLINE vi vi_xor(vi a, vi b)
{
    return _mm256_xor_si256(a, b);
}
VINLINE vi vi_min(vi a, vi b)
{
    return _mm256_min_epi32(a, b);
}
VINLINE vi vi_max(vi a, vi b)
{
    return _mm256_max_epi32(a, b);
}
VINLINE int32_t vi_largest(vi x)
{
    __m128i h = _mm_max_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0x4E));
    return _mm_cvtsi128_si32(_mm_max_epi32(h, _mm_shuffle_epi32(h, 0xB1)));
}
VINLINE vi vi_shift_left(vi x, vi by)
{
    return _mm256_sllv_epi32(x, by);
}
VINLINE vi vi_shift_right(vi x, vi by)
{
    return _mm256_srav_epi32(x, by);
}
VINLINE vi vi_sign(vi x)
{
    return _mm256_srai_epi32(x, 31);
}
VINLINE vi vi_dot2(vi acc, vi a, vi b)
{
    return _mm256_add_epi32(acc, _mm256_madd_epi16(a, b));
}
VINLINE vi vi_pair(vi low, vi high)
{
    return _mm256_or_si256(low, _mm256_slli_epi32(high, 16));
}
VINLINE vi vi_high_mul(vi a, vi b)
{
    const __m256i half = _mm256_set1_epi64x((int64_t)1 << 30);
    __m256i even = _mm256_add_epi64(_mm256_mul_epi32(a, b), half);
    __m256i odd = _mm256_add_epi64(
        _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
}
VINLINE __m128i vi_scale_real_half(__m128i x, __m256d factor)
{
    const __m256d sign = _mm256_set1_pd(-0.0), most = _mm256_set1_pd(2147483647.0);
    const __m256d half = _mm256_set1_pd(0x1.fffffffffffffp-2);
    __m256d y = _mm256_mul_pd(_mm256_cvtepi32_pd(x), factor);
    y = _mm256_max_pd(_mm256_min_pd(y, most), _mm256_set1_pd(-2147483648.0));
    return _mm256_cvttpd_epi32(_mm256_add_pd(y, _mm256_or_pd(half, _mm256_and_pd(y, sign))));
}
VINLINE vi vi_scale_real(vi x, const void *factors)
{
    __m128i low =
        vi_scale_real_half(_mm256_castsi256_si128(x), _mm256_loadu_pd((const double *)factors));
    __m128i high = vi_scale_real_half(_mm256_extracti128_si256(x, 1),
                                      _mm256_loadu_pd((const double *)factors + 4));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}
VINLINE vi vi_from_float(vf x)
{
    return _mm256_cvttps_epi32(x);
}
VINLINE vi vi_from_float_round(vf x)
{
    return _mm256_cvtps_epi32(x);
}
VINLINE vf vf_from_int(vi x)
{
    return _mm256_cvtepi32_ps(x);
}

#endif
