/* Quantising networks: scales, shared scales, integer constants, refusals. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/graph.h"
#include "models/quantize.h"
#include "models/writer.h"
#include "runtime/model.h"

enum { MAX_TENSORS = 64 };
static tb_draft network, integer;
static tb_graph graph;
static tb_range ranges[MAX_TENSORS];

static void begin(void)
{
    tb_draft_init(&network, NULL);
    tb_draft_init(&integer, NULL);
    tb_graph_begin(&graph, &network, 1);
    for (int i = 0; i < MAX_TENSORS; i++)
        ranges[i] = (tb_range){-1, 1, true};
}

static void end(void)
{
    tb_draft_free(&network);
    tb_draft_free(&integer);
}

TestSuite(quantize, .init = begin, .fini = end);

static tb_value image(const char *name)
{
    return tb_graph_input(&graph, name, TB_SHAPE(1, 4, 4, 3), (tb_spread){0, 1});
}

/* Quantises the graph and checks that the result is a sound file. */
static const tb_draft_subgraph *quantized(tb_value output)
{
    tb_graph_end(&graph, TB_INTS(output));
    cr_assert_eq(network.error.status, TB_OK, "%s", network.error.text);
    tb_error err = TB_ERROR_NONE;
    tb_draft_free(&integer);
    cr_assert_eq(tb_quantize_int8(&network, ranges, &err, &integer), TB_OK, "%s", err.text);
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tb_draft_write(&integer, &err, &bytes, &size), TB_OK, "%s", err.text);
    tb_model *model;
    cr_assert_eq(tb_model_from_memory(bytes, size, "integer", &err, &model), TB_OK, "%s", err.text);
    tb_model_release(model);
    free(bytes);
    return &integer.subgraphs[0];
}

static const tb_draft_tensor *input_of(const tb_draft_subgraph *g, size_t op, size_t position)
{
    return &g->tensors[g->ops[op].inputs.items[position]];
}

static const tb_draft_tensor *output_of(const tb_draft_subgraph *g, size_t op)
{
    return &g->tensors[g->ops[op].outputs.items[0]];
}

static void expect_scale(const tb_draft_tensor *tensor, float scale, int64_t zero_point)
{
    cr_expect_eq(tensor->type, kTfLiteInt8);
    cr_assert_eq(tensor->quant->count, 1);
    cr_expect_float_eq(tensor->quant->scale[0], scale, 1e-7f, "%s has scale %g", tensor->name,
                       (double)tensor->quant->scale[0]);
    cr_expect_eq(tensor->quant->zero_point[0], zero_point, "%s has zero point %d", tensor->name,
                 (int)tensor->quant->zero_point[0]);
}

Test(quantize, a_scale_holds_the_range_and_zero)
{
    tb_int8_scale s = tb_int8_scale_for((tb_range){0, 6, true});
    cr_expect_float_eq(s.scale, 6.0f / 255, 1e-8f);
    cr_expect_eq(s.zero_point, -128);
    s = tb_int8_scale_for((tb_range){2, 5, true});
    cr_expect_eq(s.zero_point, -128);
    s = tb_int8_scale_for((tb_range){-5, -2, true});
    cr_expect_eq(s.zero_point, 127);
    s = tb_int8_scale_for((tb_range){-1, 1, true});
    cr_expect_eq(s.zero_point, -1); /* -0.5 rounds away from zero */
    s = tb_int8_scale_for((tb_range){0, 0, true});
    cr_expect_eq(s.scale, 1);
    cr_expect_eq(s.zero_point, 0);
}

Test(quantize, ranges_leave_out_what_is_no_number)
{
    tb_range range = {0};
    const float values[] = {NAN, 3, -INFINITY, 5};
    tb_range_add(&range, values, 4);
    cr_expect(range.known);
    cr_expect_eq(range.min, 3);
    cr_expect_eq(range.max, 5);
}

