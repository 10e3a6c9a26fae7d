/*
 * In front of every kernel: how elements are stored. A program is built for one storage type,
 * -DT_F32, -DT_F16, -DT_I8, ...; T is that type in memory, A what one element is computed in, A4 four
 * of them. Halves are read and written by vload_half and vstore_half, which every device has.
 */
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
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
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
