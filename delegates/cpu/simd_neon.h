/* The vocabulary of simd_avx512.h for NEON on 64-bit Arm. */
#ifndef TB_CPU_SIMD_NEON_H
#define TB_CPU_SIMD_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VL 4

typedef float32x4_t vf;
typedef int32x4_t vi;
typedef size_t vtail;

#define VINLINE static inline __attribute__((always_inline))

VINLINE vtail v_tail(size_t n)
{
    return n;
}

/* ---- floats ----------------------------------------------------------------------------------- */

VINLINE vf vf_set1(float x)
{
    return vdupq_n_f32(x);
}
VINLINE vf vf_load(const float *p)
{
    return vld1q_f32(p);
}
VINLINE void vf_load_pairs(const float *p, vf *even, vf *odd)
{
    const float32x4x2_t pairs = vld2q_f32(p);
    *even = pairs.val[0];
    *odd = pairs.val[1];
}
VINLINE vf vf_load_tail(const float *p, vtail t)
{
    float lanes[VL] = {0};
    memcpy(lanes, p, t * sizeof *p);
    return vld1q_f32(lanes);
}
VINLINE void vf_store(float *p, vf x)
{
    vst1q_f32(p, x);
}
VINLINE void vf_store_tail(float *p, vf x, vtail t)
{
    float lanes[VL];
    vst1q_f32(lanes, x);
    memcpy(p, lanes, t * sizeof *p);
}
VINLINE vf vf_add(vf a, vf b)
{
    return vaddq_f32(a, b);
}
VINLINE vf vf_sub(vf a, vf b)
{
    return vsubq_f32(a, b);
}
VINLINE vf vf_mul(vf a, vf b)
{
    return vmulq_f32(a, b);
}
VINLINE vf vf_div(vf a, vf b)
{
    return vdivq_f32(a, b);
}
VINLINE vf vf_sqrt(vf a)
{
    return vsqrtq_f32(a);
}
VINLINE vf vf_fma(vf a, vf b, vf c)
{
    return vfmaq_f32(c, a, b);
}
/* b where either is NaN */
VINLINE vf vf_less_product(vf c, vf a, vf b)
{
    return vfmsq_f32(c, a, b);
}
VINLINE vf vf_if_below(vf x, vf limit, vf a, vf b)
{
    return vbslq_f32(vcltq_f32(x, limit), a, b);
}
VINLINE vf vf_inverse(vf x)
{
    return vdivq_f32(vdupq_n_f32(1.0f), x);
}
VINLINE vf vf_max(vf a, vf b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}
VINLINE vf vf_min(vf a, vf b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
}
VINLINE vf vf_if_negative(vf x, vf a, vf b)
{
    return vbslq_f32(vcltzq_f32(x), a, b);
}
VINLINE vf vf_round(vf x)
{
    return vrndnq_f32(x);
}
VINLINE vf vf_abs(vf x)
{
    return vabsq_f32(x);
}
VINLINE vf vf_copysign(vf x, vf sign)
{
    return vbslq_f32(vdupq_n_u32(0x80000000u), sign, x);
}
VINLINE vf vf_scale_by_power(vf x, vf n)
{
    int32x4_t bits = vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23);
    return vmulq_f32(x, vreinterpretq_f32_s32(bits));
}
VINLINE vi vi_bits(vf x)
{
    return vreinterpretq_s32_f32(x);
}
VINLINE vf vf_bits(vi x)
{
    return vreinterpretq_f32_s32(x);
}
VINLINE float vf_sum(vf x)
{
    return vaddvq_f32(x);
}
VINLINE float vf_largest(vf x)
{
    return vmaxvq_f32(x);
}

/* ---- 32-bit integers --------------------------------------------------------------------------- */

