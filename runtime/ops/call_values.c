/* Values into and out of called subgraphs; see call_values.h. */
#include "runtime/ops/call_values.h"

#include <stdio.h>
#include <string.h>

TfLiteStatus tb_call_get(TfLiteContext *context, int index, const char *what, int inputs,
                         int outputs, tb_subgraph **out)
{
    *out = tb_call_find(context, index);
    if (!*out)
        return kTfLiteError;
    int has_inputs = tb_call_input_count(*out), has_outputs = tb_call_output_count(*out);
    if (has_inputs != inputs || has_outputs != outputs)
        return tb_op_fail(context,
                          "%s, subgraph %d, has %d inputs and %d outputs, expected %d and %d", what,
                          index, has_inputs, has_outputs, inputs, outputs);
    return kTfLiteOk;
}

/* ---- shapes ------------------------------------------------------------------------------------ */

static TfLiteStatus shape_one(TfLiteContext *context, tb_subgraph *callee, int k,
                              const TfLiteTensor *from)
{
    const TfLiteTensor *to = tb_call_input(callee, k);
    if (!from || !to)
        return kTfLiteOk;
    if (from->type != to->type)
        return tb_op_fail(context, "passes %s as input %d of a subgraph that expects %s",
                          TfLiteTypeGetName(from->type), k, TfLiteTypeGetName(to->type));
    if (from->type == kTfLiteVariant)
        return tb_op_fail(context, "passes a VARIANT, which only its own operators can copy");
    int rank = tb_tensor_rank(from);
    return tb_call_resize_input(context, callee, k, rank, rank ? from->dims->data : NULL);
}

TfLiteStatus tb_call_shape(TfLiteContext *context, const TfLiteNode *node, int first,
                           tb_subgraph *callee)
{
    for (int k = 0; k < tb_call_input_count(callee); k++)
        TB_OP_TRY(shape_one(context, callee, k, tb_op_input(context, node, first + k)));
    return tb_call_allocate(context, callee);
}

/* ---- values ------------------------------------------------------------------------------------ */

/* `to` has its shape; `owner` is the subgraph it is in, NULL for the caller's own. */
static TfLiteStatus copy_value(TfLiteContext *context, const TfLiteTensor *from, tb_subgraph *owner,
                               TfLiteTensor *to)
{
    if (from == to)
        return kTfLiteOk;
    if (tb_type_is_unsized(to->type) && tb_tensor_is_dynamic(to) && to->bytes != from->bytes)
        TB_OP_TRY(owner ? tb_call_resize_bytes(owner, to, from->bytes)
                        : tb_op_resize_bytes(context, to, from->bytes));
    if (to->bytes != from->bytes)
        return tb_op_fail(context, "copies %zu bytes to a tensor of %zu", from->bytes, to->bytes);
    if (tb_tensor_is_constant(to))
        return tb_op_fail(context, "would overwrite a constant");
    if (from->bytes == 0)
        return kTfLiteOk;
    if (!from->data.raw || !to->data.raw)
        return tb_op_fail(context, "copies a tensor that has no value");
    memcpy(to->data.raw, from->data.raw, from->bytes);
    return kTfLiteOk;
}

TfLiteStatus tb_call_pass(TfLiteContext *context, const TfLiteNode *node, int first,
                          tb_subgraph *callee)
{
    TB_OP_TRY(tb_call_shape(context, node, first, callee));
    for (int k = 0; k < tb_call_input_count(callee); k++) {
        const TfLiteTensor *from = tb_op_input(context, node, first + k);
        TfLiteTensor *to = tb_call_input(callee, k);
        if (from && to)
            TB_OP_TRY(copy_value(context, from, callee, to));
    }
    return kTfLiteOk;
}

static TfLiteTensor *value_of(const tb_subgraph *subgraph, bool inputs, int k)
{
    return inputs ? tb_call_input(subgraph, k) : tb_call_output(subgraph, k);
}

TfLiteStatus tb_call_hand_over(TfLiteContext *context, const tb_subgraph *from, bool inputs,
                               tb_subgraph *to)
{
    for (int k = 0; k < tb_call_input_count(to); k++)
        TB_OP_TRY(shape_one(context, to, k, value_of(from, inputs, k)));
    TB_OP_TRY(tb_call_allocate(context, to));
    for (int k = 0; k < tb_call_input_count(to); k++) {
        const TfLiteTensor *value = value_of(from, inputs, k);
        TfLiteTensor *input = tb_call_input(to, k);
        if (value && input)
            TB_OP_TRY(copy_value(context, value, to, input));
    }
    return kTfLiteOk;
}

TfLiteStatus tb_call_fetch(TfLiteContext *context, const TfLiteNode *node,
                           const tb_subgraph *callee, bool inputs)
{
    for (int k = 0; k < node->outputs->size; k++) {
        const TfLiteTensor *from = value_of(callee, inputs, k);
        TfLiteTensor *to = tb_op_output(context, node, k);
        if (!from || !to)
            continue;
        char name[32];
        snprintf(name, sizeof name, "output %d", k);
        TB_OP_TRY(tb_op_check_same_type(context, to, name, from, "the subgraph's"));
        if (tb_tensor_is_dynamic(to))
            TB_OP_TRY(tb_op_resize_like(context, to, from));
        TB_OP_TRY(copy_value(context, from, NULL, to));
    }
    return kTfLiteOk;
}
