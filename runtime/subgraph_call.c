/* Running a subgraph from a node of another one; see subgraph_call.h. */
#include "runtime/subgraph_call.h"

#include "runtime/interpreter_internal.h"
#include "runtime/op.h"

tb_subgraph *tb_call_find(TfLiteContext *context, int index)
{
    tb_subgraph *caller = tb_subgraph_of(context);
    tb_interpreter *interpreter = caller->interpreter;
    if (index < 0 || index >= interpreter->subgraph_count) {
        tb_fault(caller, TB_CORRUPT, "it calls subgraph %d; there are %d", index,
                 interpreter->subgraph_count);
        return NULL;
    }
    if (index == caller->index) {
        tb_fault(caller, TB_CORRUPT, "it calls the subgraph it is in");
        return NULL;
    }
    return &interpreter->subgraphs[index];
}

int tb_call_own_index(const TfLiteContext *context)
{
    return tb_subgraph_of(context)->index;
}

int tb_call_node_count(const tb_subgraph *subgraph, int *code)
{
    const int *plan = subgraph->original_plan ? subgraph->original_plan : subgraph->plan;
    if (subgraph->model_node_count > 0)
        *code = subgraph->nodes[plan[0]]->registration.builtin_code;
    return subgraph->model_node_count;
}

int tb_call_input_count(const tb_subgraph *subgraph)
{
    return subgraph->input_count;
}

int tb_call_output_count(const tb_subgraph *subgraph)
{
    return subgraph->output_count;
}

static TfLiteTensor *listed(const tb_subgraph *subgraph, const int *list, int count, int k)
{
    return k >= 0 && k < count && list[k] >= 0 ? &subgraph->tensors[list[k]] : NULL;
}

TfLiteTensor *tb_call_input(const tb_subgraph *subgraph, int k)
{
    return listed(subgraph, subgraph->inputs, subgraph->input_count, k);
}

TfLiteTensor *tb_call_output(const tb_subgraph *subgraph, int k)
{
    return listed(subgraph, subgraph->outputs, subgraph->output_count, k);
}

TfLiteStatus tb_call_resize_input(TfLiteContext *context, tb_subgraph *subgraph, int k, int rank,
                                  const int *dims)
{
    if (k < 0 || k >= subgraph->input_count)
        return tb_fault(tb_subgraph_of(context), TB_CORRUPT,
                        "it gives subgraph %d an input %d; it has %d", subgraph->index, k,
                        subgraph->input_count);
    return tb_subgraph_resize_input(subgraph, subgraph->inputs[k], rank, dims, false);
}

/* The caller's place, depth and current node come back after the call. */
static TfLiteStatus call(TfLiteContext *context, tb_subgraph *subgraph,
                         TfLiteStatus (*run)(tb_subgraph *subgraph))
{
    tb_subgraph *caller = tb_subgraph_of(context);
    tb_interpreter *interpreter = caller->interpreter;
    if (interpreter->call_depth >= TB_MAX_CALL_DEPTH)
        return tb_fault(caller, TB_UNSUPPORTED, "subgraphs call each other more than %d deep",
                        TB_MAX_CALL_DEPTH);
    tb_place before = interpreter->place;
    bool was_preparing = interpreter->preparing;
    interpreter->call_depth++;
    TfLiteStatus status = run(subgraph);
    interpreter->call_depth--;
    interpreter->preparing = was_preparing;
    interpreter->place = before;
    return status;
}

TfLiteStatus tb_call_allocate(TfLiteContext *context, tb_subgraph *subgraph)
{
    return call(context, subgraph, tb_subgraph_allocate);
}

bool tb_call_is_dynamic(const tb_subgraph *subgraph)
{
    return subgraph->has_dynamic_tensors;
}

static TfLiteStatus invoke_and_fetch(tb_subgraph *subgraph)
{
    TfLiteStatus status = tb_subgraph_invoke(subgraph);
    for (int k = 0; k < subgraph->output_count && status == kTfLiteOk; k++) {
        if (subgraph->outputs[k] >= 0)
            status = tb_subgraph_ensure_readable(subgraph, subgraph->outputs[k]);
    }
    return status;
}

TfLiteStatus tb_call_invoke(TfLiteContext *context, tb_subgraph *subgraph)
{
    return call(context, subgraph, invoke_and_fetch);
}

void tb_call_release(tb_subgraph *subgraph)
{
    if (!subgraph->busy)
        tb_subgraph_release_memory(subgraph);
}

TfLiteStatus tb_call_resize_bytes(tb_subgraph *subgraph, TfLiteTensor *tensor, size_t bytes)
{
    return tb_subgraph_realloc(subgraph, tensor, bytes, false);
}

TfLiteStatus tb_op_resize_bytes(TfLiteContext *context, TfLiteTensor *tensor, size_t bytes)
{
    return tb_subgraph_realloc(tb_subgraph_of(context), tensor, bytes, false);
}
