/* Nodes as XNNPACK's subgraph interface of 2022 takes them; see nodes.h. */
#include "delegates/xnnpack/nodes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* A node whose values are defined. */
typedef struct definition {
    const tb_xnn *call;
    tb_xnn_graph graph;
    const TfLiteContext *context;
    const TfLiteNode *node;
    size_t function;   /* of the row */
    uint32_t value[3]; /* inputs in the model's order, from the row's first; TB_XNN_NO_VALUE */
    uint32_t out;
} definition;

typedef struct node_row {
    int builtin;
    size_t function;  /* its place in tb_xnn */
    int first, count; /* of the inputs that are values; others are read when the node is defined */
    int weights;      /* input that is a filter, its bias behind it or behind the input; -1: none */
    int axis;         /* of the filter's output channels */
    int (*define)(const definition *d);
    bool (*suits)(tb_cpu_query *query); /* what the library does not look at itself; may be NULL */
} node_row;

static const TfLiteTensor *in_tensor(const definition *d, int k)
{
    return &d->context->tensors[d->node->inputs->data[k]];
}

static const TfLiteTensor *out_tensor(const definition *d)
{
    return &d->context->tensors[d->node->outputs->data[0]];
}

static size_t dim(const TfLiteTensor *tensor, int k)
{
    return (size_t)tensor->dims->data[k];
}

static void get_function(const definition *d, void *slot)
{
    memcpy(slot, (const char *)d->call + d->function, sizeof(tb_function));
}

/* ---- windows ----------------------------------------------------------------------------------- */

static uint32_t padding_flag(TfLitePadding padding)
{
    return padding == kTfLitePaddingSame ? TB_XNN_SAME_PADDING : 0;
}

static int define_conv(const definition *d)
{
    const TfLiteConvParams *p = d->node->builtin_data;
    const TfLiteTensor *filter = in_tensor(d, 1);
    float min, max;
    tb_float_bounds(p->activation, &min, &max);
    return d->call->xnn_define_convolution_2d(
        d->graph, 0, 0, 0, 0, (uint32_t)dim(filter, 1), (uint32_t)dim(filter, 2),
        (uint32_t)p->stride_height, (uint32_t)p->stride_width, (uint32_t)p->dilation_height_factor,
        (uint32_t)p->dilation_width_factor, 1, dim(filter, 3), dim(filter, 0), min, max,
        d->value[0], d->value[1], d->value[2], d->out, padding_flag(p->padding));
}

static int define_depthwise(const definition *d)
{
    const TfLiteDepthwiseConvParams *p = d->node->builtin_data;
    const TfLiteTensor *filter = in_tensor(d, 1);
    const size_t channels = dim(in_tensor(d, 0), 3);
    float min, max;
    tb_float_bounds(p->activation, &min, &max);
    return d->call->xnn_define_depthwise_convolution_2d(
        d->graph, 0, 0, 0, 0, (uint32_t)dim(filter, 1), (uint32_t)dim(filter, 2),
        (uint32_t)p->stride_height, (uint32_t)p->stride_width, (uint32_t)p->dilation_height_factor,
        (uint32_t)p->dilation_width_factor, (uint32_t)(dim(filter, 3) / channels), channels, min,
        max, d->value[0], d->value[1], d->value[2], d->out, padding_flag(p->padding));
}

/* How an output of `out` comes from `in`: padding that is cut off, and rows that are added behind. */
static bool transposed_axis(TfLitePadding kind, int64_t in, int64_t out, int64_t taps,
                            int64_t stride, uint32_t padding[2], uint32_t *adjust)
{
    const int64_t full = (in - 1) * stride + taps;
    const int64_t cut = kind == kTfLitePaddingSame && full > out ? full - out : 0;
    const int64_t more = out - (full - cut);
    if (more < 0 || more >= stride)
        return false;
    padding[0] = (uint32_t)(cut / 2);
    padding[1] = (uint32_t)(cut - cut / 2);
    *adjust = (uint32_t)more;
    return true;
}

