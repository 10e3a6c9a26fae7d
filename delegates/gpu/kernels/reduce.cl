/*
 * Over some dimensions of the input: a work item makes one element of the output. Those that stay are
 * walked as EXTENTS, STRIDES(a); those that go have the extents r0 to r3 and strides s0 to s3.
 * -DOP=SUM says what, `count` is how many elements go into one.
 */
#define STEP_SUM(sum, x) ((sum) + (x))
#define STEP_MEAN STEP_SUM
#define STEP_PROD(sum, x) ((sum) * (x))
#define STEP_MAX(sum, x) ((x) > (sum) ? (x) : (sum))
#define STEP_MIN(sum, x) ((x) < (sum) ? (x) : (sum))
#define STEP_ANY(sum, x) ((sum) || (x))
#define STEP_ALL(sum, x) ((sum) && (x))
#define FINISH_SUM(sum) (sum)
#define FINISH_MEAN(sum) ((sum) / count)
#define FINISH_PROD(sum) (sum)
#define FINISH_MAX(sum) (sum)
#define FINISH_MIN(sum) (sum)
#define FINISH_ANY(sum) (sum)
#define FINISH_ALL(sum) (sum)

/* What sums begin with; -DFIRST: with the first element. */
#define BEGIN_SUM 0
#define BEGIN_MEAN 0
#define BEGIN_PROD 1
#define BEGIN_ANY 0
#define BEGIN_ALL 1
#if defined(T_F32) || defined(T_F16)
#define BEGIN_MAX -FLT_MAX
#define BEGIN_MIN FLT_MAX
#elif defined(T_I64)
#define BEGIN_MAX LONG_MIN
#define BEGIN_MIN LONG_MAX
#else
#define BEGIN_MAX INT_MIN
#define BEGIN_MIN INT_MAX
#endif

#if defined(Q8)
#define MORE , int zero_in, int zero_out, int low, int high, int2 scale, float ratio, float bias
#else
#define MORE
#endif

kernel void reduce(global const T *in, global T *out, EXTENTS, STRIDES(a), int r0, int r1, int r2,
                   int r3, int s0, int s1, int s2, int s3, int count MORE)
{
    WALK;
    in += AT(a);
#ifdef FIRST
    A sum = LOAD(in, 0);
#else
    A sum = CAT(BEGIN_, OP);
#endif
    for (int x0 = 0; x0 < r0; x0++)
        for (int x1 = 0; x1 < r1; x1++)
            for (int x2 = 0; x2 < r2; x2++) {
                const int at = x0 * s0 + x1 * s1 + x2 * s2;
                for (int x3 = 0; x3 < r3; x3++) {
                    const A x = LOAD(in, at + x3 * s3);
                    sum = CAT(STEP_, OP)(sum, x);
                }
            }
#if defined(Q8) && defined(MEANS)
    const int scaled = multiply_scale((int)((long)sum - (long)zero_in * count), scale);
    STORE(clamp(scaled + zero_out, low, high), out, DENSE);
#elif defined(Q8)
    const float rounded = round((float)sum * ratio + bias);
    const float value = clamp(rounded, -1e9f, 1e9f) + (float)zero_out;
    STORE(clamp(isnan(value) ? 0 : (int)value, low, high), out, DENSE);
#else
    STORE(CAT(FINISH_, OP)(sum), out, DENSE);
#endif
}
