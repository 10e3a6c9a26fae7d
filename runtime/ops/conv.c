/*
 * CONV_2D and DEPTHWISE_CONV_2D: convolution of NHWC images, in groups, with dilation. A CONV_2D
 * filter is [outputs, height, width, channels of a group]; a DEPTHWISE_CONV_2D filter, with one
 * input channel a group, is [1, height, width, outputs]. One loop with two filter strides does both.
 *
 * After TFLite's reference kernels conv.h, depthwiseconv_*.h and their integer_ops. Taps outside the
 * image contribute nothing, which for quantised images equals padding with the zero point. Hybrid
 * convolutions (float image, integer filter) quantise each image of the batch: asymmetrically in a
 * depthwise or grouped convolution and where the filter's channels have different scales, else
 * symmetrically.
 */
#include "runtime/ops/dot.h"
#include "runtime/ops/filter.h"
#include "runtime/ops/window.h"

typedef struct conv_data conv_data;

/* Convolves everything; `filter` is unpacked, `bias` may be NULL. */
typedef void (*conv_kernel)(const conv_data *data, const void *input, const void *filter,
                            const void *bias, void *output);

struct conv_data {
    conv_kernel kernel;
    tb_window y;
    tb_window x;
    int batches;
    size_t input_depth;
    size_t output_depth;
    size_t filter_depth;      /* input channels of one group */
    size_t filters_per_group; /* output channels of one group */
    size_t channel_stride;    /* filter elements from one output channel to the next */
    size_t tap_stride;        /* filter elements from one tap to the next */
    tb_filter filter;

    float float_min;
    float float_max;

    int32_t input_offset; /* minus the zero point */
    int32_t filter_offset;
    int32_t output_offset; /* the zero point */
    int32_t min;
    int32_t max;
    const tb_multiplier *multipliers; /* one an output channel */

    bool is_hybrid;
    tb_hybrid hybrid;
    const float *filter_scales;
    bool filter_scale_per_channel;
    const tb_hybrid_rows *rows; /* set by invoke: the quantised images */
};

/*
 * One convolution loop for all types. DOT adds the products of one tap's channels to the sum:
 * DOT(sum, input, filter, count); FINISH turns a sum into an output: FINISH(sum, channel). Both see
 * `data`, `batch` and `biases`.
 */
#define DEFINE_CONV(name, in_t, filter_t, bias_t, out_t, sum_t, DOT, FINISH)                     \
    static void name(const conv_data *data, const void *input_, const void *filter_,             \
                     const void *bias_, void *output_)                                           \
    {                                                                                            \
        const in_t *input = input_;                                                              \
        const filter_t *filter = filter_;                                                        \
        const bias_t *biases = bias_;                                                            \
        out_t *output = output_;                                                                 \
        const size_t image = (size_t)data->y.input * (size_t)data->x.input * data->input_depth;  \
        const size_t row = (size_t)data->x.input * data->input_depth;                            \
        for (int batch = 0; batch < data->batches; batch++, input += image)                      \
            for (int out_y = 0; out_y < data->y.output; out_y++)                                 \
                for (int out_x = 0; out_x < data->x.output; out_x++) {                           \
                    int64_t y0, x0;                                                              \
                    int first_y, end_y, first_x, end_x;                                          \
                    tb_window_taps(&data->y, out_y, &y0, &first_y, &end_y);                      \
                    tb_window_taps(&data->x, out_x, &x0, &first_x, &end_x);                      \
                    for (size_t channel = 0; channel < data->output_depth; channel++) {          \
                        const filter_t *weights = filter + channel * data->channel_stride;       \
                        const in_t *group =                                                      \
                            input + channel / data->filters_per_group * data->filter_depth;      \
                        sum_t sum = 0;                                                           \
                        for (int fy = first_y; fy < end_y; fy++)                                 \
                            for (int fx = first_x; fx < end_x; fx++) {                           \
                                size_t in_y = (size_t)(y0 + (int64_t)fy * data->y.dilation);     \
                                size_t in_x = (size_t)(x0 + (int64_t)fx * data->x.dilation);     \
                                size_t tap = (size_t)fy * (size_t)data->x.taps + (size_t)fx;     \
                                sum = DOT(sum, group + in_y * row + in_x * data->input_depth,    \
                                          weights + tap * data->tap_stride, data->filter_depth); \
                            }                                                                    \
                        *output++ = FINISH(sum, channel);                                        \
                    }                                                                            \
                }                                                                                \
    }