VINLINE vi vi_set1(int32_t x)
{
    return vdupq_n_s32(x);
}
VINLINE vi vi_load(const int32_t *p)
{
    return vld1q_s32(p);
}
VINLINE vi vi_load_tail(const int32_t *p, vtail t)
{
    int32_t lanes[VL] = {0};
    memcpy(lanes, p, t * sizeof *p);
    return vld1q_s32(lanes);
}
VINLINE void vi_store(int32_t *p, vi x)
{
    vst1q_s32(p, x);
}
VINLINE void vi_store_tail(int32_t *p, vi x, vtail t)
{
    int32_t lanes[VL];
    vst1q_s32(lanes, x);
    memcpy(p, lanes, t * sizeof *p);
}
VINLINE vi vi_load_u8_tail(const uint8_t *p, vtail t)
{
    uint32_t bytes = 0;
    memcpy(&bytes, p, t);
    uint16x8_t wide = vmovl_u8(vcreate_u8(bytes));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(wide)));
}
VINLINE vi vi_load_u8(const uint8_t *p)
{
    return vi_load_u8_tail(p, VL);
}
VINLINE void vi_store_u8_tail(uint8_t *p, vi x, vtail t)
{
    uint16x4_t narrow = vmovn_u32(vreinterpretq_u32_s32(x));
    uint32_t bytes = vget_lane_u32(vreinterpret_u32_u8(vmovn_u16(vcombine_u16(narrow, narrow))), 0);
    memcpy(p, &bytes, t);
}
VINLINE void vi_store_u8(uint8_t *p, vi x)
{
    vi_store_u8_tail(p, x, VL);
}
VINLINE vi vi_add(vi a, vi b)
{
    return vaddq_s32(a, b);
}
VINLINE vi vi_sub(vi a, vi b)
{
    return vsubq_s32(a, b);
}
VINLINE vi vi_mul(vi a, vi b)
{
    return vmulq_s32(a, b);
}
VINLINE vi vi_xor(vi a, vi b)
{
    return veorq_s32(a, b);
}
VINLINE vi vi_min(vi a, vi b)
{
    return vminq_s32(a, b);
}
VINLINE vi vi_max(vi a, vi b)
{
    return vmaxq_s32(a, b);
}
VINLINE int32_t vi_largest(vi x)
{
    return vmaxvq_s32(x);
}
VINLINE vi vi_shift_left(vi x, vi by)
{
    return vshlq_s32(x, by);
}
VINLINE vi vi_shift_right(vi x, vi by)
{
    return vshlq_s32(x, vnegq_s32(by));
}
VINLINE vi vi_sign(vi x)
{
    return vshrq_n_s32(x, 31);
}
VINLINE vi vi_dot2(vi acc, vi a, vi b)
{
    int16x8_t x = vreinterpretq_s16_s32(a), y = vreinterpretq_s16_s32(b);
    int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y));
    return vaddq_s32(acc, vpaddq_s32(low, vmull_high_s16(x, y)));
}
VINLINE vi vi_pair(vi low, vi high)
{
    return vsliq_n_s32(low, high, 16);
}
VINLINE vi vi_high_mul(vi a, vi b)
{
    return vqrdmulhq_s32(a, b);
}
VINLINE int32x2_t vi_scale_real_half(int32x2_t x, float64x2_t factor)
{
    const uint64x2_t sign = vdupq_n_u64((uint64_t)1 << 63);
    const float64x2_t half = vdupq_n_f64(0x1.fffffffffffffp-2); /* the largest below 1/2 */
    float64x2_t y = vmulq_f64(vcvtq_f64_s64(vmovl_s32(x)), factor);
    y = vmaxq_f64(vminq_f64(y, vdupq_n_f64(2147483647.0)), vdupq_n_f64(-2147483648.0));
    return vmovn_s64(vcvtq_s64_f64(vaddq_f64(y, vbslq_f64(sign, y, half))));
}
VINLINE vi vi_scale_real(vi x, const void *factors)
{
    return vcombine_s32(
        vi_scale_real_half(vget_low_s32(x), vld1q_f64((const double *)factors)),
        vi_scale_real_half(vget_high_s32(x), vld1q_f64((const double *)factors + 2)));
}
VINLINE vi vi_from_float(vf x)
{
    return vcvtq_s32_f32(x);
}
VINLINE vi vi_from_float_round(vf x)
{
    return vcvtnq_s32_f32(x);
}
VINLINE vf vf_from_int(vi x)
{
    return vcvtq_f32_s32(x);
}

#endif
