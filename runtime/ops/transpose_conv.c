/*
 * TRANSPOSE_CONV: the gradient of a convolution, from the smaller image to the larger one, after
 * TFLite's reference kernels transpose_conv.h and integer_ops/transpose_conv.h.
 *
 * Those scatter every input over the outputs it reaches. Here every output gathers: with tap f,
 * output o meets input (o + pad - f) / stride where that division leaves no rest. Taps are taken
 * backwards, which adds in the same order as the scattering loops do.
 *
 * MediaPipe's Convolution2DTransposeBias (transpose_conv_bias.cc) is the same for float images, but
 * takes the output's size from the input's. Its options are a TfLiteTransposeConvParams, byte for
 * byte, of which only padding and strides count.
 */
#include <string.h>

#include "runtime/ops/conv_stage.h"
#include "runtime/ops/window.h"

typedef struct transpose_conv_data {
    tb_conv_stage stage;
    tb_window y; /* of the convolution that leads from the output back to the input */
    tb_window x;
    int batches;
    size_t input_depth;
    size_t output_depth;
    TfLitePadding padding;
    int stride_height;
    int stride_width;
} transpose_conv_data;

typedef void (*transpose_conv_kernel)(const transpose_conv_data *data, const void *input,
                                      const void *filter, const void *bias, void *output);

/* The input index that output position and tap meet at, or -1. */
static inline int64_t meet(const tb_window *w, int position, int tap)
{
    int64_t shifted = (int64_t)position + w->pad - tap;
    if (shifted < 0 || shifted % w->stride != 0)
        return -1;
    int64_t index = shifted / w->stride;
    return index < w->output ? index : -1;
}

/* DOT and FINISH as in conv.c. */
#define DEFINE_TRANSPOSE_CONV(name, in_t, filter_t, bias_t, out_t, sum_t, DOT, FINISH)             \
    static void name(const transpose_conv_data *data, const void *input_, const void *filter_,     \
                     const void *bias_, void *output_)                                             \
    {                                                                                              \
        const in_t *input = input_;                                                                \
        const filter_t *filter = filter_;                                                          \
        const bias_t *biases = bias_;                                                              \
        out_t *output = output_;                                                                   \
        const tb_conv_stage *stage = &data->stage;                                                 \
        const size_t depth = data->input_depth;                                                    \
        const size_t row = (size_t)data->x.output * depth;                                         \
        const size_t filter_row = (size_t)data->x.taps * depth;                                    \
        const size_t one_filter = (size_t)data->y.taps * filter_row;                               \
        for (int batch = 0; batch < data->batches; batch++, input += (size_t)data->y.output * row) \
            for (int out_y = 0; out_y < data->y.input && !tb_stopped(); out_y++)                   \
                for (int out_x = 0; out_x < data->x.input && !tb_stopped(); out_x++)               \
                    for (size_t channel = 0; channel < data->output_depth; channel++) {            \
                        const filter_t *weights = filter + channel * one_filter;                   \
                        sum_t sum = 0;                                                             \
                        for (int fy = data->y.taps - 1; fy >= 0; fy--) {                           \
                            int64_t in_y = meet(&data->y, out_y, fy);                              \
                            for (int fx = data->x.taps - 1; fx >= 0 && in_y >= 0; fx--) {          \
                                int64_t in_x = meet(&data->x, out_x, fx);                          \
                                if (in_x < 0)                                                      \
                                    continue;                                                      \
                                sum = DOT(sum, input + (size_t)in_y * row + (size_t)in_x * depth,  \
                                          weights + (size_t)fy * filter_row + (size_t)fx * depth,  \
                                          depth);                                                  \
                            }                                                                      \
                        }                                                                          \
                        *output++ = FINISH(sum, channel);                                          \
                    }                                                                              \
    }

DEFINE_TRANSPOSE_CONV(gather_f32, float, float, float, float, float, TB_CONV_DOT_F32,
                      TB_CONV_FINISH_F32)
DEFINE_TRANSPOSE_CONV(gather_u8, uint8_t, uint8_t, int32_t, uint8_t, int32_t, TB_CONV_DOT_U8,
                      TB_CONV_FINISH_U8)
DEFINE_TRANSPOSE_CONV(gather_i8, int8_t, int8_t, int32_t, int8_t, int32_t, TB_CONV_DOT_I8,
                      TB_CONV_FINISH_I8)
DEFINE_TRANSPOSE_CONV(gather_i16, int16_t, int8_t, int32_t, int16_t, int32_t, TB_CONV_DOT_I16,
                      TB_CONV_FINISH_I16)
DEFINE_TRANSPOSE_CONV(gather_i16_wide, int16_t, int8_t, int64_t, int16_t, int64_t,
                      TB_CONV_DOT_I16_WIDE, TB_CONV_FINISH_WIDE)
