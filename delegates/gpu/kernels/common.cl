/*
 * In front of every kernel: how elements are stored. A program is built for one storage type,
 * -DT_F32, -DT_F16, -DT_I8, ...; T is that type in memory, A what one element is computed in, A4 four
 * of them. Halves are read and written by vload_half and vstore_half, which every device has.
 */
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

#if defined(T_F32)
#define T float
#define A float
#define LOAD(p, i) ((p)[i])
#define STORE(v, p, i) ((p)[i] = (v))
#define LOAD4(p, i) vload4(0, (p) + (i))
#define STORE4(v, p, i) vstore4((v), 0, (p) + (i))
#elif defined(T_F16)
#define T half
#define A float
#define LOAD(p, i) vload_half((i), (p))
#define STORE(v, p, i) vstore_half((v), (i), (p))
#define LOAD4(p, i) vload_half4(0, (p) + (i))
#define STORE4(v, p, i) vstore_half4((v), 0, (p) + (i))
#else
#if defined(T_I8)
#define T char
#elif defined(T_U8) || defined(T_BOOL)
#define T uchar
#elif defined(T_I16)
#define T short
#elif defined(T_I32)
#define T int
#elif defined(T_I64)
#define T long
#endif
#if defined(T_I64)
#define A long
#else
#define A int
#endif
#define LOAD(p, i) ((A)(p)[i])
#define STORE(v, p, i) ((p)[i] = (T)(v))
#define LOAD4(p, i) CAT(convert_, CAT(A, 4))(vload4(0, (p) + (i)))
#define STORE4(v, p, i) vstore4(CAT(convert_, CAT(T, 4))(v), 0, (p) + (i))
#endif

/* The first `n` (1 to 4) of four elements; the others are 0. */
#if defined(T_F32) || defined(T_F16)
#define A4 float4
#elif defined(T_I64)
#define A4 long4
#else
#define A4 int4
#endif

A4 load_part(global const T *p, int i, int n)
{
    if (n >= 4)
        return LOAD4(p, i);
    A4 v = (A4)(0);
    v.x = LOAD(p, i);
    if (n > 1)
        v.y = LOAD(p, i + 1);
    if (n > 2)
        v.z = LOAD(p, i + 2);
    return v;
}

/* What output channels o to o + 3 of `out_c` read of a pixel whose channels begin at i, where every input
   channel makes `multiplier` output channels. */
A4 load_spread(global const T *p, int i, int o, int out_c, int multiplier)
{
    if (multiplier == 1)
        return load_part(p, i + o, min(4, out_c - o));
    A4 v;
    v.x = LOAD(p, i + o / multiplier);
    v.y = LOAD(p, i + min(o + 1, out_c - 1) / multiplier);
    v.z = LOAD(p, i + min(o + 2, out_c - 1) / multiplier);
    v.w = LOAD(p, i + min(o + 3, out_c - 1) / multiplier);
    return v;
}

void store_part(A4 v, global T *p, int i, int n)
{
    if (n >= 4) {
        STORE4(v, p, i);
        return;
    }
    STORE(v.x, p, i);
    if (n > 1)
        STORE(v.y, p, i + 1);
    if (n > 2)
        STORE(v.z, p, i + 2);
}

/* ---- integers of fixed point, bit for bit as runtime/quant.h ----------------------------------------- */

/* round(a * b / 2^31), halves away from zero. */
int high_mul(int a, int b)
{
    if (a == b && a == INT_MIN)
        return INT_MAX;
    const long product = (long)a * b;
    const long nudge = product >= 0 ? 1L << 30 : 1 - (1L << 30);
    return (int)((product + nudge) / (1L << 31));
}

/* x / 2^exponent, halves away from zero; exponent in [0, 31]. */
int rounding_shift(int x, int exponent)
{
    const int mask = (int)((1L << exponent) - 1);
    const int remainder = x & mask, threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* x * mantissa * 2^(shift - 31), rounded twice. */
int multiply_scale(int x, int2 scale)
{
    const int left = max(scale.y, 0), right = max(-scale.y, 0);
    return rounding_shift(high_mul((int)((uint)x << left), scale.x), right);
}

/* round(sum * factor) as with doubles, for devices that have none: factor is m * 2^e with m in [2^52,
   2^53) or 0. The product is rounded to 53 bits, to even, then to an integer, halves away from zero. */
int multiply_real(int sum, ulong m, int e)
{
    if (sum == 0 || m == 0)
        return 0;
    const ulong a = sum < 0 ? (ulong)-(long)sum : (ulong)sum;
    const ulong low = a * m, high = mul_hi(a, m);
    const int bits = high ? 128 - (int)clz(high) : 64 - (int)clz(low);
    const int cut = bits - 53; /* at least 0: m has 53 bits */
    ulong q = low;
    if (cut > 0) {
        q = (low >> cut) | (high ? high << (64 - cut) : 0);
        const ulong rest = low & ((1UL << cut) - 1), half_way = 1UL << (cut - 1);
        q += rest > half_way || (rest == half_way && (q & 1)) ? 1 : 0;
    }
    const int right = -(e + cut);
    if (right <= 0 || right > 60)
        return right > 60 ? 0 : sum < 0 ? INT_MIN : INT_MAX;
    const ulong rounded = (q + (1UL << (right - 1))) >> right;
    if (sum < 0)
        return rounded >= 2147483648UL ? INT_MIN : -(int)rounded;
    return rounded >= 2147483647UL ? INT_MAX : (int)rounded;
}

/* ---- eight dimensions -------------------------------------------------------------------------------- */

/* Extents e0 to e7, outermost first, as arguments; strides along them; */
#define EXTENTS int e0, int e1, int e2, int e3, int e4, int e5, int e6, int e7
#define STRIDES(s) int s##0, int s##1, int s##2, int s##3, int s##4, int s##5, int s##6, int s##7
/* the indices i0 to i7 of this work item, which leaves where there is nothing for it; */
#define WALK                                                                      \
    const int i7 = get_global_id(0), i6 = get_global_id(1);                       \
    int rest_ = get_global_id(2);                                                 \
    if (i7 >= e7 || i6 >= e6 || rest_ >= e0 * e1 * e2 * e3 * e4 * e5)             \
        return;                                                                   \
    const int i5 = rest_ % e5;                                                    \
    rest_ /= e5;                                                                  \
    const int i4 = rest_ % e4;                                                    \
    rest_ /= e4;                                                                  \
    const int i3 = rest_ % e3;                                                    \
    rest_ /= e3;                                                                  \
    const int i2 = rest_ % e2;                                                    \
    rest_ /= e2;                                                                  \
    const int i1 = rest_ % e1, i0 = rest_ / e1
/* and where these lie, by strides or densely. */
#define AT(s) \
    (i0 * s##0 + i1 * s##1 + i2 * s##2 + i3 * s##3 + i4 * s##4 + i5 * s##5 + i6 * s##6 + i7 * s##7)
#define DENSE (((int)get_global_id(2) * e6 + i6) * e7 + i7)
