/* Template: requantisation of a vector of 32-bit sums, bit for bit tb_multiply. */
#ifndef TB_CPU_T_Q8_H
#define TB_CPU_T_Q8_H

/* Every channel: no left shift, right shift at least 1. `half` is 2^(right - 1). */
VINLINE vi q8_scale_plain(vi sum, vi multiplier, vi right, vi half)
{
    vi x = vi_high_mul(sum, multiplier);
    return vi_shift_right(vi_add(vi_add(x, half), vi_sign(x)), right);
}

/* 2^(right - 1), and 0 for right = 0: a shift of 1 by -1 leaves nothing */
VINLINE vi q8_half(vi right)
{
    return vi_shift_left(vi_set1(1), vi_sub(right, vi_set1(1)));
}

/* Any shifts. */
VINLINE vi q8_scale_any(vi sum, vi multiplier, vi right, vi left)
{
    vi x = vi_high_mul(vi_shift_left(sum, left), multiplier);
    /* -1 for a negative x where a right shift follows: sign & (right ? -1 : 0) as a product */
    vi nudge = vi_mul(vi_sign(x), vi_min(right, vi_set1(1)));
    return vi_shift_right(vi_add(vi_add(x, q8_half(right)), nudge), right);
}

VINLINE vi q8_clamp(vi x, vi min, vi max)
{
    return vi_min(max, vi_max(min, x));
}

#endif
