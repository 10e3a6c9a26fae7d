/*
 * Delegates on a subgraph: applying, undoing, redoing. The rules are TFLite's (core/subgraph.cc):
 *
 *   - A delegate without kTfLiteDelegateFlagsAllowDynamicTensors sees a graph whose shapes are all
 *     known, and makes it immutable: a resize undoes every delegate, and the next allocate redoes
 *     them.
 *   - One with the flag may be applied to any graph; on a resize its kernels are just prepared anew.
 *
 * Where TFLite drops all delegates when one fails, this drops the one that failed. And where a
 * subgraph behind control flow turns out to be none for a delegate before that was asked (its shapes
 * are not known, say), that subgraph is left whole instead of failing the model.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/delegate_call.h"
#include "runtime/host_internal.h"
#include "runtime/interpreter_internal.h"
#include "runtime/operator_internal.h"
#include "runtime/packed_cache.h"
#include "runtime/partition.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* ---- partitions ------------------------------------------------------------------------------- */

/* A delegate is given less than it asks for where the interpreter's options say so. */
static bool may_delegate(const tb_subgraph *subgraph, int node)
{
    const tb_interpreter *interpreter = subgraph->interpreter;
    return interpreter->delegate_end == 0 ||
           (subgraph == &interpreter->subgraphs[0] && node >= interpreter->delegate_first &&
            node < interpreter->delegate_end);
}

/* Cuts the plan by the nodes a delegate wants; the result lies in `arena`. */
static TfLiteStatus cut_plan(tb_subgraph *subgraph, const TfLiteIntArray *wanted, tb_arena *arena,
                             tb_node_set **sets, int *set_count)
{
    int count = subgraph->plan_count, last_known = -1;
    bool *is_wanted = TB_ARENA_NEW(arena, bool, (size_t)subgraph->node_count);
    tb_part_node *nodes = TB_ARENA_NEW(arena, tb_part_node, (size_t)count);
    if (!is_wanted || !nodes)
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate a cut of %d nodes", count);
    for (int k = 0; k < wanted->size; k++) {
        int index = wanted->data[k];
        if (index < 0 || index >= subgraph->node_count)
            return tb_fault(subgraph, TB_INTERNAL, "it asks for node %d of %d", index,
                            subgraph->node_count);
        is_wanted[index] = may_delegate(subgraph, index);
    }
    for (int k = 0; k < count; k++) {
        int index = subgraph->plan[k];
        const TfLiteNode *node = &subgraph->nodes[index]->node;
        nodes[k] = (tb_part_node){
            index, node->inputs, node->outputs, is_wanted[index], node->might_have_side_effect,
            false};
        if (subgraph->has_dynamic_tensors && subgraph->nodes[index]->has_known_shapes)
            last_known = k;
    }
    /* Behind the first node that makes a shape as it runs, everything is prepared again at every run:
       not what a delegate compiles. */
    if (last_known >= 0)
        nodes[last_known].is_barrier = true;
    tb_error err = TB_ERROR_NONE;
    /* Where every tensor has to be seen, delegates may not hide any inside a node. */
    bool one_each = subgraph->interpreter->keep_all_tensors;
    tb_status status =
        tb_partition(nodes, count, (int)subgraph->context.tensors_size, subgraph->outputs,
                     subgraph->output_count, one_each, arena, &err, sets, set_count);
    return status == TB_OK ? kTfLiteOk : tb_fault(subgraph, status, "%s", err.text);
}

void tb_subgraph_free_previews(tb_subgraph *subgraph)
{
    for (int k = 0; k < subgraph->preview_count; k++) {
        TfLiteIntArrayFree(subgraph->previews[k].nodes_to_replace);
        TfLiteIntArrayFree(subgraph->previews[k].input_tensors);
        TfLiteIntArrayFree(subgraph->previews[k].output_tensors);
    }
    free(subgraph->previews);
    subgraph->previews = NULL;
    subgraph->preview_count = 0;
}

static bool fill_previews(tb_subgraph *subgraph, const tb_node_set *sets, int set_count)
{
    subgraph->previews = calloc((size_t)set_count + 1, sizeof(TfLiteDelegateParams));
    if (!subgraph->previews)
        return false;
    for (int k = 0; k < set_count; k++) {
        if (!sets[k].wanted)
            continue;
        TfLiteDelegateParams *params = &subgraph->previews[subgraph->preview_count++];
        params->nodes_to_replace = TfLiteIntArrayCopy(sets[k].nodes);
        params->input_tensors = TfLiteIntArrayCopy(sets[k].inputs);
        params->output_tensors = TfLiteIntArrayCopy(sets[k].outputs);
        if (!params->nodes_to_replace || !params->input_tensors || !params->output_tensors)
            return false;
    }
    return true;
}

