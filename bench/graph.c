/* Writing the graph; see graph.h. */
#include "bench/graph.h"

#include "bench/inspect.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"

typedef struct graph {
    tb_inspection inspection; /* borrows model and interpreter */
    const tb_interpreter *interpreter;
    int (*partition_of)(const void *context, int subgraph, int kernel_node);
    const void *context;
    tb_json_writer *json;
} graph;

static void put_ints(tb_json_writer *json, const char *key, const int32_t *data, size_t count)
{
    tb_json_put_array(json, key);
    for (size_t k = 0; k < count; k++)
        tb_json_put_int(json, NULL, data[k]);
    tb_json_end_array(json);
}

static void put_list(tb_json_writer *json, const char *key, const TfLiteIntArray *list)
{
    put_ints(json, key, list ? list->data : NULL, list ? (size_t)list->size : 0);
}

/* The subgraphs that a node runs; gives how many. */
static int called_subgraphs(const tb_node_info *info, int32_t called[2])
{
    const void *params = info->node->builtin_data;
    if (!info->registration || !params)
        return 0;
    switch (info->registration->builtin_code) {
    case kTfLiteBuiltinIf:
        called[0] = ((const TfLiteIfParams *)params)->then_subgraph_index;
        called[1] = ((const TfLiteIfParams *)params)->else_subgraph_index;
        return 2;
    case kTfLiteBuiltinWhile:
        called[0] = ((const TfLiteWhileParams *)params)->cond_subgraph_index;
        called[1] = ((const TfLiteWhileParams *)params)->body_subgraph_index;
        return 2;
    case kTfLiteBuiltinCallOnce:
        called[0] = ((const TfLiteCallOnceParams *)params)->init_subgraph_index;
        return 1;
    case kTfLiteBuiltinStablehloComposite:
        called[0] = ((const TfLiteStablehloCompositeParams *)params)->subgraph_index;
        return 1;
    default:
        return 0;
    }
}

static void put_own_node(const graph *g, size_t subgraph, size_t n, const tb_node_info *info)
{
    tb_json_writer *json = g->json;
    tb_inspect_node node;
    int32_t called[2];
    tb_inspection_node(&g->inspection, subgraph, n, &node);
    tb_json_put_text(json, "op", node.op);
    put_list(json, "inputs", info->node->inputs);
    put_list(json, "outputs", info->node->outputs);
    if (info->delegated_to >= 0)
        tb_json_put_int(json, "partition",
                        g->partition_of(g->context, (int)subgraph, info->delegated_to));
    tb_json_put_text(json, "reason", info->reason);
    int calls = called_subgraphs(info, called);
    if (calls)
        put_ints(json, "calls", called, (size_t)calls);
    if (node.cost.flops)
        tb_json_put_uint(json, "flops", node.cost.flops);
    if (node.cost.multiply_adds)
        tb_json_put_uint(json, "macs", node.cost.multiply_adds);
    if (node.cost.bytes)
        tb_json_put_uint(json, "bytes", node.cost.bytes);
}

static void put_kernel_node(const graph *g, size_t subgraph, size_t n, const tb_node_info *info)
{
    tb_json_put_text(g->json, "op", info->op_name);
    tb_json_put_bool(g->json, "kernel", true);
    tb_json_put_int(g->json, "partition", g->partition_of(g->context, (int)subgraph, (int)n));
    put_list(g->json, "inputs", info->node->inputs);
    put_list(g->json, "outputs", info->node->outputs);
    put_list(g->json, "temporaries", info->node->temporaries);
}

static void put_nodes(const graph *g, size_t subgraph, size_t own)
{
    tb_json_put_array(g->json, "nodes");
    int count = tb_interpreter_node_count(g->interpreter, (int)subgraph);
    for (int n = 0; n < count; n++) {
        tb_node_info info;
        if (!tb_interpreter_node(g->interpreter, (int)subgraph, n, &info))
            continue;
        tb_json_put_object(g->json, NULL);
        tb_json_put_int(g->json, "node", n);
        if ((size_t)n < own)
            put_own_node(g, subgraph, (size_t)n, &info);
        else
            put_kernel_node(g, subgraph, (size_t)n, &info);
        tb_json_end_object(g->json);
    }
    tb_json_end_array(g->json);
}

