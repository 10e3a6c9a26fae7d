/*
 * Operators that run one of several subgraphs on their inputs: IF, STABLEHLO_CASE, and
 * STABLEHLO_COMPOSITE, whose only branch is its decomposition.
 *
 * Outputs are static where no branch has dynamic shapes and all agree on the outputs'. A branch
 * gives its memory back when it has run, as in TFLite: its variables start anew at every call.
 */
#include "runtime/ops/call_values.h"

#define MAX_BRANCHES TFLITE_STABLEHLO_CASE_PARAMS_MAX_BRANCHES_COUNT

typedef struct branches {
    int count;
    int first_input; /* of the branches: what is before selects one */
    int subgraph[MAX_BRANCHES];
} branches;

static TfLiteStatus get_branch(TfLiteContext *context, const TfLiteNode *node, int k,
                               tb_subgraph **out)
{
    const branches *b = node->user_data;
    return tb_call_get(context, b->subgraph[k], "a branch", node->inputs->size - b->first_input,
                       node->outputs->size, out);
}

/* Whether the branches allocated so far know all shapes and agree with the first one. */
static TfLiteStatus shape_branches(TfLiteContext *context, const TfLiteNode *node, bool *is_dynamic)
{
    const branches *b = node->user_data;
    tb_subgraph *reference = NULL;
    *is_dynamic = false;
    for (int k = 0; k < b->count; k++) {
        tb_subgraph *branch;
        TB_OP_TRY(get_branch(context, node, k, &branch));
        TB_OP_TRY(tb_call_shape(context, node, b->first_input, branch));
        *is_dynamic |= tb_call_is_dynamic(branch);
        if (!reference)
            reference = branch;
        for (int i = 0; i < node->outputs->size; i++) {
            const TfLiteTensor *first = tb_call_output(reference, i);
            const TfLiteTensor *own = tb_call_output(branch, i);
            if (!first || !own)
                return tb_op_fail(context, "a branch has no output %d", i);
            *is_dynamic |= !tb_same_shape(first, own);
        }
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare_branches(TfLiteContext *context, TfLiteNode *node)
{
    const branches *b = node->user_data;
    bool is_dynamic;
    TB_OP_TRY(shape_branches(context, node, &is_dynamic));
    tb_subgraph *reference;
    TB_OP_TRY(get_branch(context, node, 0, &reference));
    for (int i = 0; i < node->outputs->size; i++) {
        TfLiteTensor *output = tb_op_output(context, node, i);
        if (!output)
            continue;
        for (int k = 0; k < b->count; k++) {
            tb_subgraph *branch;
            TB_OP_TRY(get_branch(context, node, k, &branch));
            TB_OP_TRY(tb_op_check_same_type(context, output, "an output", tb_call_output(branch, i),
                                            "a branch's"));
        }
        if (is_dynamic)
            tb_op_set_dynamic(output);
        else
            TB_OP_TRY(tb_op_resize_like(context, output, tb_call_output(reference, i)));
    }
    return kTfLiteOk;
}

static TfLiteStatus run_branch(TfLiteContext *context, TfLiteNode *node, int k)
{
    const branches *b = node->user_data;
    tb_subgraph *branch;
    TB_OP_TRY(get_branch(context, node, k, &branch));
    TB_OP_TRY(tb_call_pass(context, node, b->first_input, branch));
    TB_OP_TRY(tb_call_invoke(context, branch));
    TB_OP_TRY(tb_call_fetch(context, node, branch, false));
    tb_call_release(branch);
    return kTfLiteOk;
}

/* The one element that selects the branch. */
static TfLiteStatus check_selector(TfLiteContext *context, const TfLiteNode *node, const char *what,
                                   TfLiteType type)
{
    const TfLiteTensor *selector;
    TB_OP_TRY(tb_op_get_input(context, node, 0, what, &selector));
    TB_OP_TRY(tb_op_check_type(context, selector, what, TB_TYPE_BIT(type)));
    if (tb_tensor_elements(selector) != 1)
        return tb_op_fail(context, "%s has %zu elements, expected 1", what, tb_count(selector));
    return kTfLiteOk;
}

/* ---- IF ---------------------------------------------------------------------------------------- */

static TfLiteStatus prepare_if(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteIfParams *options = node->builtin_data;
    TB_OP_TRY(check_selector(context, node, "condition", kTfLiteBool));
    branches *b = tb_op_make_data(context, node, sizeof *b);
    if (!b)
        return kTfLiteError;
    *b = (branches){.count = 2,
                    .first_input = 1,
                    .subgraph = {options->then_subgraph_index, options->else_subgraph_index}};
    return prepare_branches(context, node);
}

static TfLiteStatus invoke_if(TfLiteContext *context, TfLiteNode *node)
{
    bool condition = tb_op_input(context, node, 0)->data.uint8[0] != 0;
    return run_branch(context, node, condition ? 0 : 1);
}

const TfLiteRegistration tb_op_if = {.prepare = prepare_if, .invoke = invoke_if};

/* ---- STABLEHLO_CASE ---------------------------------------------------------------------------- */

static TfLiteStatus prepare_case(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloCaseParams *options = node->builtin_data;
    TB_OP_TRY(check_selector(context, node, "index", kTfLiteInt32));
    if (options->num_branches < 1 || options->num_branches > MAX_BRANCHES)
        return tb_op_fail(context, "has %u branches, expected 1 to %d", options->num_branches,
                          MAX_BRANCHES);
    branches *b = tb_op_make_data(context, node, sizeof *b);
    if (!b)
        return kTfLiteError;
    b->count = (int)options->num_branches;
    b->first_input = 1;
    for (int k = 0; k < b->count; k++)
        b->subgraph[k] = options->branch_subgraph_indices[k];
    return prepare_branches(context, node);
}

/* An index out of range means the last branch. */
static TfLiteStatus invoke_case(TfLiteContext *context, TfLiteNode *node)
{
    const branches *b = node->user_data;
    int32_t index = tb_op_input(context, node, 0)->data.i32[0];
    return run_branch(context, node, index < 0 || index >= b->count ? b->count - 1 : index);
}

const TfLiteRegistration tb_op_stablehlo_case = {.prepare = prepare_case, .invoke = invoke_case};

/* ---- STABLEHLO_COMPOSITE ----------------------------------------------------------------------- */

static TfLiteStatus prepare_composite(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloCompositeParams *options = node->builtin_data;
    if (node->inputs->size < 1)
        return tb_op_fail(context, "has no inputs, expected at least 1");
    branches *b = tb_op_make_data(context, node, sizeof *b);
    if (!b)
        return kTfLiteError;
    b->count = 1;
    b->subgraph[0] = options->subgraph_index;
    return prepare_branches(context, node);
}

static TfLiteStatus invoke_composite(TfLiteContext *context, TfLiteNode *node)
{
    return run_branch(context, node, 0);
}

const TfLiteRegistration tb_op_stablehlo_composite = {.prepare = prepare_composite,
                                                      .invoke = invoke_composite};
