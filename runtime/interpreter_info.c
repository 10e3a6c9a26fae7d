/* What inspect, plans and reports show of an interpreter; see interpreter.h. */
#include <string.h>

#include "runtime/interpreter_internal.h"

static const tb_subgraph *subgraph_at(const tb_interpreter *interpreter, int subgraph)
{
    return subgraph >= 0 && subgraph < interpreter->subgraph_count
               ? &interpreter->subgraphs[subgraph]
               : NULL;
}

/* ---- inputs and outputs ----------------------------------------------------------------------- */

int tb_interpreter_input_count(const tb_interpreter *interpreter)
{
    return interpreter->subgraphs[0].input_count;
}

int tb_interpreter_output_count(const tb_interpreter *interpreter)
{
    return interpreter->subgraphs[0].output_count;
}

static TfLiteTensor *listed(const tb_subgraph *subgraph, const int *list, int count, int k)
{
    return k >= 0 && k < count && list[k] >= 0 ? &subgraph->tensors[list[k]] : NULL;
}

TfLiteTensor *tb_interpreter_input(const tb_interpreter *interpreter, int k)
{
    const tb_subgraph *primary = &interpreter->subgraphs[0];
    return listed(primary, primary->inputs, primary->input_count, k);
}

const TfLiteTensor *tb_interpreter_output(const tb_interpreter *interpreter, int k)
{
    const tb_subgraph *primary = &interpreter->subgraphs[0];
    return listed(primary, primary->outputs, primary->output_count, k);
}

static TfLiteTensor *named(const tb_subgraph *subgraph, const int *list, int count,
                           const char *name)
{
    for (int k = 0; k < count; k++) {
        TfLiteTensor *tensor = listed(subgraph, list, count, k);
        if (tensor && tensor->name && strcmp(tensor->name, name) == 0)
            return tensor;
    }
    return NULL;
}

TfLiteTensor *tb_interpreter_input_by_name(const tb_interpreter *interpreter, const char *name)
{
    const tb_subgraph *primary = &interpreter->subgraphs[0];
    return named(primary, primary->inputs, primary->input_count, name);
}

const TfLiteTensor *tb_interpreter_output_by_name(const tb_interpreter *interpreter,
                                                  const char *name)
{
    const tb_subgraph *primary = &interpreter->subgraphs[0];
    return named(primary, primary->outputs, primary->output_count, name);
}

/* ---- memory ----------------------------------------------------------------------------------- */

void tb_interpreter_memory(const tb_interpreter *interpreter, tb_memory_account *out)
{
    memcpy(out->current_bytes, interpreter->memory.current_bytes, sizeof out->current_bytes);
    memcpy(out->peak_bytes, interpreter->memory.peak_bytes, sizeof out->peak_bytes);
}

static void reach(uint64_t *end, int64_t offset, uint64_t bytes)
{
    if ((uint64_t)offset + bytes > *end)
        *end = (uint64_t)offset + bytes;
}

void tb_interpreter_memory_plan(const tb_interpreter *interpreter, int subgraph,
                                tb_memory_plan_summary *out)
{
    *out = (tb_memory_plan_summary){.peak_node = -1};
    const tb_subgraph *s = subgraph_at(interpreter, subgraph);
    if (!s)
        return;
    out->lower_bound_bytes = s->plan_result.bound_bytes;
    out->persistent_bytes = s->persistent_bytes;
    int at = s->plan_result.bound_at;
    if (at >= 0 && at < s->plan_count)
        out->peak_node = s->plan[at];
    for (size_t k = 0; k < s->context.tensors_size; k++) {
        const tb_tensor_state *state = &s->tensor_states[k];
        if (state->offset == TB_NOT_PLACED || state->persistent_placed)
            continue;
        out->planned_tensors++;
        reach(&out->arena_bytes, state->offset, state->placed_bytes);
    }
    for (int k = 0; k < s->scratch_count; k++) {
        if (s->scratch[k].offset != TB_NOT_PLACED)
            reach(&out->arena_bytes, s->scratch[k].offset, s->scratch[k].bytes);
    }
}

