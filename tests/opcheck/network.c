/* Random networks. Shapes are odd on purpose; a quantised layer's output scale fits its sums, so
   that outputs are not all clamped. */
#include "tests/opcheck/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/draft.h"
#include "models/writer.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/common.h"

enum { MAX_VALUES = 24, NONE = -1 };

typedef struct value {
    int32_t tensor;
    int32_t h, w, c;
    float scale;
    int64_t zero;
} value;

typedef struct network {
    tb_draft draft;
    oc_random *r;
    TfLiteType type;
    value values[MAX_VALUES];
    int count;
    char *what;
    size_t what_size;
} network;

static bool quantized(const network *net)
{
    return net->type != kTfLiteFloat32;
}

static void tell(network *net, const char *text)
{
    size_t used = strlen(net->what);
    snprintf(net->what + used, net->what_size - used, "%s%s", used ? " " : "", text);
}

static int32_t add_tensor(network *net, TfLiteType type, tb_int_list shape, const void *data,
                          size_t bytes, tb_draft_quant *quant)
{
    char name[24];
    snprintf(name, sizeof name, "t%zu", net->draft.subgraphs[0].tensor_count);
    const int buffer = data ? tb_draft_buffer_add(&net->draft, data, bytes) : 0;
    return tb_draft_tensor_add(&net->draft, 0,
                               &(tb_draft_tensor){.name = name,
                                                  .type = type,
                                                  .rank = (int)shape.count,
                                                  .shape = shape.items,
                                                  .buffer = (uint32_t)buffer,
                                                  .has_rank = true,
                                                  .quant = quant});
}

/* A new activation; a scale of 0 is chosen here. */
static value add_value(network *net, int32_t h, int32_t w, int32_t c, float scale, int64_t zero)
{
    value v = {.h = h, .w = w, .c = c, .scale = scale, .zero = zero};
    tb_draft_quant *quant = NULL;
    if (quantized(net)) {
        if (!(v.scale > 0.0f)) {
            v.scale = oc_float(net->r, 0.01f, 0.1f);
            v.zero = oc_between(net->r, 0, 255) - (net->type == kTfLiteInt8 ? 128 : 0);
        }
        quant = tb_draft_quant_new(&net->draft, v.scale, v.zero);
    }
    v.tensor = add_tensor(net, net->type, TB_INTS(1, h, w, c), NULL, 0, quant);
    if (net->count < MAX_VALUES)
        net->values[net->count++] = v;
    return v;
}

static void add_op(network *net, TfLiteBuiltinOperator code, tb_int_list in, int32_t out,
                   tb_op_options options)
{
    tb_draft_op_add(
        &net->draft, 0,
        &(tb_draft_op){.code = code, .inputs = in, .outputs = TB_INTS(out), .options = options});
}

static int32_t activation(network *net)
{
    static const int32_t all[] = {kTfLiteActNone, kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6,
                                  kTfLiteActReluN1To1};
    return all[oc_between(net->r, 0, 4)];
}

/* A constant of floats; now and then as the model stores it to save space: half floats that a node
   makes floats of. */
static int32_t add_floats(network *net, tb_int_list shape, const float *values, size_t count)
{
    if (!oc_chance(net->r, 15))
        return add_tensor(net, kTfLiteFloat32, shape, values, count * sizeof *values, NULL);
    uint16_t *halves = tb_draft_alloc(&net->draft, count, sizeof *halves);
    for (size_t i = 0; i < count; i++)
        halves[i] = tb_half_from_float(values[i]);
    const int32_t stored =
        add_tensor(net, kTfLiteFloat16, shape, halves, count * sizeof *halves, NULL);
    const int32_t out = add_tensor(net, kTfLiteFloat32, shape, NULL, 0, NULL);
    add_op(net, kTfLiteBuiltinDequantize, TB_INTS(stored), out, TB_OPTIONS_ABSENT);
    tell(net, "half");
    return out;
}

