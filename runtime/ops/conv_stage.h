/*
 * What convolutions share around their loops: tensors and their checks, quantisation of hybrid
 * inputs, and the step from a sum of products to an output (bias, rescaling, clamping).
 */
#ifndef TB_RUNTIME_OPS_CONV_STAGE_H
#define TB_RUNTIME_OPS_CONV_STAGE_H

#include "runtime/ops/dot.h"
#include "runtime/ops/filter.h"

typedef struct tb_conv_tensors {
    const TfLiteTensor *input;
    const TfLiteTensor *filter;
    const TfLiteTensor *bias; /* may be NULL */
    TfLiteTensor *output;
    int channel_axis; /* of the filter: the one of the output channels */
} tb_conv_tensors;

/* How the sums are made, which the caller has a kernel for. */
typedef enum tb_conv_kind {
    TB_CONV_F32,
    TB_CONV_HYBRID, /* float image, int8 filter */
    TB_CONV_U8,
    TB_CONV_I8,
    TB_CONV_I16,      /* 32-bit sums and bias */
    TB_CONV_I16_WIDE, /* 64-bit sums and bias */
    TB_CONV_KINDS
} tb_conv_kind;

typedef struct tb_conv_stage {
    tb_conv_kind kind;
    tb_filter filter;

    float float_min;
    float float_max;

    int32_t input_offset; /* minus the zero points */
    int32_t filter_offset;
    int32_t output_offset; /* the zero point */
    int32_t min;
    int32_t max;
    const tb_multiplier *multipliers; /* one an output channel */

    tb_hybrid hybrid;
    const float *filter_scales;
    bool filter_scale_per_channel;
    tb_hybrid_rows rows; /* set by tb_conv_stage_input: the quantised images */
} tb_conv_stage;

/* ---- prepare ----------------------------------------------------------------------------------- */

/* Which types an operator takes beyond the common ones. */
typedef struct tb_conv_types {
    uint32_t hybrid_filters;   /* under a float input */
    uint32_t int8_filters;     /* under INT8 and INT16 inputs */
    uint32_t int16_biases;     /* under an INT16 input */
    bool filter_symmetric;     /* zero points of such filters have to be 0 */
    bool hybrid_is_asymmetric; /* always; else only where the filter's scales differ */
    TfLiteType no_bias_type;   /* what an absent bias counts as under an INT16 input */
} tb_conv_types;

/* The tensors' presence, types and quantisation, and all that follows from them but the shape. */
TfLiteStatus tb_conv_stage_prepare(TfLiteContext *context, const tb_conv_tensors *tensors,
                                   TfLiteFusedActivation activation, const tb_conv_types *types,
                                   tb_conv_stage *out);

/* ---- invoke ------------------------------------------------------------------------------------ */

/* The images and the filter as the kernel of the stage's kind reads them. */
const void *tb_conv_stage_input(TfLiteContext *context, tb_conv_stage *stage,
                                const TfLiteTensor *input);
static inline const void *tb_conv_stage_filter(TfLiteContext *context, const tb_conv_stage *stage,
                                               const TfLiteTensor *filter)
{
    return tb_filter_data(context, &stage->filter, filter);
}

/* From sums to outputs. */

static inline float tb_conv_finish_f32(const tb_conv_stage *stage, float sum, const float *biases,
                                       size_t channel)
{
    return tb_clampf(sum + (biases ? biases[channel] : 0.0f), stage->float_min, stage->float_max);
}

static inline float tb_conv_finish_hybrid(const tb_conv_stage *stage, int32_t sum,
                                          const float *biases, size_t channel, size_t batch)
{
    float filter_scale = stage->filter_scales[stage->filter_scale_per_channel ? channel : 0];
    float value = (float)sum * filter_scale * stage->rows.scales[batch];
    return tb_conv_finish_f32(stage, value, biases, channel);
}

static inline int32_t tb_conv_finish_int(const tb_conv_stage *stage, int32_t sum,
                                         const int32_t *biases, size_t channel)
{
    if (biases)
        sum = tb_wrap_add(sum, biases[channel]);
    int32_t scaled = tb_multiply(sum, stage->multipliers[channel]);
    return tb_clamp(tb_wrap_add(scaled, stage->output_offset), stage->min, stage->max);
}

static inline int32_t tb_conv_finish_wide(const tb_conv_stage *stage, int64_t sum,
                                          const int64_t *biases, size_t channel)
{
    if (biases)
        sum = tb_wrap_add64(sum, biases[channel]);
    return tb_clamp(tb_multiply64(sum, stage->multipliers[channel]), stage->min, stage->max);
}

/*
 * The two steps by kind, for loops that are macros over the types: the products of one tap's
 * channels added to a sum, and a sum made an output. They see the loop's `stage`, `batch` and
 * `biases`.
 */
#define TB_CONV_DOT_F32(sum, in, weights, count) ((void)stage, tb_dot_f32(sum, in, weights, count))
#define TB_CONV_DOT_U8(sum, in, weights, count) \
    tb_dot_u8(sum, in, stage->input_offset, weights, stage->filter_offset, count)
#define TB_CONV_DOT_I8(sum, in, weights, count) \
    tb_dot_i8(sum, in, stage->input_offset, weights, 0, count)
#define TB_CONV_DOT_I16(sum, in, weights, count) tb_dot_i16_i8(sum, in, 0, weights, 0, count)
#define TB_CONV_DOT_I16_WIDE(sum, in, weights, count) \
    tb_dot_i16_i8_wide(sum, in, 0, weights, 0, count)
#define TB_CONV_DOT_HYBRID(sum, in, weights, count) \
    tb_dot_i8(sum, in, -stage->rows.zero_points[batch], weights, 0, count)

#define TB_CONV_FINISH_F32(sum, channel)  tb_conv_finish_f32(stage, sum, biases, channel)
#define TB_CONV_FINISH_U8(sum, channel)   (uint8_t) tb_conv_finish_int(stage, sum, biases, channel)
#define TB_CONV_FINISH_I8(sum, channel)   (int8_t) tb_conv_finish_int(stage, sum, biases, channel)
#define TB_CONV_FINISH_I16(sum, channel)  (int16_t) tb_conv_finish_int(stage, sum, biases, channel)
#define TB_CONV_FINISH_WIDE(sum, channel) (int16_t) tb_conv_finish_wide(stage, sum, biases, channel)
#define TB_CONV_FINISH_HYBRID(sum, channel) \
    tb_conv_finish_hybrid(stage, sum, biases, channel, (size_t)batch)

#endif
