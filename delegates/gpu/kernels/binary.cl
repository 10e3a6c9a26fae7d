/*
 * Two operands, element by element: -DOP=ADD says what. Both are read with strides (0: broadcast), the
 * output is dense; FLAT is for operands of the output's shape. TEST: the output is truth values.
 * CLAMP: an activation follows. Q8: values of 8 bits are scaled as the portable kernels do.
 */
#define BINARY_ADD(x, y) ((x) + (y))
#define BINARY_SUB(x, y) ((x) - (y))
#define BINARY_MUL(x, y) ((x) * (y))
#define BINARY_DIV(x, y) ((x) / (y))
#define BINARY_MAXIMUM(x, y) ((x) > (y) ? (x) : (y))
#define BINARY_MINIMUM(x, y) ((x) < (y) ? (x) : (y))
#define BINARY_SQUARED_DIFFERENCE(x, y) (((x) - (y)) * ((x) - (y)))
#define BINARY_FLOOR_DIV(x, y) floor((x) / (y))
#define BINARY_FLOOR_MOD(x, y) floor_mod(x, y)
#define BINARY_POW(x, y) pow(x, y)
#define BINARY_ATAN2(x, y) atan2(x, y)
#define BINARY_PRELU(x, y) ((x) < 0 ? (x) * (y) : (x))
#define BINARY_GREATER(x, y) ((x) > (y))
#define BINARY_GREATER_EQUAL(x, y) ((x) >= (y))
#define BINARY_LESS(x, y) ((x) < (y))
#define BINARY_LESS_EQUAL(x, y) ((x) <= (y))
#define BINARY_EQUAL(x, y) ((x) == (y))
#define BINARY_NOT_EQUAL(x, y) ((x) != (y))
#define BINARY_LOGICAL_AND(x, y) ((x) && (y))
#define BINARY_LOGICAL_OR(x, y) ((x) || (y))

/* The remainder has the divisor's sign. */
float floor_mod(float x, float y)
{
    const float rest = fmod(x, y);
    return rest != 0.0f && (rest < 0.0f) != (y < 0.0f) ? rest + y : rest;
}

#ifdef TEST
#define TO uchar
#else
#define TO T
#endif

#if defined(Q8)
/* Zero points, scales as multipliers, and bounds; those of the operands are of what SHIFT makes of them. */
#define MORE , int zero_a, int zero_b, int zero_out, int2 scale_a, int2 scale_b, int2 scale_out, \
        int low, int high
#define SHIFT 20
#elif defined(CLAMP) && (defined(T_F32) || defined(T_F16))
#define MORE , float low, float high
#elif defined(CLAMP)
#define MORE , int low, int high
#else
#define MORE
#endif

#if defined(FAULT)
#define FAULTS global int *fault, int code,
#else
#define FAULTS
#endif

#ifdef FLAT
kernel void binary(global const T *a, global const T *b, global TO *out, FAULTS int n MORE)
{
    const int to = get_global_id(0);
    if (to >= n)
        return;
    const A x = LOAD(a, to), y = LOAD(b, to);
#else
kernel void binary(global const T *a, global const T *b, global TO *out, FAULTS EXTENTS, STRIDES(a),
                   STRIDES(b) MORE)
{
    WALK;
    const int to = DENSE;
    const A x = LOAD(a, AT(a)), y = LOAD(b, AT(b));
#endif
#ifdef FAULT
    if (y == 0)
        *fault = code;
#endif
#if defined(Q8) && defined(PRODUCT)
    const int z = multiply_scale((x - zero_a) * (y - zero_b), scale_out) + zero_out;
    STORE(clamp(z, low, high), out, to);
#elif defined(Q8)
    const int p = multiply_scale((x - zero_a) << SHIFT, scale_a);
    const int q = multiply_scale((y - zero_b) << SHIFT, scale_b);
    const int z = multiply_scale(CAT(BINARY_, OP)(p, q), scale_out) + zero_out;
    STORE(clamp(z, low, high), out, to);
#elif defined(TEST)
    out[to] = CAT(BINARY_, OP)(x, y) ? 1 : 0;
#else
    const A z = CAT(BINARY_, OP)(x, y);
#ifdef CLAMP
    STORE(z < low ? low : z > high ? high : z, out, to);
#else
    STORE(z, out, to);
#endif
#endif
}
