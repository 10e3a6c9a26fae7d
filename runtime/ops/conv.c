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
#include "runtime/ops/conv_stage.h"
#include "runtime/ops/window.h"

typedef struct conv_data {
    tb_conv_stage stage;
    tb_window y;
    tb_window x;
    int batches;
    size_t input_depth;
    size_t output_depth;
    size_t filter_depth;      /* input channels of one group */
    size_t filters_per_group; /* output channels of one group */
    size_t channel_stride;    /* filter elements from one output channel to the next */
    size_t tap_stride;        /* filter elements from one tap to the next */
} conv_data;

/* Convolves everything; `filter` is unpacked, `bias` may be NULL. */
typedef void (*conv_kernel)(const conv_data *data, const void *input, const void *filter,
                            const void *bias, void *output);

/*
 * One convolution loop for all types. DOT adds the products of one tap's channels to the sum:
 * DOT(sum, input, filter, count); FINISH turns a sum into an output: FINISH(sum, channel). Both see
 * `data`, `stage`, `batch` and `biases`.
 */
#define DEFINE_CONV(name, in_t, filter_t, bias_t, out_t, sum_t, DOT, FINISH)                     \
    static void name(const conv_data *data, const void *input_, const void *filter_,             \
                     const void *bias_, void *output_)                                           \
    {                                                                                            \
        const in_t *input = input_;                                                              \
        const filter_t *filter = filter_;                                                        \
        const bias_t *biases = bias_;                                                            \
        out_t *output = output_;                                                                 \
        const tb_conv_stage *stage = &data->stage;                                               \
        const size_t image = (size_t)data->y.input * (size_t)data->x.input * data->input_depth;  \
        const size_t row = (size_t)data->x.input * data->input_depth;                            \
        for (int batch = 0; batch < data->batches && !tb_stopped(); batch++, input += image)     \
            for (int out_y = 0; out_y < data->y.output && !tb_stopped(); out_y++)                \
                for (int out_x = 0; out_x < data->x.output && !tb_stopped(); out_x++) {          \
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

DEFINE_CONV(conv_f32, float, float, float, float, float, TB_CONV_DOT_F32, TB_CONV_FINISH_F32)
DEFINE_CONV(conv_u8, uint8_t, uint8_t, int32_t, uint8_t, int32_t, TB_CONV_DOT_U8, TB_CONV_FINISH_U8)
DEFINE_CONV(conv_i8, int8_t, int8_t, int32_t, int8_t, int32_t, TB_CONV_DOT_I8, TB_CONV_FINISH_I8)
DEFINE_CONV(conv_i16, int16_t, int8_t, int32_t, int16_t, int32_t, TB_CONV_DOT_I16,
            TB_CONV_FINISH_I16)
DEFINE_CONV(conv_i16_wide, int16_t, int8_t, int64_t, int16_t, int64_t, TB_CONV_DOT_I16_WIDE,
            TB_CONV_FINISH_WIDE)
DEFINE_CONV(conv_hybrid, int8_t, int8_t, float, float, int32_t, TB_CONV_DOT_HYBRID,
            TB_CONV_FINISH_HYBRID)

static const conv_kernel kernels[TB_CONV_KINDS] = {
    [TB_CONV_F32] = TB_TYPED(Float32, conv_f32),
    [TB_CONV_HYBRID] = TB_TYPED(Float32, conv_hybrid),
    [TB_CONV_U8] = TB_TYPED(UInt8, conv_u8),
    [TB_CONV_I8] = TB_TYPED(Int8, conv_i8),
    [TB_CONV_I16] = TB_TYPED(Int16, conv_i16),
    [TB_CONV_I16_WIDE] = TB_TYPED(Int16, conv_i16_wide),
};

/* ---- prepare ----------------------------------------------------------------------------------- */

/* What the two operators' options have in common. */
typedef struct conv_options {
    TfLitePadding padding;
    int stride_height;
    int stride_width;
    int dilation_height;
    int dilation_width;
} conv_options;

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node, tb_conv_tensors *t)
{
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &t->input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "filter", &t->filter));
    if (node->inputs->size > 2)
        TB_OP_TRY(tb_op_get_input(context, node, 2, "bias", &t->bias));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &t->output));
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

