/*
 * Filters (weights) of quantised and hybrid operators: packed storage, scales per channel, and the
 * quantisation of float rows that meet integer filters ("hybrid" operators).
 */
#ifndef TB_RUNTIME_OPS_FILTER_H
#define TB_RUNTIME_OPS_FILTER_H

#include "runtime/ops/common.h"

/* ---- storage ----------------------------------------------------------------------------------- */

/* How to read a filter of INT8, UINT8, INT4 or INT2 as int8: a constant packed one is unpacked once,
   at prepare, any other packed one at each invoke. */
typedef struct tb_filter {
    const int8_t *unpacked; /* NULL: not unpacked at prepare */
    int scratch;
    bool is_packed;
} tb_filter;

TfLiteStatus tb_filter_prepare(TfLiteContext *context, const TfLiteTensor *tensor, tb_filter *out);
/* At invoke. */
const int8_t *tb_filter_data(TfLiteContext *context, const tb_filter *filter,
                             const TfLiteTensor *tensor);

/* ---- scales ------------------------------------------------------------------------------------ */

/*
 * The scales of an affinely quantised filter: 1, or one for each of `channels` along `axis` (the
 * quantised dimension must be that one). Each is finite and not negative; with zero_points_zero,
 * every zero point is 0. The array is the tensor's.
 */
TfLiteStatus tb_filter_scales(TfLiteContext *context, const TfLiteTensor *filter, int channels,
                              int axis, bool zero_points_zero, const float **scales, int *count);

/* multiplier[c] = input scale * filter scale[c] / output scale, in double, for `channels` channels
   (a single filter scale serves them all). Persistent memory. */
TfLiteStatus tb_filter_multipliers(TfLiteContext *context, const TfLiteTensor *input,
                                   const float *scales, int count, int channels,
                                   const TfLiteTensor *output, const tb_multiplier **out);

/* The one factor of per-tensor quantisation, as GetQuantizedConvolutionMultipler: (input scale *
   filter scale, in float) / output scale. Refuses a bias (may be NULL) whose scale is off by more
   than 0.02 output steps. */
TfLiteStatus tb_filter_factor(TfLiteContext *context, const TfLiteTensor *input,
                              const TfLiteTensor *filter, const TfLiteTensor *bias,
                              const TfLiteTensor *output, double *out);

/* ---- hybrid ------------------------------------------------------------------------------------ */

/* A float matrix that is quantised row by row at each invoke. */
typedef struct tb_hybrid {
    size_t rows;
    size_t columns;
    bool asymmetric;
    int values; /* scratch indices */
    int scales;
    int zero_points;
} tb_hybrid;

typedef struct tb_hybrid_rows {
    const int8_t *values;
    const float *scales;
    const int32_t *zero_points; /* zeros where symmetric */
} tb_hybrid_rows;

TfLiteStatus tb_hybrid_prepare(TfLiteContext *context, size_t rows, size_t columns, bool asymmetric,
                               tb_hybrid *out);
void tb_hybrid_quantize(TfLiteContext *context, const tb_hybrid *hybrid, const float *input,
                        tb_hybrid_rows *out);

#endif
