/*
 * Folding: a node whose inputs are all known while the graph is being prepared (constants, and what
 * SHAPE, RANK and folded nodes made of the inputs' shapes) runs right then. Its outputs are
 * kTfLitePersistentRo until the next prepare, so the chain from SHAPE to RESHAPE leaves a graph
 * whose shapes are all known, and a delegate need not be cut in two by it.
 *
 * Values depend on shapes alone, and every new shape prepares the node again; so folding is as right
 * as the kernel is. Left out is what is not worth it or not the same at another time: large tensors
 * (weights are unpacked where they are used), nodes with a state, a side effect or dice, and
 * operators of applications and delegates, whose ways are unknown.
 */
#include <string.h>

#include "runtime/base/fp_mode.h"
#include "runtime/base/size.h"
#include "runtime/interpreter_internal.h"
#include "runtime/op.h"
#include "runtime/tensor.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* Shapes and what is computed from them are small; more is data. */
enum { FOLD_LIMIT_BYTES = 4096 };

/* Operators whose result is another one at every run; that call subgraphs, which may do anything; or
   that delegates look for in front of weights, to read those themselves. */
static const int16_t unfoldable_codes[] = {
    kTfLiteBuiltinRandomUniform,
    kTfLiteBuiltinRandomStandardNormal,
    kTfLiteBuiltinMultinomial,
    kTfLiteBuiltinStablehloRngBitGenerator,
    kTfLiteBuiltinIf,
    kTfLiteBuiltinWhile,
    kTfLiteBuiltinCall,
    kTfLiteBuiltinCallOnce,
    kTfLiteBuiltinStablehloComposite,
    kTfLiteBuiltinStablehloReduce,
    kTfLiteBuiltinStablehloReduceWindow,
    kTfLiteBuiltinStablehloScatter,
    kTfLiteBuiltinStablehloSort,
    kTfLiteBuiltinStablehloWhile,
    kTfLiteBuiltinDequantize,
    kTfLiteBuiltinDensify,
    kTfLiteBuiltinCustom,
    kTfLiteBuiltinDelegate,
};

static bool is_foldable_code(int code)
{
    for (size_t k = 0; k < TB_COUNT_OF(unfoldable_codes); k++) {
        if (unfoldable_codes[k] == code)
            return false;
    }
    return true;
}

/* Applications may put a kernel of their own in the place of one of ours. */
static bool is_our_kernel(const TfLiteRegistration *registration)
{
    int count;
    const tb_op_row *rows = tb_resolver_rows(&count);
    for (int k = 0; k < count; k++) {
        if (rows[k].builtin_code == registration->builtin_code &&
            rows[k].registration->prepare == registration->prepare &&
            rows[k].registration->invoke == registration->invoke)
            return registration->prepare && registration->invoke;
    }
    return false;
}

static bool is_small(const TfLiteTensor *tensor)
{
    return !tb_type_is_unsized(tensor->type) && tensor->bytes <= FOLD_LIMIT_BYTES;
}

static bool has_known_inputs(const tb_subgraph *subgraph, const TfLiteIntArray *inputs)
{
    int present = 0;
    for (int k = 0; k < inputs->size; k++) {
        if (inputs->data[k] < 0)
            continue;
        const TfLiteTensor *tensor = &subgraph->tensors[inputs->data[k]];
        if (!tb_tensor_is_constant(tensor) || !is_small(tensor) || tensor->sparsity ||
            (tensor->bytes > 0 && !tensor->data.raw))
            return false;
        present++;
    }
    return present > 0;
}

/* Somebody else fills it or reads it by address. */
static bool is_shared(const tb_subgraph *subgraph, int tensor)
{
    const tb_tensor_state *state = &subgraph->tensor_states[tensor];
    return state->is_input || state->is_output || state->rewritten ||
           subgraph->tensors[tensor].is_variable;
}

/* A kernel of ours that makes its outputs constant has computed them in prepare. */
static bool is_computed(const tb_subgraph *subgraph, const TfLiteIntArray *outputs)
{
    for (int k = 0; k < outputs->size; k++) {
        int tensor = outputs->data[k];
        if (tensor < 0 || is_shared(subgraph, tensor) ||
            subgraph->tensors[tensor].allocation_type != kTfLitePersistentRo)
            return false;
    }
    return outputs->size > 0;
}

