/* Positions of resized images; see resize.h. */
#include "delegates/cpu/resize.h"

#include <math.h>

#include "runtime/quant.h"

static float scale_of(int32_t in, int32_t out, bool align)
{
    return align && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}

static tb_resize_sample between(float at, int32_t in)
{
    const float end = (float)(in - 1);
    const float low = fminf(fmaxf(floorf(at), 0.0f), end),
                high = fminf(fmaxf(ceilf(at), 0.0f), end);
    return (tb_resize_sample){.low = (int32_t)low, .high = (int32_t)high, .weight = at - low};
}

static tb_resize_sample between10(int64_t at, int32_t in)
{
    int64_t low = at / TB_RESIZE_ONE, high = (at + TB_RESIZE_ONE - 1) / TB_RESIZE_ONE;
    low = low < 0 ? 0 : low > in - 1 ? in - 1 : low;
    high = high < 0 ? 0 : high > in - 1 ? in - 1 : high;
    return (tb_resize_sample){.low = (int32_t)low,
                              .high = (int32_t)high,
                              .weight10 = (int32_t)(at - low * TB_RESIZE_ONE)};
}

void tb_resize_samples(TfLiteType type, int32_t in, int32_t out,
                       const TfLiteResizeBilinearParams *p, tb_resize_sample *all)
{
    const float scale = scale_of(in, out, p->align_corners);
    const int64_t scale10 = p->align_corners && out > 1
                                ? ((int64_t)TB_RESIZE_ONE * (in - 1) + (out - 1) / 2) / (out - 1)
                                : ((int64_t)TB_RESIZE_ONE * in + out / 2) / out;
    for (int32_t i = 0; i < out; i++) {
        if (type == kTfLiteInt8) {
            all[i] = between10(
                i * scale10 + (p->half_pixel_centers ? scale10 / 2 - TB_RESIZE_ONE / 2 : 0), in);
            continue;
        }
        all[i] = between(
            p->half_pixel_centers ? ((float)i + 0.5f) * scale - 0.5f : (float)i * scale, in);
        if (type == kTfLiteFloat32 && all[i].low == all[i].high)
            all[i].weight = 0.0f;
    }
}

int32_t tb_resize_nearest(int32_t in, int32_t out, int32_t i,
                          const TfLiteResizeNearestNeighborParams *p)
{
    const float scale = scale_of(in, out, p->align_corners);
    const float at = ((float)i + (p->half_pixel_centers ? 0.5f : 0.0f)) * scale;
    const int32_t nearest = (int32_t)(p->align_corners ? roundf(at) : floorf(at));
    return tb_clamp(nearest, 0, in - 1);
}
