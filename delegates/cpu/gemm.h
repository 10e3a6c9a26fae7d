/* The step behind CONV_2D and FULLY_CONNECTED: a window slides over an image, every position is a
   row of a matrix product. */
#ifndef TB_CPU_GEMM_H
#define TB_CPU_GEMM_H

#include "delegates/cpu/ops.h"
#include "runtime/quant.h"

typedef struct tb_gemm_spec {
    int input;
    int filter;        /* [out_channels][kh][kw][in_channels] */
    int bias;          /* or -1 */
    bool real_factors; /* rescales in floating point (TB_Q8_REAL), as FULLY_CONNECTED does */
    /* elements of the filter from one tap channel to the next, and from one column to the next */
    size_t weight_step_k, weight_step_n;
    TfLiteFusedActivation activation;
    tb_window window;
    int32_t n, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    const char *name;
} tb_gemm_spec;

tb_status tb_gemm_lower(tb_plan *plan, tb_cpu_op *op, const tb_gemm_spec *spec, tb_error *err);

/* The bounds of a float product, and of its sum with a residual, with what the operator absorbed. */
void tb_gemm_float_bounds(const tb_cpu_op *op, TfLiteFusedActivation activation, float *min,
                          float *max, float *min2, float *max2);

/* What a quantised product's sums are multiplied with to become output values, one a channel; in
   the plan's arena. A UINT8 filter's one scale is multiplied in float, as in TFLite's
   GetQuantizedConvolutionMultipler. */
tb_status tb_gemm_factors(tb_plan *plan, const tb_cpu_op *op, int input, int filter,
                          bool float_product, int32_t channels, tb_error *err, const double **out);
/* The same as fixed-point multipliers, and how they are applied. */
tb_status tb_gemm_scales(tb_plan *plan, const tb_cpu_op *op, int input, int filter,
                         int32_t channels, tb_error *err, const tb_multiplier **out,
                         tb_q8_rescale *rescale);

#endif
