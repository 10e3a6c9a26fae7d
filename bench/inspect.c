/* Gathering what `inspect` shows; see inspect.h. */
#include "bench/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/builtin_names.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* ---- opening ----------------------------------------------------------------------------------- */

/* Reasons come back as errors; what the runtime notes on the way is not for this page. */
static void ignore_report(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static tb_status apply_delegate(const tb_delegate_arg *arg, int threads, tb_inspect_run *run)
{
    tb_buf found = {0};
    tb_status status = arg->row->probe(&run->error, &found);
    tb_buf_free(&found);
    if (status == TB_OK)
        status =
            arg->row->create(arg->options, arg->option_count, threads, &run->error, &run->delegate);
    if (status == TB_OK)
        status = tb_interpreter_apply_delegate(run->interpreter, run->delegate, arg->row->bind,
                                               &run->error);
    return status;
}

static void close_run(const tb_delegate_arg *arg, tb_inspect_run *run)
{
    tb_interpreter_destroy(run->interpreter);
    if (run->delegate)
        arg->row->destroy(run->delegate);
    run->interpreter = NULL;
    run->delegate = NULL;
}

/* Leaves either an allocated interpreter or an error. */
static void open_run(const tb_inspection *inspection, bool with_delegate, int threads,
                     tb_inspect_run *run)
{
    const tb_delegate_arg *arg = &inspection->delegate_arg;
    tb_resolver *resolver = NULL;
    tb_status status = tb_custom_ops_resolver(inspection->custom_ops, &run->error, &resolver);
    tb_interpreter_options options = {
        .threads = threads, .report = ignore_report, .resolver = resolver};
    if (status == TB_OK)
        status = tb_interpreter_create(inspection->model, &options, &run->error, &run->interpreter);
    tb_resolver_destroy(resolver);
    if (status == TB_OK && with_delegate)
        status = apply_delegate(arg, threads, run);
    if (status == TB_OK)
        status = tb_interpreter_allocate(run->interpreter, &run->error);
    if (status != TB_OK)
        close_run(arg, run);
}

tb_status tb_inspection_open(const char *path, const char *delegate, int threads,
                             const char *const *custom_ops, int custom_op_count, tb_error *err,
                             tb_inspection *out)
{
    *out = (tb_inspection){.model = NULL};
    tb_status status = tb_delegate_arg_parse(delegate, &out->texts, err, &out->delegate_arg);
    if (status == TB_OK)
        status = tb_model_open(path, err, &out->model);
    if (status == TB_OK)
        status = tb_custom_ops_open(custom_ops, custom_op_count, out->model, err, &out->custom_ops);
    if (status != TB_OK) {
        tb_model_release(out->model);
        tb_arena_free(&out->texts);
        return status;
    }
    open_run(out, false, threads, &out->plain);
    if (tb_inspection_has_delegate(out))
        open_run(out, true, threads, &out->delegated);
    return TB_OK;
}

void tb_inspection_close(tb_inspection *inspection)
{
    close_run(&inspection->delegate_arg, &inspection->plain);
    close_run(&inspection->delegate_arg, &inspection->delegated);
    tb_custom_ops_close(inspection->custom_ops);
    tb_model_release(inspection->model);
    tb_arena_free(&inspection->texts);
}

/* ---- nodes ------------------------------------------------------------------------------------- */

typedef struct subgraph_view {
    const tb_interpreter *interpreter;
    int subgraph;
} subgraph_view;

static const TfLiteTensor *look_up(const void *context, int tensor)
{
    const subgraph_view *view = context;
    return tensor >= 0 && tensor < tb_interpreter_tensor_count(view->interpreter, view->subgraph)
               ? tb_interpreter_tensor(view->interpreter, view->subgraph, tensor)
               : NULL;
}

static const char *operator_name(const tb_opcode_def *opcode)
{
    return opcode->builtin_code == kTfLiteBuiltinCustom ? opcode->custom_name
                                                        : tb_builtin_name(opcode->builtin_code);
}

void tb_inspection_node(const tb_inspection *inspection, size_t subgraph, size_t node,
                        tb_inspect_node *out)
{
    *out = (tb_inspect_node){.partition = -1, .output_tensor = -1};
    out->def = tb_model_operator(inspection->model, subgraph, node);
    if (out->def.outputs.count > 0)
        out->output_tensor = out->def.outputs.data[0];
    out->op = operator_name(&out->def.opcode);
    tb_node_info info;
    const tb_interpreter *plain = inspection->plain.interpreter;
    if (plain && tb_interpreter_node(plain, (int)subgraph, (int)node, &info)) {
        subgraph_view view = {plain, (int)subgraph};
        out->cost = tb_op_cost_of(out->def.opcode.builtin_code, info.node, look_up, &view);
        out->cost_known = true;
    }
    const tb_interpreter *delegated = inspection->delegated.interpreter;
    if (delegated && tb_interpreter_node(delegated, (int)subgraph, (int)node, &info)) {
        out->partition = info.delegated_to;
        out->reason = info.delegated_to >= 0 ? NULL : info.reason;
    }
}

static uint64_t saturating_sum(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static void add_cost(tb_op_cost *sum, const tb_op_cost *cost)
{
    sum->multiply_adds = saturating_sum(sum->multiply_adds, cost->multiply_adds);
    sum->flops = saturating_sum(sum->flops, cost->flops);
    sum->bytes = saturating_sum(sum->bytes, cost->bytes);
}

static size_t node_total(const tb_model *model)
{
    size_t total = 0;
    for (size_t s = 0; s < tb_model_subgraph_count(model); s++)
        total += tb_model_subgraph(model, s).operator_count;
    return total;
}

static void count_op(const tb_inspect_node *node, tb_inspect_op *ops, int *count)
{
    tb_inspect_op *op = NULL;
    for (int k = 0; k < *count && !op; k++)
        if (ops[k].version == node->def.opcode.version && !strcmp(ops[k].name, node->op))
            op = &ops[k];
    if (!op) {
        op = &ops[(*count)++];
        *op = (tb_inspect_op){.name = node->op, .version = node->def.opcode.version};
    }
    op->count++;
    op->delegated += node->partition >= 0;
    add_cost(&op->cost, &node->cost);
}

tb_inspect_op *tb_inspection_ops(const tb_inspection *inspection, int *count)
{
    tb_inspect_op *ops = calloc(node_total(inspection->model) + 1, sizeof *ops);
    *count = 0;
    for (size_t s = 0; ops && s < tb_model_subgraph_count(inspection->model); s++) {
        size_t nodes = tb_model_subgraph(inspection->model, s).operator_count;
        for (size_t n = 0; n < nodes; n++) {
            tb_inspect_node node;
            tb_inspection_node(inspection, s, n, &node);
            count_op(&node, ops, count);
        }
    }
    return ops;
}

/* ---- tensors ----------------------------------------------------------------------------------- */

const char *tb_tensor_role_name(tb_tensor_role role)
{
    static const char *const names[] = {
        [TB_ROLE_INTERMEDIATE] = "",     [TB_ROLE_INPUT] = "input",
        [TB_ROLE_OUTPUT] = "output",     [TB_ROLE_CONSTANT] = "constant",
        [TB_ROLE_VARIABLE] = "variable",
    };
    return names[role];
}

static bool holds(tb_i32s list, size_t value)
{
    for (size_t k = 0; k < list.count; k++)
        if (list.data[k] >= 0 && (size_t)list.data[k] == value)
            return true;
    return false;
}

static tb_tensor_role role_of(const tb_subgraph_def *subgraph, size_t index,
                              const tb_tensor_def *tensor)
{
    if (tensor->is_variable)
        return TB_ROLE_VARIABLE;
    if (holds(subgraph->inputs, index))
        return TB_ROLE_INPUT;
    if (tensor->constant.data || tensor->is_external)
        return TB_ROLE_CONSTANT;
    return holds(subgraph->outputs, index) ? TB_ROLE_OUTPUT : TB_ROLE_INTERMEDIATE;
}

void tb_inspection_tensor(const tb_inspection *inspection, size_t subgraph, size_t tensor,
                          tb_inspect_tensor *out)
{
    *out = (tb_inspect_tensor){.live = NULL};
    out->def = tb_model_tensor(inspection->model, subgraph, tensor);
    tb_subgraph_def within = tb_model_subgraph(inspection->model, subgraph);
    out->role = role_of(&within, tensor, &out->def);
    const tb_interpreter *plain = inspection->plain.interpreter;
    if (!plain)
        return;
    out->live = tb_interpreter_tensor(plain, (int)subgraph, (int)tensor);
    out->placed =
        tb_interpreter_tensor_placement(plain, (int)subgraph, (int)tensor, &out->placement);
}

/* ---- totals ------------------------------------------------------------------------------------ */

static int kernel_nodes(const tb_interpreter *interpreter, const tb_model *model)
{
    int total = 0;
    for (size_t s = 0; interpreter && s < tb_model_subgraph_count(model); s++) {
        int own = (int)tb_model_subgraph(model, s).operator_count, count;
        const int *plan = tb_interpreter_execution_plan(interpreter, (int)s, &count);
        for (int k = 0; k < count; k++)
            total += plan[k] >= own;
    }
    return total;
}

tb_inspect_totals tb_inspection_totals(const tb_inspection *inspection)
{
    const tb_model *model = inspection->model;
    tb_inspect_totals totals = {.nodes = node_total(model),
                                .cost_known = inspection->plain.interpreter != NULL};
    for (size_t k = 0; k < tb_model_buffer_count(model); k++)
        totals.constant_bytes += tb_model_buffer(model, k).size;
    for (size_t s = 0; s < tb_model_subgraph_count(model); s++) {
        tb_subgraph_def subgraph = tb_model_subgraph(model, s);
        totals.tensors += subgraph.tensor_count;
        for (size_t n = 0; n < subgraph.operator_count; n++) {
            tb_inspect_node node;
            tb_inspection_node(inspection, s, n, &node);
            add_cost(&totals.cost, &node.cost);
            totals.delegated += node.partition >= 0;
        }
    }
    totals.partitions = kernel_nodes(inspection->delegated.interpreter, model);
    return totals;
}

double tb_plan_overhead(const tb_memory_plan_summary *plan)
{
    return plan->lower_bound_bytes ? (double)plan->arena_bytes / (double)plan->lower_bound_bytes - 1
                                   : 0;
}
