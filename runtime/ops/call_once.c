/* CALL_ONCE: runs an initialisation subgraph, once in the interpreter's life. */
#include "runtime/ops/call_values.h"
#include "runtime/resources.h"

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteCallOnceParams *options = node->builtin_data;
    TB_OP_TRY(tb_op_check_inputs(context, node, 0, 0));
    TB_OP_TRY(tb_op_check_outputs(context, node, 0));
    tb_subgraph *callee;
    return tb_call_get(context, options->init_subgraph_index, "the initialisation", 0, 0, &callee);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteCallOnceParams *options = node->builtin_data;
    tb_resources *resources = tb_op_resources(context);
    if (tb_resources_initialized(resources, options->init_subgraph_index))
        return kTfLiteOk;
    tb_subgraph *callee;
    TB_OP_TRY(
        tb_call_get(context, options->init_subgraph_index, "the initialisation", 0, 0, &callee));
    TB_OP_TRY(tb_call_allocate(context, callee));
    TB_OP_TRY(tb_call_invoke(context, callee));
    tb_call_release(callee);
    if (!tb_resources_set_initialized(resources, options->init_subgraph_index))
        return tb_op_fail(context, "has no memory to note that the initialisation is done");
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_call_once = {.prepare = prepare, .invoke = invoke};
