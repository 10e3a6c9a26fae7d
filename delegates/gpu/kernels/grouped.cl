/*
 * Convolution of floats in groups: output channels see only their group's share of the input's. A work
 * item makes four channels of a pixel. Weights are as the model has them, [output channel][tap][input
 * channel of the group].
 */
kernel void grouped(global const T *in, global const T *weights, global const float *bias,
#ifdef RESIDUAL
                    global const T *residual, float first_low, float first_high,
#endif
                    global T *out, int h, int w, int c, int out_h, int out_w, int out_c, int n,
                    int kh, int kw, int stride_h, int stride_w, int dilation_h, int dilation_w,
                    int top, int left, float low, float high, int groups)
{
    const int first = get_global_id(0) * 4, x = get_global_id(1), row = get_global_id(2);
    if (first >= out_c || x >= out_w || row >= n * out_h)
        return;
    const int image = row / out_h, y0 = (row % out_h) * stride_h - top, x0 = x * stride_w - left;
    const int depth = c / groups, each = out_c / groups;
    for (int o = first; o < min(first + 4, out_c); o++) {
        float acc = bias[o];
        for (int ty = 0; ty < kh; ty++)
            for (int tx = 0; tx < kw; tx++) {
                const int y = y0 + ty * dilation_h, ix = x0 + tx * dilation_w;
                if (y < 0 || y >= h || ix < 0 || ix >= w)
                    continue;
                const int from = ((image * h + y) * w + ix) * c + o / each * depth;
                const int weight = ((o * kh + ty) * kw + tx) * depth;
                for (int i = 0; i < depth; i++)
                    acc = mad(LOAD(in, from + i), LOAD(weights, weight + i), acc);
            }
        const int to = (row * out_w + x) * out_c + o;
#ifdef RESIDUAL
        acc = min(max(acc, first_low), first_high) + LOAD(residual, to);
#endif
        STORE(min(max(acc, low), high), out, to);
    }
}