TfLiteStatus tb_subgraph_preview(tb_subgraph *subgraph, const TfLiteIntArray *nodes,
                                 TfLiteDelegateParams **previews, int *count)
{
    tb_subgraph_free_previews(subgraph);
    if (!previews || !count || !nodes)
        return kTfLiteError;
    *previews = NULL;
    *count = 0;
    if (nodes->size == 0)
        return kTfLiteOk;
    tb_arena arena = {0};
    tb_node_set *sets;
    int set_count;
    TfLiteStatus status = cut_plan(subgraph, nodes, &arena, &sets, &set_count);
    if (status == kTfLiteOk && !fill_previews(subgraph, sets, set_count)) {
        tb_subgraph_free_previews(subgraph);
        status = tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate a preview of partitions");
    }
    tb_arena_free(&arena);
    *previews = subgraph->previews;
    *count = subgraph->preview_count;
    return status;
}

/* ---- replacing nodes -------------------------------------------------------------------------- */

static void *append_list(char **at, const TfLiteIntArray *list)
{
    size_t bytes = TfLiteIntArrayGetSizeInBytes(list->size);
    void *copy = memcpy(*at, list, bytes);
    *at += bytes;
    return copy;
}

/* Params and their lists in one block, as TFLite gives them: free() ends all of it. */
static void *make_params(TfLiteDelegate *delegate, const tb_node_set *set)
{
    bool opaque = tb_delegate_is_opaque(delegate);
    size_t head = opaque ? sizeof(TfLiteOpaqueDelegateParams) : sizeof(TfLiteDelegateParams);
    char *block = malloc(head + TfLiteIntArrayGetSizeInBytes(set->nodes->size) +
                         TfLiteIntArrayGetSizeInBytes(set->inputs->size) +
                         TfLiteIntArrayGetSizeInBytes(set->outputs->size));
    if (!block)
        return NULL;
    char *at = block + head;
    TfLiteIntArray *nodes = append_list(&at, set->nodes);
    TfLiteIntArray *inputs = append_list(&at, set->inputs);
    TfLiteIntArray *outputs = append_list(&at, set->outputs);
    if (opaque)
        *(TfLiteOpaqueDelegateParams *)(void *)block = (TfLiteOpaqueDelegateParams){
            delegate, delegate->opaque_delegate_builder->data, nodes, inputs, outputs};
    else
        *(TfLiteDelegateParams *)(void *)block =
            (TfLiteDelegateParams){delegate, nodes, inputs, outputs};
    return block;
}

static TfLiteStatus claim_outputs(tb_subgraph *subgraph, const TfLiteIntArray *outputs,
                                  TfLiteDelegate *delegate)
{
    for (int k = 0; k < outputs->size; k++) {
        TfLiteTensor *tensor = &subgraph->tensors[outputs->data[k]];
        char text[TB_TENSOR_TEXT_SIZE];
        if (tensor->delegate && tensor->delegate != delegate)
            return tb_fault(subgraph, TB_UNAVAILABLE, "%s belongs to another delegate",
                            tb_tensor_text(subgraph, outputs->data[k], text));
        tensor->delegate = delegate;
    }
    return kTfLiteOk;
}