/* A filter [d0, d1, d2, d3] and a bias of `channels`, constant; k products go into each sum. */
static void add_weights(network *net, const value *in, tb_int_list shape, int32_t channels,
                        int axis, float *out_scale, int32_t *filter, int32_t *bias)
{
    size_t elements = 1;
    for (size_t i = 0; i < shape.count; i++)
        elements *= (size_t)shape.items[i];
    const size_t k = elements / (size_t)channels;
    if (!quantized(net)) {
        float *w = tb_draft_alloc(&net->draft, elements, sizeof *w);
        float *b = tb_draft_alloc(&net->draft, (size_t)channels, sizeof *b);
        oc_fill_floats(net->r, w, elements, -1.0f / sqrtf((float)k), 1.0f / sqrtf((float)k));
        oc_fill_floats(net->r, b, (size_t)channels, -0.5f, 0.5f);
        *filter = add_floats(net, shape, w, elements);
        *bias = add_floats(net, TB_INTS(channels), b, (size_t)channels);
        return;
    }
    uint8_t *w = tb_draft_alloc(&net->draft, elements, 1);
    int32_t *b = tb_draft_alloc(&net->draft, (size_t)channels, sizeof *b);
    float *scales = tb_draft_alloc(&net->draft, (size_t)channels, sizeof *scales);
    float *bias_scales = tb_draft_alloc(&net->draft, (size_t)channels, sizeof *scales);
    oc_fill_bytes(net->r, w, elements);
    const bool per_channel = net->type == kTfLiteInt8 && oc_chance(net->r, 70) && channels > 1;
    for (int32_t c = 0; c < channels; c++) {
        scales[c] = c > 0 && !per_channel ? scales[0] : oc_float(net->r, 0.001f, 0.01f);
        bias_scales[c] = scales[c] * in->scale;
        b[c] = oc_between(net->r, -5000, 5000);
    }
    /* a sum of k products of bytes has a spread of about 74 * 74 * sqrt(k) */
    *out_scale = 74.0f * 74.0f * sqrtf((float)k) * scales[0] * in->scale / 40.0f;
    const int64_t zero = net->type == kTfLiteUInt8 ? oc_between(net->r, 0, 255) : 0;
    tb_draft_quant *wq =
        per_channel ? tb_draft_quant_axis(&net->draft, scales, NULL, (size_t)channels, axis)
                    : tb_draft_quant_new(&net->draft, scales[0], zero);
    tb_draft_quant *bq =
        per_channel ? tb_draft_quant_axis(&net->draft, bias_scales, NULL, (size_t)channels, 0)
                    : tb_draft_quant_new(&net->draft, bias_scales[0], 0);
    *filter = add_tensor(net, net->type, shape, w, elements, wq);
    *bias = add_tensor(net, kTfLiteInt32, TB_INTS(channels), b, (size_t)channels * sizeof *b, bq);
}

static int32_t windows(int32_t input, int32_t taps, int32_t stride, int32_t dilation, bool same)
{
    if (same)
        return (input + stride - 1) / stride;
    const int32_t reach = (taps - 1) * dilation + 1;
    return input >= reach ? (input - reach) / stride + 1 : 0;
}

/* ---- layers: each takes the last value and adds one, or does nothing where it does not fit --------- */

static void pad(network *net, value *in)
{
    int32_t *pads = tb_draft_alloc(&net->draft, 8, sizeof *pads);
    for (int i = 2; i < 6; i++)
        pads[i] = oc_between(net->r, 0, 2);
    const value v = *in;
    *in = add_value(net, v.h + pads[2] + pads[3], v.w + pads[4] + pads[5], v.c, v.scale, v.zero);
    const int32_t list = add_tensor(net, kTfLiteInt32, TB_INTS(4, 2), pads, 32, NULL);
    add_op(net, kTfLiteBuiltinPad, TB_INTS(v.tensor, list), in->tensor,
           TB_OPTIONS_DEFAULT(PadOptions));
    tell(net, "pad");
}

