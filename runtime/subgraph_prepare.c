/*
 * Preparing: kernels look at their inputs' shapes and give their outputs theirs, node by node, until
 * one can only tell at run time. What lies behind such a node is prepared once it has run.
 */
#include <string.h>

#include "runtime/delegate_call.h"
#include "runtime/interpreter_internal.h"
#include "runtime/tensor.h"
#include "runtime/typed.h"

/* ---- resizing --------------------------------------------------------------------------------- */

static bool is_resizable(const TfLiteTensor *tensor)
{
    switch (tensor->allocation_type) {
    case kTfLiteArenaRw:
    case kTfLiteArenaRwPersistent:
    case kTfLiteDynamic:
    case kTfLitePersistentRo:
    case kTfLiteCustom:
    case kTfLiteNonCpu:
        return true;
    default:
        return false;
    }
}

static void set_dims(TfLiteTensor *tensor, TfLiteIntArray *dims)
{
    if (tensor->dims != dims)
        TfLiteIntArrayFree(tensor->dims);
    tensor->dims = dims;
}

/* The number of a tensor of the subgraph; -1 for one from elsewhere. */
static int tensor_index(const tb_subgraph *subgraph, const TfLiteTensor *tensor)
{
    uintptr_t at = (uintptr_t)tensor, begin = (uintptr_t)subgraph->tensors;
    size_t count = subgraph->context.tensors_size;
    if (at < begin || at >= begin + count * sizeof *tensor)
        return -1;
    return (int)((at - begin) / sizeof *tensor);
}

static const char *describe(const tb_subgraph *subgraph, const TfLiteTensor *tensor,
                            char out[TB_TENSOR_TEXT_SIZE])
{
    int index = tensor_index(subgraph, tensor);
    return index < 0 ? "a tensor" : tb_tensor_text(subgraph, index, out);
}

TfLiteStatus tb_subgraph_resize_tensor(tb_subgraph *subgraph, TfLiteTensor *tensor,
                                       TfLiteIntArray *dims)
{
    char text[TB_TENSOR_TEXT_SIZE], shape[TB_SHAPE_TEXT_SIZE];
    if (!tensor || !dims) {
        TfLiteIntArrayFree(dims);
        return tb_fault(subgraph, TB_INTERNAL, "a kernel resized no tensor, or to no shape");
    }
    bool unsized = tb_type_is_unsized(tensor->type);
    size_t bytes = 0;
    if (!tb_shape_bytes(tensor->type, dims->size, dims->data, &bytes)) {
        tb_shape_text(dims, shape);
        TfLiteIntArrayFree(dims);
        return tb_fault(subgraph, TB_UNSUPPORTED,
                        "%s would get shape %s, which has a negative dimension or too many bytes",
                        describe(subgraph, tensor, text), shape);
    }
    bool same = tensor->dims && tb_dims_equal(tensor->dims, dims->size, dims->data);
    /* A dynamic tensor may have its final shape before it has bytes. */
    if (same && tensor->data.raw && (unsized || bytes == tensor->bytes)) {
        set_dims(tensor, dims);
        return kTfLiteOk;
    }
    if (!is_resizable(tensor)) {
        TfLiteIntArrayFree(dims);
        if (same)
            return kTfLiteOk;
        return tb_fault(subgraph, TB_UNSUPPORTED, "%s is a constant and cannot be resized",
                        describe(subgraph, tensor, text));
    }
    subgraph->resized_in_invoke |= !same;
    if (!unsized) {
        bool owns = tensor->allocation_type == kTfLiteDynamic ||
                    tensor->allocation_type == kTfLitePersistentRo;
        if (owns && tb_subgraph_realloc(subgraph, tensor, bytes, false) != kTfLiteOk) {
            TfLiteIntArrayFree(dims);
            return kTfLiteError;
        }
        tensor->bytes = bytes;
    }
    set_dims(tensor, dims);
    if (tensor->allocation_type == kTfLiteArenaRw ||
        tensor->allocation_type == kTfLiteArenaRwPersistent)
        tensor->data.raw = NULL; /* placed anew after prepare */
    return kTfLiteOk;
}

