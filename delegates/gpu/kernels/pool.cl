/* Pools: four channels of a pixel at a time; the window is cut at the border. */
#define DEFINE_POOL(name, begin_value, step, finish)                                          \
    kernel void name(global const T *in, global T *out, int h, int w, int c, int out_h,       \
                     int out_w, int n, int kh, int kw, int stride_h, int stride_w, int top,   \
                     int left, A low, A high)                                                 \
    {                                                                                         \
        const int at = get_global_id(0) * 4, x = get_global_id(1), row = get_global_id(2);    \
        if (at >= c || x >= out_w || row >= n * out_h)                                        \
            return;                                                                           \
        const int image = row / out_h, y0 = (row % out_h) * stride_h - top;                   \
        const int x0 = x * stride_w - left;                                                   \
        A4 sum = (A4)(begin_value);                                                           \
        int count = 0;                                                                        \
        for (int dy = max(0, -y0); dy < kh && y0 + dy < h; dy++)                              \
            for (int dx = max(0, -x0); dx < kw && x0 + dx < w; dx++, count++) {               \
                const A4 v =                                                                  \
                    load_part(in, ((image * h + y0 + dy) * w + x0 + dx) * c + at, c - at);    \
                sum = step;                                                                   \
            }                                                                                 \
        const A4 result = finish;                                                             \
        store_part(min(max(result, (A4)(low)), (A4)(high)), out,                              \
                   (row * out_w + x) * c + at, c - at);                                       \
    }

#if defined(T_F32) || defined(T_F16)
DEFINE_POOL(max_pool, -INFINITY, max(sum, v), sum)
DEFINE_POOL(average_pool, 0.0f, sum + v, sum / (float)count)
#else
DEFINE_POOL(max_pool, low, max(sum, v), sum)
/* Rounded to the nearest, halves away from zero. */
DEFINE_POOL(average_pool, 0, sum + v, (sum + select((int4)(-(count / 2)), (int4)(count / 2), sum > 0)) / max(count, 1))
#endif