/* Windows and output; the depths are set. */
static TfLiteStatus shape_output(TfLiteContext *context, const conv_options *options,
                                 const tb_conv_tensors *t, conv_data *data)
{
    const int *in = t->input->dims->data, *filter = t->filter->dims->data;
    TB_OP_TRY(tb_window_init(context, "height", options->padding, in[1], filter[1],
                             options->stride_height, options->dilation_height, &data->y));
    TB_OP_TRY(tb_window_init(context, "width", options->padding, in[2], filter[2],
                             options->stride_width, options->dilation_width, &data->x));
    data->batches = in[0];
    data->input_depth = (size_t)in[3];
    data->output_depth = (size_t)filter[t->channel_axis];
    int dims[] = {in[0], data->y.output, data->x.output, filter[t->channel_axis]};
    return tb_op_resize(context, t->output, 4, dims);
}

static TfLiteStatus prepare_conv(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteConvParams *params = node->builtin_data;
    tb_conv_tensors t = {.channel_axis = 0};
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(get_tensors(context, node, &t));
    conv_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;

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

    TfLiteType asked = params->quantized_bias_type;
    const tb_conv_types types = {
        .hybrid_filters =
            TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteUInt8) | TB_TYPE_BIT(kTfLiteInt4),
        .int8_filters = TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteInt4),
        .int16_biases = (asked == kTfLiteInt64 ? 0 : TB_TYPE_BIT(kTfLiteInt32)) |
                        (asked == kTfLiteInt32 ? 0 : TB_TYPE_BIT(kTfLiteInt64)),
        .filter_symmetric = true,
        .hybrid_is_asymmetric = groups > 1,
    };
    TB_OP_TRY(tb_conv_stage_prepare(context, &t, params->activation, &types, &data->stage));
    const conv_options options = {params->padding, params->stride_height, params->stride_width,
                                  params->dilation_height_factor, params->dilation_width_factor};
    return shape_output(context, &options, &t, data);
}

static TfLiteStatus prepare_depthwise(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_conv_types types = {
        .hybrid_filters = TB_TYPE_BIT(kTfLiteInt8),
        .int8_filters = TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteInt4),
        .int16_biases = TB_TYPE_BIT(kTfLiteInt64),
        .filter_symmetric = true,
        .hybrid_is_asymmetric = true,
    };
    const TfLiteDepthwiseConvParams *params = node->builtin_data;
    tb_conv_tensors t = {.channel_axis = 3};
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 3));
    TB_OP_TRY(get_tensors(context, node, &t));
    conv_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;

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
    data->tap_stride = (size_t)outputs;

    TB_OP_TRY(tb_conv_stage_prepare(context, &t, params->activation, &types, &data->stage));
    const conv_options options = {params->padding, params->stride_height, params->stride_width,
                                  params->dilation_height_factor, params->dilation_width_factor};
    return shape_output(context, &options, &t, data);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    conv_data *data = node->user_data;
    const TfLiteTensor *bias = tb_op_input(context, node, 2);
    const void *input = tb_conv_stage_input(context, &data->stage, tb_op_input(context, node, 0));
    const void *filter = tb_conv_stage_filter(context, &data->stage, tb_op_input(context, node, 1));
    kernels[data->stage.kind](data, input, filter, bias ? bias->data.raw : NULL,
                              tb_op_output(context, node, 0)->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_conv_2d = {.prepare = prepare_conv, .invoke = invoke};
const TfLiteRegistration tb_op_depthwise_conv_2d = {.prepare = prepare_depthwise, .invoke = invoke};
