/*
 * Depthwise convolution of floats: a work item makes four channels of a pixel. Weights are [tap][output
 * channel] as the model has them; output channel o reads input channel o / multiplier.
 */
kernel void depthwise(global const T *in, global const T *weights, global const float *bias,
#ifdef RESIDUAL
                      global const T *residual, float first_low, float first_high,
#endif
                      global T *out, int h, int w, int c, int out_h, int out_w, int out_c, int n,
                      int kh, int kw, int stride_h, int stride_w, int dilation_h, int dilation_w,
                      int top, int left, float low, float high, int multiplier)
{
    const int o = get_global_id(0) * 4, x = get_global_id(1), row = get_global_id(2);
    if (o >= out_c || x >= out_w || row >= n * out_h)
        return;
    const int image = row / out_h, y0 = (row % out_h) * stride_h - top, x0 = x * stride_w - left;
    const int count = min(4, out_c - o);
    float4 acc = vload4(0, bias + o);
    for (int ty = 0; ty < kh; ty++) {
        const int y = y0 + ty * dilation_h;
        if (y < 0 || y >= h)
            continue;
        for (int tx = 0; tx < kw; tx++) {
            const int ix = x0 + tx * dilation_w;
            if (ix < 0 || ix >= w)
                continue;
            const int at = ((image * h + y) * w + ix) * c;
            const float4 weight = load_part(weights, (ty * kw + tx) * out_c + o, count);
            const float4 v = load_spread(in, at, o, out_c, multiplier);
            acc = mad(v, weight, acc);
        }
    }
    const int to = (row * out_w + x) * out_c + o;
#ifdef RESIDUAL
    acc = min(max(acc, (float4)(first_low)), (float4)(first_high));
    acc += load_part(residual, to, count);
#endif
    store_part(min(max(acc, (float4)(low)), (float4)(high)), out, to, count);
}
