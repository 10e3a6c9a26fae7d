/*
 * RESIZE_BILINEAR: a work item makes one element. `samples` has, for every row and then every column
 * of the output, the two positions it lies between, the weight of the second as a float's bits, and in
 * 1024ths.
 */
#ifdef T_U8
#pragma OPENCL FP_CONTRACT OFF /* the order of its roundings shows */
#endif

kernel void resize_bilinear(global const T *in, global const int4 *samples, global T *out, int h,
                            int w, int c, int out_h, int out_w, int n)
{
    const int i = get_global_id(0), x = get_global_id(1), row = get_global_id(2);
    if (i >= c || x >= out_w || row >= n * out_h)
        return;
    const int4 sy = samples[row % out_h], sx = samples[out_h + x];
    const int image = row / out_h * h;
    const int low = (image + sy.x) * w, high = (image + sy.y) * w;
    const A a = LOAD(in, (low + sx.x) * c + i), b = LOAD(in, (high + sx.x) * c + i);
    const A d = LOAD(in, (low + sx.y) * c + i), e = LOAD(in, (high + sx.y) * c + i);
    const int to = (row * out_w + x) * c + i;
#if defined(T_I8)
    const int left = a * (1024 - sy.w) + b * sy.w, right = d * (1024 - sy.w) + e * sy.w;
    const int sum = left * (1024 - sx.w) + right * sx.w;
    const int rounded = (int)((abs(sum) + (1 << 19)) >> 20);
    STORE(sum < 0 ? -rounded : rounded, out, to);
#elif defined(T_U8)
    const float lower = as_float(sy.z), right = as_float(sx.z);
    const float upper = 1.0f - lower, left = 1.0f - right;
    float sum = (float)a * upper * left;
    sum = sum + (float)b * lower * left;
    sum = sum + (float)d * upper * right;
    sum = sum + (float)e * lower * right;
    STORE((int)(sum + 0.5f), out, to);
#else
    const float ty = as_float(sy.z), tx = as_float(sx.z);
    const float first = a + (b - a) * ty, second = d + (e - d) * ty;
    STORE(first + (second - first) * tx, out, to);
#endif
}
