/*
 * Products of matrices: a work item makes one element. EXTENTS end in rows and columns; both operands
 * have strides along all, and along the `depth` that is summed over. Q8: as the portable kernels scale.
 */
#ifdef Q8
#define MORE , int zero_a, int zero_b, int zero_out, int2 scale, int low, int high
#else
#define MORE
#endif

kernel void matmul(global const T *a, global const T *b, global T *out, EXTENTS, STRIDES(a),
                   STRIDES(b), int depth, int along_a, int along_b MORE)
{
    WALK;
    a += AT(a);
    b += AT(b);
    A sum = 0;
    for (int k = 0; k < depth; k++) {
#ifdef Q8
        sum += (LOAD(a, k * along_a) - zero_a) * (LOAD(b, k * along_b) - zero_b);
#else
        sum = mad(LOAD(a, k * along_a), LOAD(b, k * along_b), sum);
#endif
    }
#ifdef Q8
    sum = clamp(multiply_scale(sum, scale) + zero_out, low, high);
#endif
    STORE(sum, out, DENSE);
}