Test(quantize, a_convolution_has_a_scale_for_each_channel)
{
    tb_value x = image("image");
    tb_value y = tb_graph_conv(&graph, "conv", x, (tb_conv){.filters = 5, .kernel = 3});
    ranges[y] = (tb_range){-2, 3.1f, true};
    const tb_draft_subgraph *g = quantized(y);
    expect_scale(input_of(g, 0, 0), 2.0f / 255, -1);
    expect_scale(output_of(g, 0), 5.1f / 255, -28);
    const tb_draft_tensor *weights = input_of(g, 0, 1), *bias = input_of(g, 0, 2);
    cr_expect_eq(weights->type, kTfLiteInt8);
    cr_assert_eq(weights->quant->count, 5);
    cr_expect_eq(weights->quant->axis, 0);
    const int8_t *values = integer.buffers[weights->buffer].data;
    for (size_t channel = 0; channel < 5; channel++) {
        int largest = 0;
        for (size_t i = 0; i < 27; i++)
            largest =
                abs(values[channel * 27 + i]) > largest ? abs(values[channel * 27 + i]) : largest;
        cr_expect_eq(largest, 127);
        cr_expect_eq(weights->quant->zero_point[channel], 0);
        cr_expect_float_eq(bias->quant->scale[channel], 2.0f / 255 * weights->quant->scale[channel],
                           1e-9f);
    }
    cr_expect_eq(bias->type, kTfLiteInt32);
    const float *before = network.buffers[network.subgraphs[0].tensors[y - 1].buffer].data;
    const int32_t *after = integer.buffers[bias->buffer].data;
    cr_expect_float_eq((float)after[2] * bias->quant->scale[2], before[2], bias->quant->scale[2]);
    cr_expect_eq(g->ops[0].code, kTfLiteBuiltinConv2d);
}

Test(quantize, depthwise_weights_are_scaled_along_the_last_dimension)
{
    tb_value x = image("image");
    tb_value y = tb_graph_depthwise(&graph, "dw", x, (tb_conv){.kernel = 3});
    const tb_draft_subgraph *g = quantized(y);
    cr_expect_eq(input_of(g, 0, 1)->quant->count, 3);
    cr_expect_eq(input_of(g, 0, 1)->quant->axis, 3);
}

Test(quantize, what_is_joined_shares_one_scale)
{
    tb_value a = image("a"), b = image("b");
    tb_value joined = tb_graph_concat(&graph, "joined", TB_INTS(a, b), 3);
    tb_value pooled =
        tb_graph_max_pool(&graph, "pooled", joined, (tb_pool){.size = 2, .stride = 2});
    ranges[a] = (tb_range){0, 1, true};
    ranges[b] = (tb_range){-3, 0, true};
    const tb_draft_subgraph *g = quantized(pooled);
    float scale = 4.0f / 255;
    expect_scale(input_of(g, 0, 0), scale, 63);
    expect_scale(input_of(g, 0, 1), scale, 63);
    expect_scale(output_of(g, 0), scale, 63);
    expect_scale(output_of(g, 1), scale, 63);
}

Test(quantize, prescribed_scales_pass_through_what_only_moves)
{
    tb_value x = image("image");
    tb_value shares = tb_graph_softmax(&graph, "shares", x);
    tb_value flat = tb_graph_reshape(&graph, "flat", shares, TB_SHAPE(1, 48));
    const tb_draft_subgraph *g = quantized(flat);
    expect_scale(output_of(g, 0), 1.0f / 256, -128);
    expect_scale(output_of(g, 1), 1.0f / 256, -128);
    cr_expect_eq(g->op_count, 2);
}

Test(quantize, a_prescribed_scale_is_converted_before_it_joins_another)
{
    tb_value x = image("image");
    tb_value gate = tb_graph_logistic(&graph, "gate", x);
    tb_value joined = tb_graph_concat(&graph, "joined", TB_INTS(gate, x), 3);
    const tb_draft_subgraph *g = quantized(joined);
    cr_assert_eq(g->op_count, 3);
    cr_expect_eq(g->ops[1].code, kTfLiteBuiltinQuantize);
    expect_scale(output_of(g, 0), 1.0f / 256, -128);
    expect_scale(output_of(g, 1), 2.0f / 255, -1);
    cr_expect_eq(g->ops[2].inputs.items[0], g->ops[1].outputs.items[0]);
}

Test(quantize, constants_beside_activations_keep_their_values)
{
    tb_value x = image("image");
    tb_value scale = tb_graph_scalar(&graph, "scale", 0.3f);
    tb_value y = tb_graph_mul(&graph, "scaled", x, scale);
    const tb_draft_subgraph *g = quantized(y);
    const tb_draft_tensor *constant = input_of(g, 0, 1);
    expect_scale(constant, 0.3f / 255, -128);
    cr_expect_eq(*(const int8_t *)integer.buffers[constant->buffer].data, 127);
}

