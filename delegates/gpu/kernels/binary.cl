/*
 * Two operands, element by element: OP(x, y) says what. Both are read with strides along each of up to
 * four dimensions (0: broadcast); the output is dense. `flat` is for operands of the output's shape.
 */
#define OP_ADD(x, y) ((x) + (y))
#define OP_SUB(x, y) ((x) - (y))
#define OP_MUL(x, y) ((x) * (y))
#define OP_DIV(x, y) ((x) / (y))
#define OP_MAXIMUM(x, y) ((x) > (y) ? (x) : (y))
#define OP_MINIMUM(x, y) ((x) < (y) ? (x) : (y))
#define OP_SQUARED_DIFFERENCE(x, y) (((x) - (y)) * ((x) - (y)))

#define DEFINE_BINARY(name, OP)                                                               \
    kernel void name(global const T *a, global const T *b, global T *out, int n, A low,       \
                     A high, int d1, int d2, int d3, int a0, int a1, int a2, int a3, int b0,  \
                     int b1, int b2, int b3)                                                  \
    {                                                                                         \
        const int i = get_global_id(0);                                                       \
        if (i >= n)                                                                           \
            return;                                                                           \
        const int i3 = i % d3, r2 = i / d3, i2 = r2 % d2, r1 = r2 / d2, i1 = r1 % d1,         \
                  i0 = r1 / d1;                                                               \
        const A x = LOAD(a, i0 * a0 + i1 * a1 + i2 * a2 + i3 * a3);                           \
        const A y = LOAD(b, i0 * b0 + i1 * b1 + i2 * b2 + i3 * b3);                           \
        const A z = OP(x, y);                                                                 \
        STORE(z < low ? low : z > high ? high : z, out, i);                                   \
    }                                                                                         \
    kernel void name##_flat(global const T *a, global const T *b, global T *out, int n,       \
                            A low, A high)                                                    \
    {                                                                                         \
        const int i = get_global_id(0);                                                       \
        if (i >= n)                                                                           \
            return;                                                                           \
        const A x = LOAD(a, i), y = LOAD(b, i);                                               \
        const A z = OP(x, y);                                                                 \
        STORE(z < low ? low : z > high ? high : z, out, i);                                   \
    }

DEFINE_BINARY(add, OP_ADD)
DEFINE_BINARY(sub, OP_SUB)
DEFINE_BINARY(mul, OP_MUL)
DEFINE_BINARY(div, OP_DIV)
DEFINE_BINARY(maximum, OP_MAXIMUM)
DEFINE_BINARY(minimum, OP_MINIMUM)
DEFINE_BINARY(squared_difference, OP_SQUARED_DIFFERENCE)