/* What a convolution is, depthwise or not. */
typedef struct conv_spec {
    bool depthwise;
    int32_t kh, kw, stride_h, stride_w, dilation, channels;
    bool same;
    int32_t activation;
} conv_spec;

static void add_conv(network *net, const value *in, const conv_spec *s)
{
    const int32_t h = windows(in->h, s->kh, s->stride_h, s->dilation, s->same);
    const int32_t w = windows(in->w, s->kw, s->stride_w, s->dilation, s->same);
    if (h < 1 || w < 1)
        return;
    float scale = 0;
    int32_t filter, bias;
    const tb_int_list shape = s->depthwise ? TB_INTS(1, s->kh, s->kw, s->channels)
                                           : TB_INTS(s->channels, s->kh, s->kw, in->c);
    add_weights(net, in, shape, s->channels, s->depthwise ? 3 : 0, &scale, &filter, &bias);
    const value out = add_value(net, h, w, s->channels, scale, net->type == kTfLiteInt8 ? -3 : 120);
    const tb_int_list inputs = TB_INTS(in->tensor, filter, bias);
    const int32_t padding = s->same ? 0 : 1;
    if (s->depthwise)
        add_op(
            net, kTfLiteBuiltinDepthwiseConv2d, inputs, out.tensor,
            TB_OPTIONS_WITH(depthwise_conv_2d, TB_OPT_INT(depthwise_conv_2d, padding, padding),
                            TB_OPT_INT(depthwise_conv_2d, stride_w, s->stride_w),
                            TB_OPT_INT(depthwise_conv_2d, stride_h, s->stride_h),
                            TB_OPT_INT(depthwise_conv_2d, depth_multiplier, s->channels / in->c),
                            TB_OPT_INT(depthwise_conv_2d, fused_activation_function, s->activation),
                            TB_OPT_INT(depthwise_conv_2d, dilation_w_factor, s->dilation),
                            TB_OPT_INT(depthwise_conv_2d, dilation_h_factor, s->dilation)));
    else
        add_op(net, kTfLiteBuiltinConv2d, inputs, out.tensor,
               TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, padding),
                               TB_OPT_INT(conv_2d, stride_w, s->stride_w),
                               TB_OPT_INT(conv_2d, stride_h, s->stride_h),
                               TB_OPT_INT(conv_2d, fused_activation_function, s->activation),
                               TB_OPT_INT(conv_2d, dilation_w_factor, s->dilation),
                               TB_OPT_INT(conv_2d, dilation_h_factor, s->dilation)));
    char text[80];
    snprintf(text, sizeof text, "%s %dx%d/%dx%d d%d %dx%dx%d->%d", s->depthwise ? "dw" : "conv",
             s->kh, s->kw, s->stride_h, s->stride_w, s->dilation, in->h, in->w, in->c, s->channels);
    tell(net, text);
}

static void conv(network *net, bool pointwise)
{
    value in = net->values[net->count - 1];
    oc_random *r = net->r;
    if (!pointwise && oc_chance(r, 25))
        pad(net, &in);
    conv_spec s = {.kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dilation = 1};
    s.same = oc_chance(r, 60);
    s.channels = oc_between(r, 1, 90);
    s.activation = activation(net);
    if (!pointwise && oc_chance(r, 30)) { /* as Winograd's filtering wants it */
        s.kh = s.kw = 3;
        s.channels = oc_between(r, 16, 90);
    } else if (!pointwise) {
        s.kh = oc_between(r, 1, 5);
        s.kw = in.w == 1 && oc_chance(r, 50) ? 1 : oc_between(r, 1, 5);
        s.stride_h = oc_between(r, 1, 3);
        s.stride_w = oc_chance(r, 70) ? s.stride_h : 1;
        s.dilation = s.stride_h == 1 && s.stride_w == 1 && oc_chance(r, 20) ? 2 : 1;
    }
    add_conv(net, &in, &s);
}

