/* Putting a profile together; see profile.h. */
#include "reports/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/selection.h"
#include "runtime/base/size.h"

/* One of the model's own nodes: where its row is. */
typedef struct place {
    int64_t subgraph, node;
    size_t row;
} place;

typedef struct graph_index {
    const cJSON **nodes; /* by node number */
    int64_t node_count;
    const cJSON **tensors;
    int64_t tensor_count;
} graph_index;

typedef struct maker {
    tb_profile *profile;
    place *places; /* sorted */
    size_t place_count;
    graph_index *graphs; /* one a subgraph */
    size_t graph_count;
} maker;

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool is_node(const tb_op *op)
{
    return !op->kind || same(op->kind, "node");
}

/* ---- the graph ---------------------------------------------------------------------------------- */

static const cJSON **list_items(tb_pool *pool, const cJSON *array, int64_t *count)
{
    *count = cJSON_GetArraySize(array);
    const cJSON **items = tb_pool_take(pool, (size_t)*count + 1, sizeof *items);
    int64_t k = 0;
    for (const cJSON *item = array ? array->child : NULL; items && item; item = item->next)
        items[k++] = item;
    return items;
}

static bool index_graph(maker *m)
{
    const cJSON *subgraphs = cJSON_GetObjectItemCaseSensitive(m->profile->graph, "subgraphs");
    m->graph_count = (size_t)cJSON_GetArraySize(subgraphs);
    m->graphs = tb_pool_take(m->profile->pool, m->graph_count + 1, sizeof *m->graphs);
    if (!m->graphs)
        return false;
    size_t k = 0;
    for (const cJSON *item = subgraphs ? subgraphs->child : NULL; item; item = item->next, k++) {
        graph_index *g = &m->graphs[k];
        g->nodes = list_items(m->profile->pool, cJSON_GetObjectItemCaseSensitive(item, "nodes"),
                              &g->node_count);
        g->tensors = list_items(m->profile->pool, cJSON_GetObjectItemCaseSensitive(item, "tensors"),
                                &g->tensor_count);
        if (!g->nodes || !g->tensors)
            return false;
    }
    return true;
}

static const cJSON *graph_node(const maker *m, int64_t subgraph, int64_t node)
{
    if (subgraph < 0 || (uint64_t)subgraph >= m->graph_count)
        return NULL;
    const graph_index *g = &m->graphs[subgraph];
    return node >= 0 && node < g->node_count ? g->nodes[node] : NULL;
}

const cJSON *tb_profile_node(const tb_profile *profile, int64_t subgraph, int64_t node)
{
    const cJSON *subgraphs = cJSON_GetObjectItemCaseSensitive(profile->graph, "subgraphs");
    const cJSON *within = cJSON_GetArrayItem(subgraphs, (int)subgraph);
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(within, "nodes"), (int)node);
}

static tb_integer number_in(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    tb_integer none = {0};
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 9e18
               ? tb_int((int64_t)item->valuedouble)
               : none;
}

static void add_to(tb_integer *sum, tb_integer more)
{
    if (more.known)
        *sum = tb_int(sum->value + more.value);
}

/* Bytes of a node's outputs. */
static tb_integer output_bytes(const maker *m, int64_t subgraph, const cJSON *node)
{
    tb_integer sum = {0};
    const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(node, "outputs");
    for (const cJSON *item = outputs ? outputs->child : NULL; item; item = item->next) {
        int64_t tensor = cJSON_IsNumber(item) ? item->valueint : -1;
        if (tensor >= 0 && tensor < m->graphs[subgraph].tensor_count)
            add_to(&sum, number_in(m->graphs[subgraph].tensors[tensor], "bytes"));
    }
    return sum;
}

/* ---- ops ---------------------------------------------------------------------------------------- */

