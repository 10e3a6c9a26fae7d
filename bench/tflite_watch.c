/* Operators of a TFLite C library, watched; see tflite_watch.h. */
#include "bench/tflite_watch.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/buf.h"
#include "runtime/base/clock.h"
#include "runtime/base/size.h"
#include "runtime/builtin_names.h"
#include "runtime/tensor.h"

enum { MAX_OPEN = 64, MAX_KERNELS = 4096, MAX_STEPS = 65536, NAME_SIZE = 96 };

/* A node whose begin was told. */
typedef struct open_node {
    uint64_t begin_ns;
    int subgraph, node;
    bool used;
} open_node;

/* A delegate's kernel, in the order in which they first ran. */
typedef struct watched_kernel {
    int node;
    int before; /* the first of the model's own nodes that ran after it; -1: none has so far */
    const char *name;
} watched_kernel;

/* What a kernel does inside. */
typedef struct watched_step {
    tb_step is;
    int kernel, number;
    char name[NAME_SIZE];
} watched_step;

struct tb_tflite_watch {
    TfLiteTelemetryProfilerStruct profiler; /* first: the callbacks get its address */
    const tb_model *model;
    tb_sink *sink;
    bool ran;
    bool **seen; /* own nodes that ran, by subgraph */
    open_node open[MAX_OPEN];
    uint64_t invoke_begin_ns, last_end_ns;
    watched_kernel kernels[MAX_KERNELS];
    int kernel_count, kernels_now; /* all; those of this inference so far */
    int waiting;                   /* how many kernels have no own node behind them yet */
    /* A burst of steps: the kernel it is of, where it began, and how far its steps reach. */
    bool bursting;
    uint64_t burst_begin_ns, burst_end_ns, step_end_ns;
    int64_t last_number;
    watched_step **steps; /* each allocated by itself: events point at them */
    int step_count, step_room;
    tb_arena plan;
};

/* ---- the model's own nodes --------------------------------------------------------------------- */

static int own_nodes(const tb_tflite_watch *watch, int64_t subgraph)
{
    return subgraph >= 0 && (uint64_t)subgraph < tb_model_subgraph_count(watch->model)
               ? (int)tb_model_subgraph(watch->model, (size_t)subgraph).operator_count
               : 0;
}

static const char *node_name(const tb_tflite_watch *watch, int subgraph, int node)
{
    tb_operator_def op = tb_model_operator(watch->model, (size_t)subgraph, (size_t)node);
    return op.opcode.custom_name && *op.opcode.custom_name
               ? op.opcode.custom_name
               : tb_builtin_name(op.opcode.builtin_code);
}

/* ---- events ------------------------------------------------------------------------------------ */

static void emit(tb_tflite_watch *watch, tb_event_kind kind, int subgraph, int node,
                 const tb_step *step, uint64_t begin_ns, uint64_t end_ns)
{
    tb_event event = {.begin_ns = begin_ns,
                      .end_ns = end_ns > begin_ns ? end_ns : begin_ns,
                      .step = step,
                      .subgraph = subgraph,
                      .node = node,
                      .kind = (uint16_t)kind};
    if (watch->sink)
        watch->sink->emit(watch->sink, &event);
}

/* The kernel that runs now: the next of those known, or a new one. NULL: too many. */
static watched_kernel *next_kernel(tb_tflite_watch *watch, int node, const char *name)
{
    int k = watch->kernels_now;
    if (k == MAX_KERNELS)
        return NULL;
    watch->kernels_now++;
    watched_kernel *at = &watch->kernels[k];
    if (k < watch->kernel_count)
        return at;
    watch->kernel_count++;
    watch->waiting++;
    *at = (watched_kernel){node >= 0 ? node : own_nodes(watch, 0) + k, -1, name};
    return at;
}

/* A kernel that told its steps has ended where they began to be told. */
static void end_burst(tb_tflite_watch *watch)
{
    if (!watch->bursting)
        return;
    watch->bursting = false;
    int node = watch->kernels[watch->kernels_now - 1].node;
    emit(watch, TB_EVENT_NODE, 0, node, NULL, watch->burst_begin_ns, watch->burst_end_ns);
    watch->last_end_ns = tb_clock_ns();
}

