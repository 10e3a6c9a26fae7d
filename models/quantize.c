/*
 * Float network to int8 network; see quantize.h. First every activation gets its scale (alone, or
 * with those it must share one with), then operators are written anew with integer constants.
 */
#include "models/quantize.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/quantize_rules.h"
#include "runtime/base/size.h"
#include "runtime/builtin_names.h"
#include "runtime/schema.h"
#include "runtime/tensor.h"

#define INT8_LOWEST  (-128)
#define INT8_HIGHEST 127
#define WEIGHT_LIMIT 127 /* symmetric: -128 is not used */

void tb_range_add(tb_range *range, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        if (!range->known || values[i] < range->min)
            range->min = values[i];
        if (!range->known || values[i] > range->max)
            range->max = values[i];
        range->known = true;
    }
}

tb_int8_scale tb_int8_scale_for(tb_range range)
{
    float min = range.min < 0 ? range.min : 0;
    float max = range.max > 0 ? range.max : 0;
    float scale = (max - min) / (float)(INT8_HIGHEST - INT8_LOWEST);
    if (!(scale > 0))
        return (tb_int8_scale){1, 0};
    float zero_point = roundf((float)INT8_LOWEST - min / scale);
    if (zero_point > INT8_HIGHEST)
        zero_point = INT8_HIGHEST;
    return (tb_int8_scale){scale, (int32_t)zero_point};
}

/* ---- scales of activations ------------------------------------------------------------------------ */

static tb_int8_scale symmetric_scale_for(tb_range range)
{
    float largest = fmaxf(fabsf(range.min), fabsf(range.max));
    return (tb_int8_scale){largest > 0 ? largest / INT8_HIGHEST : 1, 0};
}

/* What is known of a tensor of the float network. Those that share a scale form a tree. */
typedef struct plan {
    size_t parent; /* itself at the root, which holds what follows for all of the tree */
    tb_range range;
    bool is_symmetric; /* zero point 0 */
    bool is_fixed;
    tb_int8_scale fixed;
    bool is_constant; /* float data in the file */
    int copy;         /* its counterpart in the new network (a constant's latest), or -1 */
} plan;

typedef struct quantizer {
    const tb_draft *model;
    const tb_draft_subgraph *graph;
    tb_draft *out;
    plan *plans;
    tb_error *err;
} quantizer;

static size_t root_of(const quantizer *q, size_t tensor)
{
    while (q->plans[tensor].parent != tensor)
        tensor = q->plans[tensor].parent;
    return tensor;
}

static void share(quantizer *q, size_t a, size_t b)
{
    size_t keep = root_of(q, a), join = root_of(q, b);
    if (keep == join)
        return;
    if (q->plans[join].range.known) {
        float bounds[2] = {q->plans[join].range.min, q->plans[join].range.max};
        tb_range_add(&q->plans[keep].range, bounds, 2);
    }
    q->plans[keep].is_symmetric |= q->plans[join].is_symmetric;
    q->plans[join].parent = keep;
}

static bool is_float(const quantizer *q, int32_t tensor)
{
    return tensor >= 0 && (size_t)tensor < q->graph->tensor_count &&
           q->graph->tensors[tensor].type == kTfLiteFloat32;
}

static bool is_weights(const tb_quantize_rule *rule, size_t input)
{
    return input < 32 && (rule->weights >> input & 1u);
}

static bool is_bias(const tb_quantize_rule *rule, size_t input)
{
    for (int i = 0; i < rule->bias_count; i++)
        if ((size_t)rule->biases[i].bias == input)
            return true;
    return false;
}

/* An activation, or a constant that is treated as one. */
static bool is_activation(const quantizer *q, const tb_quantize_rule *rule, const tb_draft_op *op,
                          size_t input)
{
    return is_float(q, op->inputs.items[input]) && !is_weights(rule, input) &&
           !is_bias(rule, input) && !(rule->cell_input && (size_t)rule->cell_input == input);
}

static tb_int8_scale scale_of(const quantizer *q, size_t tensor)
{
    const plan *p = &q->plans[root_of(q, tensor)];
    if (p->is_fixed)
        return p->fixed;
    return p->is_symmetric ? symmetric_scale_for(p->range) : tb_int8_scale_for(p->range);
}

static bool same_scale(tb_int8_scale a, tb_int8_scale b)
{
    return a.scale == b.scale && a.zero_point == b.zero_point;
}

/* Activations in and out of an operator that only moves values share a scale. A fixed one is left
   alone: where it is the only input it becomes the outputs' as well, else it is rescaled later. */
