/* The graph itself: scopes, tensors, constants, expected values; see graph.h. */
#include "models/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/noise.h"
#include "runtime/base/size.h"
#include "runtime/tensor.h"

#define NAME_SIZE 96

void tb_graph_begin(tb_graph *graph, tb_draft *draft, uint64_t seed)
{
    memset(graph, 0, sizeof *graph);
    graph->draft = draft;
    graph->seed = seed;
    graph->subgraph = tb_draft_subgraph_add(draft, "main");
}

void tb_graph_end(tb_graph *graph, tb_int_list outputs)
{
    tb_draft_outputs_set(graph->draft, graph->subgraph, outputs);
    tb_draft_signature_add(graph->draft, graph->subgraph, "serving_default");
}

void tb_graph_scope(tb_graph *graph, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(graph->scope, sizeof graph->scope, format, args);
    va_end(args);
}

static void full_name(const tb_graph *graph, const char *name, const char *part, char *out)
{
    snprintf(out, NAME_SIZE, "%s%s%s%s%s", graph->scope, graph->scope[0] ? "/" : "", name,
             part ? "/" : "", part ? part : "");
}

static const tb_draft_tensor *find(const tb_graph *graph, tb_value value)
{
    if (graph->draft->error.status != TB_OK || value < 0)
        return NULL;
    const tb_draft_subgraph *subgraph = &graph->draft->subgraphs[graph->subgraph];
    return (size_t)value < subgraph->tensor_count ? &subgraph->tensors[value] : NULL;
}

tb_shape tb_graph_shape(const tb_graph *graph, tb_value value)
{
    const tb_draft_tensor *tensor = find(graph, value);
    tb_shape shape = {0};
    if (tensor) {
        shape.rank = tensor->rank;
        memcpy(shape.dims, tensor->shape, (size_t)tensor->rank * sizeof shape.dims[0]);
    }
    return shape;
}

bool tb_graph_check(tb_graph *graph, const char *name, tb_value value, int rank)
{
    const tb_draft_tensor *tensor = find(graph, value);
    if (!tensor) {
        tb_draft_fail(graph->draft, TB_USAGE, "build network: layer '%s' has no input", name);
        return false;
    }
    if (rank >= 0 && tensor->rank != rank) {
        tb_draft_fail(graph->draft, TB_USAGE,
                      "build network: layer '%s' takes rank %d, '%s' has rank %d", name, rank,
                      tensor->name, tensor->rank);
        return false;
    }
    return true;
}

tb_spread tb_graph_spread(const tb_graph *graph, tb_value value)
{
    bool known = value >= 0 && (size_t)value < graph->spread_count;
    return known ? graph->spreads[value] : (tb_spread){0, 1};
}

static void note_spread(tb_graph *graph, tb_value value, tb_spread spread)
{
    if ((size_t)value >= graph->spread_count) {
        size_t count = (size_t)value < 64 ? 128 : 2 * (size_t)value;
        tb_spread *spreads = tb_draft_alloc(graph->draft, count, sizeof *spreads);
        if (!spreads)
            return;
        if (graph->spread_count)
            memcpy(spreads, graph->spreads, graph->spread_count * sizeof *spreads);
        graph->spreads = spreads;
        graph->spread_count = count;
    }
    graph->spreads[value] = spread;
}

/*
 * A rectified normal distribution's mean and second moment, exact where the mean before was 0 and
 * where it was far above; in between good enough to scale weights by, without an error function.
 */
tb_spread tb_spread_after(tb_spread before, tb_activation activation)
{
    float m = before.mean, v = before.variance;
    if (activation == TB_LINEAR)
        return before;
    if (activation == TB_TANH)
        return (tb_spread){0, v / (1 + v)};
    float root = sqrtf(m * m + v);
    float mean = 0.5f * (m + sqrtf(m * m + 0.63661977f * v));
    float second = (m * m + v) * (0.5f + 0.5f * m / (root > 0 ? root : 1));
    float variance = second - mean * mean;
    return (tb_spread){mean, variance > 0.05f * v ? variance : 0.05f * v};
}

static tb_value add_tensor(tb_graph *graph, const char *name, const char *part, TfLiteType type,
                           tb_shape shape, tb_spread spread, int buffer, bool is_variable)
{
    char text[NAME_SIZE];
    full_name(graph, name, part, text);
    for (int i = 0; i < shape.rank; i++)
        if (shape.dims[i] <= 0)
            return tb_draft_fail(graph->draft, TB_USAGE,
                                 "build network: dimension %d of '%s' would be %d", i, text,
                                 shape.dims[i]);
    tb_value value = tb_draft_tensor_add(graph->draft, graph->subgraph,
                                         &(tb_draft_tensor){.name = text,
                                                            .type = type,
                                                            .rank = shape.rank,
                                                            .shape = shape.dims,
                                                            .buffer = (uint32_t)buffer,
                                                            .is_variable = is_variable,
                                                            .has_rank = true});
    if (value >= 0)
        note_spread(graph, value, spread);
    return value;
}