static int compare_places(const void *left, const void *right)
{
    const place *a = left, *b = right;
    if (a->subgraph != b->subgraph)
        return a->subgraph < b->subgraph ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static bool index_places(maker *m)
{
    const tb_ops *plan = &m->profile->plan;
    m->places = tb_pool_take(m->profile->pool, plan->count + 1, sizeof *m->places);
    if (!m->places)
        return false;
    for (size_t k = 0; k < plan->count; k++) {
        const tb_op *op = &plan->items[k].op;
        if (is_node(op) && !(op->covers && *op->covers) && op->node.known)
            m->places[m->place_count++] = (place){op->subgraph.value, op->node.value, k};
    }
    if (m->place_count)
        qsort(m->places, m->place_count, sizeof *m->places, compare_places);
    return true;
}

static const place *find_place(const maker *m, int64_t subgraph, int64_t node)
{
    const place wanted = {.subgraph = subgraph, .node = node};
    return m->place_count
               ? bsearch(&wanted, m->places, m->place_count, sizeof wanted, compare_places)
               : NULL;
}

static const tb_op_row *row_of_node(const maker *m, int64_t subgraph, int64_t node)
{
    const place *found = find_place(m, subgraph, node);
    return found ? &m->profile->plan.items[found->row] : NULL;
}

/* "3,4,5" as numbers; one number where the list is NULL and `only` is known. */
static void read_covers(maker *m, const char *list, tb_integer only, tb_profile_op *op)
{
    size_t room = 1;
    for (const char *at = list; at && *at; at++)
        room += *at == ',';
    int64_t *covers = tb_pool_take(m->profile->pool, room, sizeof *covers);
    if (!covers)
        return;
    op->covers = covers;
    if (!list || !*list) {
        if (only.known)
            covers[op->cover_count++] = only.value;
        return;
    }
    for (const char *at = list; *at && op->cover_count < room;) {
        char *end;
        long long number = strtoll(at, &end, 10);
        if (end == at)
            break;
        covers[op->cover_count++] = number;
        at = *end == ',' ? end + 1 : end;
    }
}

/* What is known of the nodes it covers, together. A kernel's own time is for none of them. */
static void describe_covered(maker *m, tb_profile_op *op)
{
    const int64_t subgraph = op->row->op.subgraph.value;
    bool is_kernel = same(op->kind, "kernel");
    /* Waiting and copying have names of their own, and are no work on what they cover. */
    bool works = !same(op->kind, "sync") && !same(op->kind, "copy");
    tb_buf names = {0};
    for (size_t k = 0; k < op->cover_count; k++) {
        const tb_op_row *covered = row_of_node(m, subgraph, op->covers[k]);
        const cJSON *node = graph_node(m, subgraph, op->covers[k]);
        bool last = k + 1 == op->cover_count;
        if (covered) {
            op->partition =
                covered->op.partition.known ? covered->op.partition.value : op->partition;
            op->delegate = covered->op.delegate ? covered->op.delegate : op->delegate;
            tb_buf_printf(&names, "%s%s", names.size ? " + " : "",
                          covered->op.op ? covered->op.op : "unnamed");
            if (works)
                add_to(&op->bytes, covered->op.bytes);
        }
        if (covered && last) {
            op->tensor = covered->op.tensor;
            op->shape = covered->op.shape;
        }
        if (works)
            add_to(&op->macs, number_in(node, "macs"));
        if (node && last && works)
            op->mem_bytes = output_bytes(m, subgraph, node);
    }
    if (names.size && works && !is_kernel)
        op->name = tb_pool_text(m->profile->pool, tb_buf_text(&names));
    tb_buf_free(&names);
}

static tb_profile_op make_op(maker *m, const tb_op_row *row)
{
    const tb_op *stored = &row->op;
    bool is_kernel = is_node(stored) && stored->covers && *stored->covers;
    tb_profile_op op = {
        .row = row,
        .kind = is_kernel         ? "kernel"
                : is_node(stored) ? "node"
                                  : stored->kind,
        .name = stored->op ? stored->op : "unnamed",
        .tensor = stored->tensor,
        .shape = stored->shape,
        .delegate = stored->delegate,
        .partition = stored->partition.known ? stored->partition.value : -1,
        .parent = -1,
        .flops = stored->flops,
        .avg_ns = 0,
    };
    read_covers(m, stored->covers, is_node(stored) ? stored->node : (tb_integer){0}, &op);
    describe_covered(m, &op);
    double inferences = (double)row->time.inferences.value;
    if (row->time.inferences.known && inferences > 0) {
        if (row->time.inferences.value > m->profile->inferences)
            m->profile->inferences = row->time.inferences.value;
        op.avg_ns = (double)row->time.total_ns.value / inferences;
        op.self_avg_ns = (double)row->time.self_total_ns.value / inferences;
    }
    return op;
}

/* A wait that covers nodes lies inside the step that covers them. */
static bool find_steps_of_waits(maker *m)
{
    tb_profile *profile = m->profile;
    tb_profile_op **steps = tb_pool_take(profile->pool, m->place_count + 1, sizeof(void *));
    for (size_t k = 0; steps && k < profile->op_count; k++) {
        tb_profile_op *op = &profile->ops[k];
        const place *at =
            op->cover_count ? find_place(m, op->row->op.subgraph.value, op->covers[0]) : NULL;
        if (at && same(op->kind, "step"))
            steps[at - m->places] = op;
    }
    for (size_t k = 0; steps && k < profile->op_count; k++) {
        tb_profile_op *op = &profile->ops[k];
        const place *at =
            op->cover_count ? find_place(m, op->row->op.subgraph.value, op->covers[0]) : NULL;
        if (!at || !same(op->kind, "sync") || !steps[at - m->places])
            continue;
        op->parent = steps[at - m->places]->row->index;
        steps[at - m->places]->wait_ns += (double)op->row->time.self_median_ns.value;
    }
    return steps != NULL;
}

static tb_status make_ops(maker *m, tb_error *err)
{
    tb_profile *profile = m->profile;
    size_t rows = profile->plan.count;
    profile->ops = tb_pool_take(profile->pool, rows + 1, sizeof *profile->ops);
    profile->op_of_row = tb_pool_take(profile->pool, rows + 1, sizeof *profile->op_of_row);
    if (!profile->ops || !profile->op_of_row || !index_places(m) || !index_graph(m))
        return tb_pool_check(NULL, err);
    for (size_t k = 0; k < rows; k++) {
        const tb_op_row *row = &profile->plan.items[k];
        profile->op_of_row[k] = -1;
        if (!row->time.calls.known || row->time.calls.value <= 0)
            continue;
        profile->op_of_row[k] = (int64_t)profile->op_count;
        profile->ops[profile->op_count++] = make_op(m, row);
    }
    if (!find_steps_of_waits(m))
        return tb_pool_check(NULL, err);
    /* The kernel of a partition encloses what covers its nodes. */
    for (size_t k = 0; k < profile->op_count; k++) {
        tb_profile_op *kernel = &profile->ops[k];
        if (!same(kernel->kind, "kernel"))
            continue;
        for (size_t i = 0; i < profile->op_count; i++) {
            tb_profile_op *inside = &profile->ops[i];
            if (i != k && inside->partition >= 0 && inside->partition == kernel->partition &&
                !same(inside->kind, "kernel") && !same(inside->kind, "node")) {
                if (inside->parent < 0)
                    inside->parent = kernel->row->index;
                kernel->encloses = true;
            }
        }
    }
    return tb_pool_check(profile->pool, err);
}

/* ---- single inferences -------------------------------------------------------------------------- */

static void summarise(tb_profile_op *op, double *values, double *scratch)
{
    size_t count = 0;
    for (size_t k = 0; k < op->sample_count; k++)
        if (op->samples_ns[k])
            values[count++] = (double)op->samples_ns[k];
    tb_sort_doubles(values, count);
    op->summary = tb_summarise_sorted(values, count, scratch);
}

static tb_status read_samples(tb_profile *profile, tb_error *err)
{
    tb_array array = {.item_size = sizeof(tb_op_sample)};
    tb_status status = tb_read_op_samples(profile->selection->store, profile->process->process_id,
                                          profile->pool, err, &array);
    const tb_op_sample *samples = array.items;
    uint64_t *durations = tb_pool_take(profile->pool, array.count + 1, sizeof *durations);
    double *values = malloc((array.count + 1) * sizeof *values);
    double *scratch = malloc((array.count + 1) * sizeof *scratch);
    if (status == TB_OK && (!durations || !values || !scratch))
        status = tb_pool_check(NULL, err);
    for (size_t k = 0; status == TB_OK && k < array.count;) {
        int64_t row = samples[k].op;
        size_t first = k;
        for (; k < array.count && samples[k].op == row; k++)
            durations[k] = samples[k].duration_ns;
        if (row < 0 || (uint64_t)row >= profile->plan.count || profile->op_of_row[row] < 0)
            continue;
        tb_profile_op *op = &profile->ops[profile->op_of_row[row]];
        op->samples_ns = durations + first;
        op->sample_count = k - first;
        summarise(op, values, scratch);
    }
    free(values);
    free(scratch);
    return status;
}

/* ---- figures and the budget --------------------------------------------------------------------- */

tb_real tb_profile_figure(const tb_profile *profile, const tb_result_process *process,
                          const char *phase, const char *metric, const char *owner)
{
    tb_real none = {0};
    for (size_t k = 0; process && k < profile->figures.count; k++) {
        const tb_figure_row *row = &profile->figures.items[k];
        const char *whose = row->figure.owner ? row->figure.owner : "";
        if (row->process_id == process->process_id && same(row->figure.phase, phase) &&
            same(row->figure.metric, metric) && same(whose, owner ? owner : ""))
            return row->figure.value;
    }
    return none;
}

static tb_status read_budget(tb_profile *profile, tb_error *err)
{
    tb_array parts = {.item_size = sizeof(tb_profile_part)};
    for (size_t k = 0; k < profile->figures.count; k++) {
        const tb_figure_row *row = &profile->figures.items[k];
        const char *owner = row->figure.owner;
        if (row->process_id != profile->process->process_id ||
            !same(row->figure.metric, "budget_ns") || same(owner, "end_to_end") ||
            same(owner, "node_events"))
            continue;
        tb_profile_part *part = tb_array_push(profile->pool, &parts);
        if (part)
            *part = (tb_profile_part){
                owner, row->figure.value,
                tb_profile_figure(profile, profile->process, "steady", "budget_mean_ns", owner)};
    }
    profile->parts = parts.items;
    profile->part_count = parts.count;
    const tb_result_process *process = profile->process;
    profile->end_to_end_ns =
        tb_profile_figure(profile, process, "steady", "budget_ns", "end_to_end");
    profile->end_to_end_mean_ns =
        tb_profile_figure(profile, process, "steady", "budget_mean_ns", "end_to_end");
    profile->node_events =
        tb_profile_figure(profile, process, "steady", "budget_ns", "node_events");
    profile->budget_inference =
        tb_profile_figure(profile, process, "steady", "budget_inference", NULL);
    profile->events = tb_profile_figure(profile, process, "steady", "events", NULL);
    profile->event_ns = tb_profile_figure(profile, process, "steady", "event_ns", NULL);
    double whole = profile->end_to_end_mean_ns.value;
    for (size_t k = 0; k < profile->op_count && whole > 0; k++)
        profile->ops[k].share = profile->ops[k].self_avg_ns / whole;
    return tb_pool_check(profile->pool, err);
}

/* ---- counters ----------------------------------------------------------------------------------- */

static void take_counters(tb_profile *profile, const cJSON *row, size_t count)
{
    const cJSON *cell = row->child;
    double index = cJSON_IsNumber(cell) ? cell->valuedouble : -1;
    double *values = tb_pool_take(profile->pool, count + 1, sizeof *values);
    if (!values || index < 0 || index >= (double)profile->plan.count ||
        profile->op_of_row[(size_t)index] < 0)
        return;
    for (size_t k = 0; k < count; k++) {
        cell = cell ? cell->next : NULL;
        values[k] = cJSON_IsNumber(cell) ? cell->valuedouble : NAN;
    }
    profile->ops[profile->op_of_row[(size_t)index]].counters = values;
}

static tb_status read_counters(tb_profile *profile, tb_error *err)
{
    if (!profile->counters_text)
        return TB_OK;
    profile->counters = cJSON_Parse(profile->counters_text);
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(profile->counters, "columns");
    size_t count = (size_t)cJSON_GetArraySize(columns);
    profile->counter_names = tb_pool_take(profile->pool, count + 1, sizeof *profile->counter_names);
    if (!profile->counter_names)
        return tb_pool_check(NULL, err);
    /* The first column is the row's number. */
    const cJSON *name = columns && columns->child ? columns->child->next : NULL;
    for (; cJSON_IsString(name); name = name->next)
        profile->counter_names[profile->counter_count++] = name->valuestring;
    const cJSON *ops = cJSON_GetObjectItemCaseSensitive(profile->counters, "ops");
    for (const cJSON *row = ops ? ops->child : NULL; row; row = row->next)
        take_counters(profile, row, profile->counter_count);
    return tb_pool_check(profile->pool, err);
}

/* ---- the roof ----------------------------------------------------------------------------------- */

/* A row's value for so many threads, else for the next fewer that were measured; 0: none. */
static double roof_of(const tb_profile *profile, const char *phase, const char *name)
{
    const tb_figure_row *rows = profile->roofs.items;
    int64_t threads = profile->result->row.threads.value, best = 0;
    double value = 0;
    for (size_t k = 0; k < profile->roofs.count; k++) {
        const tb_figure *figure = &rows[k].figure;
        long long measured = figure->owner ? strtoll(figure->owner, NULL, 10) : 0;
        if (!figure->value.known || !same(figure->phase, phase) || !same(figure->metric, name) ||
            measured > threads || measured <= best)
            continue;
        best = measured;
        value = figure->value.value;
    }
    return value;
}

/* The level of memory that holds what a thread of the op moves; blocks are half of their cache. */
static const char *level_of(const tb_profile *profile, double bytes)
{
    static const char *const levels[] = {"l1_read", "l2_read", "l3_read"};
    double threads = (double)profile->result->row.threads.value;
    for (size_t k = 0; k < TB_COUNT_OF(levels); k++)
        if (bytes / (threads > 0 ? threads : 1) <= 2 * roof_of(profile, "roof_block", levels[k]))
            return levels[k];
    return "dram_read";
}

static const char *arithmetic_of(const tb_profile_op *op)
{
    if (!op->shape)
        return NULL;
    if (strncmp(op->shape, "FLOAT32[", 8) == 0)
        return "f32_fma";
    return strncmp(op->shape, "INT8[", 5) == 0 || strncmp(op->shape, "UINT8[", 6) == 0 ? "i8_dot"
                                                                                       : NULL;
}

static void hold_against_roof(const tb_profile *profile, tb_profile_op *op)
{
    double seconds = ((double)op->row->time.self_median_ns.value + op->wait_ns) / 1e9;
    double flops = (double)op->flops.value, bytes = (double)op->bytes.value;
    if (op->encloses || seconds <= 0 || bytes <= 0)
        return;
    const char *level = level_of(profile, bytes), *arithmetic = arithmetic_of(op);
    double memory = roof_of(profile, "roof", level);
    double compute = arithmetic ? roof_of(profile, "roof", arithmetic) : 0;
    if (memory <= 0)
        return;
    double memory_s = bytes / memory, compute_s = compute > 0 ? flops / compute : 0;
    bool by_compute = compute_s > memory_s;
    op->bound = by_compute ? "compute" : "memory";
    op->roof_name = by_compute ? arithmetic : level;
    op->roof_per_s = by_compute ? compute : memory;
    op->roof_share = (by_compute ? compute_s : memory_s) / seconds;
}

static tb_status read_roofs(tb_profile *profile, tb_error *err)
{
    profile->roofs = (tb_array){.item_size = sizeof(tb_figure_row)};
    tb_status status = tb_read_roof(profile->selection->store, profile->result->run_id,
                                    profile->pool, err, &profile->roofs, &profile->roof_unix_ms);
    for (size_t k = 0; status == TB_OK && profile->roofs.count && k < profile->op_count; k++)
        hold_against_roof(profile, &profile->ops[k]);
    return status;
}

/* ---- opening ------------------------------------------------------------------------------------ */

/* The last profiled process that ended well, and the first that makes headline figures. */
static void choose_processes(tb_profile *profile)
{
    for (size_t k = 0; k < profile->result->process_count; k++) {
        const tb_result_process *process = &profile->result->processes[k];
        if (process->status == TB_PROCESS_OK && process->process.profiled.value)
            profile->process = process;
        if (process->counts && !profile->headline)
            profile->headline = process;
    }
}

static tb_status read_plan(tb_profile *profile, tb_error *err)
{
    tb_store *store = profile->selection->store;
    tb_array rows = {.item_size = sizeof(tb_op_row)};
    tb_ops *plan = &profile->plan;
    tb_status status = tb_read_ops(store, profile->process->plan_id, profile->pool, err, &rows,
                                   &plan->plan_fingerprint, &plan->plan_text);
    plan->items = rows.items;
    plan->count = rows.count;
    tb_op_time *times = calloc(plan->count + 1, sizeof *times);
    if (status == TB_OK && !times)
        status = tb_pool_check(NULL, err);
    if (status == TB_OK)
        status = tb_read_op_times(store, profile->process->process_id, profile->pool, err, times,
                                  plan->count);
    for (size_t k = 0; status == TB_OK && k < plan->count; k++)
        plan->items[k].time = times[k];
    free(times);
    return status;
}

static tb_status read_documents(tb_profile *profile, tb_error *err)
{
    tb_store *store = profile->selection->store;
    int64_t process_id = profile->process->process_id;
    tb_status status = tb_read_plan_document(store, profile->process->plan_id, "graph",
                                             profile->pool, err, &profile->graph_text);
    if (status == TB_OK)
        status = tb_read_process_document(store, process_id, "timeline", profile->pool, err,
                                          &profile->timeline_text);
    if (status == TB_OK)
        status = tb_read_process_document(store, process_id, "counters", profile->pool, err,
                                          &profile->counters_text);
    const tb_result_process *beside = profile->headline ? profile->headline : profile->process;
    if (status == TB_OK)
        status = tb_read_process_document(store, beside->process_id, "state", profile->pool, err,
                                          &profile->state_text);
    if (status == TB_OK)
        status = tb_pool_check(profile->pool, err);
    if (status == TB_OK && profile->graph_text) {
        profile->graph = cJSON_Parse(profile->graph_text);
        if (!profile->graph)
            return tb_fail(err, TB_CORRUPT, "%s: the graph of plan %lld is no JSON",
                           tb_store_path(store), (long long)profile->process->plan_id);
    }
    return status;
}

tb_status tb_profile_open(const tb_selection *selection, const tb_result *result, tb_error *err,
                          tb_profile *profile)
{
    *profile = (tb_profile){.selection = selection, .result = result, .pool = tb_pool_create()};
    choose_processes(profile);
    tb_status status = tb_pool_check(profile->pool, err);
    if (status == TB_OK && !profile->process)
        return tb_fail(err, TB_NOT_FOUND,
                       "%s, %s: no process with per-op profiling ended well, so there is no "
                       "profile",
                       result->row.model ? result->row.model : "a model",
                       result->row.delegate ? result->row.delegate : "a delegate");
    maker m = {.profile = profile};
    if (status == TB_OK)
        status = read_plan(profile, err);
    if (status == TB_OK)
        status = read_documents(profile, err);
    if (status == TB_OK)
        status = tb_selection_figures(selection, result, err, &profile->figures);
    if (status == TB_OK)
        status = make_ops(&m, err);
    if (status == TB_OK)
        status = read_samples(profile, err);
    if (status == TB_OK)
        status = read_counters(profile, err);
    if (status == TB_OK)
        status = read_roofs(profile, err);
    return status == TB_OK ? read_budget(profile, err) : status;
}

void tb_profile_close(tb_profile *profile)
{
    tb_figures_free(&profile->figures);
    cJSON_Delete(profile->graph);
    cJSON_Delete(profile->counters);
    tb_pool_free(profile->pool);
    *profile = (tb_profile){0};
}