static void plan_moves(quantizer *q, const tb_quantize_rule *rule, const tb_draft_op *op)
{
    size_t activations = 0;
    int32_t first = -1;
    for (size_t i = 0; i < op->inputs.count; i++)
        if (is_activation(q, rule, op, i)) {
            activations++;
            first = op->inputs.items[i];
        }
    if (activations == 1 && q->plans[root_of(q, (size_t)first)].is_fixed) {
        for (size_t i = 0; i < op->outputs.count; i++) {
            plan *p = &q->plans[op->outputs.items[i]];
            p->is_fixed = true;
            p->fixed = q->plans[root_of(q, (size_t)first)].fixed;
        }
        return;
    }
    size_t anchor = (size_t)op->outputs.items[0];
    for (size_t i = 1; i < op->outputs.count; i++)
        share(q, anchor, (size_t)op->outputs.items[i]);
    for (size_t i = 0; i < op->inputs.count; i++)
        if (is_activation(q, rule, op, i) &&
            !q->plans[root_of(q, (size_t)op->inputs.items[i])].is_fixed)
            share(q, anchor, (size_t)op->inputs.items[i]);
}

static const float *constant_data(const quantizer *q, int32_t tensor, size_t *count)
{
    const tb_draft_tensor *t = &q->graph->tensors[tensor];
    const tb_draft_buffer *buffer = &q->model->buffers[t->buffer];
    *count = buffer->size / sizeof(float);
    return buffer->data;
}

static bool has_input(const tb_draft_op *op, int position)
{
    return (size_t)position < op->inputs.count && op->inputs.items[position] >= 0;
}

/* The inputs that the rule counts on are there, weights as constants. */
static bool fits_rule(const quantizer *q, const tb_quantize_rule *rule, const tb_draft_op *op)
{
    for (int i = 0; i < 32 && (size_t)i < op->inputs.count; i++) {
        if (!is_weights(rule, (size_t)i) || !has_input(op, i))
            continue;
        int32_t tensor = op->inputs.items[i];
        if (!is_float(q, tensor) || !q->plans[tensor].is_constant ||
            q->graph->tensors[tensor].rank <= rule->weights_axis)
            return false;
    }
    for (int i = 0; i < rule->bias_count; i++)
        if (has_input(op, rule->biases[i].bias) &&
            (!has_input(op, rule->biases[i].data) || !has_input(op, rule->biases[i].weights) ||
             !q->plans[op->inputs.items[rule->biases[i].bias]].is_constant))
            return false;
    return (!rule->tied_input || has_input(op, rule->tied_input)) &&
           (!rule->cell_input || has_input(op, rule->cell_input));
}

static bool indices_exist(const quantizer *q, tb_int_list list, int32_t lowest)
{
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i] < lowest || list.items[i] >= (int32_t)q->graph->tensor_count)
            return false;
    return true;
}

static tb_status check_op(const quantizer *q, size_t index, const tb_quantize_rule **rule)
{
    const tb_draft_op *op = &q->graph->ops[index];
    const char *name = tb_builtin_name((int)op->code);
    *rule = tb_quantize_rule_find(op->code);
    if (!*rule)
        return tb_fail(
            q->err, TB_UNSUPPORTED,
            "quantize: operator %zu %s has no int8 form here; it would have to stay float", index,
            name);
    if (!indices_exist(q, op->inputs, -1) || !indices_exist(q, op->outputs, 0) ||
        op->outputs.count == 0)
        return tb_fail(q->err, TB_USAGE,
                       "quantize: operator %zu %s names tensors that do not exist", index, name);
    if (!fits_rule(q, *rule, op))
        return tb_fail(
            q->err, TB_UNSUPPORTED,
            "quantize: operator %zu %s has weights or states that are computed or missing", index,
            name);
    return TB_OK;
}

static tb_status plan_scales(quantizer *q, const tb_range *ranges)
{
    const tb_draft_subgraph *graph = q->graph;
    for (size_t i = 0; i < graph->tensor_count; i++) {
        plan *p = &q->plans[i];
        *p = (plan){.parent = i, .range = ranges[i], .copy = -1};
        p->is_constant = graph->tensors[i].type == kTfLiteFloat32 && graph->tensors[i].buffer;
        if (p->is_constant) {
            size_t count;
            const float *values = constant_data(q, (int32_t)i, &count);
            p->range.known = false;
            tb_range_add(&p->range, values, count);
        }
    }
    for (size_t i = 0; i < graph->op_count; i++) {
        const tb_draft_op *op = &graph->ops[i];
        const tb_quantize_rule *rule;
        tb_status status = check_op(q, i, &rule);
        if (status != TB_OK)
            return status;
        plan *output = &q->plans[op->outputs.items[0]];
        if (rule->fixed_scale > 0) {
            output->is_fixed = true;
            output->fixed = (tb_int8_scale){rule->fixed_scale, rule->fixed_zero_point};
        }
        output->is_symmetric = rule->symmetric_output;
        if (rule->tied_input)
            share(q, (size_t)op->outputs.items[0], (size_t)op->inputs.items[rule->tied_input]);
        if (rule->same_scale)
            plan_moves(q, rule, op);
    }
    return TB_OK;
}