static void depthwise(network *net)
{
    value in = net->values[net->count - 1];
    oc_random *r = net->r;
    if (oc_chance(r, 25))
        pad(net, &in);
    conv_spec s = {.depthwise = true, .same = oc_chance(r, 60), .activation = activation(net)};
    s.kh = s.kw = oc_chance(r, 60) ? 3 : oc_between(r, 1, 5);
    s.stride_h = s.stride_w = oc_between(r, 1, 2);
    s.dilation = s.stride_h == 1 && oc_chance(r, 20) ? 2 : 1;
    s.channels = in.c == 1 ? oc_between(r, 1, 9) : in.c;
    add_conv(net, &in, &s);
}

static void pool(network *net)
{
    const value in = net->values[net->count - 1];
    const int32_t k = oc_between(net->r, 1, 3), s = oc_between(net->r, 1, 2);
    const bool same = oc_chance(net->r, 50), largest = oc_chance(net->r, 50);
    const int32_t h = windows(in.h, k, s, 1, same), w = windows(in.w, k, s, 1, same);
    if (h < 1 || w < 1)
        return;
    const value out = add_value(net, h, w, in.c, in.scale, in.zero);
    add_op(net, largest ? kTfLiteBuiltinMaxPool2d : kTfLiteBuiltinAveragePool2d, TB_INTS(in.tensor),
           out.tensor,
           TB_OPTIONS_WITH(pool_2d, TB_OPT_INT(pool_2d, padding, same ? 0 : 1),
                           TB_OPT_INT(pool_2d, stride_w, s), TB_OPT_INT(pool_2d, stride_h, s),
                           TB_OPT_INT(pool_2d, filter_width, k),
                           TB_OPT_INT(pool_2d, filter_height, k),
                           TB_OPT_INT(pool_2d, fused_activation_function, activation(net))));
    tell(net, largest ? "max_pool" : "average_pool");
}

/* The last value and an earlier one of its shape. */
static void add(network *net)
{
    const value in = net->values[net->count - 1];
    for (int i = net->count - 2; i >= 0; i--) {
        const value other = net->values[i];
        if (other.h != in.h || other.w != in.w || other.c != in.c)
            continue;
        const bool swapped = oc_chance(net->r, 50);
        const value out = add_value(net, in.h, in.w, in.c, 0, 0);
        add_op(net, kTfLiteBuiltinAdd,
               swapped ? TB_INTS(other.tensor, in.tensor) : TB_INTS(in.tensor, other.tensor),
               out.tensor,
               TB_OPTIONS_WITH(add, TB_OPT_INT(add, fused_activation_function, activation(net))));
        tell(net, "add");
        return;
    }
}

/* The last value and one value a channel, or one alone. */
static void scale(network *net)
{
    const value in = net->values[net->count - 1];
    const int32_t c = oc_chance(net->r, 70) ? in.c : 1;
    const size_t bytes = (size_t)c * (quantized(net) ? 1u : sizeof(float));
    void *data = tb_draft_alloc(&net->draft, (size_t)c, sizeof(float));
    tb_draft_quant *quant = NULL;
    if (quantized(net)) {
        oc_fill_bytes(net->r, data, (size_t)c);
        quant = tb_draft_quant_new(&net->draft, 0.02f, 7);
    } else {
        oc_fill_floats(net->r, data, (size_t)c, -1.0f, 1.0f);
    }
    const int32_t other = add_tensor(net, net->type, TB_INTS(c), data, bytes, quant);
    const bool product = oc_chance(net->r, 50);
    const value out = add_value(net, in.h, in.w, in.c, 0, 0);
    add_op(net, product ? kTfLiteBuiltinMul : kTfLiteBuiltinSub, TB_INTS(in.tensor, other),
           out.tensor, product ? TB_OPTIONS_DEFAULT(mul) : TB_OPTIONS_DEFAULT(sub));
    tell(net, product ? "mul" : "sub");
}