/* Adds the node that stands for a set of nodes; *index is its number. */
static TfLiteStatus add_kernel(tb_subgraph *subgraph, const TfLiteRegistration *registration,
                               const tb_node_set *set, TfLiteDelegate *delegate, int *index)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    tb_node *node = tb_subgraph_add_node(subgraph);
    if (!node)
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate a node");
    *index = subgraph->node_count - 1;
    node->registration = *registration;
    node->resolved = true;
    node->node.inputs = TfLiteIntArrayCopy(set->inputs);
    node->node.outputs = TfLiteIntArrayCopy(set->outputs);
    node->node.intermediates = TfLiteIntArrayCreate(0);
    node->node.temporaries = TfLiteIntArrayCreate(0);
    node->node.builtin_data = make_params(delegate, set);
    if (!node->node.inputs || !node->node.outputs || !node->node.intermediates ||
        !node->node.temporaries || !node->node.builtin_data ||
        !tb_subgraph_reserve_tensors(subgraph, 0))
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate a node of %d nodes",
                        set->nodes->size);
    node->node.delegate = delegate;
    node->node.might_have_side_effect = tb_node_has_side_effect(subgraph, node);
    tb_place before = interpreter->place;
    interpreter->place.node = node;
    interpreter->place.node_index = *index;
    subgraph->in_init = true;
    node->node.user_data = tb_node_init(subgraph, node, node->node.builtin_data, 0);
    subgraph->in_init = false;
    if (node->node.user_data == TfLiteKernelInitFailed()) {
        node->node.user_data = NULL;
        if (interpreter->fault.status == TB_OK)
            tb_fault(subgraph, TB_UNAVAILABLE, "the delegate's kernel cannot be initialised");
        interpreter->place = before;
        return kTfLiteError;
    }
    interpreter->place = before;
    return claim_outputs(subgraph, set->outputs, delegate);
}

static TfLiteStatus rebuild_plan(tb_subgraph *subgraph, const TfLiteRegistration *registration,
                                 const tb_node_set *sets, int set_count, TfLiteDelegate *delegate,
                                 int *plan)
{
    int count = 0;
    for (int k = 0; k < set_count; k++) {
        const TfLiteIntArray *nodes = sets[k].nodes;
        if (!sets[k].wanted) {
            memcpy(plan + count, nodes->data, (size_t)nodes->size * sizeof *plan);
            count += nodes->size;
            continue;
        }
        int index = -1;
        TfLiteStatus status = add_kernel(subgraph, registration, &sets[k], delegate, &index);
        if (status != kTfLiteOk)
            return status;
        for (int n = 0; n < nodes->size; n++)
            subgraph->nodes[nodes->data[n]]->delegated_to = index;
        plan[count++] = index;
    }
    memcpy(subgraph->plan, plan, (size_t)count * sizeof *plan);
    subgraph->plan_count = count;
    return kTfLiteOk;
}

/* An opaque delegate hands its kernel over; it lives until the delegate is undone. */
static TfLiteStatus take_operator(tb_subgraph *subgraph, TfLiteOperator *operator_)
{
    for (int k = 0; k < subgraph->operator_count; k++) {
        if (subgraph->operators[k] == operator_)
            return kTfLiteOk;
    }
    size_t size = ((size_t)subgraph->operator_count + 1) * sizeof(TfLiteOperator *);
    TfLiteOperator **grown = realloc(subgraph->operators, size);
    if (!grown) {
        TfLiteOperatorDelete(operator_);
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot keep a kernel");
    }
    subgraph->operators = grown;
    subgraph->operators[subgraph->operator_count++] = operator_;
    return kTfLiteOk;
}

TfLiteStatus tb_subgraph_replace_nodes(tb_subgraph *subgraph, TfLiteRegistration registration,
                                       const TfLiteIntArray *nodes, TfLiteDelegate *delegate)
{
    registration.builtin_code = kTfLiteBuiltinDelegate;
    TfLiteOperator *opaque = registration.registration_external;
    if (opaque)
        opaque->builtin_code = kTfLiteBuiltinDelegate;
    if (tb_delegate_is_opaque(delegate)) {
        if (!opaque) {
            tb_fault(subgraph, TB_INTERNAL, "an opaque delegate gave a kernel that is not opaque");
            return kTfLiteDelegateError;
        }
        TfLiteStatus status = take_operator(subgraph, opaque);
        if (status != kTfLiteOk)
            return status;
    }
    if (opaque && !registration.custom_name)
        registration.custom_name = opaque->custom_name;
    if (!nodes || nodes->size == 0)
        return kTfLiteOk;
    if (!delegate)
        return tb_fault(subgraph, TB_INTERNAL, "it replaces nodes in the name of no delegate");
    tb_arena arena = {0};
    tb_node_set *sets;
    int set_count;
    TfLiteStatus status = cut_plan(subgraph, nodes, &arena, &sets, &set_count);
    int *plan = TB_ARENA_NEW(&arena, int, (size_t)subgraph->plan_count);
    if (status == kTfLiteOk && !plan)
        status = tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate an execution plan");
    if (status == kTfLiteOk) {
        subgraph->state = TB_UNINVOKABLE;
        status = rebuild_plan(subgraph, &registration, sets, set_count, delegate, plan);
    }
    tb_arena_free(&arena);
    return status;
}

