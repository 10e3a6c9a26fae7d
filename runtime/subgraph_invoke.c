/*
 * Running an execution plan. The loop allocates nothing and takes no lock; without a sink, a limit or
 * dynamic shapes a node costs a look at its inputs beside its kernel.
 */
#include "runtime/base/clock.h"
#include "runtime/delegate_call.h"
#include "runtime/interpreter_internal.h"
#include "runtime/tflite_abi/builtin_ops.h"

TfLiteStatus tb_subgraph_ensure_readable(tb_subgraph *subgraph, int index)
{
    TfLiteTensor *tensor = &subgraph->tensors[index];
    char text[TB_TENSOR_TEXT_SIZE];
    if (!tensor->data_is_stale)
        return kTfLiteOk;
    if (!tensor->delegate || tensor->buffer_handle == kTfLiteNullBufferHandle)
        return tb_fault(subgraph, TB_INTERNAL, "%s is out of date, and no delegate has its values",
                        tb_tensor_text(subgraph, index, text));
    tb_sink *sink = subgraph->interpreter->sink;
    uint64_t begin_ns = sink ? tb_clock_ns() : 0;
    TfLiteStatus status =
        tb_delegate_copy_from_handle(&subgraph->context, tensor->delegate, tensor);
    if (status != kTfLiteOk) {
        if (subgraph->interpreter->fault.status == TB_OK)
            tb_fault(subgraph, TB_UNAVAILABLE, "the delegate does not hand over %s",
                     tb_tensor_text(subgraph, index, text));
        return status;
    }
    tensor->data_is_stale = false;
    if (sink) {
        tb_event event = {.begin_ns = begin_ns,
                          .end_ns = tb_clock_ns(),
                          .subgraph = subgraph->index,
                          .node = -1,
                          .kind = TB_EVENT_COPY,
                          .bytes =
                              tensor->bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)tensor->bytes};
        sink->emit(sink, &event);
    }
    return kTfLiteOk;
}

/* RESHAPE's second input may stand for its shape alone, and then needs no data. */
static bool may_lack_data(const tb_node *node, int input, const TfLiteTensor *tensor)
{
    return node->registration.builtin_code == kTfLiteBuiltinReshape && input == 1 && tensor->dims &&
           tensor->dims->size != 1;
}

static TfLiteStatus check_inputs(tb_subgraph *subgraph, const tb_node *node)
{
    const TfLiteIntArray *inputs = node->node.inputs;
    for (int k = 0; k < inputs->size; k++) {
        int index = inputs->data[k];
        if (index < 0)
            continue;
        const TfLiteTensor *tensor = &subgraph->tensors[index];
        if (tensor->data_is_stale && tensor->delegate && tensor->delegate != node->node.delegate) {
            TfLiteStatus status = tb_subgraph_ensure_readable(subgraph, index);
            if (status != kTfLiteOk)
                return status;
        }
        if (!tensor->data.raw && tensor->bytes > 0 && tensor->allocation_type != kTfLiteNonCpu &&
            !may_lack_data(node, k, tensor)) {
            char text[TB_TENSOR_TEXT_SIZE];
            return tb_fault(subgraph, TB_CORRUPT, "input %d, %s, has no data: nobody wrote it", k,
                            tb_tensor_text(subgraph, index, text));
        }
    }
    return kTfLiteOk;
}

/* A kernel gave a dynamic output another shape: who comes after it has to look again. */
static void invalidate_after(tb_subgraph *subgraph, int position)
{
    subgraph->next_to_prepare = position + 1;
    if (subgraph->next_to_plan > subgraph->next_to_prepare) {
        subgraph->next_to_plan = subgraph->next_to_prepare;
        tb_subgraph_forget_places(subgraph, subgraph->next_to_plan);
    }
}

static TfLiteStatus after_dynamic_node(tb_subgraph *subgraph, const tb_node *node, int position)
{
    TfLiteStatus status = tb_subgraph_recount(subgraph, node->node.outputs);
    if (status == kTfLiteOk)
        status = tb_subgraph_recount(subgraph, node->node.temporaries);
    if (status != kTfLiteOk)
        return status;
    const TfLiteIntArray *outputs = node->node.outputs;
    if (subgraph->resized_in_invoke &&
        tb_subgraph_lists_dynamic(subgraph, outputs->data, outputs->size, NULL))
        invalidate_after(subgraph, position);
    return kTfLiteOk;
}

/* Operators that do more than write their outputs, or whose outputs say nothing about what they do. */
static bool is_pure(const tb_node *node)
{
    switch (node->registration.builtin_code) {
    case kTfLiteBuiltinCustom:
    case kTfLiteBuiltinDelegate:
    case kTfLiteBuiltinIf:
    case kTfLiteBuiltinWhile:
    case kTfLiteBuiltinCall:
    case kTfLiteBuiltinCallOnce:
    case kTfLiteBuiltinStablehloCase:
    case kTfLiteBuiltinStablehloWhile:
    case kTfLiteBuiltinStablehloComposite:
        return false;
    default:
        return true;
    }
}

static bool has_state(const TfLiteTensor *tensor)
{
    return tensor->is_variable || tensor->type == kTfLiteResource || tensor->type == kTfLiteVariant;
}

