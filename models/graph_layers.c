/* Layers with weights: convolutions, dense, embedding, LSTM; see graph.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/graph.h"
#include "models/noise.h"

/* A channel's scale is drawn evenly from [0.6, 1.4); this makes the mean of its square 1. */
#define CHANNEL_GAIN(unit) ((0.6f + 0.8f * (unit)) * 0.97435470f)
/* Deviation of biases, beyond what the input's mean asks for. */
#define BIAS_DEVIATION 0.1f
/*
 * The share of the input's mean that biases take back. All of it would make differences between
 * inputs grow by a factor of 1.47 in variance at every rectified layer (0.5 / 0.341 for a normal
 * distribution), so that rounding errors drown the signal of a deep network; none of it would make
 * all inputs look alike. At this share the factor is 1.13.
 */
#define MEAN_TAKEN_BACK 0.2f

/* How the weights of one output channel lie in a filter of `channels` of them. */
typedef struct filter_layout {
    int channels;
    size_t taps;    /* weights of one channel */
    bool innermost; /* channel by channel in the last dimension, not one block a channel */
    float fan_in;   /* products that one output is the sum of */
} filter_layout;

/*
 * A channel of a depthwise filter sees neighbours that are much alike, so that what it does is
 * mostly the sum of its few weights. Left to chance that sum would silence some channels and let
 * others grow from layer to layer; so it gets the size that it has on average, and a random sign.
 */
static void settle_sum(tb_noise *noise, float *weight, size_t taps, size_t step, float scale)
{
    float sum = 0;
    for (size_t t = 0; t < taps; t++)
        sum += weight[t * step];
    float wanted = scale * sqrtf((float)taps);
    if (tb_noise_below(noise, 2))
        wanted = -wanted;
    for (size_t t = 0; t < taps; t++)
        weight[t * step] += (wanted - sum) / (float)taps;
}

/* Draws weights and biases, so that the layer's results have mean 0 and the wanted deviation. */
static void draw(const tb_graph *graph, const char *stream, filter_layout layout, tb_spread input,
                 float wanted, float *weights, float *biases)
{
    tb_noise noise = tb_noise_stream(graph->seed, stream);
    float mean_left = (1 - MEAN_TAKEN_BACK) * input.mean;
    float deviation = wanted / sqrtf(layout.fan_in * (input.variance + mean_left * mean_left));
    size_t channel_step = layout.innermost ? 1 : layout.taps;
    size_t tap_step = layout.innermost ? (size_t)layout.channels : 1;
    for (int c = 0; c < layout.channels; c++) {
        float scale = deviation * CHANNEL_GAIN(tb_noise_unit(&noise));
        float *weight = weights + (size_t)c * channel_step;
        for (size_t t = 0; t < layout.taps; t++)
            weight[t * tap_step] = scale * tb_noise_bell(&noise);
        if (layout.innermost)
            settle_sum(&noise, weight, layout.taps, tap_step, scale);
        float sum = 0;
        for (size_t t = 0; t < layout.taps; t++)
            sum += weight[t * tap_step];
        biases[c] = BIAS_DEVIATION * wanted * tb_noise_bell(&noise) -
                    MEAN_TAKEN_BACK * input.mean * sum * (layout.fan_in / (float)layout.taps);
    }
}

/* The share of a window's taps that lie on the image, on average over its positions. */
static float coverage(int size, int kernel, int stride, int dilation, tb_padding padding)
{
    int windows = tb_window_count(size, kernel, stride, dilation, padding);
    int reach = (kernel - 1) * dilation + 1;
    int missing = (windows - 1) * stride + reach - size;
    int before = padding == TB_SAME && missing > 0 ? missing / 2 : 0;
    int inside = 0;
    for (int w = 0; w < windows; w++)
        for (int k = 0; k < kernel; k++) {
            int at = w * stride + k * dilation - before;
            inside += at >= 0 && at < size;
        }
    return windows > 0 ? (float)inside / (float)(windows * kernel) : 1;
}