#define DOT_F32(sum, in, weights, count) tb_dot_f32(sum, in, weights, count)
#define DOT_U8(sum, in, weights, count) \
    tb_dot_u8(sum, in, data->input_offset, weights, data->filter_offset, count)
#define DOT_I8(sum, in, weights, count)       tb_dot_i8(sum, in, data->input_offset, weights, 0, count)
#define DOT_I16(sum, in, weights, count)      tb_dot_i16_i8(sum, in, 0, weights, 0, count)
#define DOT_I16_WIDE(sum, in, weights, count) tb_dot_i16_i8_wide(sum, in, 0, weights, 0, count)
#define DOT_HYBRID(sum, in, weights, count) \
    tb_dot_i8(sum, in, -data->rows->zero_points[batch], weights, 0, count)

static int32_t requantize(const conv_data *data, int32_t sum, size_t channel)
{
    int32_t scaled = tb_multiply(sum, data->multipliers[channel]);
    return tb_clamp(tb_wrap_add(scaled, data->output_offset), data->min, data->max);
}

#define FINISH_F32(sum, channel) \
    tb_clampf(sum + (biases ? biases[channel] : 0.0f), data->float_min, data->float_max)
#define FINISH_U8(sum, channel)  (uint8_t) FINISH_I32(sum, channel)
#define FINISH_I8(sum, channel)  (int8_t) FINISH_I32(sum, channel)
#define FINISH_I16(sum, channel) (int16_t) FINISH_I32(sum, channel)
#define FINISH_I32(sum, channel) \
    requantize(data, biases ? tb_wrap_add(sum, biases[channel]) : sum, channel)
#define FINISH_WIDE(sum, channel)                                                        \
    (int16_t) tb_clamp(tb_multiply64(biases ? tb_wrap_add64(sum, biases[channel]) : sum, \
                                     data->multipliers[channel]),                        \
                       data->min, data->max)

static float finish_hybrid(const conv_data *data, int32_t sum, int batch, size_t channel,
                           const float *biases)
{
    float filter_scale = data->filter_scales[data->filter_scale_per_channel ? channel : 0];
    float value = (float)sum * filter_scale * data->rows->scales[batch];
    if (biases)
        value += biases[channel];
    return tb_clampf(value, data->float_min, data->float_max);
}
#define FINISH_HYBRID(sum, channel) finish_hybrid(data, sum, batch, channel, biases)

DEFINE_CONV(conv_f32, float, float, float, float, float, DOT_F32, FINISH_F32)
DEFINE_CONV(conv_u8, uint8_t, uint8_t, int32_t, uint8_t, int32_t, DOT_U8, FINISH_U8)
DEFINE_CONV(conv_i8, int8_t, int8_t, int32_t, int8_t, int32_t, DOT_I8, FINISH_I8)
DEFINE_CONV(conv_i16, int16_t, int8_t, int32_t, int16_t, int32_t, DOT_I16, FINISH_I16)
DEFINE_CONV(conv_i16_wide, int16_t, int8_t, int64_t, int16_t, int64_t, DOT_I16_WIDE, FINISH_WIDE)
DEFINE_CONV(conv_hybrid, int8_t, int8_t, float, float, int32_t, DOT_HYBRID, FINISH_HYBRID)

/* ---- prepare ----------------------------------------------------------------------------------- */