/* ---- tensors ---------------------------------------------------------------------------------------- */

/* The counterpart of a tensor that is no constant. */
static int copy_tensor(quantizer *q, size_t index)
{
    tb_draft_tensor copy = q->graph->tensors[index];
    if (copy.type == kTfLiteFloat32) {
        const plan *p = &q->plans[root_of(q, index)];
        if (!p->is_fixed && !p->range.known)
            return tb_draft_fail(q->out, TB_USAGE,
                                 "quantize: the range of tensor %zu '%s' is unknown", index,
                                 copy.name ? copy.name : "");
        tb_int8_scale scale = scale_of(q, index);
        copy.type = kTfLiteInt8;
        copy.quant = tb_draft_quant_new(q->out, scale.scale, scale.zero_point);
    } else if (copy.buffer) {
        const tb_draft_buffer *buffer = &q->model->buffers[copy.buffer];
        copy.buffer = (uint32_t)tb_draft_buffer_add(q->out, buffer->data, buffer->size);
    }
    return tb_draft_tensor_add(q->out, 0, &copy);
}

static int32_t rounded(float value, int32_t low, int32_t high)
{
    float nearest = roundf(value);
    return nearest <= (float)low ? low : nearest >= (float)high ? high : (int32_t)nearest;
}

static bool same_quant(const tb_draft_quant *a, const tb_draft_quant *b)
{
    return a->count == b->count && a->axis == b->axis &&
           memcmp(a->scale, b->scale, a->count * sizeof *a->scale) == 0 &&
           memcmp(a->zero_point, b->zero_point, a->count * sizeof *a->zero_point) == 0;
}

/* True where the constant has been written just so already; several operators may share it. */
static bool is_written(const quantizer *q, int32_t source, TfLiteType type,
                       const tb_draft_quant *quant)
{
    int copy = q->plans[source].copy;
    if (copy < 0)
        return false;
    const tb_draft_tensor *tensor = &q->out->subgraphs[0].tensors[copy];
    return tensor->type == type && same_quant(tensor->quant, quant);
}

/* The integers of a float constant, at `quant`, whose axis cuts it into slices of `inner`. */
static int add_constant(quantizer *q, int32_t source, TfLiteType type, tb_draft_quant *quant,
                        size_t inner, int32_t low, int32_t high)
{
    size_t count, size = tb_type_bits(type) / 8;
    const float *values = constant_data(q, source, &count);
    if (!quant || is_written(q, source, type, quant))
        return quant ? q->plans[source].copy : -1;
    void *data = tb_draft_alloc(q->out, count, size);
    int buffer = data ? tb_draft_buffer_add(q->out, data, count * size) : -1;
    if (buffer < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        size_t k = i / inner % quant->count;
        int32_t integer =
            rounded(values[i] / quant->scale[k] + (float)quant->zero_point[k], low, high);
        memcpy((uint8_t *)data + i * size, &integer, size); /* little endian */
    }
    tb_draft_tensor tensor = q->graph->tensors[source];
    tensor.type = type;
    tensor.buffer = (uint32_t)buffer;
    tensor.quant = quant;
    return q->plans[source].copy = tb_draft_tensor_add(q->out, 0, &tensor);
}

static int add_activation_constant(quantizer *q, int32_t source, tb_int8_scale scale)
{
    return add_constant(q, source, kTfLiteInt8,
                        tb_draft_quant_new(q->out, scale.scale, scale.zero_point), 1, INT8_LOWEST,
                        INT8_HIGHEST);
}