/* Inputs: the output's shape, filter, input, bias. */
static int define_transpose_conv(const definition *d)
{
    const TfLiteTransposeConvParams *p = d->node->builtin_data;
    const TfLiteTensor *filter = in_tensor(d, 1), *in = in_tensor(d, 2), *out = out_tensor(d);
    uint32_t rows[2], columns[2], adjust_h, adjust_w;
    if (!transposed_axis(p->padding, in->dims->data[1], out->dims->data[1], filter->dims->data[1],
                         p->stride_height, rows, &adjust_h) ||
        !transposed_axis(p->padding, in->dims->data[2], out->dims->data[2], filter->dims->data[2],
                         p->stride_width, columns, &adjust_w))
        return -1;
    float min, max;
    tb_float_bounds(p->activation, &min, &max);
    return d->call->xnn_define_deconvolution_2d(
        d->graph, rows[0], columns[1], rows[1], columns[0], adjust_h, adjust_w,
        (uint32_t)dim(filter, 1), (uint32_t)dim(filter, 2), (uint32_t)p->stride_height,
        (uint32_t)p->stride_width, 1, 1, 1, dim(filter, 3), dim(filter, 0), min, max, d->value[1],
        d->value[0], d->value[2], d->out, 0);
}

static int define_average_pool(const definition *d)
{
    const TfLitePoolParams *p = d->node->builtin_data;
    float min, max;
    tb_float_bounds(p->activation, &min, &max);
    return d->call->xnn_define_average_pooling_2d(
        d->graph, 0, 0, 0, 0, (uint32_t)p->filter_height, (uint32_t)p->filter_width,
        (uint32_t)p->stride_height, (uint32_t)p->stride_width, min, max, d->value[0], d->out,
        padding_flag(p->padding));
}

static int define_max_pool(const definition *d)
{
    const TfLitePoolParams *p = d->node->builtin_data;
    float min, max;
    tb_float_bounds(p->activation, &min, &max);
    return d->call->xnn_define_max_pooling_2d(d->graph, 0, 0, 0, 0, (uint32_t)p->filter_height,
                                              (uint32_t)p->filter_width, (uint32_t)p->stride_height,
                                              (uint32_t)p->stride_width, 1, 1, min, max,
                                              d->value[0], d->out, padding_flag(p->padding));
}

/* ---- others with parameters -------------------------------------------------------------------- */

static int define_fully_connected(const definition *d)
{
    const TfLiteFullyConnectedParams *p = d->node->builtin_data;
    float min, max;
    tb_float_bounds(p->activation, &min, &max);
    return d->call->xnn_define_fully_connected(d->graph, min, max, d->value[0], d->value[1],
                                               d->value[2], d->out,
                                               p->keep_num_dims ? 0 : TB_XNN_RESHAPE_2D);
}

static int define_mean(const definition *d)
{
    return d->call->xnn_define_global_average_pooling_2d(d->graph, -INFINITY, INFINITY, d->value[0],
                                                         d->out, 0);
}

static bool suits_mean(tb_cpu_query *query)
{
    const TfLiteTensor *in = tb_query_input(query, 0), *axes = tb_query_input(query, 1);
    const TfLiteTensor *out = tb_query_output(query, 0);
    const bool image = in->dims->size == 4 && out->dims->size == 4 && axes->data.raw_const &&
                       axes->type == kTfLiteInt32 && tb_query_elements(axes) == 2;
    const int32_t a = image ? axes->data.i32[0] : 0, b = image ? axes->data.i32[1] : 0;
    const int32_t first = a < 0 ? a + 4 : a, second = b < 0 ? b + 4 : b;
    if (!image || first + second != 3 || first == 0 || second == 0)
        return tb_query_no(query, "XNNPACK means over height and width of an image alone");
    return true;
}

static int define_pad(const definition *d)
{
    const TfLiteTensor *pads = in_tensor(d, 1), *in = in_tensor(d, 0);
    size_t before[TB_XNN_MAX_RANK] = {0}, after[TB_XNN_MAX_RANK] = {0};
    for (int k = 0; k < in->dims->size; k++) {
        before[k] = (size_t)pads->data.i32[2 * k];
        after[k] = (size_t)pads->data.i32[2 * k + 1];
    }
    return d->call->xnn_define_static_constant_pad(d->graph, before, after, 0.0f, d->value[0],
                                                   d->out, 0);
}

