/* The engine `native`: our own interpreter, with a delegate of delegates/table.c where one is asked
   for. */
#include <stdlib.h>
#include <string.h>

#include "bench/build_info.h"
#include "bench/custom_ops.h"
#include "bench/delegate_arg.h"
#include "bench/engine.h"
#include "bench/fault.h"
#include "bench/graph.h"
#include "bench/op_cost.h"
#include "runtime/base/arena.h"
#include "runtime/base/clock.h"
#include "runtime/base/os_process.h"
#include "runtime/base/size.h"
#include "runtime/interpreter.h"
#include "runtime/model.h"

struct tb_session {
    tb_model *model;
    tb_custom_ops *custom_ops; /* NULL: none given */
    tb_interpreter *interpreter;
    tb_signature_runner *runner;
    tb_delegate_arg delegate_arg;
    TfLiteDelegate *delegate; /* NULL: reference */
    const char *declined;     /* why the delegate took nothing of this model; NULL: it was asked */
    tb_engine_options options;
    tb_arena texts; /* of the options */
    tb_arena plan_arena;
    tb_engine_figure *figures;
};

static void tell_phase(tb_session *session, const char *name, uint64_t begin_ns)
{
    if (session->options.phase)
        session->options.phase(session->options.context, name, begin_ns, tb_clock_ns());
}

static void tell_note(void *context, const char *message)
{
    tb_session *session = context;
    if (session->options.note)
        session->options.note(session->options.context, message);
}

static tb_status version(const char *library, tb_error *err, tb_buf *out)
{
    if (library)
        return tb_fail(err, TB_USAGE, "engine native is built in and takes no library (%s)",
                       library);
    tb_buf_printf(out, "native %s (%s)", tb_build_version(), tb_build_revision());
    return tb_buf_status(out, "engine version", err);
}

static void close_session(tb_session *session)
{
    if (!session)
        return;
    tb_interpreter_destroy(session->interpreter);
    if (session->delegate)
        session->delegate_arg.row->destroy(session->delegate);
    tb_custom_ops_close(session->custom_ops);
    tb_model_release(session->model);
    tb_arena_free(&session->texts);
    tb_arena_free(&session->plan_arena);
    free(session->figures);
    free(session);
}

/* ---- opening ----------------------------------------------------------------------------------- */

static tb_status load(tb_session *session, const char *model_path, tb_error *err)
{
    uint64_t begin_ns = tb_clock_ns();
    tb_status status = tb_model_open(model_path, err, &session->model);
    if (status != TB_OK)
        return status;
    for (size_t k = 0; k < tb_model_note_count(session->model); k++)
        tell_note(session, tb_model_note(session->model, k));
    tb_resolver *resolver = NULL;
    status = tb_custom_ops_open(session->options.custom_ops, session->options.custom_op_count,
                                session->model, err, &session->custom_ops);
    if (status == TB_OK)
        status = tb_custom_ops_resolver(session->custom_ops, err, &resolver);
    if (status != TB_OK)
        return tb_in(err, "%s", tb_model_name(session->model));
    tb_interpreter_options options = {
        .resolver = resolver,
        .threads = session->options.threads,
        .memory_limit_bytes = session->options.memory_limit_bytes,
        .time_limit_ns = session->options.time_limit_ns,
        .delegate_first = session->options.delegate_first,
        .delegate_end = session->options.delegate_end,
        .cancellable = true,
        .report = tell_note,
        .report_context = session,
    };
    status = tb_interpreter_create(session->model, &options, err, &session->interpreter);
    tb_resolver_destroy(resolver);
    if (status == TB_OK)
        tell_phase(session, "load", begin_ns);
    return status;
}

/* The user's folder, for a delegate that keeps something and was not given another. */
static void add_cache(const char *folder, tb_delegate_arg *arg)
{
    static const char key[] = "cache";
    const tb_delegate_option_spec *spec = arg->row->options;
    while (spec && spec->key && strcmp(spec->key, key) != 0)
        spec++;
    if (!folder || !spec || !spec->key || arg->option_count == TB_MAX_DELEGATE_OPTIONS)
        return;
    for (int k = 0; k < arg->option_count; k++)
        if (strcmp(arg->options[k].key, key) == 0)
            return;
    arg->options[arg->option_count++] = (tb_delegate_option){key, folder};
}