static void note_node(tb_tflite_watch *watch, int subgraph, int node, const char *name)
{
    if (node < own_nodes(watch, subgraph)) {
        watch->seen[subgraph][node] = true;
        for (int k = 0; subgraph == 0 && watch->waiting > 0; watch->waiting--, k++)
            watch->kernels[watch->kernel_count - watch->waiting].before = node;
        return;
    }
    if (subgraph == 0)
        next_kernel(watch, node, name);
}

static void end_node(tb_tflite_watch *watch, int subgraph, int node, uint64_t begin_ns,
                     uint64_t end_ns)
{
    emit(watch, TB_EVENT_NODE, subgraph, node, NULL, begin_ns, end_ns);
    watch->last_end_ns = end_ns;
}

/* The step of a kernel, made where it is new; NULL: too many, or no memory. */
static const tb_step *find_step(tb_tflite_watch *watch, int kernel, int number, const char *name)
{
    for (int k = 0; k < watch->step_count; k++)
        if (watch->steps[k]->kernel == kernel && watch->steps[k]->number == number)
            return &watch->steps[k]->is;
    if (watch->step_count == MAX_STEPS)
        return NULL;
    if (watch->step_count == watch->step_room) {
        int room = watch->step_room ? 2 * watch->step_room : 64;
        watched_step **grown = realloc(watch->steps, (size_t)room * sizeof *grown);
        if (!grown)
            return NULL;
        watch->steps = grown;
        watch->step_room = room;
    }
    watched_step *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    watch->steps[watch->step_count++] = made;
    made->kernel = kernel;
    made->number = number;
    strncpy(made->name, name, sizeof made->name - 1);
    made->is = (tb_step){.name = made->name};
    return &made->is;
}

/* What a kernel tells of its inside comes in one burst, counted from 0, after it has run. */
static void take_step(tb_tflite_watch *watch, const char *name, uint64_t elapsed_us, int64_t number)
{
    if (watch->bursting && number <= watch->last_number)
        end_burst(watch);
    if (!watch->bursting) {
        if (!next_kernel(watch, -1, NULL))
            return;
        watch->bursting = true;
        watch->burst_begin_ns = watch->step_end_ns = watch->last_end_ns;
        watch->burst_end_ns = tb_clock_ns();
    }
    watch->last_number = number;
    int at = watch->kernels_now - 1;
    const tb_step *is = find_step(watch, at, (int)number, name);
    uint64_t begin_ns = watch->step_end_ns;
    uint64_t end_ns = begin_ns + (elapsed_us < 1000000000 ? elapsed_us * 1000 : 0);
    watch->step_end_ns = end_ns < watch->burst_end_ns ? end_ns : watch->burst_end_ns;
    if (is)
        emit(watch, TB_EVENT_STEP, 0, watch->kernels[at].node, is, begin_ns, watch->step_end_ns);
}

/* ---- what the library calls -------------------------------------------------------------------- */

static tb_tflite_watch *watch_of(TfLiteTelemetryProfilerStruct *profiler)
{
    return profiler->data;
}

static bool is_in_graph(const tb_tflite_watch *watch, int64_t node, int64_t subgraph)
{
    return node >= 0 && node < INT32_MAX && subgraph >= 0 &&
           (uint64_t)subgraph < tb_model_subgraph_count(watch->model);
}

static uint32_t begin_op(TfLiteTelemetryProfilerStruct *profiler, const char *name, int64_t node,
                         int64_t subgraph)
{
    tb_tflite_watch *watch = watch_of(profiler);
    end_burst(watch);
    if (!is_in_graph(watch, node, subgraph))
        return UINT32_MAX;
    for (uint32_t k = 0; k < MAX_OPEN; k++)
        if (!watch->open[k].used) {
            note_node(watch, (int)subgraph, (int)node, name);
            watch->open[k] = (open_node){tb_clock_ns(), (int)subgraph, (int)node, true};
            return k;
        }
    return UINT32_MAX;
}

static void end_op(TfLiteTelemetryProfilerStruct *profiler, uint32_t handle)
{
    uint64_t now_ns = tb_clock_ns();
    tb_tflite_watch *watch = watch_of(profiler);
    if (handle >= MAX_OPEN || !watch->open[handle].used)
        return;
    end_burst(watch);
    open_node *node = &watch->open[handle];
    node->used = false;
    end_node(watch, node->subgraph, node->node, node->begin_ns, now_ns);
}

