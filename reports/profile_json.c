/* The profile as one JSON document, docs/formats.md, "Profile". */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/describe.h"
#include "reports/escape.h"
#include "reports/json.h"
#include "reports/profile_parts.h"
#include "runtime/base/size.h"

#define MAX_LATENCIES  5000
#define MAX_OP_SAMPLES 200
#define MAX_SAMPLES    400000 /* over all ops */

/* ---- pieces -------------------------------------------------------------------------------------- */

void tb_profile_put_text(cJSON *object, const char *key, const char *text)
{
    if (!text)
        return;
    /* Names may be any bytes; JSON is UTF-8. */
    tb_buf safe = {0};
    tb_escape_plain(&safe, text);
    cJSON_AddStringToObject(object, key, tb_buf_text(&safe));
    tb_buf_free(&safe);
}

void tb_profile_put_number(cJSON *object, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, key, value);
}

void tb_profile_put_real(cJSON *object, const char *key, tb_real real)
{
    if (real.known)
        cJSON_AddNumberToObject(object, key, real.value);
}

cJSON *tb_profile_push(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();
    if (!object || !cJSON_AddItemToArray(array, object)) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

static void put_integer(cJSON *object, const char *key, tb_integer integer)
{
    if (integer.known)
        cJSON_AddNumberToObject(object, key, (double)integer.value);
}

static cJSON *put_record(cJSON *object, const char *key, const tb_record_type *type,
                         const void *record)
{
    cJSON *made = cJSON_AddObjectToObject(object, key);
    if (made)
        tb_json_add_record(made, type, record);
    return made;
}

/* Every k-th of `count` numbers, `most` of them at most, as a text: a node of cJSON each would take
   as much memory as all the rest. */
static void put_numbers(cJSON *object, const char *key, const uint64_t *numbers, size_t count,
                        size_t most)
{
    size_t step = most && count > most ? (count + most - 1) / most : 1;
    tb_buf text = {0};
    tb_buf_append_char(&text, '[');
    for (size_t k = 0; k < count; k += step)
        tb_buf_printf(&text, "%s%llu", k ? "," : "", (unsigned long long)numbers[k]);
    tb_buf_append_char(&text, ']');
    cJSON_AddRawToObject(object, key, tb_buf_text(&text));
    tb_buf_free(&text);
}

/* ---- the run ------------------------------------------------------------------------------------ */

static void put_context(cJSON *document, const tb_profile *profile, const tb_context *context)
{
    for (size_t k = 0; k < context->run_count; k++) {
        const tb_run_context *run = &context->runs[k];
        if (run->run_id != profile->result->run_id)
            continue;
        put_record(document, "device", &tb_device_type, &run->device);
        put_record(document, "build", &tb_build_type, &run->driver);
        cJSON *environment = cJSON_AddObjectToObject(document, "environment");
        put_record(environment, "start", &tb_environment_type, &run->start);
        put_record(environment, "end", &tb_environment_type, &run->end);
    }
    cJSON *warnings = cJSON_AddArrayToObject(document, "warnings");
    for (size_t k = 0; k < context->warning_count; k++) {
        const tb_warning_row *row = &context->warnings[k];
        bool ours =
            row->run_id == profile->result->run_id &&
            (!row->configuration_id || row->configuration_id == profile->result->configuration_id);
        bool repeated = false;
        for (size_t i = 0; i < k && ours && !repeated; i++)
            repeated = context->warnings[i].run_id == row->run_id &&
                       context->warnings[i].configuration_id == row->configuration_id &&
                       context->warnings[i].warning.message && row->warning.message &&
                       strcmp(context->warnings[i].warning.message, row->warning.message) == 0;
        if (ours && !repeated)
            tb_json_add_record(tb_profile_push(warnings), &tb_warning_type, &row->warning);
    }
}

static void put_configuration(cJSON *document, const tb_result_row *row)
{
    cJSON *object = cJSON_AddObjectToObject(document, "configuration");
    tb_profile_put_text(object, "model", row->model);
    tb_profile_put_text(object, "engine", row->engine);
    tb_profile_put_text(object, "engine_version", row->engine_version);
    tb_profile_put_text(object, "delegate", row->delegate);
    put_integer(object, "threads", row->threads);
    tb_profile_put_text(object, "options", row->options);
    tb_profile_put_text(object, "ran", row->ran);
}

static void put_processes(cJSON *document, const tb_result *result)
{
    cJSON *processes = cJSON_AddArrayToObject(document, "processes");
    for (size_t k = 0; k < result->process_count; k++) {
        const tb_result_process *process = &result->processes[k];
        cJSON *item = tb_profile_push(processes);
        tb_profile_put_number(item, "id", (double)process->process_id);
        cJSON_AddBoolToObject(item, "profiled", process->process.profiled.value != 0);
        tb_profile_put_text(item, "status", tb_process_status_text(process->status));
        tb_profile_put_text(item, "reason", process->outcome.reason);
        tb_profile_put_number(item, "samples", (double)process->sample_count);
    }
}

/* ---- phases and memory -------------------------------------------------------------------------- */

static void put_figure(cJSON *phase, const tb_figure *figure)
{
    if (figure->owner && *figure->owner) {
        cJSON *owned = cJSON_GetObjectItemCaseSensitive(phase, "owned");
        cJSON *item = tb_profile_push(owned ? owned : cJSON_AddArrayToObject(phase, "owned"));
        tb_profile_put_text(item, "metric", figure->metric);
        tb_profile_put_text(item, "owner", figure->owner);
        tb_profile_put_real(item, "value", figure->value);
        tb_profile_put_text(item, "unit", figure->unit);
        tb_profile_put_text(item, "reason", figure->reason);
    } else if (figure->value.known) {
        tb_profile_put_number(phase, figure->metric, figure->value.value);
    }
}

static void put_phases(cJSON *document, const tb_profile *profile)
{
    static const char *const order[] = {"load",   "delegate", "allocate", "first_invoke",
                                        "warmup", "steady",   "process"};
    const tb_result_process *of = profile->headline ? profile->headline : profile->process;
    cJSON *phases = cJSON_AddArrayToObject(document, "phases");
    for (size_t p = 0; p < TB_COUNT_OF(order); p++) {
        cJSON *phase = NULL;
        for (size_t k = 0; k < profile->figures.count; k++) {
            const tb_figure_row *row = &profile->figures.items[k];
            if (row->process_id != of->process_id || !row->figure.phase ||
                strcmp(row->figure.phase, order[p]) != 0)
                continue;
            if (!phase) {
                phase = tb_profile_push(phases);
                tb_profile_put_text(phase, "phase", order[p]);
            }
            put_figure(phase, &row->figure);
        }
    }
}

/* A number, or why there is none. */
static void put_memory_figure(cJSON *memory, const tb_profile *profile, const char *phase,
                              const char *metric)
{
    const tb_result_process *of = profile->headline ? profile->headline : profile->process;
    for (size_t k = 0; k < profile->figures.count; k++) {
        const tb_figure_row *row = &profile->figures.items[k];
        bool wanted = row->process_id == of->process_id && row->figure.metric &&
                      strcmp(row->figure.metric, metric) == 0 && row->figure.phase &&
                      strcmp(row->figure.phase, phase) == 0 &&
                      (!row->figure.owner || !*row->figure.owner);
        if (!wanted)
            continue;
        if (row->figure.value.known)
            tb_profile_put_number(memory, metric, row->figure.value.value);
        else
            tb_profile_put_text(cJSON_AddObjectToObject(memory, metric), "reason",
                                row->figure.reason);
        return;
    }
}

static void put_memory(cJSON *document, const tb_profile *profile)
{
    static const char *const steady[] = {"rss_bytes",     "pss_bytes",
                                         "uss_bytes",     "anon_bytes",
                                         "file_bytes",    "heap_bytes",
                                         "arena_bytes",   "model_file_bytes",
                                         "weights_bytes", "model_resident_bytes",
                                         "allocations",   "allocations_per_inference",
                                         "dmabuf_bytes",  "gpu_bytes"};
    cJSON *memory = cJSON_AddObjectToObject(document, "memory");
    for (size_t k = 0; k < TB_COUNT_OF(steady); k++)
        put_memory_figure(memory, profile, "steady", steady[k]);
    put_memory_figure(memory, profile, "process", "peak_rss_bytes");
    const cJSON *subgraphs = cJSON_GetObjectItemCaseSensitive(profile->graph, "subgraphs");
    const cJSON *primary = cJSON_GetArrayItem(subgraphs, 0);
    const cJSON *plan = cJSON_GetObjectItemCaseSensitive(primary, "memory_plan");
    for (const cJSON *item = plan ? plan->child : NULL; item; item = item->next)
        if (!cJSON_GetObjectItemCaseSensitive(memory, item->string))
            tb_profile_put_number(memory, item->string, item->valuedouble);
    const cJSON *peak = cJSON_GetObjectItemCaseSensitive(plan, "peak_node");
    if (cJSON_IsNumber(peak) && peak->valueint >= 0) {
        const cJSON *node = tb_profile_node(profile, 0, peak->valueint);
        const cJSON *op = cJSON_GetObjectItemCaseSensitive(node, "op");
        tb_profile_put_text(memory, "peak_op", cJSON_IsString(op) ? op->valuestring : NULL);
    }
}

/* ---- the budget --------------------------------------------------------------------------------- */

static const char *what_of(const char *part)
{
    static const struct {
        const char *name, *what;
    } rows[] = {
        {"kernels", "nodes in the interpreter's own kernels"},
        {"control_flow", "nodes that run subgraphs, without what they run"},
        {"steps", "steps inside delegates"},
        {"delegate", "a delegate's node outside the steps it tells"},
        {"copy", "data moved across a delegate's boundary"},
        {"sync", "waiting for a device or for other threads"},
        {"dispatch", "between nodes: the interpreter's loop, and the note of each event"},
        {"unattributed", "what is left: entry and return of the call"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(rows); k++)
        if (strcmp(rows[k].name, part) == 0)
            return rows[k].what;
    return NULL;
}

static void put_budget(cJSON *document, const tb_profile *profile)
{
    cJSON *budget = cJSON_AddObjectToObject(document, "budget");
    if (!profile->end_to_end_ns.known) {
        tb_profile_put_text(budget, "reason",
                            profile->op_count ? "no inference was kept whole"
                                              : "the engine tells nothing of its ops");
        return;
    }
    double whole = profile->end_to_end_ns.value;
    double counted = 200 + 50 * profile->node_events.value;
    tb_profile_put_number(budget, "end_to_end_ns", whole);
    tb_profile_put_real(budget, "inference", profile->budget_inference);
    cJSON *parts = cJSON_AddArrayToObject(budget, "parts");
    cJSON *mean = cJSON_AddObjectToObject(budget, "mean");
    tb_profile_put_real(mean, "end_to_end_ns", profile->end_to_end_mean_ns);
    cJSON *means = cJSON_AddArrayToObject(mean, "parts");
    for (size_t k = 0; k < profile->part_count; k++) {
        const tb_profile_part *part = &profile->parts[k];
        cJSON *item = tb_profile_push(parts), *one = tb_profile_push(means);
        tb_profile_put_text(item, "part", part->name);
        tb_profile_put_real(item, "ns", part->ns);
        tb_profile_put_text(item, "what", what_of(part->name));
        tb_profile_put_text(one, "part", part->name);
        tb_profile_put_real(one, "ns", part->mean_ns);
        if (strcmp(part->name, "unattributed") == 0)
            tb_profile_put_real(budget, "unattributed_ns", part->ns);
    }
    tb_profile_put_number(budget, "unattributed_limit_ns",
                          whole / 100 > counted ? whole / 100 : counted);
    tb_profile_put_real(budget, "node_events", profile->node_events);
}

static void put_overhead(cJSON *document, const tb_profile *profile)
{
    cJSON *overhead = cJSON_AddObjectToObject(document, "overhead");
    tb_profile_put_real(overhead, "events", profile->events);
    tb_profile_put_real(overhead, "event_ns", profile->event_ns);
    if (profile->events.known && profile->event_ns.known && profile->end_to_end_ns.value > 0)
        tb_profile_put_number(overhead, "share",
                              profile->events.value * profile->event_ns.value /
                                  profile->end_to_end_ns.value);
    const tb_real plain = profile->result->row.median_ns;
    tb_profile_put_real(overhead, "plain_median_ns", plain);
    tb_profile_put_real(overhead, "profiled_median_ns", profile->end_to_end_ns);
    if (plain.known && plain.value > 0 && profile->end_to_end_ns.known)
        tb_profile_put_number(overhead, "ratio", profile->end_to_end_ns.value / plain.value);
}

/* ---- the graph, ops, partitions ------------------------------------------------------------------ */

static void put_model(cJSON *document, const tb_profile *profile)
{
    const tb_result_row *row = &profile->result->row;
    cJSON *model = cJSON_AddObjectToObject(document, "model");
    tb_profile_put_text(model, "name", row->model);
    tb_profile_put_text(model, "sha256", row->model_sha256);
    put_integer(model, "size_bytes", row->model_bytes);
    cJSON *subgraphs = cJSON_GetObjectItemCaseSensitive(profile->graph, "subgraphs");
    if (subgraphs)
        cJSON_AddItemReferenceToObject(model, "subgraphs", subgraphs);
    else
        tb_profile_put_text(model, "reason", "the engine tells no graph");
}

static void put_covers(cJSON *object, const tb_profile_op *op)
{
    cJSON *covers = cJSON_AddArrayToObject(object, "covers");
    for (size_t k = 0; k < op->cover_count; k++)
        cJSON_AddItemToArray(covers, cJSON_CreateNumber((double)op->covers[k]));
}

static void put_times(cJSON *object, const tb_profile_op *op, size_t most)
{
    const tb_op_time *time = &op->row->time;
    put_integer(object, "calls", time->calls);
    put_integer(object, "inferences", time->inferences);
    put_integer(object, "first_ns", time->first_ns);
    tb_profile_put_number(object, "avg_ns", op->avg_ns);
    put_integer(object, "median_ns", time->median_ns);
    put_integer(object, "min_ns", time->min_ns);
    put_integer(object, "max_ns", time->max_ns);
    if (op->summary.median_interval.level > 0) {
        tb_profile_put_number(object, "median_low_ns", op->summary.median_interval.low);
        tb_profile_put_number(object, "median_high_ns", op->summary.median_interval.high);
    }
    if (op->summary.count)
        tb_profile_put_number(object, "std_ns", op->summary.stddev);
    put_integer(object, "self_ns", time->self_ns);
    tb_profile_put_number(object, "self_avg_ns", op->self_avg_ns);
    put_integer(object, "self_median_ns", time->self_median_ns);
    if (op->wait_ns > 0)
        tb_profile_put_number(object, "wait_ns", op->wait_ns);
    tb_profile_put_number(object, "share", op->share);
    if (op->sample_count)
        put_numbers(object, "samples_ns", op->samples_ns, op->sample_count, most);
}

static void put_work(cJSON *object, const tb_profile_op *op)
{
    double seconds = ((double)op->row->time.self_median_ns.value + op->wait_ns) / 1e9;
    put_integer(object, "flops", op->flops);
    put_integer(object, "macs", op->macs);
    put_integer(object, "bytes", op->bytes);
    put_integer(object, "mem_bytes", op->mem_bytes);
    bool flops = op->flops.known && op->flops.value > 0 && !op->encloses;
    bool bytes = op->bytes.known && op->bytes.value > 0 && !op->encloses;
    if (flops && bytes)
        tb_profile_put_number(object, "intensity",
                              (double)op->flops.value / (double)op->bytes.value);
    if (flops && seconds > 0)
        tb_profile_put_number(object, "flops_per_s", (double)op->flops.value / seconds);
    if (bytes && seconds > 0)
        tb_profile_put_number(object, "bytes_per_s", (double)op->bytes.value / seconds);
}

static void put_roof(cJSON *object, const tb_profile_op *op)
{
    if (!op->bound)
        return;
    cJSON *roof = cJSON_AddObjectToObject(object, "roof");
    tb_profile_put_text(roof, "bound", op->bound);
    tb_profile_put_text(roof, "row", op->roof_name);
    tb_profile_put_number(roof, strcmp(op->bound, "compute") == 0 ? "flops_per_s" : "bytes_per_s",
                          op->roof_per_s);
    tb_profile_put_number(roof, "share", op->roof_share);
}

static void put_counters(cJSON *object, const tb_profile *profile, const tb_profile_op *op)
{
    cJSON *counters = op->counters ? cJSON_AddObjectToObject(object, "counters") : NULL;
    for (size_t k = 0; counters && k < profile->counter_count; k++)
        tb_profile_put_number(counters, profile->counter_names[k], op->counters[k]);
}

static void put_ops(cJSON *document, const tb_profile *profile)
{
    cJSON *ops = cJSON_AddArrayToObject(document, "ops");
    size_t most = profile->op_count ? MAX_SAMPLES / profile->op_count : 0;
    most = most > MAX_OP_SAMPLES ? MAX_OP_SAMPLES : most < 1 ? 1 : most;
    for (size_t k = 0; k < profile->op_count; k++) {
        const tb_profile_op *op = &profile->ops[k];
        cJSON *item = tb_profile_push(ops);
        tb_profile_put_number(item, "index", (double)op->row->index);
        tb_profile_put_text(item, "kind", op->kind);
        put_integer(item, "subgraph", op->row->op.subgraph);
        put_integer(item, "node", op->row->op.node);
        tb_profile_put_text(item, "op", op->name);
        tb_profile_put_text(item, "tensor", op->tensor);
        tb_profile_put_text(item, "shape", op->shape);
        tb_profile_put_text(item, "delegate", op->delegate);
        if (op->partition >= 0)
            tb_profile_put_number(item, "partition", (double)op->partition);
        tb_profile_put_text(item, "kernel", op->row->op.kernel);
        tb_profile_put_text(item, "reason", op->row->op.reason);
        put_covers(item, op);
        if (op->parent >= 0)
            tb_profile_put_number(item, "parent", (double)op->parent);
        put_work(item, op);
        put_roof(item, op);
        put_counters(item, profile, op);
        put_times(item, op, most);
    }
}

static void put_partitions(cJSON *document, const tb_profile *profile)
{
    cJSON *partitions = cJSON_AddArrayToObject(document, "partitions");
    for (size_t k = 0; k < profile->plan.count; k++) {
        const tb_op *op = &profile->plan.items[k].op;
        if (!op->covers || !*op->covers || (op->kind && strcmp(op->kind, "node") != 0))
            continue;
        cJSON *item = tb_profile_push(partitions);
        put_integer(item, "partition", op->partition);
        put_integer(item, "subgraph", op->subgraph);
        put_integer(item, "kernel_node", op->node);
        tb_profile_put_text(item, "name", op->op);
        tb_profile_put_text(item, "delegate", op->delegate);
        tb_buf nodes = {0};
        tb_buf_printf(&nodes, "[%s]", op->covers);
        cJSON_AddRawToObject(item, "nodes", tb_buf_text(&nodes));
        tb_buf_free(&nodes);
    }
    tb_profile_put_text(document, "plan_text", profile->plan.plan_text);
}

static cJSON *find_fallback(cJSON *list, const char *reason, const char *op)
{
    for (cJSON *item = list ? list->child : NULL; item; item = item->next) {
        const cJSON *has_reason = cJSON_GetObjectItemCaseSensitive(item, "reason");
        const cJSON *has_op = cJSON_GetObjectItemCaseSensitive(item, "op");
        if (has_reason && has_op && strcmp(has_reason->valuestring, reason) == 0 &&
            strcmp(has_op->valuestring, op) == 0)
            return item;
    }
    return NULL;
}

static void put_fallbacks(cJSON *document, const tb_profile *profile)
{
    cJSON *fallbacks = cJSON_AddArrayToObject(document, "fallbacks");
    for (size_t k = 0; k < profile->plan.count; k++) {
        const tb_op *op = &profile->plan.items[k].op;
        if (!op->reason || !op->op)
            continue;
        cJSON *item = find_fallback(fallbacks, op->reason, op->op);
        if (!item) {
            item = tb_profile_push(fallbacks);
            tb_profile_put_text(item, "reason", op->reason);
            tb_profile_put_text(item, "op", op->op);
            cJSON_AddArrayToObject(item, "nodes");
        }
        const double place[] = {(double)op->subgraph.value, (double)op->node.value};
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(item, "nodes"),
                             cJSON_CreateDoubleArray(place, 2));
    }
}

/* A stored document as it is, or why there is none. */
static void put_document(cJSON *document, const char *key, const char *text, const char *reason)
{
    if (text)
        cJSON_AddRawToObject(document, key, text);
    else
        tb_profile_put_text(cJSON_AddObjectToObject(document, key), "reason", reason);
}

static void put_roofs(cJSON *document, const tb_profile *profile)
{
    cJSON *roofs = cJSON_AddObjectToObject(document, "roofs");
    const tb_figure_row *figures = profile->roofs.items;
    if (!profile->roofs.count) {
        tb_profile_put_text(
            roofs, "reason",
            "no roof of this machine is stored: `tflbench doctor --roof` measures it");
        return;
    }
    tb_profile_put_number(roofs, "run", (double)figures[0].run_id);
    tb_profile_put_number(roofs, "measured_unix_ms", (double)profile->roof_unix_ms);
    cJSON *rows = cJSON_AddArrayToObject(roofs, "rows");
    for (size_t k = 0; k < profile->roofs.count; k++) {
        const tb_figure *figure = &figures[k].figure;
        if (!figure->phase || strncmp(figure->phase, "roof", 4) != 0)
            continue;
        /* A block's size follows the row it belongs to. */
        if (strcmp(figure->phase, "roof_block") == 0) {
            tb_profile_put_real(cJSON_GetArrayItem(rows, cJSON_GetArraySize(rows) - 1),
                                "block_bytes", figure->value);
            continue;
        }
        cJSON *row = tb_profile_push(rows);
        tb_profile_put_text(row, "name", figure->metric);
        tb_profile_put_number(row, "threads", figure->owner ? atof(figure->owner) : 0);
        tb_profile_put_real(row, "value", figure->value);
        tb_profile_put_text(row, "unit", figure->unit);
        tb_profile_put_text(row, "reason", figure->reason);
    }
}

/* ---- the document -------------------------------------------------------------------------------- */

static tb_status put_profile(cJSON *document, const tb_profile *profile, const tb_context *context,
                             tb_error *err)
{
    put_configuration(document, &profile->result->row);
    put_record(document, "result", &tb_result_type, &profile->result->row);
    put_numbers(document, "latency_ns", profile->result->latency_ns, profile->result->sample_count,
                MAX_LATENCIES);
    put_processes(document, profile->result);
    put_context(document, profile, context);
    put_phases(document, profile);
    put_memory(document, profile);
    put_budget(document, profile);
    put_overhead(document, profile);
    put_model(document, profile);
    put_ops(document, profile);
    put_partitions(document, profile);
    put_fallbacks(document, profile);
    put_document(document, "timeline", profile->timeline_text, "no inference was kept whole");
    put_document(document, "counters", profile->counters_text,
                 "they were left out (--no-counters)");
    put_document(document, "state", profile->state_text, "nothing was sampled beside the run");
    put_roofs(document, profile);
    return tb_profile_put_numerics(document, profile, err);
}

static void put_head(cJSON *document, const tb_profile *profile, const tb_results *results)
{
    tb_profile_put_text(document, "schema", TB_PROFILE_SCHEMA);
    tb_profile_put_number(document, "version", TB_PROFILE_SCHEMA_VERSION);
    tb_buf sentence = {0};
    tb_describe_in_one(results, &sentence);
    tb_profile_put_text(document, "sentence", tb_buf_text(&sentence));
    tb_buf_free(&sentence);
    cJSON *run = cJSON_AddObjectToObject(document, "run");
    tb_profile_put_number(run, "run", (double)profile->result->run_id);
    tb_profile_put_text(run, "started", profile->result->row.started);
    tb_profile_put_text(run, "labels", profile->result->row.labels);
    cJSON *rows = cJSON_AddArrayToObject(document, "results");
    for (size_t k = 0; k < results->count; k++)
        if (results->items[k].run_id == profile->result->run_id)
            tb_json_add_record(tb_profile_push(rows), &tb_result_type, &results->items[k].row);
}

tb_status tb_profile_json(const tb_profile *profiles, size_t count, const tb_results *results,
                          tb_error *err, tb_buf *out)
{
    tb_context context = {0};
    tb_status status = tb_selection_context(profiles[0].selection, err, &context);
    if (status != TB_OK)
        return status;
    cJSON *document = cJSON_CreateObject();
    put_head(document, &profiles[0], results);
    status = put_profile(document, &profiles[0], &context, err);
    cJSON *more = cJSON_AddArrayToObject(document, "more");
    for (size_t k = 1; k < count && status == TB_OK; k++)
        status = put_profile(tb_profile_push(more), &profiles[k], &context, err);
    char *text = more && status == TB_OK ? cJSON_PrintUnformatted(document) : NULL;
    cJSON_Delete(document);
    tb_context_free(&context);
    if (status != TB_OK)
        return status;
    if (!text)
        return tb_fail(err, TB_NO_MEMORY, "no memory for the profile");
    tb_buf_append_text(out, text);
    tb_buf_append_text(out, "\n");
    cJSON_free(text);
    return tb_buf_status(out, "profile", err);
}
