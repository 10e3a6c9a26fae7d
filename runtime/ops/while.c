/*
 * WHILE: runs a body on its values for as long as a condition on them holds.
 *
 * Between the steps the values lie in the condition's inputs. Where the body knows all its shapes
 * and keeps those of its inputs, the outputs are static; else every round may have other shapes.
 * Both subgraphs give their memory back at the end, as in TFLite.
 */
#include "runtime/ops/call_values.h"

typedef struct loop {
    tb_subgraph *condition;
    tb_subgraph *body;
} loop;

static TfLiteStatus get_loop(TfLiteContext *context, const TfLiteNode *node, loop *out)
{
    const TfLiteWhileParams *options = node->builtin_data;
    int count = node->inputs->size;
    TB_OP_TRY(tb_op_check_outputs(context, node, count));
    if (options->cond_subgraph_index == options->body_subgraph_index)
        return tb_op_fail(context, "subgraph %d is both its condition and its body",
                          options->body_subgraph_index);
    TB_OP_TRY(tb_call_get(context, options->cond_subgraph_index, "the condition", count, 1,
                          &out->condition));
    return tb_call_get(context, options->body_subgraph_index, "the body", count, count, &out->body);
}

static TfLiteStatus check_condition(TfLiteContext *context, const tb_subgraph *condition)
{
    const TfLiteTensor *result = tb_call_output(condition, 0);
    TB_OP_TRY(
        tb_op_check_type(context, result, "the condition's result", TB_TYPE_BIT(kTfLiteBool)));
    TB_OP_TRY(tb_op_check_rank(context, result, "the condition's result", 0, 1));
    if (tb_tensor_elements(result) != 1)
        return tb_op_fail(context, "the condition's result has %zu elements, expected 1",
                          tb_count(result));
    return kTfLiteOk;
}

/* A scalar may become a vector of one element without making the loop dynamic. */
static bool keeps_shape(const TfLiteTensor *before, const TfLiteTensor *after)
{
    if (tb_same_shape(before, after))
        return true;
    return (tb_tensor_rank(before) == 0 || tb_tensor_rank(after) == 0) &&
           tb_tensor_elements(before) == 1 && tb_tensor_elements(after) == 1;
}

static TfLiteStatus find_dynamic(TfLiteContext *context, const tb_subgraph *body, bool *out)
{
    *out = tb_call_is_dynamic(body);
    for (int k = 0; k < tb_call_input_count(body); k++) {
        const TfLiteTensor *before = tb_call_input(body, k);
        const TfLiteTensor *after = tb_call_output(body, k);
        if (!before || !after)
            continue;
        TB_OP_TRY(
            tb_op_check_same_type(context, before, "a body's input", after, "the output for it"));
        *out |= !keeps_shape(before, after);
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    loop l;
    TB_OP_TRY(get_loop(context, node, &l));
    TB_OP_TRY(tb_call_shape(context, node, 0, l.condition));
    if (!tb_tensor_is_dynamic(tb_call_output(l.condition, 0)))
        TB_OP_TRY(check_condition(context, l.condition));
    TB_OP_TRY(tb_call_shape(context, node, 0, l.body));
    bool is_dynamic;
    TB_OP_TRY(find_dynamic(context, l.body, &is_dynamic));
    for (int k = 0; k < node->outputs->size; k++) {
        TfLiteTensor *output = tb_op_output(context, node, k);
        const TfLiteTensor *result = tb_call_output(l.body, k);
        if (!output || !result)
            continue;
        TB_OP_TRY(tb_op_check_same_type(context, output, "an output", result, "the body's"));
        if (is_dynamic)
            tb_op_set_dynamic(output);
        else
            TB_OP_TRY(tb_op_resize_like(context, output, result));
    }
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    loop l;
    TB_OP_TRY(get_loop(context, node, &l));
    TB_OP_TRY(tb_call_pass(context, node, 0, l.condition));
    for (;;) {
        if (tb_op_cancelled(context))
            return kTfLiteCancelled;
        TB_OP_TRY(tb_call_invoke(context, l.condition));
        TB_OP_TRY(check_condition(context, l.condition));
        if (!tb_call_output(l.condition, 0)->data.uint8[0])
            break;
        TB_OP_TRY(tb_call_hand_over(context, l.condition, true, l.body));
        TB_OP_TRY(tb_call_invoke(context, l.body));
        TB_OP_TRY(tb_call_hand_over(context, l.body, false, l.condition));
    }
    TB_OP_TRY(tb_call_fetch(context, node, l.condition, true));
    tb_call_release(l.condition);
    tb_call_release(l.body);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_while = {.prepare = prepare, .invoke = invoke};
