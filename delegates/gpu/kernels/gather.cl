/* Elements at positions that a tensor tells (INDEX is int or long). -DGATHER, -DONE_HOT. */
#ifdef GATHER
/* in[batch][outer][length][inner], positions[batch][count], out[batch][outer][count][inner]; T is an
   integer of an element's size. */
kernel void gather(global const T *in, global const INDEX *positions, global T *out,
                   global int *fault, int code, int batch, int outer, int length, int count,
                   int inner)
{
    const int x = get_global_id(0), k = get_global_id(1), row = get_global_id(2);
    if (x >= inner || k >= count || row >= batch * outer)
        return;
    const long at = positions[row / outer * count + k];
    if (at < 0 || at >= length) {
        *fault = code;
        return;
    }
    out[(row * count + k) * inner + x] = in[(row * length + (int)at) * inner + x];
}
#endif

#ifdef ONE_HOT
/* out[outer][depth][inner] */
kernel void one_hot(global const INDEX *positions, global const T *on, global const T *off,
                    global T *out, int outer, int depth, int inner)
{
    const int x = get_global_id(0), k = get_global_id(1), row = get_global_id(2);
    if (x >= inner || k >= depth || row >= outer)
        return;
    out[(row * depth + k) * inner + x] = positions[row * inner + x] == k ? on[0] : off[0];
}
#endif