/* Symmetric, with a scale for each slice along `axis`, or one for all. */
static int add_weights(quantizer *q, int32_t source, int axis)
{
    const tb_draft_tensor *tensor = &q->graph->tensors[source];
    bool sliced = axis != TB_QUANTIZE_NO_AXIS;
    size_t count, inner = 1;
    const float *values = constant_data(q, source, &count);
    size_t channels = sliced ? (size_t)tensor->shape[axis] : 1;
    for (int i = sliced ? axis + 1 : 0; i < tensor->rank; i++)
        inner *= (size_t)tensor->shape[i];
    float *scales = tb_draft_alloc(q->out, channels, sizeof *scales);
    if (!scales)
        return -1;
    for (size_t i = 0; i < count; i++) {
        float *largest = &scales[i / inner % channels];
        float magnitude = fabsf(values[i]);
        *largest = magnitude > *largest ? magnitude : *largest;
    }
    for (size_t c = 0; c < channels; c++)
        scales[c] = scales[c] > 0 ? scales[c] / WEIGHT_LIMIT : 1;
    return add_constant(q, source, kTfLiteInt8,
                        tb_draft_quant_axis(q->out, scales, NULL, channels, sliced ? axis : 0),
                        inner, -WEIGHT_LIMIT, WEIGHT_LIMIT);
}

/* At the product of the scales of its operator's input and weights. */
static int add_bias(quantizer *q, int32_t source, tb_int8_scale input, int weights)
{
    if (weights < 0)
        return -1;
    const tb_draft_quant *of_weights = q->out->subgraphs[0].tensors[weights].quant;
    float *scales = tb_draft_alloc(q->out, of_weights->count, sizeof *scales);
    if (!scales)
        return -1;
    for (size_t c = 0; c < of_weights->count; c++)
        scales[c] = input.scale * of_weights->scale[c];
    return add_constant(q, source, kTfLiteInt32,
                        tb_draft_quant_axis(q->out, scales, NULL, of_weights->count, 0), 1,
                        INT32_MIN, INT32_MAX);
}

/* ---- operators -------------------------------------------------------------------------------------- */

/* A state that the operator keeps between steps: int16 at the power of two that covers the values
   that the operator clips it to. */
static int add_cell(quantizer *q, const tb_draft_op *op, int32_t source)
{
    float clip =
        tb_op_options_float(&op->options, tb_schema_unidirectional_sequence_lstm_cell_clip_id);
    if (!(clip > 0))
        return tb_draft_fail(q->out, TB_USAGE,
                             "quantize: an LSTM without cell_clip has no known range for its cell");
    float bound = 0x1p-8f;
    while (bound < clip)
        bound *= 2;
    tb_draft_tensor cell = q->graph->tensors[source];
    cell.type = kTfLiteInt16;
    cell.quant = tb_draft_quant_new(q->out, bound / 32768, 0);
    return tb_draft_tensor_add(q->out, 0, &cell);
}

/* The integer LSTM kernel reads scales of five intermediate results, the first four of which only
   matter with layer normalisation; the fifth is its output before a projection. */
static void add_intermediates(quantizer *q, int count, int output, int32_t *list)
{
    for (int i = 0; i < count; i++) {
        bool last = i == count - 1;
        tb_draft_tensor tensor = q->out->subgraphs[0].tensors[output];
        char name[96];
        snprintf(name, sizeof name, "%.64s/intermediate%d", tensor.name, i);
        tensor.name = name;
        if (!last) {
            tensor.type = kTfLiteInt16;
            tensor.quant = tb_draft_quant_new(q->out, 0x1p-12f, 0);
        }
        list[i] = tb_draft_tensor_add(q->out, 0, &tensor);
    }
}

/* An input at another scale than the operator wants goes through a QUANTIZE first. */
static int rescaled(quantizer *q, int input, tb_int8_scale wanted)
{
    tb_draft_tensor tensor = q->out->subgraphs[0].tensors[input];
    char name[96];
    snprintf(name, sizeof name, "%.64s/rescaled", tensor.name);
    tensor.name = name;
    tensor.quant = tb_draft_quant_new(q->out, wanted.scale, wanted.zero_point);
    int result = tb_draft_tensor_add(q->out, 0, &tensor);
    tb_draft_op_add(q->out, 0,
                    &(tb_draft_op){.code = kTfLiteBuiltinQuantize,
                                   .inputs = TB_INTS(input),
                                   .outputs = TB_INTS(result),
                                   .options = TB_OPTIONS_DEFAULT(QuantizeOptions)});
    return result;
}

static int convert_activation(quantizer *q, const tb_quantize_rule *rule, const tb_draft_op *op,
                              int32_t source)
{
    tb_int8_scale wanted =
        rule->same_scale ? scale_of(q, (size_t)op->outputs.items[0]) : scale_of(q, (size_t)source);
    if (q->plans[source].is_constant)
        return add_activation_constant(q, source, wanted);
    int input = q->plans[source].copy;
    return same_scale(wanted, scale_of(q, (size_t)source)) ? input : rescaled(q, input, wanted);
}