tb_value tb_graph_tensor(tb_graph *graph, const char *name, TfLiteType type, tb_shape shape,
                         tb_spread spread)
{
    return add_tensor(graph, name, NULL, type, shape, spread, 0, false);
}

static tb_value add_input(tb_graph *graph, const char *name, TfLiteType type, tb_shape shape,
                          tb_spread spread)
{
    tb_value value = tb_graph_tensor(graph, name, type, shape, spread);
    if (value < 0)
        return -1;
    tb_draft_subgraph *subgraph = &graph->draft->subgraphs[graph->subgraph];
    int32_t inputs[8];
    size_t count = subgraph->inputs.count;
    if (count == TB_COUNT_OF(inputs))
        return tb_draft_fail(graph->draft, TB_USAGE, "build network: more than %zu inputs", count);
    if (count)
        memcpy(inputs, subgraph->inputs.items, count * sizeof inputs[0]);
    inputs[count++] = value;
    tb_draft_inputs_set(graph->draft, graph->subgraph, (tb_int_list){count, inputs});
    return value;
}

tb_value tb_graph_input(tb_graph *graph, const char *name, tb_shape shape, tb_spread spread)
{
    return add_input(graph, name, kTfLiteFloat32, shape, spread);
}

tb_value tb_graph_input_ints(tb_graph *graph, const char *name, tb_shape shape)
{
    return add_input(graph, name, kTfLiteInt32, shape, (tb_spread){0, 1});
}

tb_value tb_graph_variable(tb_graph *graph, const char *name, const char *part, tb_shape shape)
{
    return add_tensor(graph, name, part, kTfLiteFloat32, shape, (tb_spread){0, 1}, 0, true);
}

tb_value tb_graph_constant(tb_graph *graph, const char *name, const char *part, TfLiteType type,
                           tb_shape shape, void **data)
{
    size_t count = 1;
    for (int i = 0; i < shape.rank; i++)
        count *= shape.dims[i] > 0 ? (size_t)shape.dims[i] : 0;
    size_t size = tb_type_bits(type) / 8;
    *data = tb_draft_alloc(graph->draft, count, size);
    int buffer = *data ? tb_draft_buffer_add(graph->draft, *data, count * size) : -1;
    return buffer < 0 ? -1
                      : add_tensor(graph, name, part, type, shape, (tb_spread){0}, buffer, false);
}

tb_value tb_graph_ints(tb_graph *graph, const char *name, const char *part, tb_int_list values)
{
    void *data;
    tb_value value =
        tb_graph_constant(graph, name, part, kTfLiteInt32, TB_SHAPE((int32_t)values.count), &data);
    if (value >= 0)
        memcpy(data, values.items, values.count * sizeof *values.items);
    return value;
}

tb_value tb_graph_scalar(tb_graph *graph, const char *name, float number)
{
    void *data;
    tb_value value =
        tb_graph_constant(graph, name, NULL, kTfLiteFloat32, (tb_shape){.rank = 0}, &data);
    if (value >= 0) {
        memcpy(data, &number, sizeof number);
        note_spread(graph, value, (tb_spread){number, 0});
    }
    return value;
}

tb_value tb_graph_weights(tb_graph *graph, const char *name, const char *part, tb_shape shape,
                          tb_spread spread)
{
    void *data;
    tb_value value = tb_graph_constant(graph, name, part, kTfLiteFloat32, shape, &data);
    if (value < 0)
        return -1;
    const tb_draft_tensor *tensor = find(graph, value);
    tb_noise noise = tb_noise_stream(graph->seed, tensor->name);
    float deviation = sqrtf(spread.variance);
    float *weights = data;
    int64_t count;
    if (!tb_shape_elements(tensor->rank, tensor->shape, &count))
        return tb_draft_fail(graph->draft, TB_USAGE, "build network: '%s' is too large",
                             tensor->name);
    for (int64_t i = 0; i < count; i++)
        weights[i] = spread.mean + deviation * tb_noise_bell(&noise);
    note_spread(graph, value, spread);
    return value;
}

void tb_graph_op(tb_graph *graph, TfLiteBuiltinOperator code, tb_int_list inputs,
                 tb_int_list outputs, tb_op_options options)
{
    tb_draft_op_add(
        graph->draft, graph->subgraph,
        &(tb_draft_op){.code = code, .inputs = inputs, .outputs = outputs, .options = options});
}

int tb_window_count(int size, int kernel, int stride, int dilation, tb_padding padding)
{
    if (padding == TB_SAME)
        return (size + stride - 1) / stride;
    int reach = (kernel - 1) * dilation + 1;
    return (size - reach + stride) / stride;
}