/* ---- undoing ---------------------------------------------------------------------------------- */

/* Delegates may have let nodes read other tensors (half-precision weights, say). */
static void restore_inputs(tb_subgraph *subgraph)
{
    for (int k = 0; k < subgraph->model_node_count; k++) {
        tb_operator_def def =
            tb_model_operator(subgraph->interpreter->model, (size_t)subgraph->index, (size_t)k);
        TfLiteIntArray *inputs = subgraph->nodes[k]->node.inputs;
        if (def.inputs.count)
            memcpy(inputs->data, def.inputs.data, def.inputs.count * sizeof inputs->data[0]);
        subgraph->nodes[k]->delegated_to = -1;
    }
}

static void release_tensors(tb_subgraph *subgraph, const TfLiteIntArray *outputs)
{
    for (int k = 0; k < outputs->size; k++) {
        TfLiteTensor *tensor = &subgraph->tensors[outputs->data[k]];
        tensor->data_is_stale = false;
        if (tensor->buffer_handle == kTfLiteNullBufferHandle)
            tensor->delegate = NULL;
    }
}

TfLiteStatus tb_subgraph_undo_delegates(tb_subgraph *subgraph)
{
    if (!subgraph->original_plan)
        return kTfLiteOk;
    while (subgraph->node_count > subgraph->model_node_count) {
        tb_node *node = subgraph->nodes[--subgraph->node_count];
        if (node->node.outputs)
            release_tensors(subgraph, node->node.outputs);
        tb_node_release(subgraph, node);
        free(node);
    }
    for (int k = 0; k < subgraph->operator_count; k++)
        TfLiteOperatorDelete(subgraph->operators[k]);
    subgraph->operator_count = 0;
    memcpy(subgraph->plan, subgraph->original_plan,
           (size_t)subgraph->original_plan_count * sizeof *subgraph->plan);
    subgraph->plan_count = subgraph->original_plan_count;
    free(subgraph->original_plan);
    subgraph->original_plan = NULL;
    restore_inputs(subgraph);
    for (int k = 0; k < subgraph->interpreter->subgraph_count; k++)
        subgraph->interpreter->subgraphs[k].delegation_skippable = false;
    tb_subgraph_forget_places(subgraph, 0);
    subgraph->state = TB_UNINVOKABLE;
    subgraph->delegates_undone = subgraph->delegate_count > 0;
    return kTfLiteOk;
}

TfLiteStatus tb_subgraph_redo_delegates(tb_subgraph *subgraph)
{
    if (!subgraph->delegates_undone)
        return kTfLiteOk;
    subgraph->delegates_undone = false;
    TfLiteDelegate **again = subgraph->delegates;
    int count = subgraph->delegate_count;
    subgraph->delegates = NULL;
    subgraph->delegate_count = 0;
    TfLiteStatus status = kTfLiteOk;
    for (int k = 0; k < count && status == kTfLiteOk; k++)
        status = tb_subgraph_apply_delegate(subgraph, again[k]);
    free(again);
    return status;
}

TfLiteStatus tb_subgraph_drop_delegates(tb_subgraph *subgraph, int keep)
{
    TfLiteStatus status = tb_subgraph_undo_delegates(subgraph);
    if (status != kTfLiteOk)
        return status;
    if (subgraph->delegate_count > keep)
        subgraph->delegate_count = keep;
    subgraph->delegates_undone = keep > 0;
    return tb_subgraph_redo_delegates(subgraph);
}

void tb_subgraph_free_delegation(tb_subgraph *subgraph)
{
    tb_subgraph_free_previews(subgraph);
    for (int k = 0; k < subgraph->operator_count; k++)
        TfLiteOperatorDelete(subgraph->operators[k]);
    free(subgraph->operators);
    free(subgraph->delegates);
    free(subgraph->original_plan);
    TfLiteIntArrayFree(subgraph->plan_copy);
    free(subgraph->plan_text);
}

/* ---- applying --------------------------------------------------------------------------------- */

static bool is_fully_delegated(const tb_subgraph *subgraph)
{
    for (int k = 0; k < subgraph->plan_count; k++) {
        if (!subgraph->nodes[subgraph->plan[k]]->node.delegate)
            return false;
    }
    return true;
}

/* Finds out which shapes are known before running, up to the first node that makes one as it runs.
   They must all be, or the delegate asks about each node. */
