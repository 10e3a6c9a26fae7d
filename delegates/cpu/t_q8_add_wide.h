/*
 * Template: quantised sums and differences as t_rows.h has them, 64 at a time with the wide
 * rescaling of simd_avx512.h. Inputs are multiplied in 32 bits: with v the input less its zero
 * point and m = 2^11 h + l its multiplier,
 *     tb_high_mul(v << 20, m) = (v m + 2^10) >> 11 = v h + ((v l + 2^10) >> 11).
 */
#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

typedef struct add_input {
    vi flip, zero;
    vi high, low, half, right;
    int doubled; /* the multiplier is 1/2: v << 19 is all of it */
} add_input;

VINLINE add_input add_input_of(uint32_t flip, int32_t zero, tb_q8_scale scale)
{
    const int right = -scale.shift;
    return (add_input){.flip = vi_set1_u8((int32_t)flip),
                       .zero = vi_set1(zero),
                       .high = vi_set1(scale.mantissa >> 11),
                       .low = vi_set1(scale.mantissa & 0x7FF),
                       .half = vi_set1(right > 0 ? (int32_t)(1u << (right - 1)) : 0),
                       .right = vi_set1(right),
                       .doubled = scale.mantissa == 1 << 30 && right == 0};
}

VINLINE vi add_scaled(const add_input *in, vi v)
{
    v = vi_sub(v, in->zero);
    if (in->doubled)
        return _mm512_slli_epi32(v, 19);
    vi low = _mm512_srai_epi32(vi_add(vi_mul(v, in->low), vi_set1(1 << 10)), 11);
    vi x = vi_add(vi_mul(v, in->high), low);
    /* no right shift comes with a multiplier of 1/2 alone, so that there is one to nudge for */
    return vi_shift_right(vi_add(vi_add(x, in->half), vi_sign(v)), in->right);
}

/* 64 bytes as four vectors, in the order that vi_pack_u8 puts together again. */
VINLINE void add_widen(vi bytes, vi out[4])
{
    const vi none = vi_set1(0);
    vi low = _mm512_unpacklo_epi8(bytes, none), high = _mm512_unpackhi_epi8(bytes, none);
    out[0] = _mm512_unpacklo_epi16(low, none);
    out[1] = _mm512_unpackhi_epi16(low, none);
    out[2] = _mm512_unpacklo_epi16(high, none);
    out[3] = _mm512_unpackhi_epi16(high, none);
}

VINLINE int add_takes(tb_q8_scale s)
{
    return (s.shift < 0 && s.shift > -31) || (s.shift == 0 && s.mantissa == 1 << 30);
}

void TB_FN(q8_add_wide)(const tb_q8_binary *q, size_t n, const uint8_t *a, size_t a_step,
                        const uint8_t *b, size_t b_step, uint8_t *out)
{
    if (!add_takes(q->a) || !add_takes(q->b) || q->out.shift > -1 || q->out.shift < -20) {
        TB_FN(q8_add)(q, n, a, a_step, b, b_step, out);
        return;
    }
    const add_input ia = add_input_of(q->flip_a, q->zero_a, q->a);
    const add_input ib = add_input_of(q->flip_b, q->zero_b, q->b);
    const vi sign_b = vi_set1(q->sign_b >> 1); /* 0 or -1 */
    const int32_t high = q->min < 0 ? 128 : 0;
    const vi min = vi_set1_u8(q->min + high), max = vi_set1_u8(q->max + high);
    const vi flip = vi_set1_u8(high);
    const int right = -q->out.shift, nudge = q->min < q->zero_out;
    const vi multiplier = vi_set1(q->out.mantissa);
    const vi addend = _mm512_set1_epi64(((int64_t)1 << 30) + ((int64_t)1 << (30 + right)) +
                                        (q->zero_out + high) * ((int64_t)1 << (31 + right)));
    const vi even_shift = _mm512_set1_epi64(right + 31), odd_shift = _mm512_set1_epi64(right - 1);
    const vi one_a = vi_set1_u8(*a), one_b = vi_set1_u8(*b);
    for (size_t i = 0; i < n; i += 64) {
        const __mmask64 mask = n - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (n - i)) - 1;
        vi x[4], y[4];
        add_widen(vi_xor(a_step ? _mm512_maskz_loadu_epi8(mask, a + i) : one_a, ia.flip), x);
        add_widen(vi_xor(b_step ? _mm512_maskz_loadu_epi8(mask, b + i) : one_b, ib.flip), y);
        TB_UNROLL
        for (int k = 0; k < 4; k++) {
            vi second = vi_sub(vi_xor(add_scaled(&ib, y[k]), sign_b), sign_b);
            x[k] = vi_wide(vi_add(add_scaled(&ia, x[k]), second), multiplier, multiplier, addend,
                           addend, even_shift, odd_shift, nudge);
        }
        vi bytes = vi_clamp_u8(vi_pack_u8(x[0], x[1], x[2], x[3]), min, max, flip);
        if (n - i >= 64)
            _mm512_storeu_si512(out + i, bytes);
        else
            _mm512_mask_storeu_epi8(out + i, mask, bytes);
    }
}