/* x times LOGISTIC of x, or LOGISTIC or HARD_SWISH alone. */
static void smooth(network *net)
{
    const value in = net->values[net->count - 1];
    const bool hard = oc_chance(net->r, 30), product = !hard && oc_chance(net->r, 60);
    const value middle = add_value(net, in.h, in.w, in.c, 0, 0);
    add_op(net, hard ? kTfLiteBuiltinHardSwish : kTfLiteBuiltinLogistic, TB_INTS(in.tensor),
           middle.tensor, TB_OPTIONS_ABSENT);
    tell(net, hard ? "hard_swish" : "logistic");
    if (!product)
        return;
    const value out = add_value(net, in.h, in.w, in.c, 0, 0);
    add_op(net, kTfLiteBuiltinMul,
           oc_chance(net->r, 50) ? TB_INTS(in.tensor, middle.tensor)
                                 : TB_INTS(middle.tensor, in.tensor),
           out.tensor, TB_OPTIONS_DEFAULT(mul));
    tell(net, "mul");
}

static void prelu(network *net)
{
    const value in = net->values[net->count - 1];
    if (quantized(net))
        return;
    if (oc_chance(net->r, 40)) {
        smooth(net);
        return;
    }
    float *slope = tb_draft_alloc(&net->draft, (size_t)in.c, sizeof *slope);
    oc_fill_floats(net->r, slope, (size_t)in.c, -1.0f, 1.0f);
    const int32_t slopes = add_tensor(net, kTfLiteFloat32, TB_INTS(1, 1, in.c), slope,
                                      (size_t)in.c * sizeof *slope, NULL);
    const value out = add_value(net, in.h, in.w, in.c, 0, 0);
    const bool plain = oc_chance(net->r, 50);
    add_op(net, plain ? kTfLiteBuiltinRelu : kTfLiteBuiltinPrelu,
           plain ? TB_INTS(in.tensor) : TB_INTS(in.tensor, slopes), out.tensor, TB_OPTIONS_ABSENT);
    tell(net, plain ? "relu" : "prelu");
}

static void concatenate(network *net)
{
    const value in = net->values[net->count - 1];
    for (int i = net->count - 2; i >= 0; i--) {
        const value other = net->values[i];
        if (other.h != in.h || other.w != in.w ||
            (quantized(net) &&
             (other.scale < in.scale || other.scale > in.scale || other.zero != in.zero)))
            continue;
        const value out = add_value(net, in.h, in.w, in.c + other.c, in.scale, in.zero);
        add_op(net, kTfLiteBuiltinConcatenation, TB_INTS(other.tensor, in.tensor), out.tensor,
               TB_OPTIONS_WITH(concatenation, TB_OPT_INT(concatenation, axis, 3)));
        tell(net, "concatenation");
        return;
    }
}

/* Ends a network: all elements into a few. */
static void fully_connected(network *net)
{
    const value in = net->values[net->count - 1];
    const int32_t k = in.h * in.w * in.c, n = oc_between(net->r, 1, 70);
    float scale_out = 0;
    int32_t filter, bias;
    add_weights(net, &in, TB_INTS(n, k), n, 0, &scale_out, &filter, &bias);
    tb_draft_quant *quant = quantized(net) ? tb_draft_quant_new(&net->draft, scale_out,
                                                                net->type == kTfLiteInt8 ? 9 : 99)
                                           : NULL;
    const int32_t out = add_tensor(net, net->type, TB_INTS(1, n), NULL, 0, quant);
    add_op(net, kTfLiteBuiltinFullyConnected, TB_INTS(in.tensor, filter, bias), out,
           TB_OPTIONS_WITH(fully_connected, TB_OPT_INT(fully_connected, fused_activation_function,
                                                       activation(net))));
    if (net->count < MAX_VALUES)
        net->values[net->count++] = (value){out, 1, 1, n, scale_out, 0};
    tell(net, "fully_connected");
}