static TfLiteStatus find_known_shapes(tb_subgraph *subgraph, bool must_all)
{
    int last;
    subgraph->scratch_count = 0;
    subgraph->state = TB_UNINVOKABLE;
    TfLiteStatus status = tb_subgraph_find_lifetimes(subgraph);
    if (status == kTfLiteOk)
        status =
            tb_subgraph_prepare_nodes(subgraph, 0, subgraph->plan, subgraph->plan_count, &last);
    if (status != kTfLiteOk)
        return status;
    for (int k = 0; k < subgraph->plan_count; k++)
        subgraph->nodes[subgraph->plan[k]]->has_known_shapes = k <= last;
    if (!subgraph->has_dynamic_tensors || !must_all) {
        tb_subgraph_hide_folded(subgraph, last + 1);
        return kTfLiteOk;
    }
    char text[TB_TENSOR_TEXT_SIZE];
    tb_fault(subgraph, TB_UNAVAILABLE,
             "it takes static shapes only, and %s gets its shape while the model runs",
             tb_tensor_text(subgraph, subgraph->dynamic_tensor, text));
    return kTfLiteApplicationError;
}

static bool remember_plan(tb_subgraph *subgraph)
{
    size_t bytes = (size_t)subgraph->plan_count * sizeof *subgraph->plan;
    size_t slots = (size_t)subgraph->delegate_count + 1;
    TfLiteDelegate **delegates = realloc(subgraph->delegates, slots * sizeof *delegates);
    if (!delegates)
        return false;
    subgraph->delegates = delegates;
    if (subgraph->original_plan)
        return true;
    subgraph->original_plan = malloc(bytes + 1);
    if (!subgraph->original_plan)
        return false;
    memcpy(subgraph->original_plan, subgraph->plan, bytes);
    subgraph->original_plan_count = subgraph->plan_count;
    return true;
}

/* Everything that may fail; the caller cleans up. */
static TfLiteStatus try_delegate(tb_subgraph *subgraph, TfLiteDelegate *delegate)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    int64_t flags = tb_delegate_flags(delegate);
    bool takes_dynamic = flags & kTfLiteDelegateFlagsAllowDynamicTensors;
    bool takes_all = flags & kTfLiteDelegateFlagsHintFullyDelegatedToSingleDelegate;
    tb_subgraph_state before = subgraph->state;
    bool was_allocated = before != TB_UNINVOKABLE;
    TfLiteStatus status = kTfLiteOk;
    if (before == TB_INVOKABLE_AND_IMMUTABLE)
        subgraph->state = TB_UNINVOKABLE; /* shapes are known: an earlier delegate saw to it */
    else if (!takes_dynamic && !takes_all)
        status = find_known_shapes(subgraph, !(flags & TB_DELEGATE_TAKES_KNOWN_SHAPES));
    if (status != kTfLiteOk)
        return status;

    interpreter->fault.status = TB_OK;
    subgraph->delegate_asked = true;
    tb_context_enter_delegate(subgraph);
    status = tb_delegate_prepare(&subgraph->context, delegate);
    tb_context_leave_delegate(subgraph);
    if (status != kTfLiteOk) {
        if (interpreter->fault.status == TB_OK)
            tb_fault(subgraph, TB_UNAVAILABLE, "it fails to prepare without saying why");
        return kTfLiteDelegateError;
    }
    if (takes_all && !is_fully_delegated(subgraph)) {
        tb_fault(subgraph, TB_UNAVAILABLE, "it promised to take every node and left some");
        return kTfLiteApplicationError;
    }
    bool immutable = !takes_dynamic || before == TB_INVOKABLE_AND_IMMUTABLE;
    if (!immutable && !was_allocated)
        return kTfLiteOk;
    subgraph->state = TB_UNINVOKABLE;
    status = tb_subgraph_allocate(subgraph);
    if (status != kTfLiteOk)
        return kTfLiteDelegateError;
    if (immutable && takes_dynamic && subgraph->has_dynamic_tensors) {
        tb_fault(subgraph, TB_UNAVAILABLE,
                 "it makes tensors dynamic, which a delegate before it does not take");
        return kTfLiteApplicationError;
    }
    if (immutable)
        subgraph->state = TB_INVOKABLE_AND_IMMUTABLE;
    return kTfLiteOk;
}