static bool suits_pad(tb_cpu_query *query)
{
    const TfLiteTensor *in = tb_query_input(query, 0), *pads = tb_query_input(query, 1);
    if (!pads || pads->type != kTfLiteInt32 || !pads->data.raw_const ||
        in->dims->size > TB_XNN_MAX_RANK || tb_query_elements(pads) != 2 * (size_t)in->dims->size)
        return tb_query_no(query, "the padding is no INT32 constant");
    return true;
}

static int define_reshape(const definition *d)
{
    const TfLiteTensor *out = out_tensor(d);
    size_t dims[TB_XNN_MAX_RANK] = {0};
    for (int k = 0; k < out->dims->size; k++)
        dims[k] = dim(out, k);
    return d->call->xnn_define_static_reshape(d->graph, (size_t)out->dims->size, dims, d->value[0],
                                              d->out, 0);
}

static int define_resize(const definition *d)
{
    const TfLiteResizeBilinearParams *p = d->node->builtin_data;
    const TfLiteTensor *out = out_tensor(d);
    const uint32_t flags = p->align_corners        ? TB_XNN_ALIGN_CORNERS
                           : p->half_pixel_centers ? 0
                                                   : TB_XNN_LEGACY_RESIZE;
    return d->call->xnn_define_static_resize_bilinear_2d(d->graph, dim(out, 1), dim(out, 2),
                                                         d->value[0], d->out, flags);
}

static int define_depth_to_space(const definition *d)
{
    const TfLiteDepthToSpaceParams *p = d->node->builtin_data;
    return d->call->xnn_define_depth_to_space(d->graph, d->value[0], d->out,
                                              (uint32_t)p->block_size, 0);
}

static bool suits_softmax(tb_cpu_query *query)
{
    const TfLiteSoftmaxParams *p = query->node->builtin_data;
    if (p->beta < 1.0f || p->beta > 1.0f)
        return tb_query_no(query, "XNNPACK has no SOFTMAX with beta %g", (double)p->beta);
    return true;
}

static bool suits_prelu(tb_cpu_query *query)
{
    const TfLiteTensor *in = tb_query_input(query, 0), *slope = tb_query_input(query, 1);
    const int rank = in->dims->size;
    if (!tb_query_is_constant(query, slope) || rank < 1 ||
        tb_query_elements(slope) != (size_t)in->dims->data[rank - 1] || slope->dims->size < 1 ||
        slope->dims->data[slope->dims->size - 1] != in->dims->data[rank - 1])
        return tb_query_no(query, "XNNPACK wants a constant slope for each channel");
    return true;
}

/* ---- element by element ------------------------------------------------------------------------ */

static int define_unary(const definition *d)
{
    int(*define) TB_XNN_UNARY;
    get_function(d, &define);
    return define(d->graph, d->value[0], d->out, 0);
}

static int define_binary(const definition *d)
{
    int(*define) TB_XNN_BINARY;
    get_function(d, &define);
    return define(d->graph, d->value[0], d->value[1], d->out, 0);
}

/* ADD, SUB, MUL, DIV: the activation is what their parameters begin with. */
static int define_bounded(const definition *d)
{
    int(*define) TB_XNN_BOUNDED;
    TfLiteFusedActivation activation;
    memcpy(&activation, d->node->builtin_data, sizeof activation);
    float min, max;
    tb_float_bounds(activation, &min, &max);
    get_function(d, &define);
    return define(d->graph, min, max, d->value[0], d->value[1], d->out, 0);
}

static int define_leaky_relu(const definition *d)
{
    const TfLiteLeakyReluParams *p = d->node->builtin_data;
    return d->call->xnn_define_leaky_relu(d->graph, p->alpha, d->value[0], d->out, 0);
}

static int define_elu(const definition *d)
{
    return d->call->xnn_define_elu(d->graph, 1.0f, d->value[0], d->out, 0);
}

static int define_relu(const definition *d)
{
    return d->call->xnn_define_clamp(d->graph, 0.0f, INFINITY, d->value[0], d->out, 0);
}

static int define_relu6(const definition *d)
{
    return d->call->xnn_define_clamp(d->graph, 0.0f, 6.0f, d->value[0], d->out, 0);
}

