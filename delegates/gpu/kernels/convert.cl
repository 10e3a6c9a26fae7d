/* Halves from floats and back, at a partition's boundary. */
kernel void to_half(global const float *in, global half *out, int n)
{
    const int i = get_global_id(0);
    if (i < n)
        vstore_half(in[i], i, out);
}

kernel void to_float(global const half *in, global float *out, int n)
{
    const int i = get_global_id(0);
    if (i < n)
        out[i] = vload_half(i, in);
}
