/* Template: many values to one. The order of sums is that of the vectors, the same for any cut into
   calls that begin where this one does. */
#include <float.h>
#include <stddef.h>

#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"

/* Lane sums of four vectors at a time, then of one; what is left is added one by one. */
float TB_FN(f32_sum)(size_t n, const float *in)
{
    vf s0 = vf_set1(0.0f), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * VL <= n; i += 4 * VL) {
        s0 = vf_add(s0, vf_load(in + i));
        s1 = vf_add(s1, vf_load(in + i + VL));
        s2 = vf_add(s2, vf_load(in + i + 2 * VL));
        s3 = vf_add(s3, vf_load(in + i + 3 * VL));
    }
    for (; i + VL <= n; i += VL)
        s0 = vf_add(s0, vf_load(in + i));
    float sum = vf_sum(vf_add(vf_add(s0, s1), vf_add(s2, s3)));
    for (; i < n; i++)
        sum += in[i];
    return sum;
}

float TB_FN(f32_largest)(size_t n, const float *in)
{
    vf most = vf_set1(-FLT_MAX);
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        most = vf_max(vf_load(in + i), most);
    float max = vf_largest(most);
    for (; i < n; i++)
        max = in[i] > max ? in[i] : max;
    return max;
}

float TB_FN(f32_smallest)(size_t n, const float *in)
{
    const vf none = vf_set1(0.0f);
    vf most = vf_set1(-FLT_MAX); /* of the values negated */
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        most = vf_max(vf_sub(none, vf_load(in + i)), most);
    float min = -vf_largest(most);
    for (; i < n; i++)
        min = in[i] < min ? in[i] : min;
    return min;
}

/* acc[i] += in[i] after the flip */
void TB_FN(q8_accumulate)(size_t n, const uint8_t *in, uint32_t flip, int32_t *acc)
{
    const vi offset = vi_set1((int32_t)flip);
    const vtail tail = v_tail(n % VL);
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        vi_store(acc + i, vi_add(vi_load(acc + i), vi_xor(vi_load_u8(in + i), offset)));
    if (i < n)
        vi_store_tail(
            acc + i,
            vi_add(vi_load_tail(acc + i, tail), vi_xor(vi_load_u8_tail(in + i, tail), offset)),
            tail);
}

/* A byte above what is left of the row behind it: the largest of these is the first of the largest
   bytes. */
void TB_FN(q8_arg_max)(size_t rows, size_t length, const uint8_t *in, uint32_t flip,
                       int32_t *indices)
{
    const vi mask = vi_set1((int32_t)flip), shift = vi_set1(23), step = vi_set1(VL);
    const size_t whole = length - length % VL;
    int32_t left[VL];
    for (int lane = 0; lane < VL; lane++)
        left[lane] = TB_Q8_ARG_MOST - 1 - lane;
    const vi first = vi_load(left);
    for (size_t row = 0; row < rows; row++, in += length) {
        vi best = vi_set1(0), behind = first;
        for (size_t i = 0; i < whole; i += VL) {
            vi x = vi_shift_left(vi_xor(vi_load_u8(in + i), mask), shift);
            best = vi_max(best, vi_add(x, behind));
            behind = vi_sub(behind, step);
        }
        if (whole > 0 && whole < length) { /* the row's last VL bytes, of which some were seen */
            const size_t i = length - VL;
            vi x = vi_shift_left(vi_xor(vi_load_u8(in + i), mask), shift);
            best = vi_max(best, vi_add(x, vi_sub(first, vi_set1((int32_t)i))));
        }
        int32_t key = vi_largest(best);
        for (size_t i = 0; i < length && length < VL; i++) {
            const uint32_t x = (in[i] ^ flip) & 0xFF;
            const int32_t k = (int32_t)(x << 23) + TB_Q8_ARG_MOST - 1 - (int32_t)i;
            key = k > key ? k : key;
        }
        indices[row] = TB_Q8_ARG_MOST - 1 - (key & (TB_Q8_ARG_MOST - 1));
    }
}
