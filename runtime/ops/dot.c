/*
 * Sums of products of bytes. What every 64-bit processor of its kind has is used: SSE2 on x86, NEON
 * on Arm; elsewhere it is a plain loop. Offsets are taken out of the sum, which wraps, so that all
 * give the same:  sum of (a + p)(b + q) = sum of a b + p sum of b + q sum of a + count p q.
 */
#include "runtime/ops/dot.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Bytes at a time. */
enum { BLOCK = 16 };

/* What was summed over whole blocks. */
typedef struct dot_sums {
    uint32_t products, a, b;
} dot_sums;

#if defined(__SSE2__)

static uint32_t lanes(__m128i x)
{
    x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4E));
    return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xB1)));
}

/* LOW(x) and HIGH(x): eight of sixteen bytes, as 16 bits each. */
#define LOW_I8(x)  _mm_srai_epi16(_mm_unpacklo_epi8(zero, x), 8)
#define HIGH_I8(x) _mm_srai_epi16(_mm_unpackhi_epi8(zero, x), 8)
#define LOW_U8(x)  _mm_unpacklo_epi8(x, zero)
#define HIGH_U8(x) _mm_unpackhi_epi8(x, zero)

#define DEFINE_BLOCKS(name, type, LOW, HIGH)                                           \
    static dot_sums name(const type *a, const type *b, size_t count)                   \
    {                                                                                  \
        const __m128i zero = _mm_setzero_si128(), one = _mm_set1_epi16(1);             \
        __m128i products = zero, a_sum = zero, b_sum = zero;                           \
        for (size_t i = 0; i < count; i += BLOCK) {                                    \
            const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(a + i)); \
            const __m128i y = _mm_loadu_si128((const __m128i *)(const void *)(b + i)); \
            const __m128i x0 = LOW(x), x1 = HIGH(x), y0 = LOW(y), y1 = HIGH(y);        \
            products = _mm_add_epi32(products, _mm_madd_epi16(x0, y0));                \
            products = _mm_add_epi32(products, _mm_madd_epi16(x1, y1));                \
            a_sum = _mm_add_epi32(a_sum, _mm_madd_epi16(_mm_add_epi16(x0, x1), one));  \
            b_sum = _mm_add_epi32(b_sum, _mm_madd_epi16(_mm_add_epi16(y0, y1), one));  \
        }                                                                              \
        return (dot_sums){lanes(products), lanes(a_sum), lanes(b_sum)};                \
    }
DEFINE_BLOCKS(blocks_i8, int8_t, LOW_I8, HIGH_I8)
DEFINE_BLOCKS(blocks_u8, uint8_t, LOW_U8, HIGH_U8)

#elif defined(__aarch64__)

static dot_sums blocks_i8(const int8_t *a, const int8_t *b, size_t count)
{
    int32x4_t products = vdupq_n_s32(0), a_sum = products, b_sum = products;
    for (size_t i = 0; i < count; i += BLOCK) {
        const int8x16_t x = vld1q_s8(a + i), y = vld1q_s8(b + i);
        products = vpadalq_s16(products, vmull_s8(vget_low_s8(x), vget_low_s8(y)));
        products = vpadalq_s16(products, vmull_s8(vget_high_s8(x), vget_high_s8(y)));
        a_sum = vpadalq_s16(a_sum, vpaddlq_s8(x));
        b_sum = vpadalq_s16(b_sum, vpaddlq_s8(y));
    }
    return (dot_sums){(uint32_t)vaddvq_s32(products), (uint32_t)vaddvq_s32(a_sum),
                      (uint32_t)vaddvq_s32(b_sum)};
}

static dot_sums blocks_u8(const uint8_t *a, const uint8_t *b, size_t count)
{
    uint32x4_t products = vdupq_n_u32(0), a_sum = products, b_sum = products;
    for (size_t i = 0; i < count; i += BLOCK) {
        const uint8x16_t x = vld1q_u8(a + i), y = vld1q_u8(b + i);
        products = vpadalq_u16(products, vmull_u8(vget_low_u8(x), vget_low_u8(y)));
        products = vpadalq_u16(products, vmull_u8(vget_high_u8(x), vget_high_u8(y)));
        a_sum = vpadalq_u16(a_sum, vpaddlq_u8(x));
        b_sum = vpadalq_u16(b_sum, vpaddlq_u8(y));
    }
    return (dot_sums){vaddvq_u32(products), vaddvq_u32(a_sum), vaddvq_u32(b_sum)};
}

#else

#define DEFINE_BLOCKS(name, type)                                    \
    static dot_sums name(const type *a, const type *b, size_t count) \
    {                                                                \
        dot_sums s = {0, 0, 0};                                      \
        for (size_t i = 0; i < count; i++) {                         \
            s.products += (uint32_t)(a[i] * b[i]);                   \
            s.a += (uint32_t)a[i];                                   \
            s.b += (uint32_t)b[i];                                   \
        }                                                            \
        return s;                                                    \
    }
DEFINE_BLOCKS(blocks_i8, int8_t)
DEFINE_BLOCKS(blocks_u8, uint8_t)

#endif

#define DEFINE_DOT(name, type, blocks)                                                             \
    int32_t name(int32_t sum, const type *a, int32_t a_offset, const type *b, int32_t b_offset,    \
                 size_t count)                                                                     \
    {                                                                                              \
        const size_t whole = count - count % BLOCK;                                                \
        const dot_sums s = blocks(a, b, whole);                                                    \
        const uint32_t p = (uint32_t)a_offset, q = (uint32_t)b_offset;                             \
        uint32_t total = (uint32_t)sum + s.products + p * s.b + q * s.a + (uint32_t)whole * p * q; \
        for (size_t i = whole; i < count; i++)                                                     \
            total += ((uint32_t)a[i] + p) * ((uint32_t)b[i] + q);                                  \
        return (int32_t)total;                                                                     \
    }
DEFINE_DOT(tb_dot_i8, int8_t, blocks_i8)
DEFINE_DOT(tb_dot_u8, uint8_t, blocks_u8)
