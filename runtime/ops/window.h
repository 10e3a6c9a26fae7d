/*
 * The geometry of sliding windows: what convolutions and pools share. One axis at a time; an output
 * position has an origin in the input, and taps that hit the input form one range.
 */
#ifndef TB_RUNTIME_OPS_WINDOW_H
#define TB_RUNTIME_OPS_WINDOW_H

#include "runtime/ops/common.h"

typedef struct tb_window {
    int input;    /* elements along the axis */
    int taps;     /* filter elements */
    int stride;   /* input elements between windows, >= 1 */
    int dilation; /* input elements between taps, >= 1 */
    int output;   /* windows */
    int pad;      /* elements before the first */
    int pad_more; /* 1 where one element more is padded behind than before */
} tb_window;

/*
 * Output size and padding as TFLite's ComputePaddingHeightWidth: SAME gives ceil(input / stride)
 * windows, VALID those that fit; half of the padding, rounded down, is before. `axis` ("height")
 * is for messages. Refuses unknown padding, strides, dilations and taps below 1, and windows that
 * do not fit at all.
 */
TfLiteStatus tb_window_init(TfLiteContext *context, const char *axis, TfLitePadding padding,
                            int input, int taps, int stride, int dilation, tb_window *out);

/* The taps [first, end) of window `position` that hit the input, and the input index of tap 0
   (which may be outside). */
static inline void tb_window_taps(const tb_window *w, int position, int64_t *origin, int *first,
                                  int *end)
{
    int64_t start = (int64_t)position * w->stride - w->pad;
    int64_t skipped = start < 0 ? (-start + w->dilation - 1) / w->dilation : 0;
    int64_t limit = start < w->input ? (w->input - start + w->dilation - 1) / w->dilation : 0;
    *origin = start;
    *end = (int)TB_MIN(limit, w->taps);
    *first = (int)TB_MIN(skipped, *end);
}

#endif