/* What the two operators' options have in common. */
typedef struct conv_options {
    TfLitePadding padding;
    int stride_height;
    int stride_width;
    int dilation_height;
    int dilation_width;
    TfLiteFusedActivation activation;
} conv_options;

typedef struct conv_tensors {
    const TfLiteTensor *input;
    const TfLiteTensor *filter;
    const TfLiteTensor *bias; /* may be NULL in a depthwise convolution */
    TfLiteTensor *output;
    int channel_axis; /* of the filter: the one of the output channels */
} conv_tensors;

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node, conv_tensors *t)
{
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &t->input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "filter", &t->filter));
    t->bias = NULL;
    if (node->inputs->size > 2)
        TB_OP_TRY(tb_op_get_input(context, node, 2, "bias", &t->bias));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &t->output));
    TB_OP_TRY(tb_op_check_type(context, t->input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPES_QUANTIZED));
    TB_OP_TRY(tb_op_check_same_type(context, t->input, "input", t->output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, t->input, "input", 4, 4));
    TB_OP_TRY(tb_op_check_rank(context, t->filter, "filter", 4, 4));
    const int *in = t->input->dims->data, *filter = t->filter->dims->data;
    if (in[1] < 1 || in[2] < 1 || in[3] < 1)
        return tb_op_fail(context, "input is %d x %d with %d channels, expected at least 1 of each",
                          in[1], in[2], in[3]);
    if (filter[0] < 1 || filter[3] < 1)
        return tb_op_fail(context, "filter has dimensions of %d and %d, expected at least 1",
                          filter[0], filter[3]);
    return kTfLiteOk;
}

static TfLiteStatus set_windows(TfLiteContext *context, const conv_options *options,
                                const conv_tensors *t, conv_data *data)
{
    const int *in = t->input->dims->data, *filter = t->filter->dims->data;
    TB_OP_TRY(tb_window_init(context, "height", options->padding, in[1], filter[1],
                             options->stride_height, options->dilation_height, &data->y));
    TB_OP_TRY(tb_window_init(context, "width", options->padding, in[2], filter[2],
                             options->stride_width, options->dilation_width, &data->x));
    data->batches = in[0];
    data->input_depth = (size_t)in[3];
    data->output_depth = (size_t)filter[t->channel_axis];
    return kTfLiteOk;
}

static TfLiteStatus check_bias(TfLiteContext *context, const conv_tensors *t, uint32_t types)
{
    if (!t->bias)
        return kTfLiteOk;
    TB_OP_TRY(tb_op_check_type(context, t->bias, "bias", types));
    int channels = tb_tensor_dim(t->filter, t->channel_axis);
    if (tb_tensor_elements(t->bias) != channels)
        return tb_op_fail(context, "bias has %lld elements, filter has %d outputs",
                          (long long)tb_tensor_elements(t->bias), channels);
    if (t->bias->type != kTfLiteFloat32)
        return tb_op_check_symmetric(context, t->bias, "bias");
    return kTfLiteOk;
}