/*
 * True where there is nothing to compute: all outputs are planned and have no bytes. Such a node is
 * left out, for its other dimensions may be huge, and kernels need not bear tensors without memory.
 */
static bool writes_nothing(const tb_subgraph *subgraph, const tb_node *node)
{
    const TfLiteIntArray *outputs = node->node.outputs, *inputs = node->node.inputs;
    if (outputs->size == 0 || subgraph->tensors[outputs->data[0]].bytes > 0 || !is_pure(node))
        return false;
    for (int k = 0; k < outputs->size; k++) {
        const TfLiteTensor *output = &subgraph->tensors[outputs->data[k]];
        if (output->bytes > 0 || output->allocation_type != kTfLiteArenaRw || has_state(output))
            return false;
    }
    for (int k = 0; k < inputs->size; k++)
        if (inputs->data[k] >= 0 && has_state(&subgraph->tensors[inputs->data[k]]))
            return false;
    return true;
}

static TfLiteStatus run_node(tb_subgraph *subgraph, int position, int index)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    tb_node *node = subgraph->nodes[index];
    interpreter->place.node = node;
    interpreter->place.node_index = index;
    TfLiteStatus status = check_inputs(subgraph, node);
    if (status != kTfLiteOk)
        return status;
    if (!tb_subgraph_reserve_tensors(subgraph, 0))
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate more tensors");
    const bool may_end = interpreter->cancellable || interpreter->deadline_ns;
    if (may_end && (status = tb_interpreter_check_stop(subgraph)) != kTfLiteOk)
        return status;
    if (writes_nothing(subgraph, node))
        return kTfLiteOk;
    interpreter->fault.status = TB_OK;
    subgraph->resized_in_invoke = false;
    status = tb_node_invoke(subgraph, node);
    if (subgraph->eval_blocks)
        tb_blocks_free(subgraph, &subgraph->eval_blocks);
    /* A kernel that left its loops early does not say so; see stop.h. */
    if (may_end && status == kTfLiteOk)
        status = tb_interpreter_check_stop(subgraph);
    if (status != kTfLiteOk) {
        if (status == kTfLiteCancelled) /* why is known here better than there */
            tb_interpreter_check_stop(subgraph);
        if (interpreter->fault.status == TB_OK)
            tb_fault(subgraph, status == kTfLiteCancelled ? TB_CANCELLED : TB_CORRUPT,
                     status == kTfLiteCancelled ? "cancelled"
                                                : "its kernel fails without saying why");
        return status;
    }
    return node->touches_dynamic ? after_dynamic_node(subgraph, node, position) : kTfLiteOk;
}

/* The same with somebody watching. Delegates that report their own steps still get their node. */
static TfLiteStatus run_watched(tb_subgraph *subgraph, int position, int index, tb_sink *sink)
{
    if (sink->begin)
        sink->begin(sink, 0);
    uint64_t begin_ns = tb_clock_ns();
    TfLiteStatus status = run_node(subgraph, position, index);
    tb_event event = {.begin_ns = begin_ns,
                      .end_ns = tb_clock_ns(),
                      .subgraph = subgraph->index,
                      .node = index,
                      .kind = TB_EVENT_NODE};
    sink->emit(sink, &event);
    return status;
}

static TfLiteStatus run_plan(tb_subgraph *subgraph)
{
    tb_sink *sink = subgraph->interpreter->sink;
    /* The plan does not change while it runs, but positions are prepared as it goes. */
    for (int position = 0; position < subgraph->plan_count; position++) {
        if (position == subgraph->next_to_prepare) {
            TfLiteStatus status = tb_subgraph_prepare_rest(subgraph);
            if (status != kTfLiteOk)
                return status;
        }
        int index = subgraph->plan[position];
        if (subgraph->nodes[index]->folded)
            continue;
        TfLiteStatus status = sink ? run_watched(subgraph, position, index, sink)
                                   : run_node(subgraph, position, index);
        if (status != kTfLiteOk)
            return status;
    }
    return kTfLiteOk;
}

TfLiteStatus tb_subgraph_invoke(tb_subgraph *subgraph)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    if (subgraph->state == TB_UNINVOKABLE)
        return tb_fault(subgraph, TB_STATE, "its tensors are not allocated");
    if (subgraph->busy)
        return tb_fault(subgraph, TB_UNSUPPORTED, "subgraph %d calls itself", subgraph->index);
    tb_place before = interpreter->place;
    bool was_preparing = interpreter->preparing;
    interpreter->place = (tb_place){.subgraph = subgraph};
    interpreter->preparing = false;
    subgraph->busy = true;
    tb_sink *sink = interpreter->sink;
    uint64_t begin_ns = sink ? tb_clock_ns() : 0;
    TfLiteStatus status = run_plan(subgraph);
    if (sink) {
        tb_event event = {.begin_ns = begin_ns,
                          .end_ns = tb_clock_ns(),
                          .subgraph = subgraph->index,
                          .node = -1,
                          .kind = TB_EVENT_SUBGRAPH};
        sink->emit(sink, &event);
    }
    subgraph->busy = false;
    interpreter->preparing = was_preparing;
    interpreter->place = before;
    return status;
}