static TfLiteStatus check_signature(tb_subgraph *subgraph, int index, int rank, const int *dims)
{
    const TfLiteTensor *tensor = &subgraph->tensors[index];
    const TfLiteIntArray *signature = TfLiteTensorGetDimsSignature(tensor);
    char text[TB_TENSOR_TEXT_SIZE];
    int declared = signature ? signature->size : 0;
    if (declared != rank)
        return tb_fault(subgraph, TB_USAGE, "resizing %s to %d dimensions; it is declared with %d",
                        tb_tensor_text(subgraph, index, text), rank, declared);
    for (int k = 0; k < rank; k++) {
        if (signature->data[k] != -1 && signature->data[k] != dims[k])
            return tb_fault(subgraph, TB_USAGE,
                            "resizing %s: dimension %d would become %d; it is declared as %d",
                            tb_tensor_text(subgraph, index, text), k, dims[k], signature->data[k]);
    }
    return kTfLiteOk;
}

TfLiteStatus tb_subgraph_resize_input(tb_subgraph *subgraph, int index, int rank, const int *dims,
                                      bool strict)
{
    char text[TB_TENSOR_TEXT_SIZE];
    if (rank < 0 || (rank > 0 && !dims))
        return tb_fault(subgraph, TB_USAGE, "resizing an input to no shape");
    if (index < 0 || (size_t)index >= subgraph->context.tensors_size)
        return tb_fault(subgraph, TB_USAGE, "resizing tensor %d; there are %zu", index,
                        subgraph->context.tensors_size);
    TfLiteTensor *tensor = &subgraph->tensors[index];
    if (strict) {
        TfLiteStatus status = check_signature(subgraph, index, rank, dims);
        if (status != kTfLiteOk)
            return status;
    }
    if (tensor->data.raw && tb_dims_equal(tensor->dims, rank, dims))
        return kTfLiteOk;
    size_t bytes;
    if (!tb_shape_bytes(tensor->type, rank, dims, &bytes))
        return tb_fault(subgraph, TB_USAGE,
                        "resizing %s to a shape with a negative dimension or too many bytes",
                        tb_tensor_text(subgraph, index, text));
    if (subgraph->state == TB_INVOKABLE_AND_IMMUTABLE) {
        TfLiteStatus status = tb_subgraph_undo_delegates(subgraph);
        if (status != kTfLiteOk)
            return status;
        tensor = &subgraph->tensors[index];
    }
    TfLiteIntArray *copy = TfLiteIntArrayCreate(rank);
    if (!copy)
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate a shape of %d dimensions", rank);
    if (rank)
        memcpy(copy->data, dims, (size_t)rank * sizeof *dims);
    subgraph->state = TB_UNINVOKABLE;
    return tb_subgraph_resize_tensor(subgraph, tensor, copy);
}

/* ---- preparing -------------------------------------------------------------------------------- */

bool tb_subgraph_lists_dynamic(const tb_subgraph *subgraph, const int *tensors, int count,
                               int *which)
{
    for (int k = 0; k < count; k++) {
        if (tensors[k] < 0 || subgraph->tensors[tensors[k]].allocation_type != kTfLiteDynamic)
            continue;
        if (which)
            *which = tensors[k];
        return true;
    }
    return false;
}

static bool list_has_dynamic(const tb_subgraph *subgraph, const TfLiteIntArray *list, int *which)
{
    return list && tb_subgraph_lists_dynamic(subgraph, list->data, list->size, which);
}

/*
 * Kernels remember shapes from prepare. Where a node's output was touched by an earlier node (it is
 * an input of the subgraph, a variable, or has two writers), that node has prepared for the shape it
 * had then, and another one would let it write or read outside.
 */
typedef struct shape_guard {
    int tensor;
    TfLiteIntArray *dims; /* a copy */
} shape_guard;

enum { MAX_GUARDS = 4 };

static int guard_shapes(const tb_subgraph *subgraph, const TfLiteIntArray *outputs, int position,
                        shape_guard guards[MAX_GUARDS])
{
    int count = 0;
    for (int k = 0; k < outputs->size; k++) {
        int tensor = outputs->data[k];
        if (tensor < 0)
            continue;
        const tb_tensor_state *state = &subgraph->tensor_states[tensor];
        bool early = state->is_input || (state->first_use >= 0 && state->first_use < position);
        if (!early || subgraph->tensors[tensor].allocation_type == kTfLiteDynamic)
            continue;
        if (count == MAX_GUARDS) {
            while (count)
                TfLiteIntArrayFree(guards[--count].dims);
            return -1;
        }
        guards[count++] = (shape_guard){tensor, TfLiteIntArrayCopy(subgraph->tensors[tensor].dims)};
    }
    return count;
}