/* A node by its name or its place, else a step. */
static void whole_op(TfLiteTelemetryProfilerStruct *profiler, const char *name, uint64_t elapsed_us,
                     int64_t node, int64_t subgraph)
{
    uint64_t now_ns = tb_clock_ns();
    tb_tflite_watch *watch = watch_of(profiler);
    if (!is_in_graph(watch, node, subgraph))
        return;
    int own = own_nodes(watch, subgraph);
    const char *expected = node < own ? node_name(watch, (int)subgraph, (int)node) : name;
    bool goes_on = watch->bursting && node == watch->last_number + 1;
    if (goes_on || strcmp(expected, name) != 0) {
        take_step(watch, name, elapsed_us, node);
        return;
    }
    end_burst(watch);
    note_node(watch, (int)subgraph, (int)node, name);
    uint64_t took_ns = elapsed_us < 1000000000 ? elapsed_us * 1000 : 0;
    uint64_t least_ns = now_ns - watch->last_end_ns;
    end_node(watch, (int)subgraph, (int)node, now_ns - (took_ns < least_ns ? took_ns : least_ns),
             now_ns);
}

static void ignore_event(TfLiteTelemetryProfilerStruct *profiler, const char *name, uint64_t status)
{
    (void)profiler;
    (void)name;
    (void)status;
}

static void ignore_op_event(TfLiteTelemetryProfilerStruct *profiler, const char *name, int64_t node,
                            int64_t subgraph, uint64_t status)
{
    (void)node;
    (void)subgraph;
    ignore_event(profiler, name, status);
}

static void ignore_settings(TfLiteTelemetryProfilerStruct *profiler, const char *name,
                            const TfLiteTelemetrySettings *settings)
{
    (void)settings;
    ignore_event(profiler, name, 0);
}

/* ---- watching ---------------------------------------------------------------------------------- */

tb_status tb_tflite_watch_create(const tb_model *model, tb_error *err, tb_tflite_watch **out)
{
    size_t subgraphs = tb_model_subgraph_count(model);
    tb_tflite_watch *watch = calloc(1, sizeof *watch);
    bool complete = watch && (watch->seen = calloc(subgraphs + 1, sizeof *watch->seen)) != NULL;
    for (size_t s = 0; complete && s < subgraphs; s++) {
        size_t count = tb_model_subgraph(model, s).operator_count;
        complete = (watch->seen[s] = calloc(count + 1, sizeof **watch->seen)) != NULL;
    }
    if (!complete) {
        if (watch)
            watch->model = model;
        tb_tflite_watch_destroy(watch);
        return tb_fail(err, TB_NO_MEMORY, "engine tflite: out of memory");
    }
    watch->model = model;
    watch->profiler = (TfLiteTelemetryProfilerStruct){
        .data = watch,
        .ReportTelemetryEvent = ignore_event,
        .ReportTelemetryOpEvent = ignore_op_event,
        .ReportSettings = ignore_settings,
        .ReportBeginOpInvokeEvent = begin_op,
        .ReportEndOpInvokeEvent = end_op,
        .ReportOpInvokeEvent = whole_op,
    };
    *out = watch;
    return TB_OK;
}

void tb_tflite_watch_destroy(tb_tflite_watch *watch)
{
    if (!watch)
        return;
    for (size_t s = 0; watch->seen && s < tb_model_subgraph_count(watch->model); s++)
        free(watch->seen[s]);
    free(watch->seen);
    for (int k = 0; k < watch->step_count; k++)
        free(watch->steps[k]);
    free(watch->steps);
    tb_arena_free(&watch->plan);
    free(watch);
}

TfLiteTelemetryProfilerStruct *tb_tflite_watch_profiler(tb_tflite_watch *watch)
{
    return &watch->profiler;
}

void tb_tflite_watch_set_sink(tb_tflite_watch *watch, tb_sink *sink)
{
    watch->sink = sink;
}

void tb_tflite_watch_begin(tb_tflite_watch *watch)
{
    watch->kernels_now = 0;
    memset(watch->open, 0, sizeof watch->open);
    watch->bursting = false;
    watch->invoke_begin_ns = watch->last_end_ns = tb_clock_ns();
}