static int define_relu_n1_to_1(const definition *d)
{
    return d->call->xnn_define_clamp(d->graph, -1.0f, 1.0f, d->value[0], d->out, 0);
}

static bool suits_clamp(tb_cpu_query *query)
{
    const TfLiteTensor *in = tb_query_input(query, 0), *out = tb_query_output(query, 0);
    if (tb_type_is_q8(in->type) &&
        (in->params.zero_point != out->params.zero_point || in->params.scale < out->params.scale ||
         in->params.scale > out->params.scale))
        return tb_query_no(query, "XNNPACK clamps within one scale and zero point alone");
    return true;
}

/* For operators that the cpu delegate does not know. */
static bool is_plain_unary(tb_cpu_query *query, const uint8_t *writers)
{
    const TfLiteTensor *in = tb_query_input(query, 0), *out = tb_query_output(query, 0);
    if (!in || !out || in->type != kTfLiteFloat32 || out->type != kTfLiteFloat32 || !in->dims ||
        !out->dims || !TfLiteIntArrayEqual(in->dims, out->dims) || tb_query_elements(in) < 1 ||
        in->allocation_type == kTfLiteDynamic || out->allocation_type == kTfLiteDynamic ||
        in->is_variable || out->is_variable || writers[query->node->outputs->data[0]] > 1)
        return tb_query_no(query, "input and output are no floats of one fixed shape");
    return true;
}

/* ---- the table --------------------------------------------------------------------------------- */

#define AT(function) offsetof(tb_xnn, xnn_define_##function)
#define UNARY(builtin, function)                                               \
    {                                                                          \
        kTfLiteBuiltin##builtin, AT(function), 0, 1, -1, 0, define_unary, NULL \
    }
#define BINARY(builtin, function, define)                                \
    {                                                                    \
        kTfLiteBuiltin##builtin, AT(function), 0, 2, -1, 0, define, NULL \
    }
#define CLAMP(builtin, define)                                               \
    {                                                                        \
        kTfLiteBuiltin##builtin, AT(clamp), 0, 1, -1, 0, define, suits_clamp \
    }
#define VIEW(builtin)                                                                  \
    {                                                                                  \
        kTfLiteBuiltin##builtin, AT(static_reshape), 0, 1, -1, 0, define_reshape, NULL \
    }

static const node_row rows[] = {
    {kTfLiteBuiltinConv2d, AT(convolution_2d), 0, 3, 1, 0, define_conv, NULL},
    {kTfLiteBuiltinDepthwiseConv2d, AT(depthwise_convolution_2d), 0, 3, 1, 3, define_depthwise,
     NULL},
    {kTfLiteBuiltinTransposeConv, AT(deconvolution_2d), 1, 3, 1, 0, define_transpose_conv, NULL},
    {kTfLiteBuiltinFullyConnected, AT(fully_connected), 0, 3, 1, 0, define_fully_connected, NULL},
    {kTfLiteBuiltinAveragePool2d, AT(average_pooling_2d), 0, 1, -1, 0, define_average_pool, NULL},
    {kTfLiteBuiltinMaxPool2d, AT(max_pooling_2d), 0, 1, -1, 0, define_max_pool, NULL},
    {kTfLiteBuiltinMean, AT(global_average_pooling_2d), 0, 1, -1, 0, define_mean, suits_mean},
    {kTfLiteBuiltinPad, AT(static_constant_pad), 0, 1, -1, 0, define_pad, suits_pad},
    {kTfLiteBuiltinResizeBilinear, AT(static_resize_bilinear_2d), 0, 1, -1, 0, define_resize, NULL},
    {kTfLiteBuiltinDepthToSpace, AT(depth_to_space), 0, 1, -1, 0, define_depth_to_space, NULL},
    {kTfLiteBuiltinSoftmax, AT(softmax), 0, 1, -1, 0, define_unary, suits_softmax},
    {kTfLiteBuiltinPrelu, AT(prelu), 0, 2, -1, 0, define_binary, suits_prelu},
    {kTfLiteBuiltinLeakyRelu, AT(leaky_relu), 0, 1, -1, 0, define_leaky_relu, NULL},
    {kTfLiteBuiltinElu, AT(elu), 0, 1, -1, 0, define_elu, NULL},
    VIEW(Reshape),
    VIEW(Squeeze),
    VIEW(ExpandDims),
    CLAMP(Relu, define_relu),
    CLAMP(Relu6, define_relu6),
    CLAMP(ReluN1To1, define_relu_n1_to_1),
    BINARY(Add, add2, define_bounded),
    BINARY(Sub, subtract, define_bounded),
    BINARY(Mul, multiply2, define_bounded),
    BINARY(Div, divide, define_bounded),
    BINARY(Maximum, maximum2, define_binary),
    BINARY(Minimum, minimum2, define_binary),
    BINARY(SquaredDifference, squared_difference, define_binary),
    UNARY(Abs, abs),
    UNARY(Ceil, ceiling),
    UNARY(Floor, floor),
    UNARY(HardSwish, hardswish),
    UNARY(Logistic, sigmoid),
    UNARY(Neg, negate),
    UNARY(Round, bankers_rounding),
    UNARY(Sqrt, square_root),
    UNARY(Square, square),
    UNARY(Quantize, convert),
    UNARY(Dequantize, convert),
};