bool tb_interpreter_tensor_placement(const tb_interpreter *interpreter, int subgraph, int tensor,
                                     tb_tensor_placement *out)
{
    const tb_subgraph *s = subgraph_at(interpreter, subgraph);
    if (!s || tensor < 0 || (size_t)tensor >= s->context.tensors_size)
        return false;
    const tb_tensor_state *own = &s->tensor_states[tensor], *root = own;
    while (root->shares_with >= 0)
        root = &s->tensor_states[root->shares_with];
    if (root->offset == TB_NOT_PLACED || root->persistent_placed)
        return false;
    int end = s->plan_count > 0 ? s->plan_count - 1 : 0;
    *out = (tb_tensor_placement){
        .offset = (uint64_t)root->offset,
        .bytes = s->tensors[tensor].bytes,
        .first_use = own->first_use < 0 ? 0 : own->first_use,
        .last_use = own->last_use > end ? end : own->last_use,
    };
    return true;
}

/* ---- tensors and nodes ------------------------------------------------------------------------ */

int tb_interpreter_subgraph_count(const tb_interpreter *interpreter)
{
    return interpreter->subgraph_count;
}

int tb_interpreter_tensor_count(const tb_interpreter *interpreter, int subgraph)
{
    const tb_subgraph *s = subgraph_at(interpreter, subgraph);
    return s ? (int)s->context.tensors_size : 0;
}

const TfLiteTensor *tb_interpreter_tensor(const tb_interpreter *interpreter, int subgraph,
                                          int tensor)
{
    const tb_subgraph *s = subgraph_at(interpreter, subgraph);
    if (!s || tensor < 0 || (size_t)tensor >= s->context.tensors_size)
        return NULL;
    return &s->tensors[tensor];
}

int tb_interpreter_node_count(const tb_interpreter *interpreter, int subgraph)
{
    const tb_subgraph *s = subgraph_at(interpreter, subgraph);
    return s ? s->node_count : 0;
}

/* The kernel of whichever delegate's node took this one, perhaps by way of another delegate. */
static const tb_node *last_owner(const tb_subgraph *s, const tb_node *node)
{
    while (node->delegated_to >= 0)
        node = s->nodes[node->delegated_to];
    return node;
}

/* Not every delegate says why; then this is all that is known. */
static const char *reason_of(const tb_subgraph *s, const tb_node *node)
{
    if (node->delegated_to >= 0 || node->node.delegate)
        return NULL;
    if (node->folded && s->delegate_count > 0)
        return "its result follows from shapes and is computed before the model runs";
    if (node->reason || s->delegate_count == 0)
        return node->reason;
    return "the delegate did not ask for it";
}

bool tb_interpreter_node(const tb_interpreter *interpreter, int subgraph, int node,
                         tb_node_info *out)
{
    const tb_subgraph *s = subgraph_at(interpreter, subgraph);
    if (!s || node < 0 || node >= s->node_count)
        return false;
    const tb_node *n = s->nodes[node];
    const tb_node *owner = last_owner(s, n);
    *out = (tb_node_info){
        .op_name = tb_node_name(n),
        .node = &n->node,
        .registration = &n->registration,
        .delegate_name = owner->node.delegate ? tb_node_name(owner) : NULL,
        .delegated_to = n->delegated_to,
        .reason = reason_of(s, n),
    };
    return true;
}

const int *tb_interpreter_execution_plan(const tb_interpreter *interpreter, int subgraph,
                                         int *count)
{
    const tb_subgraph *s = subgraph_at(interpreter, subgraph);
    *count = s ? s->plan_count : 0;
    return s ? s->plan : NULL;
}

const char *tb_interpreter_plan_text(const tb_interpreter *interpreter, int subgraph)
{
    const tb_subgraph *s = subgraph_at(interpreter, subgraph);
    return s ? s->plan_text : NULL;
}