static bool has_free_outputs(const tb_subgraph *subgraph, const TfLiteIntArray *outputs)
{
    for (int k = 0; k < outputs->size; k++) {
        if (outputs->data[k] < 0)
            return false;
        const TfLiteTensor *tensor = &subgraph->tensors[outputs->data[k]];
        bool ours =
            tensor->allocation_type == kTfLiteArenaRw || tensor->allocation_type == kTfLiteDynamic;
        bool fits = tensor->allocation_type == kTfLiteDynamic ? !tb_type_is_unsized(tensor->type)
                                                              : is_small(tensor);
        if (!ours || !fits || is_shared(subgraph, outputs->data[k]))
            return false;
    }
    return outputs->size > 0;
}

static bool is_foldable(const tb_subgraph *subgraph, const tb_node *node, int scratch_before)
{
    const TfLiteIntArray *temporaries = node->node.temporaries;
    return has_known_inputs(subgraph, node->node.inputs) && !node->node.delegate &&
           !node->node.might_have_side_effect && (!temporaries || temporaries->size == 0) &&
           subgraph->scratch_count == scratch_before &&
           is_foldable_code(node->registration.builtin_code) &&
           has_free_outputs(subgraph, node->node.outputs) && is_our_kernel(&node->registration);
}

static TfLiteStatus take_output(tb_subgraph *subgraph, TfLiteTensor *tensor)
{
    if (tensor->allocation_type == kTfLiteDynamic)
        return kTfLiteOk; /* the kernel gives it shape and memory */
    tensor->allocation_type = kTfLitePersistentRo;
    tensor->data.raw = NULL;
    return tb_subgraph_realloc(subgraph, tensor, tensor->bytes, false);
}

TfLiteStatus tb_subgraph_fold(tb_subgraph *subgraph, tb_node *node, int scratch_before)
{
    const TfLiteIntArray *outputs = node->node.outputs;
    if (is_computed(subgraph, outputs) && is_our_kernel(&node->registration))
        node->folded = true;
    if (node->folded || !is_foldable(subgraph, node, scratch_before))
        return kTfLiteOk;
    node->folded = true; /* from here on tb_subgraph_unfold has something to undo */
    for (int k = 0; k < outputs->size; k++) {
        TfLiteStatus status = take_output(subgraph, &subgraph->tensors[outputs->data[k]]);
        if (status != kTfLiteOk)
            return status;
    }
    tb_fp_mode mode = tb_fp_mode_flush();
    TfLiteStatus status = tb_node_invoke(subgraph, node);
    tb_fp_mode_restore(mode);
    tb_blocks_free(subgraph, &subgraph->eval_blocks);
    if (status == kTfLiteOk)
        status = tb_subgraph_recount(subgraph, outputs);
    if (status != kTfLiteOk && subgraph->interpreter->fault.status == TB_OK)
        tb_fault(subgraph, TB_CORRUPT, "its kernel fails without saying why");
    for (int k = 0; k < outputs->size; k++)
        subgraph->tensors[outputs->data[k]].allocation_type = kTfLitePersistentRo;
    return status;
}

void tb_subgraph_unfold(tb_subgraph *subgraph, tb_node *node)
{
    if (!node->folded)
        return;
    node->folded = false;
    const TfLiteIntArray *outputs = node->node.outputs;
    for (int k = 0; k < outputs->size; k++) {
        TfLiteTensor *tensor = &subgraph->tensors[outputs->data[k]];
        if (tensor->allocation_type != kTfLitePersistentRo)
            continue;
        TfLiteTensorDataFree(tensor);
        tensor->data.raw = NULL;
        tensor->allocation_type = kTfLiteDynamic; /* without data: counted as holding none */
    }
    tb_subgraph_recount(subgraph, outputs);
    for (int k = 0; k < outputs->size; k++) {
        TfLiteTensor *tensor = &subgraph->tensors[outputs->data[k]];
        if (tensor->allocation_type == kTfLiteDynamic)
            tensor->allocation_type = kTfLiteArenaRw;
    }
}

void tb_subgraph_hide_folded(tb_subgraph *subgraph, int count)
{
    int kept = 0;
    for (int k = 0; k < subgraph->plan_count; k++) {
        if (k >= count || !subgraph->nodes[subgraph->plan[k]]->folded)
            subgraph->plan[kept++] = subgraph->plan[k];
    }
    subgraph->plan_count = kept;
}
