/*
 * Convolutions of 8-bit values, exact. A work item makes four output channels of PX pixels of a row.
 * Unsigned values are taken less 128, so that all products are of signed bytes. Weights are
 * [tap][input channels / 4][output channel][4]; what pads them is the filter's zero point. The biases
 * have the input's zero point times the weights taken off, so that values outside the image count as
 * the zero point.
 *
 * REAL: sums are scaled by doubles in integers, as FULLY_CONNECTED's; else by multipliers. FILTER_ZERO:
 * the filter has a zero point (`filter_zero`, less 128 where unsigned).
 */
#ifdef T_U8
#define FLIP(v) as_char4((v) ^ (uchar4)(0x80))
#define UNFLIP 128
#else
#define FLIP(v) (v)
#define UNFLIP 0
#endif

#ifdef REAL
#define SCALE ulong2
#define RESCALE(sum, scale) multiply_real((sum), (scale).x, (int)(long)(scale).y)
#else
#define SCALE int2
#define RESCALE(sum, scale) multiply_scale((sum), (scale))
#endif

int dot4(char4 a, char4 b)
{
#ifdef __opencl_c_integer_dot_product_input_4x8bit
    return dot(a, b);
#else
    const int4 p = convert_int4(a) * convert_int4(b);
    return p.x + p.y + p.z + p.w;
#endif
}

char4 load_bytes(global const T *in, int at, int count)
{
    if (count >= 4)
        return FLIP(vload4(0, in + at));
    CAT(T, 4) v = (CAT(T, 4))(0);
    v.x = in[at];
    if (count > 1)
        v.y = in[at + 1];
    if (count > 2)
        v.z = in[at + 2];
    return FLIP(v);
}

/* `zero_in` is as the bytes are taken, zero_out, low and high are of the output as stored. */
kernel void conv(global const T *in, global const char *weights, global const int *bias,
                 global const SCALE *scales, global T *out, int h, int w, int c, int out_h,
                 int out_w, int out_c, int n, int kh, int kw, int stride_h, int stride_w,
                 int dilation_h, int dilation_w, int top, int left, int zero_in, int filter_zero,
                 int zero_out, int low, int high)
{
    const int o = get_global_id(0) * 4, x = get_global_id(1) * PX, row = get_global_id(2);
    if (o >= out_c || x >= out_w || row >= n * out_h)
        return;
    const int filled = (out_c + 3) / 4 * 4, quads = (c + 3) / 4;
    const int image = row / out_h, y0 = (row % out_h) * stride_h - top;
    const char4 zeros = (char4)((char)zero_in);
    int4 acc[PX];
    const int4 start = vload4(0, bias + o);
    for (int p = 0; p < PX; p++)
        acc[p] = start;
#ifdef FILTER_ZERO
    int sums[PX];
    for (int p = 0; p < PX; p++)
        sums[p] = 0;
#endif
    for (int ty = 0; ty < kh; ty++) {
        const int y = y0 + ty * dilation_h;
        for (int tx = 0; tx < kw; tx++) {
            int from[PX];
            bool inside[PX];
            for (int p = 0; p < PX; p++) {
                const int ix = (x + p) * stride_w - left + tx * dilation_w;
                inside[p] = y >= 0 && y < h && ix >= 0 && ix < w;
                from[p] = inside[p] ? ((image * h + y) * w + ix) * c : 0;
            }
            global const char *weight = weights + ((ty * kw + tx) * quads * filled + o) * 4;
            for (int i = 0; i < c; i += 4, weight += 4 * filled) {
                const char16 w16 = vload16(0, weight);
                for (int p = 0; p < PX; p++) {
                    const char4 v = inside[p] ? load_bytes(in, from[p] + i, c - i) : zeros;
                    acc[p].x += dot4(v, w16.s0123);
                    acc[p].y += dot4(v, w16.s4567);
                    acc[p].z += dot4(v, w16.s89ab);
                    acc[p].w += dot4(v, w16.scdef);
#ifdef FILTER_ZERO
                    sums[p] += dot4(v, (char4)(1));
#endif
                }
            }
        }
    }
    for (int p = 0; p < PX && x + p < out_w; p++) {
        int4 v = acc[p];
#ifdef FILTER_ZERO
        v -= filter_zero * sums[p];
#endif
        const int4 scaled = (int4)(RESCALE(v.x, scales[o]), RESCALE(v.y, scales[o + 1]),
                                   RESCALE(v.z, scales[o + 2]), RESCALE(v.w, scales[o + 3]));
        store_part(clamp(scaled + zero_out, (int4)(low), (int4)(high)), out,
                   (row * out_w + x + p) * out_c + o, out_c - o);
    }
}

/* A work item makes four channels of a pixel; weights are [tap][output channel] as stored, zero points
   as stored, too. */
kernel void depthwise(global const T *in, global const T *weights, global const int *bias,
                      global const SCALE *scales, global T *out, int h, int w, int c, int out_h,
                      int out_w, int out_c, int n, int kh, int kw, int stride_h, int stride_w,
                      int dilation_h, int dilation_w, int top, int left, int zero_in,
                      int filter_zero, int zero_out, int low, int high, int multiplier)
{
    const int o = get_global_id(0) * 4, x = get_global_id(1), row = get_global_id(2);
    if (o >= out_c || x >= out_w || row >= n * out_h)
        return;
    const int image = row / out_h, y0 = (row % out_h) * stride_h - top, x0 = x * stride_w - left;
    const int count = min(4, out_c - o);
    int4 acc = vload4(0, bias + o);
    for (int ty = 0; ty < kh; ty++) {
        const int y = y0 + ty * dilation_h;
        if (y < 0 || y >= h)
            continue;
        for (int tx = 0; tx < kw; tx++) {
            const int ix = x0 + tx * dilation_w;
            if (ix < 0 || ix >= w)
                continue;
            const int at = ((image * h + y) * w + ix) * c;
            const int4 v = load_spread(in, at, o, out_c, multiplier);
            acc += (v - zero_in) *
                   (load_part(weights, (ty * kw + tx) * out_c + o, count) - filter_zero);
        }
    }
    const int4 scaled = (int4)(RESCALE(acc.x, scales[o]), RESCALE(acc.y, scales[o + 1]),
                               RESCALE(acc.z, scales[o + 2]), RESCALE(acc.w, scales[o + 3]));
    store_part(clamp(scaled + zero_out, (int4)(low), (int4)(high)), out,
               (row * out_w + x) * out_c + o, count);
}