/* Back to where it was, with the fault that led here. */
static void roll_back(tb_subgraph *subgraph, bool was_allocated)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    tb_error fault = interpreter->fault;
    if (tb_subgraph_drop_delegates(subgraph, subgraph->delegate_count) == kTfLiteOk &&
        was_allocated)
        tb_subgraph_allocate(subgraph);
    interpreter->fault = fault;
}

TfLiteStatus tb_subgraph_apply_delegate(tb_subgraph *subgraph, TfLiteDelegate *delegate)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    tb_place before = interpreter->place;
    interpreter->place = (tb_place){.subgraph = subgraph, .in_delegate = true};
    TfLiteStatus status = tb_subgraph_redo_delegates(subgraph);
    bool was_allocated = subgraph->state != TB_UNINVOKABLE;
    subgraph->delegate_asked = false;
    if (status == kTfLiteOk && !remember_plan(subgraph))
        status = tb_fault(subgraph, TB_NO_MEMORY, "cannot remember the execution plan");
    else if (status == kTfLiteOk) {
        status = try_delegate(subgraph, delegate);
        if (status == kTfLiteOk)
            subgraph->delegates[subgraph->delegate_count++] = delegate;
        else
            roll_back(subgraph, was_allocated);
    }
    interpreter->place = before;
    return status;
}

/* ---- on the whole interpreter ----------------------------------------------------------------- */

static void forget_texts(tb_delegate_entry *entry)
{
    for (int k = 0; k < entry->interpreter->subgraph_count; k++) {
        free(entry->plan_texts[k]);
        entry->plan_texts[k] = NULL;
        tb_host_join_texts(entry->interpreter, &entry->interpreter->subgraphs[k]);
    }
}

static void free_entry(tb_delegate_entry *entry)
{
    for (int k = 0; k < entry->interpreter->subgraph_count; k++)
        free(entry->plan_texts[k]);
    free(entry->plan_texts);
    free(entry);
}

void tb_interpreter_free_delegates(tb_interpreter *interpreter)
{
    for (int k = 0; k < interpreter->delegate_count; k++)
        free_entry(interpreter->delegates[k]);
    free(interpreter->delegates);
    tb_packed_cache_release(interpreter->packed);
}

static tb_delegate_entry *add_entry(tb_interpreter *interpreter, TfLiteDelegate *delegate)
{
    size_t slots = (size_t)interpreter->delegate_count + 1;
    tb_delegate_entry **grown = realloc(interpreter->delegates, slots * sizeof(void *));
    if (!grown)
        return NULL;
    interpreter->delegates = grown;
    tb_delegate_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->interpreter = interpreter;
    entry->delegate = delegate;
    entry->plan_texts = calloc((size_t)interpreter->subgraph_count + 1, sizeof(char *));
    if (!entry->plan_texts) {
        free(entry);
        return NULL;
    }
    tb_host_fill(entry);
    interpreter->delegates[interpreter->delegate_count++] = entry;
    return entry;
}

/* Subgraphs that are only there to validate a delegate on the device; see TFLite's util.h. */
static bool is_validation(const tb_subgraph *subgraph)
{
    static const char prefix[] = "VALIDATION:";
    return strncmp(subgraph->name, prefix, sizeof prefix - 1) == 0;
}

/* Says for every node why it stays, in the words of the fault at hand. */
static void leave_whole(tb_subgraph *subgraph)
{
    const char *reason = subgraph->interpreter->fault.text;
    const char *name = tb_model_name(subgraph->interpreter->model);
    size_t length = strlen(name);
    if (strncmp(reason, name, length) == 0 && strncmp(reason + length, ": ", 2) == 0)
        reason += length + 2;
    for (int k = 0; k < subgraph->model_node_count; k++) {
        char *copy = strdup(reason);
        if (!copy)
            return;
        free(subgraph->nodes[k]->reason);
        subgraph->nodes[k]->reason = copy;
    }
    subgraph->interpreter->fault.status = TB_OK;
}

