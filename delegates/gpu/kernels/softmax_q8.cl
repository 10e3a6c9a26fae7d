/*
 * Softmax of 8-bit values along the last dimension, exact: a work item a row. `tables` has, by the
 * difference to the row's maximum, 256 exponentials, then what each adds to the sum, a number with 12
 * bits before its point.
 */

/* 1 / (1 + a) of numbers in Q0, by Newton's method, as runtime/fixed_point.h. */
int shift_left_saturating(int x, int by)
{
    const int most = (int)((1L << (31 - by)) - 1);
    return x > most ? INT_MAX : x < -most ? INT_MIN : x << by;
}

int one_over_one_plus(int a)
{
    const long sum = (long)a + INT_MAX;
    const int half_denominator = (int)((sum + (sum >= 0 ? 1 : -1)) / 2);
    int x = (int)((uint)1515870810 + (uint)high_mul(half_denominator, -1010580540));
    for (int i = 0; i < 3; i++) {
        const int rest = (int)((1u << 29) - (uint)high_mul(half_denominator, x));
        x = (int)((uint)x + (uint)shift_left_saturating(high_mul(x, rest), 2));
    }
    return shift_left_saturating(x, 1);
}

kernel void softmax(global const T *in, global const int *tables, global T *out, int rows, int depth,
                    int out_min)
{
    const int row = get_global_id(0);
    if (row >= rows)
        return;
    const int at = row * depth;
    int most = -128;
    for (int i = 0; i < depth; i++)
        most = max(most, LOAD(in, at + i));
    uint sum = 0;
    for (int i = 0; i < depth; i++)
        sum += (uint)tables[256 + most - LOAD(in, at + i)];
    const int headroom = (int)clz(sum);
    const int scale = one_over_one_plus((int)((headroom < 32 ? sum << headroom : 0) - (1u << 31)));
    const int exponent = clamp(12 - headroom + 31 - 8, 0, 31);
    for (int i = 0; i < depth; i++) {
        const int e = tables[most - LOAD(in, at + i)];
        const int value = rounding_shift(high_mul(scale, e), exponent);
        STORE(clamp(value + out_min, out_min, out_min + 255), out, at + i);
    }
}
