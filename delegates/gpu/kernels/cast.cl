/*
 * From elements of one type (T) to those of another (-DTO_F32, ...): numbers as they are, floats to
 * quantised values and back.
 */
#if defined(TO_F32)
#define O float
#define PUT(v) out[i] = (v)
#elif defined(TO_F16)
#define O half
#define PUT(v) vstore_half((v), i, out)
#elif defined(TO_I8)
#define O char
#elif defined(TO_U8) || defined(TO_BOOL)
#define O uchar
#elif defined(TO_I16)
#define O short
#elif defined(TO_I32)
#define O int
#elif defined(TO_I64)
#define O long
#endif

#if defined(T_F32) || defined(T_F16)
#define FROM_FLOAT
#endif
#if defined(TO_F32) || defined(TO_F16)
#define TO_FLOAT
#endif

/* Floats are cut, saturate, and NaN becomes the largest. */
#if defined(TO_I8)
#define SATURATED(x) ((x) < 127.0f ? convert_char_sat_rtz(x) : CHAR_MAX)
#elif defined(TO_U8)
#define SATURATED(x) ((x) < 255.0f ? convert_uchar_sat_rtz(x) : UCHAR_MAX)
#elif defined(TO_I16)
#define SATURATED(x) ((x) < 32767.0f ? convert_short_sat_rtz(x) : SHRT_MAX)
#elif defined(TO_I32)
#define SATURATED(x) ((x) < 2147483648.0f ? convert_int_sat_rtz(x) : INT_MAX)
#elif defined(TO_I64)
#define SATURATED(x) ((x) < 9223372036854775808.0f ? convert_long_sat_rtz(x) : LONG_MAX)
#endif

#ifdef CAST
kernel void cast(global const T *in, global O *out, int n)
{
    const int i = get_global_id(0);
    if (i >= n)
        return;
#ifdef T_BOOL
    const int x = in[i] != 0;
#else
    const A x = LOAD(in, i);
#endif
#if defined(TO_BOOL)
    out[i] = x != 0 ? 1 : 0;
#elif defined(TO_FLOAT)
    PUT((float)x);
#elif defined(FROM_FLOAT)
    out[i] = SATURATED(x);
#else
    out[i] = (O)x;
#endif
}
#endif

#ifdef QUANTIZE
/*
 * round(x / scale) + zero, halves away from zero. The quotient is x times the scale's reciprocal, put
 * right by what is left over: the same as a division that rounds correctly, which not every device has.
 */
kernel void quantize(global const T *in, global O *out, int n, float scale, float reciprocal, int zero,
                     int low, int high)
{
    const int i = get_global_id(0);
    if (i >= n)
        return;
    const float x = LOAD(in, i), first = x * reciprocal;
    const float better = fma(fma(-first, scale, x), reciprocal, first);
    const float q = isfinite(better) ? better : first;
    const int rounded = isnan(q) ? 0 : convert_int_sat(clamp(round(q), -1e9f, 1e9f));
    out[i] = (O)clamp(rounded + zero, low, high);
}
#endif

#ifdef DEQUANTIZE
kernel void dequantize(global const T *in, global O *out, int n, float scale, int zero)
{
    const int i = get_global_id(0);
    if (i < n)
        PUT(scale * (float)(LOAD(in, i) - zero));
}
#endif
