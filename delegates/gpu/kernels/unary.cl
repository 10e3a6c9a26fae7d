/* One operand, element by element: -DOP=EXP says what; `p` and `q` are the operator's parameters. */
#define UNARY_CLAMP(x) ((x) < p ? p : (x) > q ? q : (x))
#define UNARY_LOGISTIC(x) (1.0f / (1.0f + exp(-(x))))
#define UNARY_TANH(x) tanh(x)
#define UNARY_HARD_SWISH(x) ((x) * clamp((x) + 3.0f, 0.0f, 6.0f) * (1.0f / 6.0f))
#define UNARY_EXP(x) exp(x)
#define UNARY_LOG(x) log(x)
#define UNARY_SIN(x) sin(x)
#define UNARY_COS(x) cos(x)
#define UNARY_NEG(x) (-(x))
#define UNARY_SQRT(x) sqrt(x)
#define UNARY_RSQRT(x) (1.0f / sqrt(x))
#define UNARY_SQUARE(x) ((x) * (x))
#define UNARY_FLOOR(x) floor(x)
#define UNARY_CEIL(x) ceil(x)
#define UNARY_ROUND(x) rint(x)
#define UNARY_ELU(x) ((x) < 0.0f ? expm1(x) : (x))
#define UNARY_LEAKY_RELU(x) ((x) < 0.0f ? (x) * p : (x))
#define UNARY_GELU(x) (0.5f * (x) * erfc((x) * -0.707106781186548f))
#define UNARY_GELU_TANH(x) \
    (0.5f * (x) * (1.0f + tanh(0.797884560802865f * ((x) + 0.044715f * (x) * (x) * (x)))))
#define UNARY_LOGICAL_NOT(x) (!(x))
#if defined(T_F32) || defined(T_F16)
#define UNARY_ABS(x) fabs(x)
#define UNARY_SIGN(x) (isnan(x) ? (x) : (float)(((x) > 0.0f) - ((x) < 0.0f)))
#else
#define UNARY_ABS(x) ((x) < 0 ? -(x) : (x))
#define UNARY_SIGN(x) (((x) > 0) - ((x) < 0))
#endif

#ifdef LUT
/* Bytes by a table of 256. */
kernel void lut(global const uchar *in, global const uchar *table, global uchar *out, int n)
{
    const int i = get_global_id(0);
    if (i < n)
        out[i] = table[in[i]];
}
#else
kernel void unary(global const T *in, global T *out, int n, float p, float q)
{
    const int i = get_global_id(0);
    if (i >= n)
        return;
    const A x = LOAD(in, i);
    STORE(CAT(UNARY_, OP)(x), out, i);
}
#endif