static float image_coverage(tb_shape in, const tb_conv *conv)
{
    return coverage(in.dims[1], conv->kernel, conv->stride, conv->dilation, conv->padding) *
           coverage(in.dims[2], conv->kernel_w, conv->stride_w, conv->dilation, conv->padding);
}

static float or_one(float deviation)
{
    return deviation > 0 ? deviation : 1;
}

static tb_conv filled_in(tb_conv conv)
{
    if (!conv.filters)
        conv.filters = 1;
    if (!conv.kernel)
        conv.kernel = 1;
    if (!conv.kernel_w)
        conv.kernel_w = conv.kernel;
    if (!conv.stride)
        conv.stride = 1;
    if (!conv.stride_w)
        conv.stride_w = conv.stride;
    if (!conv.dilation)
        conv.dilation = 1;
    conv.deviation = or_one(conv.deviation);
    return conv;
}

/* A filter and a bias with their values; false after a failure. */
static bool add_filter(tb_graph *graph, const char *name, tb_shape shape, filter_layout layout,
                       tb_spread input, float wanted, tb_value *filter, tb_value *bias)
{
    void *weights, *biases;
    *filter = tb_graph_constant(graph, name, "weights", kTfLiteFloat32, shape, &weights);
    *bias =
        tb_graph_constant(graph, name, "bias", kTfLiteFloat32, TB_SHAPE(layout.channels), &biases);
    if (*filter < 0 || *bias < 0)
        return false;
    const char *stream = graph->draft->subgraphs[graph->subgraph].tensors[*filter].name;
    draw(graph, stream, layout, input, wanted, weights, biases);
    return true;
}

static tb_spread layer_spread(float deviation, tb_activation activation)
{
    return tb_spread_after((tb_spread){0, deviation * deviation}, activation);
}

tb_value tb_graph_conv(tb_graph *graph, const char *name, tb_value input, tb_conv conv)
{
    if (!tb_graph_check(graph, name, input, 4))
        return -1;
    conv = filled_in(conv);
    tb_shape in = tb_graph_shape(graph, input);
    int depth = in.dims[3];
    filter_layout layout = {.channels = conv.filters,
                            .taps = (size_t)conv.kernel * (size_t)conv.kernel_w * (size_t)depth};
    layout.fan_in = (float)layout.taps * image_coverage(in, &conv);
    tb_value filter, bias;
    if (!add_filter(graph, name, TB_SHAPE(conv.filters, conv.kernel, conv.kernel_w, depth), layout,
                    tb_graph_spread(graph, input), conv.deviation, &filter, &bias))
        return -1;
    tb_shape out = TB_SHAPE(
        in.dims[0],
        tb_window_count(in.dims[1], conv.kernel, conv.stride, conv.dilation, conv.padding),
        tb_window_count(in.dims[2], conv.kernel_w, conv.stride_w, conv.dilation, conv.padding),
        conv.filters);
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32, out,
                                      layer_spread(conv.deviation, conv.activation));
    tb_graph_op(graph, kTfLiteBuiltinConv2d, TB_INTS(input, filter, bias), TB_INTS(result),
                TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, conv.padding),
                                TB_OPT_INT(conv_2d, stride_w, conv.stride_w),
                                TB_OPT_INT(conv_2d, stride_h, conv.stride),
                                TB_OPT_INT(conv_2d, fused_activation_function, conv.activation),
                                TB_OPT_INT(conv_2d, dilation_w_factor, conv.dilation),
                                TB_OPT_INT(conv_2d, dilation_h_factor, conv.dilation)));
    return result;
}