static TfLiteStatus check_guards(tb_subgraph *subgraph, shape_guard *guards, int count)
{
    TfLiteStatus status = kTfLiteOk;
    for (int k = 0; k < count; k++) {
        const TfLiteTensor *tensor = &subgraph->tensors[guards[k].tensor];
        char text[TB_TENSOR_TEXT_SIZE];
        bool same = TfLiteIntArrayEqual(tensor->dims, guards[k].dims) &&
                    tensor->allocation_type != kTfLiteDynamic;
        if (!same && status == kTfLiteOk)
            status = tb_fault(subgraph, TB_UNSUPPORTED,
                              "it changes the shape of %s, which an earlier node uses too",
                              tb_tensor_text(subgraph, guards[k].tensor, text));
        TfLiteIntArrayFree(guards[k].dims);
    }
    return status;
}

/* Nothing where the build has every type: kernels of those that were left out are not there. */
static TfLiteStatus check_built(tb_subgraph *subgraph, const TfLiteIntArray *list)
{
    for (int k = 0; list && k < list->size && TB_SELECTED_TYPE_BITS != UINT32_MAX; k++) {
        int tensor = list->data[k];
        char text[TB_TENSOR_TEXT_SIZE];
        if (tensor >= 0 && !tb_type_is_built(subgraph->tensors[tensor].type))
            return tb_fault(subgraph, TB_UNSUPPORTED,
                            "%s is %s, which this runtime is built without",
                            tb_tensor_text(subgraph, tensor, text),
                            TfLiteTypeGetName(subgraph->tensors[tensor].type));
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare_node(tb_subgraph *subgraph, int index, int position, bool guarded)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    tb_node *node = subgraph->nodes[index];
    interpreter->place.node = node;
    interpreter->place.node_index = index;
    interpreter->fault.status = TB_OK;
    if (!tb_subgraph_reserve_tensors(subgraph, 0))
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate more tensors");
    TfLiteStatus status = tb_interpreter_check_stop(subgraph);
    if (status != kTfLiteOk)
        return status;
    tb_subgraph_unfold(subgraph, node);
    tb_blocks_free(subgraph, &node->prepare_blocks);
    int scratch_before = subgraph->scratch_count;

    shape_guard guards[MAX_GUARDS];
    int guard_count = guarded ? guard_shapes(subgraph, node->node.outputs, position, guards) : 0;
    if (guard_count < 0)
        return tb_fault(subgraph, TB_UNSUPPORTED,
                        "more than %d of its outputs are used by earlier nodes", MAX_GUARDS);
    subgraph->current_position = position;
    status = check_built(subgraph, node->node.inputs);
    if (status == kTfLiteOk)
        status = check_built(subgraph, node->node.outputs);
    if (status == kTfLiteOk)
        status = tb_node_prepare(subgraph, node);
    /* A kernel may choose the type of its output. */
    if (status == kTfLiteOk)
        status = check_built(subgraph, node->node.outputs);
    subgraph->current_position = -1;
    TfLiteStatus guard_status = check_guards(subgraph, guards, guard_count);
    if (status != kTfLiteOk && status != kTfLiteOutputShapeNotKnown) {
        if (interpreter->fault.status == TB_OK)
            tb_fault(subgraph, TB_UNSUPPORTED, "its kernel refuses it without saying why");
        return status;
    }
    if (guard_status != kTfLiteOk)
        return guard_status;
    if (status == kTfLiteOk)
        status = tb_subgraph_fold(subgraph, node, scratch_before);
    if (status != kTfLiteOk && status != kTfLiteOutputShapeNotKnown)
        return status;
    /* What was computed here lasts; loops that ended early left it half done. */
    TfLiteStatus stopped = tb_interpreter_check_stop(subgraph);
    if (stopped != kTfLiteOk)
        return stopped;
    node->touches_dynamic = list_has_dynamic(subgraph, node->node.outputs, NULL) ||
                            list_has_dynamic(subgraph, node->node.temporaries, NULL);
    return status;
}

TfLiteStatus tb_subgraph_prepare_nodes(tb_subgraph *subgraph, int first, const int *plan, int count,
                                       int *last)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    tb_place before = interpreter->place;
    bool was_preparing = interpreter->preparing;
    bool was_busy = subgraph->busy;
    bool guarded = plan == subgraph->plan;
    TfLiteStatus status = kTfLiteOk;
    interpreter->place = (tb_place){.subgraph = subgraph, .in_delegate = before.in_delegate};
    interpreter->preparing = true;
    subgraph->busy = true;
    if (first == 0)
        subgraph->has_dynamic_tensors = tb_subgraph_lists_dynamic(
            subgraph, subgraph->outputs, subgraph->output_count, &subgraph->dynamic_tensor);
    *last = first - 1;
    for (int position = first; position < count; position++) {
        status = prepare_node(subgraph, plan[position], position, guarded);
        if (status != kTfLiteOk && status != kTfLiteOutputShapeNotKnown)
            break;
        *last = position;
        const TfLiteNode *node = &subgraph->nodes[plan[position]]->node;
        bool dynamic = list_has_dynamic(subgraph, node->outputs, &subgraph->dynamic_tensor);
        if (dynamic || status == kTfLiteOutputShapeNotKnown) {
            subgraph->has_dynamic_tensors = true;
            status = kTfLiteOk;
            break;
        }
    }
    subgraph->busy = was_busy;
    interpreter->preparing = was_preparing;
    interpreter->place = before;
    return status;
}

