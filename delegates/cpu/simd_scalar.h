/* The vocabulary of simd_avx512.h for plain C: vectors of one lane. The kernels made from it are
   what opcheck holds the others to. */
#ifndef TB_CPU_SIMD_SCALAR_H
#define TB_CPU_SIMD_SCALAR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "runtime/quant.h"

#define VL 1

typedef float vf;
typedef int32_t vi;
typedef size_t vtail;

#define VINLINE static inline __attribute__((always_inline))

VINLINE vtail v_tail(size_t n)
{
    return n;
}

/* ---- floats ----------------------------------------------------------------------------------- */

VINLINE vf vf_set1(float x)
{
    return x;
}
VINLINE vf vf_load(const float *p)
{
    return *p;
}
VINLINE void vf_load_pairs(const float *p, vf *even, vf *odd)
{
    *even = p[0];
    *odd = p[1];
}
VINLINE vf vf_load_tail(const float *p, vtail t)
{
    return t ? *p : 0.0f;
}
VINLINE void vf_store(float *p, vf x)
{
    *p = x;
}
VINLINE void vf_store_tail(float *p, vf x, vtail t)
{
    if (t)
        *p = x;
}
VINLINE vf vf_add(vf a, vf b)
{
    return a + b;
}
VINLINE vf vf_sub(vf a, vf b)
{
    return a - b;
}
VINLINE vf vf_mul(vf a, vf b)
{
    return a * b;
}
VINLINE vf vf_div(vf a, vf b)
{
    return a / b;
}
VINLINE vf vf_sqrt(vf a)
{
    return sqrtf(a);
}
VINLINE vf vf_fma(vf a, vf b, vf c)
{
    return a * b + c;
}
VINLINE vf vf_less_product(vf c, vf a, vf b)
{
    return (float)((double)c - (double)a * (double)b);
}
VINLINE vf vf_if_below(vf x, vf limit, vf a, vf b)
{
    return x < limit ? a : b;
}
VINLINE vf vf_inverse(vf x)
{
    return 1.0f / x;
}
VINLINE vf vf_max(vf a, vf b)
{
    return a > b ? a : b;
}
VINLINE vf vf_min(vf a, vf b)
{
    return a < b ? a : b;
}
VINLINE vf vf_if_negative(vf x, vf a, vf b)
{
    return x < 0.0f ? a : b;
}
VINLINE vf vf_round(vf x)
{
    return rintf(x);
}
VINLINE vf vf_abs(vf x)
{
    return fabsf(x);
}
VINLINE vf vf_copysign(vf x, vf sign)
{
    return copysignf(x, sign);
}
VINLINE vf vf_scale_by_power(vf x, vf n)
{
    union {
        uint32_t u;
        float f;
    } power = {.u = (uint32_t)((int32_t)n + 127) << 23};
    return x * power.f;
}
VINLINE vi vi_bits(vf x)
{
    vi bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
VINLINE vf vf_bits(vi x)
{
    vf value;
    memcpy(&value, &x, sizeof value);
    return value;
}
VINLINE float vf_sum(vf x)
{
    return x;
}
VINLINE float vf_largest(vf x)
{
    return x;
}

/* ---- 32-bit integers --------------------------------------------------------------------------- */

VINLINE vi vi_set1(int32_t x)
{
    return x;
}
VINLINE vi vi_load(const int32_t *p)
{
    return *p;
}
VINLINE vi vi_load_tail(const int32_t *p, vtail t)
{
    return t ? *p : 0;
}
VINLINE void vi_store(int32_t *p, vi x)
{
    *p = x;
}
VINLINE void vi_store_tail(int32_t *p, vi x, vtail t)
{
    if (t)
        *p = x;
}
VINLINE vi vi_load_u8(const uint8_t *p)
{
    return *p;
}
VINLINE vi vi_load_u8_tail(const uint8_t *p, vtail t)
{
    return t ? *p : 0;
}
VINLINE void vi_store_u8(uint8_t *p, vi x)
{
    *p = (uint8_t)((uint32_t)x & 0xFF);
}
VINLINE void vi_store_u8_tail(uint8_t *p, vi x, vtail t)
{
    if (t)
        vi_store_u8(p, x);
}
VINLINE vi vi_add(vi a, vi b)
{
    return tb_wrap_add(a, b);
}
VINLINE vi vi_sub(vi a, vi b)
{
    return tb_wrap_sub(a, b);
}
VINLINE vi vi_mul(vi a, vi b)
{
    return tb_wrap_mul(a, b);
}
VINLINE vi vi_xor(vi a, vi b)
{
    return a ^ b;
}
VINLINE vi vi_min(vi a, vi b)
{
    return a < b ? a : b;
}
VINLINE vi vi_max(vi a, vi b)
{
    return a > b ? a : b;
}
VINLINE int32_t vi_largest(vi x)
{
    return x;
}
VINLINE vi vi_shift_left(vi x, vi by)
{
    return by < 0 || by > 31 ? 0 : (int32_t)((uint32_t)x << by);
}
VINLINE vi vi_shift_right(vi x, vi by)
{
    return x >> by;
}
VINLINE vi vi_sign(vi x)
{
    return x < 0 ? -1 : 0;
}
VINLINE vi vi_dot2(vi acc, vi a, vi b)
{
    int32_t low = (int16_t)(a & 0xFFFF) * (int16_t)(b & 0xFFFF);
    int32_t high = (int16_t)(a >> 16) * (int16_t)(b >> 16);
    return tb_wrap_add(acc, tb_wrap_add(low, high));
}
VINLINE vi vi_pair(vi low, vi high)
{
    return (int32_t)((uint32_t)low | (uint32_t)high << 16);
}
VINLINE vi vi_high_mul(vi a, vi b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}
VINLINE vi vi_scale_real(vi x, const void *factors)
{
    double factor;
    memcpy(&factor, factors, sizeof factor);
    const double y = round((double)x * factor);
    if (y >= 2147483647.0)
        return INT32_MAX;
    return y <= -2147483648.0 ? INT32_MIN : (int32_t)y;
}
VINLINE vi vi_from_float(vf x)
{
    return (int32_t)x;
}
VINLINE vi vi_from_float_round(vf x)
{
    return (int32_t)rintf(x);
}
VINLINE vf vf_from_int(vi x)
{
    return (float)x;
}

#endif