/* All inputs but biases, whose scales follow from the others. */
static int convert_input(quantizer *q, const tb_quantize_rule *rule, const tb_draft_op *op,
                         size_t position)
{
    int32_t source = op->inputs.items[position];
    if (source < 0)
        return -1;
    if (!is_float(q, source))
        return q->plans[source].copy;
    if (is_activation(q, rule, op, position))
        return convert_activation(q, rule, op, source);
    if (rule->cell_input && (size_t)rule->cell_input == position)
        return add_cell(q, op, source);
    return add_weights(q, source, rule->weights_axis);
}

static void convert_op(quantizer *q, const tb_draft_op *op)
{
    const tb_quantize_rule *rule = tb_quantize_rule_find(op->code);
    tb_draft_op copy = *op;
    copy.version = 0;
    copy.inputs = tb_draft_ints(q->out, op->inputs);
    copy.outputs = tb_draft_ints(q->out, op->outputs);
    if (q->out->error.status != TB_OK)
        return;
    for (size_t i = 0; i < op->inputs.count; i++)
        if (!is_bias(rule, i))
            copy.inputs.items[i] = convert_input(q, rule, op, i);
    for (int b = 0; b < rule->bias_count && q->out->error.status == TB_OK; b++) {
        tb_quantize_bias bias = rule->biases[b];
        if ((size_t)bias.bias < op->inputs.count && op->inputs.items[bias.bias] >= 0)
            copy.inputs.items[bias.bias] = add_bias(
                q, op->inputs.items[bias.bias], scale_of(q, (size_t)op->inputs.items[bias.data]),
                copy.inputs.items[bias.weights]);
    }
    for (size_t i = 0; i < op->outputs.count; i++)
        copy.outputs.items[i] = q->plans[op->outputs.items[i]].copy;
    int32_t intermediates[8];
    if (rule->intermediate_count) {
        add_intermediates(q, rule->intermediate_count, copy.outputs.items[0], intermediates);
        copy.intermediates = (tb_int_list){(size_t)rule->intermediate_count, intermediates};
    }
    tb_draft_op_add(q->out, 0, &copy);
}

static tb_int_list counterparts(quantizer *q, tb_int_list list)
{
    tb_int_list copies = tb_draft_ints(q->out, list);
    for (size_t i = 0; i < copies.count; i++)
        copies.items[i] = q->plans[copies.items[i]].copy;
    return copies;
}

/* True for a state that its operator turns into something other than int8. */
static bool is_cell(const quantizer *q, size_t tensor)
{
    for (size_t i = 0; i < q->graph->op_count; i++) {
        const tb_draft_op *op = &q->graph->ops[i];
        const tb_quantize_rule *rule = tb_quantize_rule_find(op->code);
        if (rule->cell_input && op->inputs.items[rule->cell_input] == (int32_t)tensor)
            return true;
    }
    return false;
}

static void convert(quantizer *q)
{
    tb_draft_subgraph_add(q->out, q->graph->name);
    for (size_t i = 0; i < q->graph->tensor_count; i++)
        if (!q->plans[i].is_constant && !is_cell(q, i))
            q->plans[i].copy = copy_tensor(q, i);
    for (size_t i = 0; i < q->graph->op_count && q->out->error.status == TB_OK; i++)
        convert_op(q, &q->graph->ops[i]);
    tb_draft_inputs_set(q->out, 0, counterparts(q, q->graph->inputs));
    tb_draft_outputs_set(q->out, 0, counterparts(q, q->graph->outputs));
    for (size_t i = 0; i < q->model->signature_count; i++)
        tb_draft_signature_add(q->out, 0, q->model->signatures[i].key);
}

tb_status tb_quantize_int8(const tb_draft *model, const tb_range *ranges, tb_error *err,
                           tb_draft *out)
{
    tb_draft_init(out, model->description);
    if (model->subgraph_count != 1)
        return tb_fail(err, TB_UNSUPPORTED, "quantize: the network has %zu subgraphs, not one",
                       model->subgraph_count);
    quantizer q = {.model = model, .graph = &model->subgraphs[0], .out = out, .err = err};
    q.plans = tb_draft_alloc(out, q.graph->tensor_count, sizeof *q.plans);
    tb_status status = q.plans ? plan_scales(&q, ranges) : TB_OK;
    if (status != TB_OK)
        return status;
    convert(&q);
    if (out->error.status != TB_OK && err)
        *err = out->error;
    return out->error.status;
}