static TfLiteStatus prepare_float(TfLiteContext *context, const conv_options *options,
                                  const conv_tensors *t, conv_data *data)
{
    TB_OP_TRY(check_bias(context, t, TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_float_range(context, options->activation, &data->float_min, &data->float_max));
    data->kernel = conv_f32;
    if (t->filter->type == kTfLiteFloat32)
        return kTfLiteOk;

    data->is_hybrid = true;
    data->kernel = conv_hybrid;
    int scale_count;
    TB_OP_TRY(tb_filter_scales(context, t->filter, (int)data->output_depth, t->channel_axis, false,
                               &data->filter_scales, &scale_count));
    bool scales_differ = false;
    for (int c = 1; c < scale_count; c++)
        scales_differ |= data->filter_scales[c] != data->filter_scales[0];
    data->filter_scale_per_channel = scales_differ;
    bool asymmetric =
        scales_differ || data->filter_depth != data->input_depth || t->channel_axis == 3;
    size_t image = tb_dims_product(t->input, 1, 4);
    return tb_hybrid_prepare(context, (size_t)data->batches, image, asymmetric, &data->hybrid);
}

/* The kernel and the multipliers of a UINT8 convolution, whose filter has a zero point. */
static TfLiteStatus prepare_uint8(TfLiteContext *context, const conv_tensors *t, conv_data *data)
{
    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter", TB_TYPE_BIT(kTfLiteUInt8)));
    TB_OP_TRY(tb_op_check_quantized(context, t->filter, "filter"));
    TB_OP_TRY(check_bias(context, t, TB_TYPE_BIT(kTfLiteInt32)));
    data->filter_offset = -t->filter->params.zero_point;
    data->kernel = conv_u8;
    double factor;
    TB_OP_TRY(tb_filter_factor(context, t->input, t->filter, t->bias, t->output, &factor));
    tb_multiplier *multipliers =
        tb_op_persistent_array(context, data->output_depth, sizeof *multipliers);
    if (!multipliers)
        return kTfLiteError;
    for (size_t c = 0; c < data->output_depth; c++)
        TB_OP_TRY(tb_op_multiplier(context, factor, "input scale * filter scale / output scale",
                                   &multipliers[c]));
    data->multipliers = multipliers;
    return kTfLiteOk;
}

static TfLiteStatus prepare_quantized(TfLiteContext *context, const conv_options *options,
                                      const conv_tensors *t, uint32_t int16_bias_types,
                                      conv_data *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, t->input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->output, "output"));
    TB_OP_TRY(
        tb_op_quantized_range(context, options->activation, t->output, &data->min, &data->max));
    data->input_offset = -t->input->params.zero_point;
    data->output_offset = t->output->params.zero_point;
    if (t->input->type == kTfLiteUInt8)
        return prepare_uint8(context, t, data);

    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter",
                               TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteInt4)));
    if (t->input->type == kTfLiteInt8) {
        TB_OP_TRY(check_bias(context, t, TB_TYPE_BIT(kTfLiteInt32)));
        data->kernel = conv_i8;
    } else {
        TB_OP_TRY(tb_op_check_symmetric(context, t->input, "input"));
        TB_OP_TRY(tb_op_check_symmetric(context, t->output, "output"));
        TB_OP_TRY(check_bias(context, t, int16_bias_types));
        data->kernel = t->bias && t->bias->type == kTfLiteInt32 ? conv_i16 : conv_i16_wide;
    }
    const float *scales;
    int scale_count;
    TB_OP_TRY(tb_filter_scales(context, t->filter, (int)data->output_depth, t->channel_axis, true,
                               &scales, &scale_count));
    return tb_filter_multipliers(context, t->input, scales, scale_count, (int)data->output_depth,
                                 t->output, &data->multipliers);
}

static TfLiteStatus finish_prepare(TfLiteContext *context, const conv_tensors *t, conv_data *data)
{
    TB_OP_TRY(tb_filter_prepare(context, t->filter, &data->filter));
    int dims[] = {data->batches, data->y.output, data->x.output, (int)data->output_depth};
    return tb_op_resize(context, t->output, 4, dims);
}

