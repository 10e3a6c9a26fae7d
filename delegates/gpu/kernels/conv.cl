/*
 * Convolution of floats: a work item makes four output channels of PX pixels of a row. Weights are
 * [tap][input channel][output channel], output channels filled up to a multiple of four, so that
 * neighbours read next to each other; biases are floats.
 *
 * The window's numbers are in `w`: see the host's tb_gpu_conv_args. With RESIDUAL, the operator's own
 * activation (first_low, first_high) comes before the sum.
 */
kernel void conv(global const T *in, global const T *weights, global const float *bias,
#ifdef RESIDUAL
                 global const T *residual, float first_low, float first_high,
#endif
                 global T *out, int h, int w, int c, int out_h, int out_w, int out_c, int n, int kh,
                 int kw, int stride_h, int stride_w, int dilation_h, int dilation_w, int top,
                 int left, float low, float high)
{
    const int o = get_global_id(0) * 4, x = get_global_id(1) * PX, row = get_global_id(2);
    if (o >= out_c || x >= out_w || row >= n * out_h)
        return;
    const int filled = (out_c + 3) / 4 * 4;
    const int image = row / out_h, y0 = (row % out_h) * stride_h - top;
    float4 acc[PX];
    const float4 start = vload4(0, bias + o);
    for (int p = 0; p < PX; p++)
        acc[p] = start;
    for (int ty = 0; ty < kh; ty++) {
        const int y = y0 + ty * dilation_h;
        if (y < 0 || y >= h)
            continue;
        for (int tx = 0; tx < kw; tx++) {
            int from[PX];
            bool inside[PX];
            for (int p = 0; p < PX; p++) {
                const int ix = (x + p) * stride_w - left + tx * dilation_w;
                inside[p] = ix >= 0 && ix < w;
                from[p] = ((image * h + y) * w + (inside[p] ? ix : 0)) * c;
            }
            global const T *weight = weights + (ty * kw + tx) * c * filled + o;
            int i = 0;
            for (; i + 4 <= c; i += 4, weight += 4 * filled) {
                const float4 w0 = LOAD4(weight, 0), w1 = LOAD4(weight, filled);
                const float4 w2 = LOAD4(weight, 2 * filled), w3 = LOAD4(weight, 3 * filled);
                for (int p = 0; p < PX; p++) {
                    const float4 v = inside[p] ? LOAD4(in, from[p] + i) : (float4)(0.0f);
                    acc[p] = mad((float4)(v.x), w0, acc[p]);
                    acc[p] = mad((float4)(v.y), w1, acc[p]);
                    acc[p] = mad((float4)(v.z), w2, acc[p]);
                    acc[p] = mad((float4)(v.w), w3, acc[p]);
                }
            }
            for (; i < c; i++, weight += filled) {
                const float4 w0 = LOAD4(weight, 0);
                for (int p = 0; p < PX; p++) {
                    const float v = inside[p] ? LOAD(in, from[p] + i) : 0.0f;
                    acc[p] = mad((float4)(v), w0, acc[p]);
                }
            }
        }
    }
    for (int p = 0; p < PX && x + p < out_w; p++) {
        const int to = (row * out_w + x + p) * out_c + o;
        float4 v = acc[p];
#ifdef RESIDUAL
        v = min(max(v, (float4)(first_low)), (float4)(first_high));
        v += load_part(residual, to, out_c - o);
#endif
        store_part(min(max(v, (float4)(low)), (float4)(high)), out, to, out_c - o);
    }
}