Test(quantize, shared_weights_stay_shared)
{
    tb_value x = tb_graph_input(&graph, "x", TB_SHAPE(1, 3), (tb_spread){0, 1});
    tb_value w = tb_graph_weights(&graph, "w", NULL, TB_SHAPE(3, 3), (tb_spread){0, 1});
    tb_value b = tb_graph_weights(&graph, "b", NULL, TB_SHAPE(3), (tb_spread){0, 1});
    tb_value y = tb_graph_dense_shared(&graph, "one", x, w, b);
    tb_value z = tb_graph_dense_shared(&graph, "two", y, w, b);
    tb_value u = tb_graph_dense_shared(&graph, "three", z, w, b);
    ranges[z] = (tb_range){-4, 4, true};
    const tb_draft_subgraph *g = quantized(u);
    cr_expect_eq(g->ops[0].inputs.items[1], g->ops[2].inputs.items[1]);
    cr_expect_eq(g->ops[0].inputs.items[2], g->ops[1].inputs.items[2]);
    cr_expect_neq(g->ops[0].inputs.items[2], g->ops[2].inputs.items[2]); /* another input scale */
    cr_expect_eq(input_of(g, 0, 1)->quant->count, 1);
}

Test(quantize, an_lstm_gets_its_states_and_intermediates)
{
    tb_value x = tb_graph_input(&graph, "x", TB_SHAPE(1, 4, 3), (tb_spread){0, 1});
    tb_value y = tb_graph_sequence_lstm(&graph, "lstm", x, 2, 6.0f);
    const tb_draft_subgraph *g = quantized(y);
    const tb_draft_op *op = &g->ops[0];
    expect_scale(output_of(g, 0), 1.0f / 127, 0);
    expect_scale(input_of(g, 0, 18), 1.0f / 127, 0);
    cr_expect(input_of(g, 0, 18)->is_variable);
    const tb_draft_tensor *cell = input_of(g, 0, 19);
    cr_expect_eq(cell->type, kTfLiteInt16);
    cr_expect(cell->is_variable);
    cr_expect_eq(cell->quant->scale[0], 8.0f / 32768);
    cr_expect_eq(input_of(g, 0, 3)->type, kTfLiteInt8);
    cr_expect_eq(input_of(g, 0, 14)->type, kTfLiteInt32);
    cr_expect_eq(op->inputs.items[9], -1);
    cr_assert_eq(op->intermediates.count, 5);
    expect_scale(&g->tensors[op->intermediates.items[4]], 1.0f / 127, 0);
}

Test(quantize, whole_numbers_stay_as_they_are)
{
    tb_value tokens = tb_graph_input_ints(&graph, "tokens", TB_SHAPE(1, 2));
    tb_value y = tb_graph_embedding(&graph, "words", tokens, 7, 3);
    const tb_draft_subgraph *g = quantized(y);
    cr_expect_eq(g->tensors[g->inputs.items[0]].type, kTfLiteInt32);
    cr_expect_eq(input_of(g, 0, 0)->type, kTfLiteInt8);
    cr_expect_eq(input_of(g, 0, 0)->quant->scale[0], output_of(g, 0)->quant->scale[0]);
}

Test(quantize, what_is_missing_is_named)
{
    tb_value x = image("image");
    tb_value y = tb_graph_logistic(&graph, "gate", x);
    tb_graph_end(&graph, TB_INTS(y));
    ranges[x].known = false;
    tb_error err = TB_ERROR_NONE;
    tb_draft_free(&integer);
    cr_expect_eq(tb_quantize_int8(&network, ranges, &err, &integer), TB_USAGE);
    cr_expect_str_eq(err.text, "quantize: the range of tensor 0 'image' is unknown");
}

Test(quantize, an_operator_without_an_integer_form_is_named)
{
    tb_value x = image("image");
    tb_value y = tb_graph_tensor(&graph, "y", kTfLiteFloat32, TB_SHAPE(1, 4, 4, 3), (tb_spread){0});
    tb_graph_op(&graph, kTfLiteBuiltinSin, TB_INTS(x), TB_INTS(y), TB_OPTIONS_ABSENT);
    tb_graph_end(&graph, TB_INTS(y));
    tb_error err = TB_ERROR_NONE;
    tb_draft_free(&integer);
    cr_expect_eq(tb_quantize_int8(&network, ranges, &err, &integer), TB_UNSUPPORTED);
    cr_expect_str_eq(err.text,
                     "quantize: operator 0 SIN has no int8 form here; it would have to stay float");
}