static TfLiteStatus prepare_conv(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteConvParams *params = node->builtin_data;
    const conv_options options = {params->padding,
                                  params->stride_height,
                                  params->stride_width,
                                  params->dilation_height_factor,
                                  params->dilation_width_factor,
                                  params->activation};
    conv_tensors t = {.channel_axis = 0};
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(get_tensors(context, node, &t));
    conv_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    TB_OP_TRY(set_windows(context, &options, &t, data));

    int input_depth = tb_tensor_dim(t.input, 3), filter_depth = tb_tensor_dim(t.filter, 3);
    if (input_depth % filter_depth != 0)
        return tb_op_fail(context, "filter has %d input channels, input has %d", filter_depth,
                          input_depth);
    int groups = input_depth / filter_depth, outputs = tb_tensor_dim(t.filter, 0);
    if (outputs % groups != 0)
        return tb_op_fail(context, "filter has %d outputs for %d groups, expected a multiple",
                          outputs, groups);
    data->filter_depth = (size_t)filter_depth;
    data->filters_per_group = (size_t)(outputs / groups);
    data->channel_stride = tb_dims_product(t.filter, 1, 4);
    data->tap_stride = data->filter_depth;

    if (t.input->type == kTfLiteFloat32) {
        TB_OP_TRY(tb_op_check_type(context, t.filter, "filter",
                                   TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt8) |
                                       TB_TYPE_BIT(kTfLiteUInt8) | TB_TYPE_BIT(kTfLiteInt4)));
        TB_OP_TRY(prepare_float(context, &options, &t, data));
    } else {
        TfLiteType asked = params->quantized_bias_type;
        bool narrow = asked != kTfLiteInt64, wide = asked != kTfLiteInt32;
        uint32_t bias_types =
            (narrow ? TB_TYPE_BIT(kTfLiteInt32) : 0) | (wide ? TB_TYPE_BIT(kTfLiteInt64) : 0);
        TB_OP_TRY(prepare_quantized(context, &options, &t, bias_types, data));
    }
    return finish_prepare(context, &t, data);
}

static TfLiteStatus prepare_depthwise(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteDepthwiseConvParams *params = node->builtin_data;
    const conv_options options = {params->padding,
                                  params->stride_height,
                                  params->stride_width,
                                  params->dilation_height_factor,
                                  params->dilation_width_factor,
                                  params->activation};
    conv_tensors t = {.channel_axis = 3};
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 3));
    TB_OP_TRY(get_tensors(context, node, &t));
    conv_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    TB_OP_TRY(set_windows(context, &options, &t, data));

    int input_depth = tb_tensor_dim(t.input, 3), outputs = tb_tensor_dim(t.filter, 3);
    if (tb_tensor_dim(t.filter, 0) != 1)
        return tb_op_fail(context, "filter's first dimension is %d, expected 1",
                          tb_tensor_dim(t.filter, 0));
    if (outputs % input_depth != 0)
        return tb_op_fail(context, "filter has %d outputs, expected a multiple of %d channels",
                          outputs, input_depth);
    data->filter_depth = 1;
    data->filters_per_group = (size_t)(outputs / input_depth);
    data->channel_stride = 1;
    data->tap_stride = data->output_depth;

    if (t.input->type == kTfLiteFloat32) {
        TB_OP_TRY(tb_op_check_type(context, t.filter, "filter",
                                   TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt8)));
        TB_OP_TRY(prepare_float(context, &options, &t, data));
    } else {
        TB_OP_TRY(prepare_quantized(context, &options, &t, TB_TYPE_BIT(kTfLiteInt64), data));
    }
    return finish_prepare(context, &t, data);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    conv_data *data = node->user_data;
    const TfLiteTensor *filter = tb_op_input(context, node, 1);
    const TfLiteTensor *bias = tb_op_input(context, node, 2);
    const void *input = tb_op_input(context, node, 0)->data.raw;
    tb_hybrid_rows rows;
    if (data->is_hybrid) {
        tb_hybrid_quantize(context, &data->hybrid, input, &rows);
        data->rows = &rows;
        input = rows.values;
    }
    data->kernel(data, input, tb_filter_data(context, &data->filter, filter),
                 bias ? bias->data.raw : NULL, tb_op_output(context, node, 0)->data.raw);
    data->rows = NULL;
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_conv_2d = {.prepare = prepare_conv, .invoke = invoke};
const TfLiteRegistration tb_op_depthwise_conv_2d = {.prepare = prepare_depthwise, .invoke = invoke};
