/*
 * Transposed convolution of floats: a work item makes four output channels of a pixel, from the inputs
 * that a tap leads to without a rest. Weights are as conv.cl's.
 */
kernel void transpose_conv(global const T *in, global const T *weights, global const float *bias,
                           global T *out, int h, int w, int c, int out_h, int out_w, int out_c,
                           int n, int kh, int kw, int stride_h, int stride_w, int dilation_h,
                           int dilation_w, int top, int left, float low, float high)
{
    const int o = get_global_id(0) * 4, x = get_global_id(1), row = get_global_id(2);
    if (o >= out_c || x >= out_w || row >= n * out_h)
        return;
    const int filled = (out_c + 3) / 4 * 4, image = row / out_h, y = row % out_h;
    float4 acc = vload4(0, bias + o);
    /* The first tap that meets an input, then every stride-th. */
    for (int ty = (y + top) % stride_h; ty < kh && ty <= y + top; ty += stride_h) {
        const int iy = (y + top - ty) / stride_h;
        if (iy >= h)
            continue;
        for (int tx = (x + left) % stride_w; tx < kw && tx <= x + left; tx += stride_w) {
            const int ix = (x + left - tx) / stride_w;
            if (ix >= w)
                continue;
            const int from = ((image * h + iy) * w + ix) * c;
            global const T *weight = weights + (ty * kw + tx) * c * filled + o;
            for (int i = 0; i < c; i++, weight += filled)
                acc = mad((float4)(LOAD(in, from + i)), LOAD4(weight, 0), acc);
        }
    }
    store_part(min(max(acc, (float4)(low)), (float4)(high)), out, (row * out_w + x) * out_c + o,
               out_c - o);
}