static const node_row *find_row(int builtin)
{
    for (size_t k = 0; k < TB_COUNT_OF(rows); k++)
        if (rows[k].builtin == builtin)
            return &rows[k];
    return NULL;
}

/* ---- values ------------------------------------------------------------------------------------ */

static bool is_in(const TfLiteIntArray *list, int tensor)
{
    for (int k = 0; list && k < list->size; k++)
        if (list->data[k] == tensor)
            return true;
    return false;
}

static int scale_count(const TfLiteTensor *tensor)
{
    const TfLiteAffineQuantization *affine = tensor->quantization.params;
    return tensor->quantization.type == kTfLiteAffineQuantization && affine && affine->scale
               ? affine->scale->size
               : 0;
}

static const float *scales_of(const TfLiteTensor *tensor)
{
    const TfLiteAffineQuantization *affine = tensor->quantization.params;
    return affine->scale->data;
}

typedef enum role { VALUE, FILTER, BIAS, SLOPE } role;

static int plain_type(const TfLiteTensor *tensor)
{
    switch (tensor->type) {
    case kTfLiteFloat32:
        return TB_XNN_FP32;
    case kTfLiteInt8:
        return TB_XNN_QINT8;
    case kTfLiteUInt8:
        return TB_XNN_QUINT8;
    case kTfLiteInt32:
        return TB_XNN_QINT32;
    default:
        return TB_XNN_INVALID;
    }
}

/* Defines a tensor as the value of its index. `filter` is that of a bias, whose scales need only be
   numbers here: the library takes those of its products. */
static tb_status define_value(tb_xnn_builder *b, int index, role as, const TfLiteTensor *filter,
                              int axis, tb_error *err)
{
    if (b->defined[index])
        return TB_OK;
    const TfLiteTensor *tensor = &b->context->tensors[index];
    const int rank = tensor->dims->size, type = plain_type(tensor);
    size_t dims[TB_XNN_MAX_RANK] = {0};
    if (type == TB_XNN_INVALID || rank < 1 || rank > TB_XNN_MAX_RANK ||
        (type == TB_XNN_QINT32 && as != BIAS))
        return tb_fail(err, TB_UNSUPPORTED, "XNNPACK has no %s of %d dimensions here",
                       TfLiteTypeGetName(tensor->type), rank);
    for (int k = 0; k < rank; k++)
        dims[k] = dim(tensor, k);
    const void *data;
    tb_status status = b->constants->find(b->constants->self, index, as == VALUE, err, &data);
    if (status != TB_OK)
        return status;
    uint32_t flags = 0, out = 0;
    if (!data && is_in(b->inputs, index))
        flags |= TB_XNN_EXTERNAL_INPUT;
    if (is_in(b->outputs, index))
        flags |= TB_XNN_EXTERNAL_OUTPUT;
    size_t values = (size_t)rank, first = 0;
    if (as == SLOPE) { /* one dimension, however the model has it */
        first = values - 1;
        values = 1;
    }
    const TfLiteTensor *scaled = as == BIAS ? filter : tensor;
    int code;
    if (type == TB_XNN_FP32)
        code = b->call->xnn_define_tensor_value(b->graph, type, values, dims + first, data,
                                                (uint32_t)index, flags, &out);
    else if ((as == FILTER || as == BIAS) && scale_count(scaled) > 1)
        code = b->call->xnn_define_channelwise_quantized_tensor_value(
            b->graph, as == BIAS ? TB_XNN_QCINT32 : TB_XNN_QCINT8, scales_of(scaled), values,
            as == BIAS ? 0 : (size_t)axis, dims, data, (uint32_t)index, flags, &out);
    else
        code = b->call->xnn_define_quantized_tensor_value(
            b->graph, type, as == BIAS ? 0 : tensor->params.zero_point, scaled->params.scale,
            values, dims, data, (uint32_t)index, flags, &out);
    if (code != TB_XNN_SUCCESS)
        return tb_fail(err, TB_UNSUPPORTED, "XNNPACK refuses tensor %d, a %s with scale %g (%d)",
                       index, TfLiteTypeGetName(tensor->type), (double)tensor->params.scale, code);
    b->defined[index] = true;
    return TB_OK;
}