void tb_tflite_watch_end(tb_tflite_watch *watch)
{
    uint64_t now_ns = tb_clock_ns();
    end_burst(watch);
    watch->ran = true;
    emit(watch, TB_EVENT_INVOKE, -1, -1, NULL, watch->invoke_begin_ns, now_ns);
}

/* ---- the plan ---------------------------------------------------------------------------------- */

static const char *shape_text(tb_arena *arena, const tb_tensor_def *tensor)
{
    tb_buf text = {0};
    tb_buf_printf(&text, "%s[", TfLiteTypeGetName(tensor->type));
    for (size_t k = 0; k < tensor->shape.count; k++)
        tb_buf_printf(&text, "%s%d", k ? "," : "", tensor->shape.data[k]);
    tb_buf_append_char(&text, ']');
    const char *kept = tb_arena_text(arena, tb_buf_text(&text), text.size);
    tb_buf_free(&text);
    return kept;
}

/* Of several kernels the last that ran before the next own node that did. */
static int partition_of(const tb_tflite_watch *watch, int node)
{
    int next = node;
    while (next < own_nodes(watch, 0) && !watch->seen[0][next])
        next++;
    int found = 0;
    for (int k = 0; k < watch->kernel_count; k++) {
        int before = watch->kernels[k].before;
        if (before < 0 ? next == own_nodes(watch, 0) : before <= next)
            found = k;
    }
    return found;
}

static void describe_node(tb_tflite_watch *watch, int subgraph, int node, const char *delegate,
                          tb_engine_plan *plan, tb_engine_node *out)
{
    tb_operator_def op = tb_model_operator(watch->model, (size_t)subgraph, (size_t)node);
    *out = (tb_engine_node){.subgraph = subgraph,
                            .node = node,
                            .partition = -1,
                            .op_name = node_name(watch, subgraph, node)};
    int32_t first = op.outputs.count ? op.outputs.data[0] : -1;
    if (first >= 0) {
        tb_tensor_def tensor = tb_model_tensor(watch->model, (size_t)subgraph, (size_t)first);
        out->tensor_name = tensor.name;
        out->shape = shape_text(&watch->plan, &tensor);
    }
    if (watch->seen[subgraph][node]) {
        out->reason = delegate ? "the library does not tell why" : NULL;
    } else if (subgraph == 0 && watch->kernel_count && delegate) {
        out->partition = partition_of(watch, node);
        out->delegate_name = delegate;
        plan->delegated++;
    } else {
        out->reason = "it did not run by itself";
    }
}

tb_status tb_tflite_watch_plan(tb_tflite_watch *watch, const char *delegate, tb_error *err,
                               tb_engine_plan *out)
{
    *out = (tb_engine_plan){0};
    if (!watch->ran)
        return tb_fail(err, TB_UNAVAILABLE, "engine tflite: no inference has shown its nodes yet");
    tb_arena_free(&watch->plan);
    size_t total = 0;
    for (size_t s = 0; s < tb_model_subgraph_count(watch->model); s++) {
        tb_subgraph_def subgraph = tb_model_subgraph(watch->model, s);
        total += subgraph.operator_count;
        out->tensor_count += (int)subgraph.tensor_count;
    }
    tb_engine_node *nodes = TB_ARENA_NEW(&watch->plan, tb_engine_node, total + 1);
    tb_engine_partition *partitions =
        TB_ARENA_NEW(&watch->plan, tb_engine_partition, (size_t)watch->kernel_count + 1);
    if (!nodes || !partitions)
        return tb_fail(err, TB_NO_MEMORY, "plan of %zu nodes: out of memory", total);
    for (int k = 0; k < watch->kernel_count; k++)
        partitions[out->partition_count++] = (tb_engine_partition){
            0, watch->kernels[k].node, watch->kernels[k].name ? watch->kernels[k].name : delegate};
    for (size_t s = 0; s < tb_model_subgraph_count(watch->model); s++)
        for (int n = 0; n < own_nodes(watch, (int64_t)s); n++)
            describe_node(watch, (int)s, n, delegate, out, &nodes[out->node_count++]);
    out->nodes = nodes;
    out->partitions = partitions;
    return TB_OK;
}