static tb_status apply_delegate(tb_session *session, tb_error *err)
{
    tb_delegate_arg *arg = &session->delegate_arg;
    if (!arg->row)
        return TB_OK;
    add_cache(session->options.delegate_cache, arg);
    tb_buf found = {0};
    tb_status status = arg->row->probe(err, &found);
    tb_buf_free(&found);
    if (status != TB_OK)
        return tb_in(err, "delegate %s", arg->name);
    uint64_t begin_ns = tb_clock_ns();
    status = arg->row->create(arg->options, arg->option_count, session->options.threads, err,
                              &session->delegate);
    if (status != TB_OK)
        return tb_in(err, "delegate %s", arg->canonical);
    status =
        tb_interpreter_apply_delegate(session->interpreter, session->delegate, arg->row->bind, err);
    if (status == TB_UNAVAILABLE) {
        /* The model is not for this delegate, and is as it was: every node stays behind. */
        const char *name = tb_model_name(session->model), *reason = err->text;
        size_t size = strlen(name);
        if (!strncmp(reason, name, size) && !strncmp(reason + size, ": ", 2))
            reason += size + 2;
        tell_note(session, reason);
        session->declined = tb_arena_text(&session->texts, reason, strlen(reason));
        status = TB_OK;
    }
    if (status != TB_OK)
        return tb_in(err, "delegate %s", arg->canonical);
    tell_phase(session, "delegate", begin_ns);
    return TB_OK;
}

static tb_status open_session(const char *model_path, const tb_engine_options *options,
                              tb_error *err, tb_session **out)
{
    tb_session *session = calloc(1, sizeof *session);
    if (!session)
        return tb_fail(err, TB_NO_MEMORY, "engine native: out of memory");
    session->options = *options;
    const char *delegate = options->delegate ? options->delegate : TB_DELEGATE_REFERENCE;
    tb_status status =
        tb_delegate_arg_parse(delegate, &session->texts, err, &session->delegate_arg);
    if (status == TB_OK)
        status = load(session, model_path, err);
    if (status == TB_OK)
        status = apply_delegate(session, err);
    if (status == TB_OK)
        status = tb_interpreter_signature(session->interpreter, options->signature, err,
                                          &session->runner);
    if (status != TB_OK) {
        close_session(session);
        return status;
    }
    *out = session;
    return TB_OK;
}

/* ---- tensors ----------------------------------------------------------------------------------- */

static int input_count(const tb_session *session)
{
    return tb_signature_input_count(session->runner);
}

static int output_count(const tb_session *session)
{
    return tb_signature_output_count(session->runner);
}

static tb_status describe_tensor(const TfLiteTensor *tensor, const char *what, int k, tb_error *err,
                                 tb_io *out)
{
    if (!tensor)
        return tb_fail(err, TB_NOT_FOUND, "%s %d: the model has none of that number", what, k);
    int rank = tensor->dims ? tensor->dims->size : 0;
    if (rank > TB_MAX_RANK)
        return tb_fail(err, TB_UNSUPPORTED, "%s %d '%s': has %d dimensions, at most %d are handled",
                       what, k, tensor->name ? tensor->name : "", rank, TB_MAX_RANK);
    *out = (tb_io){
        .name = tensor->name ? tensor->name : "",
        .type = tensor->type,
        .rank = rank,
        .scale = tensor->params.scale,
        .zero_point = tensor->params.zero_point,
        .data = tensor->data.raw,
        .bytes = tensor->bytes,
    };
    for (int i = 0; i < rank; i++)
        out->dims[i] = tensor->dims->data[i];
    return TB_OK;
}

static tb_status get_input(tb_session *session, int k, tb_error *err, tb_io *out)
{
    return describe_tensor(tb_signature_input(session->runner, k), "input", k, err, out);
}

static tb_status get_output(tb_session *session, int k, tb_error *err, tb_io *out)
{
    return describe_tensor(tb_signature_output(session->runner, k), "output", k, err, out);
}

static tb_status resize(tb_session *session, int input, int rank, const int *dims, tb_error *err)
{
    return tb_signature_resize_input(session->runner, input, rank, dims, err);
}