tb_value tb_graph_depthwise(tb_graph *graph, const char *name, tb_value input, tb_conv conv)
{
    if (!tb_graph_check(graph, name, input, 4))
        return -1;
    conv = filled_in(conv);
    tb_shape in = tb_graph_shape(graph, input);
    int depth = in.dims[3] * conv.filters;
    filter_layout layout = {
        .channels = depth, .taps = (size_t)conv.kernel * (size_t)conv.kernel_w, .innermost = true};
    layout.fan_in = (float)layout.taps * image_coverage(in, &conv);
    tb_value filter, bias;
    if (!add_filter(graph, name, TB_SHAPE(1, conv.kernel, conv.kernel_w, depth), layout,
                    tb_graph_spread(graph, input), conv.deviation, &filter, &bias))
        return -1;
    tb_shape out = TB_SHAPE(
        in.dims[0],
        tb_window_count(in.dims[1], conv.kernel, conv.stride, conv.dilation, conv.padding),
        tb_window_count(in.dims[2], conv.kernel_w, conv.stride_w, conv.dilation, conv.padding),
        depth);
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32, out,
                                      layer_spread(conv.deviation, conv.activation));
    tb_graph_op(
        graph, kTfLiteBuiltinDepthwiseConv2d, TB_INTS(input, filter, bias), TB_INTS(result),
        TB_OPTIONS_WITH(depthwise_conv_2d, TB_OPT_INT(depthwise_conv_2d, padding, conv.padding),
                        TB_OPT_INT(depthwise_conv_2d, stride_w, conv.stride_w),
                        TB_OPT_INT(depthwise_conv_2d, stride_h, conv.stride),
                        TB_OPT_INT(depthwise_conv_2d, depth_multiplier, conv.filters),
                        TB_OPT_INT(depthwise_conv_2d, fused_activation_function, conv.activation),
                        TB_OPT_INT(depthwise_conv_2d, dilation_w_factor, conv.dilation),
                        TB_OPT_INT(depthwise_conv_2d, dilation_h_factor, conv.dilation)));
    return result;
}

tb_value tb_graph_dense(tb_graph *graph, const char *name, tb_value input, tb_dense dense)
{
    if (!tb_graph_check(graph, name, input, -1))
        return -1;
    tb_shape in = tb_graph_shape(graph, input);
    if (in.rank < 2)
        return tb_draft_fail(graph->draft, TB_USAGE,
                             "build network: layer '%s' takes rank 2 or more, its input has %d",
                             name, in.rank);
    float wanted = or_one(dense.deviation);
    int depth = in.dims[in.rank - 1];
    filter_layout layout = {.channels = dense.units, .taps = (size_t)depth, .fan_in = (float)depth};
    tb_value filter, bias;
    if (!add_filter(graph, name, TB_SHAPE(dense.units, depth), layout,
                    tb_graph_spread(graph, input), wanted, &filter, &bias))
        return -1;
    tb_shape out = in;
    if (!dense.keep_dims) {
        out = TB_SHAPE(1, 0);
        for (int i = 0; i < in.rank - 1; i++)
            out.dims[0] *= in.dims[i];
    }
    out.dims[out.rank - 1] = dense.units;
    tb_value result =
        tb_graph_tensor(graph, name, kTfLiteFloat32, out, layer_spread(wanted, dense.activation));
    tb_graph_op(
        graph, kTfLiteBuiltinFullyConnected, TB_INTS(input, filter, bias), TB_INTS(result),
        TB_OPTIONS_WITH(fully_connected,
                        TB_OPT_INT(fully_connected, fused_activation_function, dense.activation),
                        TB_OPT_INT(fully_connected, keep_num_dims, dense.keep_dims)));
    return result;
}

tb_value tb_graph_dense_shared(tb_graph *graph, const char *name, tb_value input, tb_value weights,
                               tb_value bias)
{
    if (!tb_graph_check(graph, name, input, 2) || !tb_graph_check(graph, name, weights, 2) ||
        !tb_graph_check(graph, name, bias, 1))
        return -1;
    tb_shape in = tb_graph_shape(graph, input), filter = tb_graph_shape(graph, weights);
    tb_spread values = tb_graph_spread(graph, input), drawn = tb_graph_spread(graph, weights);
    float power = values.variance + values.mean * values.mean;
    tb_value result =
        tb_graph_tensor(graph, name, kTfLiteFloat32, TB_SHAPE(in.dims[0], filter.dims[0]),
                        (tb_spread){0, (float)filter.dims[1] * drawn.variance * power});
    tb_graph_op(graph, kTfLiteBuiltinFullyConnected, TB_INTS(input, weights, bias), TB_INTS(result),
                TB_OPTIONS_DEFAULT(fully_connected));
    return result;
}