/* Some delegate wants every shape of the model known, also of nodes that were taken away. */
static bool wants_original_plan(const tb_subgraph *subgraph)
{
    if (!subgraph->original_plan)
        return false;
    for (int k = 0; k < subgraph->delegate_count; k++) {
        if (tb_delegate_flags(subgraph->delegates[k]) & kTfLiteDelegateFlagsRequirePropagatedShapes)
            return true;
    }
    return false;
}

static void drop_scratch(tb_subgraph *subgraph, int first)
{
    while (subgraph->scratch_count > 0 &&
           subgraph->scratch[subgraph->scratch_count - 1].position >= first)
        subgraph->scratch_count--;
}

TfLiteStatus tb_subgraph_prepare_rest(tb_subgraph *subgraph)
{
    int first = subgraph->next_to_prepare;
    int last;
    TfLiteStatus status;
    if (first == 0 && wants_original_plan(subgraph)) {
        status = tb_subgraph_prepare_nodes(subgraph, 0, subgraph->original_plan,
                                           subgraph->original_plan_count, &last);
        if (status != kTfLiteOk)
            return status;
    }
    drop_scratch(subgraph, first);
    status =
        tb_subgraph_prepare_nodes(subgraph, first, subgraph->plan, subgraph->plan_count, &last);
    if (status != kTfLiteOk)
        return status;
    subgraph->next_to_prepare = last + 1;
    status = tb_subgraph_place(subgraph, subgraph->next_to_plan, last);
    if (status != kTfLiteOk)
        return status;
    subgraph->next_to_plan = last + 1;
    return kTfLiteOk;
}

/* Delegated nodes were prepared before they were delegated: what they had dynamically is idle. */
static void free_idle_temporaries(tb_subgraph *subgraph)
{
    if (!subgraph->original_plan)
        return;
    for (int k = 0; k < subgraph->original_plan_count; k++) {
        const tb_node *node = subgraph->nodes[subgraph->original_plan[k]];
        if (node->delegated_to < 0)
            continue;
        for (int t = 0; t < node->node.temporaries->size; t++) {
            int index = node->node.temporaries->data[t];
            TfLiteTensor *tensor = &subgraph->tensors[index];
            TfLiteTensorDataFree(tensor);
            tensor->bytes = 0;
        }
        tb_subgraph_recount(subgraph, node->node.temporaries);
    }
}

TfLiteStatus tb_subgraph_allocate(tb_subgraph *subgraph)
{
    if (subgraph->busy)
        return tb_fault(subgraph, TB_UNSUPPORTED, "subgraph %d calls itself", subgraph->index);
    TfLiteStatus status = tb_subgraph_redo_delegates(subgraph);
    if (status != kTfLiteOk)
        return status;
    bool dynamic_inputs =
        tb_subgraph_lists_dynamic(subgraph, subgraph->inputs, subgraph->input_count, NULL);
    if (subgraph->state != TB_UNINVOKABLE && !dynamic_inputs)
        return tb_subgraph_check_custom(subgraph);

    tb_subgraph_forget_places(subgraph, 0);
    subgraph->next_to_prepare = 0;
    subgraph->next_to_plan = 0;
    status = tb_subgraph_find_lifetimes(subgraph);
    if (status == kTfLiteOk)
        status = tb_subgraph_prepare_rest(subgraph);
    if (status == kTfLiteOk)
        status = tb_subgraph_check_custom(subgraph);
    if (status != kTfLiteOk)
        return status;
    subgraph->state = TB_INVOKABLE;
    free_idle_temporaries(subgraph);
    return tb_subgraph_reset_variables(subgraph);
}