static role role_of(const node_row *row, int k)
{
    if (row->weights < 0)
        return row->builtin == kTfLiteBuiltinPrelu && k == 1 ? SLOPE : VALUE;
    if (k == row->weights)
        return FILTER;
    return k == row->first + 2 ? BIAS : VALUE;
}

static tb_status define_with(tb_xnn_builder *b, const node_row *row, const TfLiteNode *node,
                             tb_error *err)
{
    definition d = {.call = b->call,
                    .graph = b->graph,
                    .context = b->context,
                    .node = node,
                    .function = row->function,
                    .value = {TB_XNN_NO_VALUE, TB_XNN_NO_VALUE, TB_XNN_NO_VALUE}};
    const TfLiteTensor *filter =
        row->weights >= 0 ? &b->context->tensors[node->inputs->data[row->weights]] : NULL;
    for (int k = row->first; k < row->first + row->count && k < node->inputs->size; k++) {
        const int index = node->inputs->data[k];
        if (index < 0)
            continue;
        tb_status status = define_value(b, index, role_of(row, k), filter, row->axis, err);
        if (status != TB_OK)
            return status;
        d.value[k - row->first] = (uint32_t)index;
    }
    tb_status status = define_value(b, node->outputs->data[0], VALUE, NULL, 0, err);
    if (status != TB_OK)
        return status;
    d.out = (uint32_t)node->outputs->data[0];
    const int code = row->define(&d);
    return code == TB_XNN_SUCCESS ? TB_OK
                                  : tb_fail(err, TB_UNSUPPORTED,
                                            "XNNPACK does not take it with these types and "
                                            "parameters (%d)",
                                            code);
}

tb_status tb_xnn_define(tb_xnn_builder *builder, int builtin, const TfLiteNode *node, tb_error *err)
{
    const node_row *row = find_row(builtin);
    return row ? define_with(builder, row, node, err)
               : tb_fail(err, TB_UNSUPPORTED, "XNNPACK has no such operator");
}

/* ---- taking nodes ------------------------------------------------------------------------------ */

/* Where XNNPACK of 2022 multiplies by a ratio of scales, the powers of two between which it must lie.
   It refuses others when the runtime is made, which is too late. */
static bool ratio_fits(tb_cpu_query *query, double ratio, int low, int high)
{
    if (ratio >= ldexp(1.0, low) && ratio < ldexp(1.0, high))
        return true;
    return tb_query_no(query, "XNNPACK wants a ratio of scales from 2^%d to 2^%d; it is %g", low,
                       high, ratio);
}

/* The input that is no filter, however the operator orders them. */
static int data_input(const node_row *row)
{
    return row->weights == row->first ? row->first + 1 : row->first;
}