static TfLiteStatus apply_everywhere(tb_interpreter *interpreter, tb_delegate_entry *entry)
{
    int applied[2] = {0, 0}; /* subgraphs done, and the one that failed behind them */
    TfLiteStatus status = kTfLiteOk;
    for (int k = 0; k < interpreter->subgraph_count && status == kTfLiteOk; k++) {
        tb_subgraph *subgraph = &interpreter->subgraphs[k];
        if (!is_validation(subgraph) && !subgraph->delegation_skippable)
            status = tb_subgraph_apply_delegate(subgraph, entry->delegate);
        if (status != kTfLiteOk && k > 0 && !subgraph->delegate_asked &&
            tb_interpreter_stopped(interpreter) == TB_OK) {
            leave_whole(subgraph);
            status = kTfLiteOk;
        }
        applied[status != kTfLiteOk]++;
    }
    if (status == kTfLiteOk)
        return status;
    tb_error fault = interpreter->fault;
    for (int k = 0; k < applied[0]; k++) {
        tb_subgraph *subgraph = &interpreter->subgraphs[k];
        int count = subgraph->delegate_count;
        if (count > 0 && subgraph->delegates[count - 1] == entry->delegate)
            tb_subgraph_drop_delegates(subgraph, count - 1);
    }
    interpreter->fault = fault;
    return status;
}

tb_status tb_interpreter_apply_delegate(tb_interpreter *interpreter, TfLiteDelegate *delegate,
                                        tb_delegate_bind_fn bind, tb_error *err)
{
    static const char what[] = "applying a delegate";
    tb_status status = tb_interpreter_begin(interpreter, what, err);
    if (status != TB_OK)
        return status;
    tb_subgraph *primary = &interpreter->subgraphs[0];
    TfLiteStatus result = kTfLiteOk;
    tb_delegate_entry *entry = NULL;
    if (!delegate)
        result = tb_fault(primary, TB_USAGE, "applying no delegate (NULL)");
    else if (!(entry = add_entry(interpreter, delegate)))
        result = tb_fault(primary, TB_NO_MEMORY, "cannot allocate a delegate's entry");
    if (result == kTfLiteOk && bind) {
        result = bind(delegate, &entry->host);
        if (result != kTfLiteOk && interpreter->fault.status == TB_OK)
            tb_fault(primary, TB_UNAVAILABLE, "the delegate refuses this runtime");
    }
    if (result == kTfLiteOk)
        result = apply_everywhere(interpreter, entry);
    /* The delegate may have kept the host: it stays readable until the interpreter goes. */
    if (result != kTfLiteOk && entry)
        forget_texts(entry);
    return tb_interpreter_end(interpreter, what, result, err);
}

/* The values of the primary subgraph's inputs, one behind the other; NULL without memory. */
static char *save_inputs(const tb_subgraph *subgraph)
{
    size_t size = 1;
    for (int k = 0; k < subgraph->input_count; k++)
        size += subgraph->inputs[k] < 0 ? 0 : subgraph->tensors[subgraph->inputs[k]].bytes;
    char *saved = malloc(size);
    char *at = saved;
    for (int k = 0; saved && k < subgraph->input_count; k++) {
        if (subgraph->inputs[k] < 0)
            continue;
        const TfLiteTensor *tensor = &subgraph->tensors[subgraph->inputs[k]];
        if (tensor->data.raw)
            memcpy(at, tensor->data.raw, tensor->bytes);
        at += tensor->bytes;
    }
    return saved;
}

static void load_inputs(tb_subgraph *subgraph, const char *saved)
{
    for (int k = 0; k < subgraph->input_count; k++) {
        if (subgraph->inputs[k] < 0)
            continue;
        TfLiteTensor *tensor = &subgraph->tensors[subgraph->inputs[k]];
        if (tensor->data.raw)
            memcpy(tensor->data.raw, saved, tensor->bytes);
        saved += tensor->bytes;
    }
}

tb_status tb_interpreter_drop_delegates(tb_interpreter *interpreter, tb_error *err)
{
    static const char what[] = "going on without delegates";
    tb_status status = tb_interpreter_begin(interpreter, what, err);
    if (status != TB_OK)
        return status;
    tb_subgraph *primary = &interpreter->subgraphs[0];
    TfLiteStatus result = kTfLiteOk;
    char *saved = save_inputs(primary);
    if (!saved)
        result = tb_fault(primary, TB_NO_MEMORY, "cannot keep the inputs' values");
    for (int k = 0; k < interpreter->subgraph_count && result == kTfLiteOk; k++)
        result = tb_subgraph_drop_delegates(&interpreter->subgraphs[k], 0);
    if (result == kTfLiteOk)
        result = tb_subgraph_allocate(primary);
    if (result == kTfLiteOk)
        load_inputs(primary, saved);
    free(saved);
    return tb_interpreter_end(interpreter, what, result, err);
}