static tb_status check_fallback(tb_session *session, tb_error *err);

static tb_status allocate(tb_session *session, tb_error *err)
{
    uint64_t begin_ns = tb_clock_ns();
    tb_status status = tb_signature_allocate(session->runner, err);
    if (status != TB_OK)
        return status;
    tell_phase(session, "allocate", begin_ns);
    status = tb_fault_slow(session->interpreter, err);
    return status == TB_OK ? check_fallback(session, err) : status;
}

static tb_status set_input(tb_session *session, int k, const void *data, size_t bytes,
                           tb_error *err)
{
    TfLiteTensor *tensor = tb_signature_input(session->runner, k);
    if (!tensor)
        return tb_fail(err, TB_NOT_FOUND, "input %d: the model has none of that number", k);
    if (tensor->type == kTfLiteString && TfLiteTensorRealloc(bytes, tensor) != kTfLiteOk)
        return tb_fail(err, TB_NO_MEMORY, "input %d '%s': no memory for %zu bytes", k, tensor->name,
                       bytes);
    if (tensor->bytes != bytes || (bytes > 0 && !tensor->data.raw))
        return tb_fail(err, TB_MISMATCH, "input %d '%s': %zu bytes were given, it takes %zu", k,
                       tensor->name, bytes, tensor->bytes);
    if (bytes > 0)
        memcpy(tensor->data.raw, data, bytes);
    return TB_OK;
}

/* The delegate's device is gone, or out of memory: without it from here on. */
static tb_status go_on_without(tb_session *session, tb_error *err)
{
    tb_buf text = {0};
    tb_buf_printf(&text,
                  "delegate %s failed in the middle of a run, the engine's own kernels go on: %s",
                  session->delegate_arg.name, err->text);
    tell_note(session, tb_buf_text(&text));
    session->declined = tb_arena_text(&session->texts, tb_buf_text(&text), text.size);
    tb_buf_free(&text);
    *err = (tb_error)TB_ERROR_NONE;
    tb_status status = tb_interpreter_drop_delegates(session->interpreter, err);
    return status == TB_OK ? tb_signature_invoke(session->runner, err) : status;
}

static tb_status invoke(tb_session *session, tb_error *err)
{
    tb_status status = tb_signature_invoke(session->runner, err);
    const bool is_device =
        session->delegate && session->delegate_arg.row->off_cpu && !session->declined;
    if (status == TB_OK || status == TB_CANCELLED || status == TB_TIME_LIMIT || !is_device ||
        !session->options.outlive_device || session->options.fail_on_fallback)
        return status;
    return go_on_without(session, err);
}

static tb_status reset_variables(tb_session *session, tb_error *err)
{
    return tb_interpreter_reset_variables(session->interpreter, err);
}

static void cancel(tb_session *session)
{
    tb_interpreter_cancel(session->interpreter);
}

static void set_sink(tb_session *session, tb_sink *sink)
{
    tb_interpreter_set_sink(session->interpreter, sink);
}

/* ---- the plan ---------------------------------------------------------------------------------- */

typedef struct subgraph_view {
    const tb_interpreter *interpreter;
    int subgraph;
} subgraph_view;

static const TfLiteTensor *lookup(const void *context, int tensor)
{
    const subgraph_view *view = context;
    return tensor < tb_interpreter_tensor_count(view->interpreter, view->subgraph)
               ? tb_interpreter_tensor(view->interpreter, view->subgraph, tensor)
               : NULL;
}

static const char *shape_text(tb_arena *arena, const TfLiteTensor *tensor)
{
    tb_buf text = {0};
    tb_buf_printf(&text, "%s[", TfLiteTypeGetName(tensor->type));
    for (int k = 0; tensor->dims && k < tensor->dims->size; k++)
        tb_buf_printf(&text, "%s%d", k ? "," : "", tensor->dims->data[k]);
    tb_buf_append_char(&text, ']');
    const char *kept = tb_arena_text(arena, tb_buf_text(&text), text.size);
    tb_buf_free(&text);
    return kept;
}

/* The model's own nodes of a subgraph; behind them lie the kernels of delegates. */
static int own_nodes(const tb_session *session, int subgraph)
{
    return (int)tb_model_subgraph(session->model, (size_t)subgraph).operator_count;
}