static void put_tensor(const graph *g, size_t subgraph, size_t t, size_t own)
{
    tb_json_writer *json = g->json;
    const TfLiteTensor *live = tb_interpreter_tensor(g->interpreter, (int)subgraph, (int)t);
    /* Behind the model's own lie those that kernels and delegates added. */
    const char *role = "temporary";
    if (t < own) {
        tb_inspect_tensor tensor;
        tb_inspection_tensor(&g->inspection, subgraph, t, &tensor);
        role = tb_tensor_role_name(tensor.role);
    }
    tb_json_put_object(json, NULL);
    tb_json_put_uint(json, "tensor", t);
    if (live) {
        tb_json_put_text(json, "name", live->name ? live->name : "");
        tb_json_put_text(json, "type", TfLiteTypeGetName(live->type));
        put_list(json, "shape", live->dims);
        tb_json_put_uint(json, "bytes", live->bytes);
    }
    tb_json_put_text(json, "role", *role ? role : "intermediate");
    tb_tensor_placement place;
    if (tb_interpreter_tensor_placement(g->interpreter, (int)subgraph, (int)t, &place)) {
        tb_json_put_object(json, "arena");
        tb_json_put_uint(json, "offset", place.offset);
        tb_json_put_uint(json, "bytes", place.bytes);
        tb_json_put_int(json, "first", place.first_use);
        tb_json_put_int(json, "last", place.last_use);
        tb_json_end_object(json);
    }
    tb_json_end_object(json);
}

static void put_subgraph(const graph *g, size_t subgraph)
{
    tb_json_writer *json = g->json;
    tb_subgraph_def def = tb_model_subgraph(g->inspection.model, subgraph);
    tb_json_put_object(json, NULL);
    tb_json_put_uint(json, "subgraph", subgraph);
    tb_json_put_text(json, "name", def.name);
    put_ints(json, "inputs", def.inputs.data, def.inputs.count);
    put_ints(json, "outputs", def.outputs.data, def.outputs.count);
    int count = 0;
    const int *order = tb_interpreter_execution_plan(g->interpreter, (int)subgraph, &count);
    put_ints(json, "order", order, (size_t)count);
    put_nodes(g, subgraph, def.operator_count);
    tb_json_put_array(json, "tensors");
    int tensors = tb_interpreter_tensor_count(g->interpreter, (int)subgraph);
    for (int t = 0; t < tensors; t++)
        put_tensor(g, subgraph, (size_t)t, def.tensor_count);
    tb_json_end_array(json);
    tb_memory_plan_summary plan;
    tb_interpreter_memory_plan(g->interpreter, (int)subgraph, &plan);
    tb_json_put_object(json, "memory_plan");
    tb_json_put_uint(json, "arena_bytes", plan.arena_bytes);
    tb_json_put_uint(json, "lower_bound_bytes", plan.lower_bound_bytes);
    tb_json_put_int(json, "peak_node", plan.peak_node);
    tb_json_put_uint(json, "variable_bytes", plan.persistent_bytes);
    tb_json_end_object(json);
    tb_json_end_object(json);
}

void tb_graph_put(tb_model *model, tb_interpreter *interpreter,
                  int (*partition_of)(const void *context, int subgraph, int kernel_node),
                  const void *context, tb_json_writer *json)
{
    graph g = {
        .inspection = {.model = model, .plain = {.interpreter = interpreter}},
        .interpreter = interpreter,
        .partition_of = partition_of,
        .context = context,
        .json = json,
    };
    tb_json_put_array(json, "subgraphs");
    for (size_t s = 0; s < tb_model_subgraph_count(model); s++)
        put_subgraph(&g, s);
    tb_json_end_array(json);
}
