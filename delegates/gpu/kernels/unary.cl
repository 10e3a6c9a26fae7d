/* One operand, element by element; `p` and `q` are the operator's parameters. */
#define DEFINE_UNARY(name, expression)                                            \
    kernel void name(global const T *in, global T *out, int n, float p, float q)  \
    {                                                                             \
        const int i = get_global_id(0);                                           \
        if (i >= n)                                                               \
            return;                                                               \
        const A x = LOAD(in, i);                                                  \
        STORE(expression, out, i);                                                \
    }

DEFINE_UNARY(clamp_to, x < p ? p : x > q ? q : x)
DEFINE_UNARY(logistic, 1.0f / (1.0f + exp(-x)))
DEFINE_UNARY(tanh_of, tanh(x))
DEFINE_UNARY(hard_swish, x *clamp(x + 3.0f, 0.0f, 6.0f) * (1.0f / 6.0f))
DEFINE_UNARY(exp_of, exp(x))
DEFINE_UNARY(neg, -x)
DEFINE_UNARY(abs_of, fabs(x))
DEFINE_UNARY(sqrt_of, sqrt(x))
DEFINE_UNARY(rsqrt_of, 1.0f / sqrt(x))
DEFINE_UNARY(square, x *x)
DEFINE_UNARY(leaky_relu, x < 0.0f ? x * p : x)
DEFINE_UNARY(gelu, 0.5f * x * erfc(x * -0.707106781186548f))
DEFINE_UNARY(gelu_tanh,
             0.5f * x * (1.0f + tanh(0.797884560802865f * (x + 0.044715f * x * x * x))))