/* The index in plan->partitions of a delegate's kernel node, added where it is new. */
static int partition_of(const tb_session *session, int subgraph, int kernel_node,
                        tb_engine_partition *partitions, tb_engine_plan *plan)
{
    for (int k = 0; k < plan->partition_count; k++)
        if (partitions[k].subgraph == subgraph && partitions[k].node == kernel_node)
            return k;
    tb_node_info info;
    const char *name = tb_interpreter_node(session->interpreter, subgraph, kernel_node, &info)
                           ? info.op_name
                           : NULL;
    partitions[plan->partition_count] = (tb_engine_partition){subgraph, kernel_node, name};
    return plan->partition_count++;
}

static void describe_node(tb_session *session, int subgraph, int node,
                          tb_engine_partition *partitions, tb_engine_plan *plan,
                          tb_engine_node *out)
{
    tb_node_info info;
    *out = (tb_engine_node){.subgraph = subgraph, .node = node, .partition = -1};
    if (!tb_interpreter_node(session->interpreter, subgraph, node, &info))
        return;
    out->op_name = info.op_name;
    out->reason = info.reason ? info.reason : session->declined;
    subgraph_view view = {session->interpreter, subgraph};
    const TfLiteIntArray *outputs = info.node->outputs;
    const TfLiteTensor *first =
        outputs && outputs->size && outputs->data[0] >= 0 ? lookup(&view, outputs->data[0]) : NULL;
    if (first) {
        out->tensor_name = first->name;
        out->shape = shape_text(&session->plan_arena, first);
    }
    int code = info.registration ? info.registration->builtin_code : 0;
    tb_op_cost cost = tb_op_cost_of(code, info.node, lookup, &view);
    out->flops = cost.flops;
    out->bytes = cost.bytes;
    if (info.delegated_to >= 0) {
        out->partition = partition_of(session, subgraph, info.delegated_to, partitions, plan);
        out->delegate_name = session->delegate_arg.name;
        plan->delegated++;
    }
}

static tb_status make_plan(tb_session *session, tb_error *err, tb_engine_plan *out)
{
    tb_arena_free(&session->plan_arena);
    *out = (tb_engine_plan){0};
    int subgraphs = tb_interpreter_subgraph_count(session->interpreter);
    int total = 0;
    for (int s = 0; s < subgraphs; s++) {
        total += own_nodes(session, s);
        out->tensor_count += tb_interpreter_tensor_count(session->interpreter, s);
    }
    tb_arena *arena = &session->plan_arena;
    tb_engine_node *nodes = TB_ARENA_NEW(arena, tb_engine_node, (size_t)total);
    tb_engine_partition *partitions = TB_ARENA_NEW(arena, tb_engine_partition, (size_t)total);
    if (!nodes || !partitions)
        return tb_fail(err, TB_NO_MEMORY, "plan of %d nodes: out of memory", total);
    out->nodes = nodes;
    out->partitions = partitions;
    tb_buf text = {0};
    for (int s = 0; s < subgraphs; s++) {
        for (int n = 0; n < own_nodes(session, s); n++)
            describe_node(session, s, n, partitions, out, &nodes[out->node_count++]);
        const char *described = tb_interpreter_plan_text(session->interpreter, s);
        if (described)
            tb_buf_append_text(&text, described);
    }
    if (text.size)
        out->text = tb_arena_text(arena, tb_buf_text(&text), text.size);
    tb_buf_free(&text);
    return TB_OK;
}

static int partition_number(const void *context, int subgraph, int kernel_node)
{
    const tb_engine_plan *plan = context;
    for (int k = 0; k < plan->partition_count; k++)
        if (plan->partitions[k].subgraph == subgraph && plan->partitions[k].node == kernel_node)
            return k;
    return -1;
}

static void put_graph(tb_session *session, const tb_engine_plan *plan, tb_json_writer *json)
{
    tb_graph_put(session->model, session->interpreter, partition_number, plan, json);
}