tb_value tb_graph_embedding(tb_graph *graph, const char *name, tb_value indices, int rows,
                            int width)
{
    if (!tb_graph_check(graph, name, indices, -1))
        return -1;
    tb_shape out = tb_graph_shape(graph, indices);
    if (out.rank == TB_GRAPH_MAX_RANK)
        return tb_draft_fail(graph->draft, TB_USAGE, "build network: layer '%s' has rank %d", name,
                             out.rank + 1);
    out.dims[out.rank++] = width;
    tb_value table =
        tb_graph_weights(graph, name, "table", TB_SHAPE(rows, width), (tb_spread){0, 1});
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32, out, (tb_spread){0, 1});
    tb_graph_op(graph, kTfLiteBuiltinGather, TB_INTS(table, indices), TB_INTS(result),
                TB_OPTIONS_WITH(gather, TB_OPT_INT(gather, axis, 0)));
    return result;
}

/* ---- LSTM ----------------------------------------------------------------------------------------- */

/* Positions of the operator's 24 inputs; those not named here are optional and left out. */
enum {
    LSTM_INPUT = 0,
    LSTM_INPUT_WEIGHTS = 1, /* of the input, forget, cell and output gates */
    LSTM_STATE_WEIGHTS = 5,
    LSTM_BIASES = 12,
    LSTM_ACTIVATION_STATE = 18,
    LSTM_CELL_STATE = 19,
    LSTM_INPUT_COUNT = 24
};

tb_value tb_graph_sequence_lstm(tb_graph *graph, const char *name, tb_value input, int units,
                                float cell_clip)
{
    static const char *const GATES[] = {"input", "forget", "cell", "output"};
    if (!tb_graph_check(graph, name, input, 3))
        return -1;
    tb_shape in = tb_graph_shape(graph, input);
    int features = in.dims[2];
    tb_spread state = {0, 0.15f}; /* of output gate times tanh(cell) */
    int32_t inputs[LSTM_INPUT_COUNT];
    for (int i = 0; i < LSTM_INPUT_COUNT; i++)
        inputs[i] = -1;
    inputs[LSTM_INPUT] = input;
    for (int gate = 0; gate < 4; gate++) {
        char part[64];
        snprintf(part, sizeof part, "%.40s/%s", name, GATES[gate]);
        filter_layout fresh = {
            .channels = units, .taps = (size_t)features, .fan_in = (float)features};
        tb_value bias;
        if (!add_filter(graph, part, TB_SHAPE(units, features), fresh,
                        tb_graph_spread(graph, input), 1, &inputs[LSTM_INPUT_WEIGHTS + gate],
                        &bias))
            return -1;
        inputs[LSTM_BIASES + gate] = bias;
        inputs[LSTM_STATE_WEIGHTS + gate] =
            tb_graph_weights(graph, part, "state_weights", TB_SHAPE(units, units),
                             (tb_spread){0, 0.5f / ((float)units * state.variance)});
    }
    inputs[LSTM_ACTIVATION_STATE] =
        tb_graph_variable(graph, name, "activation_state", TB_SHAPE(in.dims[0], units));
    inputs[LSTM_CELL_STATE] =
        tb_graph_variable(graph, name, "cell_state", TB_SHAPE(in.dims[0], units));
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32,
                                      TB_SHAPE(in.dims[0], in.dims[1], units), state);
    tb_graph_op(graph, kTfLiteBuiltinUnidirectionalSequenceLstm,
                (tb_int_list){LSTM_INPUT_COUNT, inputs}, TB_INTS(result),
                TB_OPTIONS_WITH(
                    unidirectional_sequence_lstm,
                    TB_OPT_INT(unidirectional_sequence_lstm, fused_activation_function, TB_TANH),
                    TB_OPT_FLOAT(unidirectional_sequence_lstm, cell_clip, cell_clip)));
    return result;
}