DEFINE_TRANSPOSE_CONV(gather_hybrid, int8_t, int8_t, float, float, int32_t, TB_CONV_DOT_HYBRID,
                      TB_CONV_FINISH_HYBRID)

static const transpose_conv_kernel kernels[TB_CONV_KINDS] = {
    [TB_CONV_F32] = TB_TYPED(Float32, gather_f32),
    [TB_CONV_HYBRID] = TB_TYPED(Float32, gather_hybrid),
    [TB_CONV_U8] = TB_TYPED(UInt8, gather_u8),
    [TB_CONV_I8] = TB_TYPED(Int8, gather_i8),
    [TB_CONV_I16] = TB_TYPED(Int16, gather_i16),
    [TB_CONV_I16_WIDE] = TB_TYPED(Int16, gather_i16_wide),
};

/* ---- prepare ----------------------------------------------------------------------------------- */

/* The output has the shape that an input tensor holds; it has to lead back to the image's. */
static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node,
                                 transpose_conv_data *data)
{
    const TfLiteTensor *filter = tb_op_input(context, node, 1);
    const TfLiteTensor *input = tb_op_input(context, node, 2);
    int32_t dims[4];
    int count;
    TB_OP_TRY(
        tb_op_read_ints(context, tb_op_input(context, node, 0), "output shape", 4, dims, &count));
    if (count != 4 || dims[0] != tb_tensor_dim(input, 0) || dims[1] < 1 || dims[2] < 1 ||
        dims[3] != tb_tensor_dim(filter, 0))
        return tb_op_fail(context,
                          "output shape has %d dimensions, of batch %d and %d channels; expected "
                          "4, %d and %d",
                          count, count > 0 ? dims[0] : 0, count > 3 ? dims[3] : 0,
                          tb_tensor_dim(input, 0), tb_tensor_dim(filter, 0));
    TB_OP_TRY(tb_window_init(context, "height", data->padding, dims[1], tb_tensor_dim(filter, 1),
                             data->stride_height, 1, &data->y));
    TB_OP_TRY(tb_window_init(context, "width", data->padding, dims[2], tb_tensor_dim(filter, 2),
                             data->stride_width, 1, &data->x));
    if (data->y.output != tb_tensor_dim(input, 1) || data->x.output != tb_tensor_dim(input, 2))
        return tb_op_fail(context,
                          "an output of %d x %d has an input of %d x %d, but that is %d x "
                          "%d",
                          dims[1], dims[2], data->y.output, data->x.output, tb_tensor_dim(input, 1),
                          tb_tensor_dim(input, 2));
    data->batches = dims[0];
    return tb_op_resize(context, tb_op_output(context, node, 0), 4, dims);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTransposeConvParams *params = node->builtin_data;
    const TfLiteTensor *shape;
    tb_conv_tensors t = {.channel_axis = 0};
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 4));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "output shape", &shape));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "filter", &t.filter));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "input", &t.input));
    t.bias = tb_op_input(context, node, 3);
    TB_OP_TRY(tb_op_get_output(context, node, 0, &t.output));
    TB_OP_TRY(tb_op_check_type(context, shape, "output shape", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, shape, "output shape", 1, 1));
    TB_OP_TRY(tb_op_check_rank(context, t.input, "input", 4, 4));
    TB_OP_TRY(tb_op_check_rank(context, t.filter, "filter", 4, 4));
    int depth = tb_tensor_dim(t.input, 3);
    if (tb_count(t.input) == 0 || tb_count(t.filter) == 0)
        return tb_op_fail(context, "input or filter is empty");
    if (tb_tensor_dim(t.filter, 3) != depth)
        return tb_op_fail(context, "filter has %d input channels, input has %d",
                          tb_tensor_dim(t.filter, 3), depth);
    transpose_conv_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    TfLiteType asked = params->quantized_bias_type;
    const tb_conv_types types = {
        .hybrid_filters = TB_TYPE_BIT(kTfLiteInt8),
        .int8_filters = TB_TYPE_BIT(kTfLiteInt8),
        .int16_biases = (asked == kTfLiteInt64 ? 0 : TB_TYPE_BIT(kTfLiteInt32)) |
                        (asked == kTfLiteInt32 ? 0 : TB_TYPE_BIT(kTfLiteInt64)),
        .hybrid_is_asymmetric = true,
        .no_bias_type = asked == kTfLiteInt32 ? kTfLiteInt32 : kTfLiteInt64,
    };
    TB_OP_TRY(tb_conv_stage_prepare(context, &t, params->activation, &types, &data->stage));
    data->input_depth = (size_t)depth;
    data->output_depth = (size_t)tb_tensor_dim(t.filter, 0);
    data->padding = params->padding;
    data->stride_height = params->stride_height;
    data->stride_width = params->stride_width;
    if (params->stride_height < 1 || params->stride_width < 1)
        return tb_op_fail(context, "strides are %d and %d, expected at least 1",
                          params->stride_height, params->stride_width);
    if (tb_tensor_is_constant(shape))
        return shape_output(context, node, data);
    tb_op_set_dynamic(t.output);
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    transpose_conv_data *data = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    const TfLiteTensor *bias = tb_op_input(context, node, 3);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node, data));
    const void *input = tb_conv_stage_input(context, &data->stage, tb_op_input(context, node, 2));
    const void *filter = tb_conv_stage_filter(context, &data->stage, tb_op_input(context, node, 1));
    kernels[data->stage.kind](data, input, filter, bias ? bias->data.raw : NULL, output->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_transpose_conv = {.prepare = prepare, .invoke = invoke};

/* ---- Convolution2DTransposeBias ---------------------------------------------------------------- */

/* The larger axis: as long as the filter reaches, less what SAME crops. */
static TfLiteStatus grow(TfLiteContext *context, const char *axis, TfLitePadding padding, int size,
                         int taps, int stride, tb_window *out)
{
    if (padding != kTfLitePaddingSame && padding != kTfLitePaddingValid)
        return tb_op_fail(context, "padding is %d, expected SAME or VALID", (int)padding);
    if (stride < 1)
        return tb_op_fail(context, "stride along %s is %d, expected at least 1", axis, stride);
    int64_t cropped = 0;
    if (padding == kTfLitePaddingSame)
        cropped = TB_MAX(taps - (size - 1) % stride - 1, 0);
    int64_t grown = ((int64_t)size - 1) * stride + taps - cropped;
    if (grown < 1 || grown > INT32_MAX)
        return tb_op_fail(context, "%s of %d grows to %lld", axis, size, (long long)grown);
    *out = (tb_window){.input = (int)grown,
                       .taps = taps,
                       .stride = stride,
                       .dilation = 1,
                       .output = size,
                       .pad = (int)(cropped / 2)};
    return kTfLiteOk;
}

static TfLiteStatus prepare_bias(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTransposeConvParams params = {.activation = kTfLiteActNone};
    const size_t option_bytes = offsetof(TfLiteTransposeConvParams, activation);
    tb_conv_tensors t = {.channel_axis = 0};
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &t.input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "filter", &t.filter));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "bias", &t.bias));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &t.output));
    TB_OP_TRY(tb_op_check_type(context, t.input, "input", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_same_type(context, t.filter, "filter", t.input, "input"));
    TB_OP_TRY(tb_op_check_same_type(context, t.bias, "bias", t.input, "input"));
    TB_OP_TRY(tb_op_check_same_type(context, t.output, "output", t.input, "input"));
    TB_OP_TRY(tb_op_check_rank(context, t.input, "input", 4, 4));
    TB_OP_TRY(tb_op_check_rank(context, t.filter, "filter", 4, 4));
    TB_OP_TRY(tb_op_check_rank(context, t.bias, "bias", 1, 1));
    const int *in = t.input->dims->data, *filter = t.filter->dims->data;
    if (tb_count(t.input) == 0 || tb_count(t.filter) == 0)
        return tb_op_fail(context, "input or filter is empty");
    if (filter[3] != in[3] || filter[0] != tb_tensor_dim(t.bias, 0))
        return tb_op_fail(context, "filter leads from %d to %d channels, input has %d and bias %d",
                          filter[3], filter[0], in[3], tb_tensor_dim(t.bias, 0));
    if (node->custom_initial_data_size < (int)option_bytes)
        return tb_op_fail(context, "its options have %d bytes, expected at least %zu",
                          node->custom_initial_data_size, option_bytes);
    memcpy(&params, node->custom_initial_data, option_bytes);
    transpose_conv_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    const tb_conv_types types = {.no_bias_type = kTfLiteInt32};
    TB_OP_TRY(tb_conv_stage_prepare(context, &t, params.activation, &types, &data->stage));
    TB_OP_TRY(
        grow(context, "height", params.padding, in[1], filter[1], params.stride_height, &data->y));
    TB_OP_TRY(
        grow(context, "width", params.padding, in[2], filter[2], params.stride_width, &data->x));
    data->batches = in[0];
    data->input_depth = (size_t)in[3];
    data->output_depth = (size_t)filter[0];
    int dims[] = {in[0], data->y.input, data->x.input, filter[0]};
    return tb_op_resize(context, t.output, 4, dims);
}

static TfLiteStatus invoke_bias(TfLiteContext *context, TfLiteNode *node)
{
    const transpose_conv_data *data = node->user_data;
    const TfLiteTensor *filter = tb_op_input(context, node, 1);
    gather_f32(data, tb_op_input(context, node, 0)->data.raw,
               tb_conv_stage_filter(context, &data->stage, filter),
               tb_op_input(context, node, 2)->data.raw, tb_op_output(context, node, 0)->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_convolution_2d_transpose_bias = {.prepare = prepare_bias,
                                                                .invoke = invoke_bias};