static bool scales_fit(tb_cpu_query *query, const node_row *row)
{
    const TfLiteTensor *out = tb_query_output(query, 0);
    const TfLiteTensor *in = tb_query_input(query, data_input(row));
    const double to = (double)out->params.scale;
    if (!tb_type_is_q8(out->type) || !tb_type_is_q8(in->type))
        return true;
    if (row->weights >= 0) {
        const TfLiteTensor *filter = tb_query_input(query, row->weights);
        const float *scales = scale_count(filter) > 0 ? scales_of(filter) : &filter->params.scale;
        for (int k = 0; k < (scale_count(filter) > 0 ? scale_count(filter) : 1); k++)
            if (!ratio_fits(query, (double)in->params.scale * (double)scales[k] / to, -32, 8))
                return false;
        return true;
    }
    if (row->builtin == kTfLiteBuiltinMean)
        return ratio_fits(query, (double)in->params.scale / to, -8, 8);
    if (row->count < 2)
        return true;
    const double a = (double)in->params.scale;
    const double b = (double)tb_query_input(query, 1)->params.scale;
    if (row->builtin == kTfLiteBuiltinMul)
        return ratio_fits(query, a * b / to, -16, 8);
    return ratio_fits(query, a / to, -10, 8) && ratio_fits(query, b / to, -10, 8);
}

/* Constants of a trial: where they are is all that matters. */
static tb_status any_constant(void *self, int tensor, bool padded, tb_error *err, const void **out)
{
    (void)padded;
    (void)err;
    const tb_cpu_query *query = self;
    const TfLiteTensor *t = &query->context->tensors[tensor];
    *out = !tb_query_is_constant(query, t) ? NULL
           : t->data.raw_const             ? t->data.raw_const
                                           : (const void *)t;
    return TB_OK;
}

/* Defines the node alone, and makes its runtime where that packs nothing. */
static bool passes_trial(const tb_xnn *call, tb_cpu_query *query, const node_row *row)
{
    const size_t tensors = query->context->tensors_size;
    const tb_xnn_constants constants = {any_constant, query};
    tb_xnn_builder b = {.call = call,
                        .context = query->context,
                        .constants = &constants,
                        .inputs = query->node->inputs,
                        .outputs = query->node->outputs,
                        .defined = calloc(tensors, sizeof(bool))};
    tb_error err = TB_ERROR_NONE;
    tb_status status = TB_NO_MEMORY;
    if (b.defined && call->xnn_create_subgraph((uint32_t)tensors, 0, &b.graph) == TB_XNN_SUCCESS) {
        status = define_with(&b, row, query->node, &err);
        tb_xnn_runtime runtime = NULL;
        if (status == TB_OK && row->weights < 0 && row->builtin != kTfLiteBuiltinPrelu) {
            const int code = call->xnn_create_runtime_v2(b.graph, NULL, 0, &runtime);
            if (code == TB_XNN_SUCCESS)
                call->xnn_delete_runtime(runtime);
            else
                status =
                    tb_fail(&err, TB_UNSUPPORTED, "XNNPACK cannot make the operator (%d)", code);
        }
        call->xnn_delete_subgraph(b.graph);
    }
    free(b.defined);
    return status == TB_OK ||
           tb_query_no(query, "%.150s", err.text[0] ? err.text : "XNNPACK: out of memory");
}

bool tb_xnn_takes(const tb_xnn *call, tb_cpu_query *query, const TfLiteRegistration *registration,
                  const uint8_t *writers)
{
    const node_row *row = find_row(registration->builtin_code);
    if (!row)
        return tb_query_no(query, "XNNPACK has no such operator");
    tb_function function;
    memcpy(&function, (const char *)call + row->function, sizeof function);
    if (!function)
        return tb_query_no(query, "this libXNNPACK cannot define it");
    /* What the cpu delegate takes has shapes, types and constants that go together. */
    if (tb_cpu_op_find(registration->builtin_code)) {
        if (!tb_cpu_takes_node(query, registration, writers))
            return false;
    } else if (!is_plain_unary(query, writers)) {
        return false;
    }
    if (row->weights >= 0 && tb_query_is_hybrid(tb_query_input(query, data_input(row)),
                                                tb_query_input(query, row->weights)))
        return tb_query_no(query, "XNNPACK of 2022 has no 8-bit weights under floats");
    return (!row->suits || row->suits(query)) && scales_fit(query, row) &&
           passes_trial(call, query, row);
}