static void begin(network *net, oc_random *r, TfLiteType type, char *what, size_t what_size)
{
    *net = (network){.r = r, .type = type, .what = what, .what_size = what_size};
    what[0] = 0;
    tell(net, TfLiteTypeGetName(type));
    tb_draft_init(&net->draft, "opcheck");
    tb_draft_subgraph_add(&net->draft, "main");
}

/* The model of what was added; the first value is the input, the last the output. */
static uint8_t *finish(network *net, size_t *size)
{
    tb_draft_inputs_set(&net->draft, 0, TB_INTS(net->values[0].tensor));
    tb_draft_outputs_set(&net->draft, 0, TB_INTS(net->values[net->count - 1].tensor));
    uint8_t *bytes = NULL;
    tb_error err = TB_ERROR_NONE;
    if (tb_draft_write(&net->draft, &err, &bytes, size) != TB_OK) {
        fprintf(stderr, "opcheck: %s\n", err.text);
        abort();
    }
    tb_draft_free(&net->draft);
    return bytes;
}

uint8_t *oc_layer(oc_random *r, TfLiteType type, const oc_layer_spec *spec, size_t *size,
                  char *what, size_t what_size)
{
    network net;
    begin(&net, r, type, what, what_size);
    const int32_t in_c = spec->depthwise ? 4 : spec->in_c;
    value in = add_value(&net, spec->side, spec->side, in_c, 0, 0);
    const size_t described = strlen(what);
    if (spec->depthwise) {
        const conv_spec before = {.kh = 1,
                                  .kw = 1,
                                  .stride_h = 1,
                                  .stride_w = 1,
                                  .dilation = 1,
                                  .channels = spec->in_c,
                                  .same = true,
                                  .activation = kTfLiteActRelu6};
        add_conv(&net, &in, &before);
        in = net.values[net.count - 1];
        what[described] = 0; /* the layer that is timed is what matters */
    }
    const conv_spec s = {.depthwise = spec->depthwise,
                         .kh = spec->taps,
                         .kw = spec->taps,
                         .stride_h = spec->stride,
                         .stride_w = spec->stride,
                         .dilation = 1,
                         .channels = spec->out_c,
                         .same = true,
                         .activation = kTfLiteActRelu6};
    add_conv(&net, &in, &s);
    return finish(&net, size);
}

uint8_t *oc_network(oc_random *r, TfLiteType type, size_t *size, char *what, size_t what_size)
{
    network net;
    begin(&net, r, type, what, what_size);
    const bool large = oc_chance(r, 25);
    const int32_t side = large ? 60 : 17;
    const int32_t c = oc_chance(r, 15) ? 1 : oc_between(r, 1, large ? 16 : 70);
    const int32_t w = oc_chance(r, 10) ? 1 : oc_between(r, 1, side); /* signals over time */
    add_value(&net, oc_between(r, 1, side), w, c, 0, 0);
    const int layers = oc_between(r, 1, 6);
    for (int i = 0; i < layers && net.count < MAX_VALUES - 4; i++) {
        const int kind = oc_between(r, 0, 99);
        if (kind < 25)
            conv(&net, true);
        else if (kind < 45)
            conv(&net, false);
        else if (kind < 65)
            depthwise(&net);
        else if (kind < 72)
            pool(&net);
        else if (kind < 84)
            add(&net);
        else if (kind < 90)
            scale(&net);
        else if (kind < 96)
            prelu(&net);
        else
            concatenate(&net);
    }
    const value last = net.values[net.count - 1];
    if (net.count == 1 || (oc_chance(r, 20) && last.h * last.w * last.c < 4096))
        fully_connected(&net);
    return finish(&net, size);
}