/* --fallback fail: names the first node that stayed behind. */
static tb_status check_fallback(tb_session *session, tb_error *err)
{
    if (!session->options.fail_on_fallback || !session->delegate)
        return TB_OK;
    tb_engine_plan plan;
    tb_status status = make_plan(session, err, &plan);
    if (status != TB_OK || plan.delegated == plan.node_count)
        return status;
    int k = 0;
    while (plan.nodes[k].partition >= 0)
        k++;
    const tb_engine_node *left = &plan.nodes[k];
    return tb_fail(err, TB_UNSUPPORTED,
                   "delegate %s took %d of %d nodes and --fallback fail was given; the first left "
                   "behind is subgraph %d, node %d %s: %s",
                   session->delegate_arg.name, plan.delegated, plan.node_count, left->subgraph,
                   left->node, left->op_name ? left->op_name : "?",
                   left->reason ? left->reason : "no reason was given");
}

/* ---- figures ----------------------------------------------------------------------------------- */

static const char *const owner_names[TB_MEMORY_OWNER_COUNT] = {
    [TB_MEMORY_ARENA] = "arena",       [TB_MEMORY_DYNAMIC] = "dynamic",
    [TB_MEMORY_KERNEL] = "kernel",     [TB_MEMORY_WEIGHTS] = "weights",
    [TB_MEMORY_DELEGATE] = "delegate", [TB_MEMORY_DEVICE] = "device",
};

static tb_engine_figure bytes_figure(const char *metric, const char *owner, uint64_t bytes)
{
    return (tb_engine_figure){metric, owner, "bytes", true, (double)bytes, NULL};
}

/* Of all constants of the file, each once. */
static uint64_t constant_bytes(const tb_model *model)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < tb_model_buffer_count(model); k++)
        sum += tb_model_buffer(model, k).size;
    return sum;
}

/* How much of the mapped file is in memory. */
static tb_engine_figure resident_figure(const tb_model *model)
{
    uint64_t bytes;
    tb_bytes file = tb_model_bytes(model);
    tb_engine_figure figure = bytes_figure("model_resident_bytes", NULL, 0);
    figure.known = tb_os_resident_bytes(file.data, file.size, &bytes);
    figure.value = figure.known ? (double)bytes : 0;
    figure.reason = figure.known ? NULL : "the kernel does not say (mincore)";
    return figure;
}

static const tb_engine_figure *figures(tb_session *session, int *count)
{
    enum { PLAN_FIGURES = 6 };
    int most = 2 * TB_MEMORY_OWNER_COUNT + PLAN_FIGURES;
    if (!session->figures)
        session->figures = calloc((size_t)most, sizeof *session->figures);
    *count = 0;
    if (!session->figures)
        return NULL;
    tb_memory_account account;
    tb_interpreter_memory(session->interpreter, &account);
    tb_memory_plan_summary plan;
    tb_interpreter_memory_plan(session->interpreter, 0, &plan);
    tb_engine_figure *next = session->figures;
    *next++ = bytes_figure("arena_bytes", NULL, account.current_bytes[TB_MEMORY_ARENA]);
    *next++ = bytes_figure("model_file_bytes", NULL, tb_model_bytes(session->model).size);
    *next++ = bytes_figure("weights_bytes", NULL, constant_bytes(session->model));
    *next++ = resident_figure(session->model);
    *next++ = bytes_figure("plan_bytes", "arena", plan.arena_bytes);
    *next++ = bytes_figure("plan_lower_bound_bytes", "arena", plan.lower_bound_bytes);
    for (int k = 0; k < TB_MEMORY_OWNER_COUNT; k++) {
        *next++ = bytes_figure("owned_bytes", owner_names[k], account.current_bytes[k]);
        *next++ = bytes_figure("owned_peak_bytes", owner_names[k], account.peak_bytes[k]);
    }
    *count = (int)(next - session->figures);
    return session->figures;
}

const tb_engine tb_engine_native = {
    .name = "native",
    .what = "our own runtime, in this program",
    .version = version,
    .open = open_session,
    .close = close_session,
    .input_count = input_count,
    .output_count = output_count,
    .input = get_input,
    .output = get_output,
    .resize = resize,
    .allocate = allocate,
    .set_input = set_input,
    .invoke = invoke,
    .reset_variables = reset_variables,
    .cancel = cancel,
    .set_sink = set_sink,
    .plan = make_plan,
    .graph = put_graph,
    .figures = figures,
};
