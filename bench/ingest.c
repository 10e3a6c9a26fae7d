/* Events into the store; see ingest.h. */
#include "bench/ingest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/record_fill.h"
#include "reports/stats.h"
#include "runtime/base/size.h"

/* The latest latencies are enough for a median that people watch. */
#define RECENT 512

void tb_ingest_init(tb_ingest *ingest, tb_store *store, int64_t run_id, const tb_model_info *model,
                    const tb_configuration *configuration, const tb_build *build,
                    const tb_process *process)
{
    *ingest = (tb_ingest){
        .store = store,
        .run_id = run_id,
        .model = *model,
        .configuration = *configuration,
        .build = *build,
        .process = *process,
    };
}

void tb_ingest_free(tb_ingest *ingest)
{
    tb_arena_free(&ingest->arena);
    free(ingest->latency_ns);
    ingest->latency_ns = NULL;
}

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "worker's events: out of memory");
}

static const char *text_of(const cJSON *event, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static int64_t int_of(const cJSON *event, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, key);
    return cJSON_IsNumber(item) && fabs(item->valuedouble) < 9e15 ? (int64_t)item->valuedouble : 0;
}

/* A copy that outlives the event; NULL stays NULL. */
static const char *keep(tb_ingest *ingest, const char *text)
{
    return text ? tb_arena_text(&ingest->arena, text, strlen(text)) : NULL;
}

static tb_status make_row(tb_ingest *ingest, tb_error *err)
{
    if (ingest->process_id)
        return TB_OK;
    return tb_store_add_process(ingest->store, ingest->run_id, &ingest->model,
                                &ingest->configuration, &ingest->build, &ingest->process, err,
                                &ingest->process_id);
}

/* ---- events ------------------------------------------------------------------------------------ */

static tb_status take_hello(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    tb_build *build = &ingest->build;
    build->engine = keep(ingest, text_of(event, "engine"));
    bool ours = build->engine && strcmp(build->engine, "native") == 0;
    const char *version = text_of(event, ours ? "version" : "engine_version");
    /* An engine's version begins with its name. */
    size_t name = !ours && build->engine ? strlen(build->engine) : 0;
    if (name && version && strncmp(version, build->engine, name) == 0 && version[name] == ' ')
        version += name + 1;
    build->engine_version = keep(ingest, version);
    /* Our own build is known from the worker; a library's compiler and revision are not. */
    if (ours) {
        build->git_revision = keep(ingest, text_of(event, "revision"));
        build->compiler = keep(ingest, text_of(event, "compiler"));
        build->flags = keep(ingest, text_of(event, "flags"));
        build->arch = keep(ingest, text_of(event, "arch"));
    }
    ingest->process.pid = tb_int(int_of(event, "pid"));
    return make_row(ingest, err);
}

/* The readings that say what state the machine was in when the process began and ended. */
static tb_status take_environment(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    static const struct {
        const char *name, *unit;
    } wanted[] = {{"cpu_now_khz", "khz"},
                  {"temperature_celsius", "celsius"},
                  {"load_1m", "count"},
                  {"memory_available_bytes", "bytes"}};
    tb_figure figures[TB_COUNT_OF(wanted)] = {0};
    const cJSON *readings = cJSON_GetObjectItemCaseSensitive(event, "environment");
    for (size_t k = 0; k < TB_COUNT_OF(wanted); k++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(readings, wanted[k].name);
        figures[k] = (tb_figure){.phase = "process",
                                 .metric = wanted[k].name,
                                 .owner = text_of(event, "moment"),
                                 .unit = wanted[k].unit};
        if (cJSON_IsNumber(item))
            figures[k].value = tb_num(item->valuedouble);
        else
            figures[k].reason = "this machine does not say";
    }
    return tb_store_add_figures(ingest->store, ingest->run_id, ingest->process_id, figures,
                                TB_COUNT_OF(figures), err);
}

static tb_status take_figures(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(event, "figures");
    int count = cJSON_GetArraySize(list);
    tb_figure *figures = calloc((size_t)count + 1, sizeof *figures);
    if (!figures)
        return no_memory(err);
    int k = 0;
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next)
        tb_record_from_json(&tb_figure_type, item, &figures[k++]);
    tb_status status = tb_store_add_figures(ingest->store, ingest->run_id, ingest->process_id,
                                            figures, (size_t)count, err);
    free(figures);
    return status;
}

/* Whole numbers of an array into memory that the caller frees; NULL where there are none. */
static uint64_t *numbers_of(const cJSON *event, const char *key, size_t *count)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(event, key);
    *count = (size_t)cJSON_GetArraySize(list);
    uint64_t *numbers = *count ? malloc(*count * sizeof *numbers) : NULL;
    size_t k = 0;
    for (const cJSON *item = list ? list->child : NULL; numbers && item; item = item->next)
        numbers[k++] = cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 9e15
                           ? (uint64_t)item->valuedouble
                           : 0;
    return numbers;
}

static tb_status keep_samples(tb_ingest *ingest, const uint64_t *latency_ns, size_t count,
                              tb_error *err)
{
    if (ingest->sample_count + count > ingest->sample_room) {
        size_t room = 2 * (ingest->sample_count + count);
        double *grown = realloc(ingest->latency_ns, room * sizeof *grown);
        if (!grown)
            return no_memory(err);
        ingest->latency_ns = grown;
        ingest->sample_room = room;
    }
    for (size_t k = 0; k < count; k++)
        ingest->latency_ns[ingest->sample_count++] = (double)latency_ns[k];
    return TB_OK;
}

static tb_status take_samples(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    size_t count, start_count;
    uint64_t *latency_ns = numbers_of(event, "latency_ns", &count);
    uint64_t *start_ns = numbers_of(event, "start_ns", &start_count);
    int64_t first = int_of(event, "first");
    const char *phase = text_of(event, "phase");
    tb_status status = TB_OK;
    if (!latency_ns)
        status = count ? no_memory(err) : TB_OK;
    else if (phase && strcmp(phase, "warmup") == 0)
        status =
            tb_store_add_warmup(ingest->store, ingest->process_id, first, latency_ns, count, err);
    else {
        status = keep_samples(ingest, latency_ns, count, err);
        if (status == TB_OK)
            status = tb_store_add_samples(ingest->store, ingest->process_id, first, latency_ns,
                                          start_count == count ? start_ns : NULL, count, err);
    }
    free(latency_ns);
    free(start_ns);
    return status;
}

static tb_status take_model(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    tb_model_info model = ingest->model;
    tb_record_from_json(&tb_model_type, cJSON_GetObjectItemCaseSensitive(event, "model"), &model);
    /* Whatever the worker calls it: these are the driver's. */
    model.name = ingest->model.name;
    model.path = ingest->model.path;
    model.sha256 = ingest->model.sha256;
    return tb_store_set_model(ingest->store, ingest->process_id, &model, err);
}

/* Remembers the first node that stayed behind, and why. */
static void note_reason(tb_ingest *ingest, const tb_op *op)
{
    if (!op->reason || ingest->first_reason)
        return;
    char text[256];
    snprintf(text, sizeof text, "node %lld %.40s: %.180s", (long long)op->node.value,
             op->op ? op->op : "", op->reason);
    ingest->first_reason = keep(ingest, text);
}

static tb_status take_plan(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(event, "ops");
    size_t count = (size_t)cJSON_GetArraySize(list);
    tb_op *ops = calloc(count + 1, sizeof *ops);
    if (!ops)
        return no_memory(err);
    size_t k = 0;
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next, k++) {
        tb_record_from_json(&tb_op_type, item, &ops[k]);
        note_reason(ingest, &ops[k]);
    }
    tb_plan plan = {0};
    tb_record_from_json(&tb_plan_type, cJSON_GetObjectItemCaseSensitive(event, "plan"), &plan);
    ingest->plan_known = true;
    ingest->nodes_total = plan.nodes_total.value;
    ingest->nodes_delegated = plan.nodes_delegated.value;
    ingest->partitions = plan.partitions.value;
    tb_status status = tb_store_set_plan(ingest->store, ingest->process_id, &plan, ops, count, err,
                                         ingest->fingerprint);
    free(ops);
    return status;
}

static tb_status take_op_times(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(event, "op_times");
    int64_t last = -1;
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next)
        last = int_of(item, "op") > last ? int_of(item, "op") : last;
    if (last < 0 || last > 10000000)
        return TB_OK;
    /* Rows that no time came for stay unknown. */
    tb_op_time *times = calloc((size_t)last + 1, sizeof *times);
    if (!times)
        return no_memory(err);
    for (const cJSON *item = list->child; item; item = item->next)
        if (int_of(item, "op") >= 0)
            tb_record_from_json(&tb_op_time_type, item, &times[int_of(item, "op")]);
    tb_status status =
        tb_store_add_op_times(ingest->store, ingest->process_id, times, (size_t)last + 1, err);
    free(times);
    return status;
}

static tb_status take_op_samples(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    size_t count;
    uint64_t *duration_ns = numbers_of(event, "duration_ns", &count);
    if (!duration_ns)
        return count ? no_memory(err) : TB_OK;
    tb_status status =
        tb_store_add_op_samples(ingest->store, ingest->process_id, int_of(event, "op"),
                                int_of(event, "first"), duration_ns, count, err);
    free(duration_ns);
    return status;
}

/* Kept as text: nobody looks into it but those who read profiles. */
static tb_status take_document(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    const char *kind = text_of(event, "kind"), *of = text_of(event, "of");
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(event, "body");
    if (!kind || !of || !body)
        return TB_OK;
    char *text = cJSON_PrintUnformatted(body);
    if (!text)
        return no_memory(err);
    tb_status status =
        strcmp(of, "plan") == 0
            ? tb_store_add_plan_document(ingest->store, ingest->process_id, kind, text, err)
            : tb_store_add_process_document(ingest->store, ingest->process_id, kind, text, err);
    cJSON_free(text);
    return status;
}

static tb_status take_outcome(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    (void)err;
    tb_outcome told = {0};
    tb_record_from_json(&tb_outcome_type, event, &told);
    if (told.check_verdict) {
        ingest->outcome.check_verdict = keep(ingest, told.check_verdict);
        ingest->outcome.check_detail = keep(ingest, told.check_detail);
    }
    if (told.output_checksum)
        ingest->outcome.output_checksum = keep(ingest, told.output_checksum);
    if (told.first_output_checksum)
        ingest->outcome.first_output_checksum = keep(ingest, told.first_output_checksum);
    return TB_OK;
}

static tb_status take_item(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    return ingest->accuracy ? tb_accuracy_take(ingest->items, ingest->accuracy, ingest->store,
                                               ingest->run_id, ingest->process_id, event, err)
                            : TB_OK;
}

static tb_status take_warning(tb_ingest *ingest, const cJSON *event, tb_error *err)
{
    tb_warning warning = {0};
    tb_record_from_json(&tb_warning_type, event, &warning);
    return tb_store_add_warning(ingest->store, ingest->run_id, ingest->process_id, &warning, err);
}

tb_status tb_ingest_event(void *context, tb_message message, const cJSON *event, tb_error *err)
{
    static tb_status (*const takers[TB_MESSAGE_COUNT])(tb_ingest *, const cJSON *, tb_error *) = {
        [TB_MESSAGE_HELLO] = take_hello,       [TB_MESSAGE_ENVIRONMENT] = take_environment,
        [TB_MESSAGE_FIGURES] = take_figures,   [TB_MESSAGE_SAMPLES] = take_samples,
        [TB_MESSAGE_MODEL] = take_model,       [TB_MESSAGE_PLAN] = take_plan,
        [TB_MESSAGE_OP_TIMES] = take_op_times, [TB_MESSAGE_OP_SAMPLES] = take_op_samples,
        [TB_MESSAGE_CHECK] = take_outcome,     [TB_MESSAGE_DONE] = take_outcome,
        [TB_MESSAGE_WARNING] = take_warning,   [TB_MESSAGE_DOCUMENT] = take_document,
        [TB_MESSAGE_ITEM] = take_item,
    };
    if (!takers[message])
        return TB_OK;
    /* The first word says which build it is, and so which row. */
    tb_status status = message == TB_MESSAGE_HELLO ? TB_OK : make_row(context, err);
    return status == TB_OK ? takers[message](context, event, err) : status;
}

/* So that a history of many runs need not read every sample. */
static tb_status store_median(tb_ingest *ingest, tb_error *err)
{
    double *sorted = malloc(ingest->sample_count * sizeof *sorted);
    if (!sorted)
        return no_memory(err);
    memcpy(sorted, ingest->latency_ns, ingest->sample_count * sizeof *sorted);
    tb_sort_doubles(sorted, ingest->sample_count);
    tb_figure median = {.phase = "steady",
                        .metric = "median_ns",
                        .unit = "ns",
                        .value = tb_num(tb_median_sorted(sorted, ingest->sample_count))};
    free(sorted);
    return tb_store_add_figures(ingest->store, ingest->run_id, ingest->process_id, &median, 1, err);
}

tb_status tb_ingest_finish(tb_ingest *ingest, const tb_launch_result *result, tb_error *err)
{
    tb_status status = make_row(ingest, err);
    if (status == TB_OK && ingest->sample_count)
        status = store_median(ingest, err);
    if (status != TB_OK)
        return status;
    tb_outcome *outcome = &ingest->outcome;
    if (result->status != TB_PROCESS_OK) {
        outcome->reason = result->reason;
        outcome->failed_phase = result->phase[0] ? result->phase : NULL;
    }
    if (result->signal)
        outcome->signal = tb_int(result->signal);
    if (result->exit_code >= 0)
        outcome->exit_code = tb_int(result->exit_code);
    return tb_store_finish_process(ingest->store, ingest->process_id, result->status, outcome, err);
}

double tb_ingest_recent_median_ns(const tb_ingest *ingest)
{
    double values[RECENT];
    size_t count = ingest->sample_count < RECENT ? ingest->sample_count : RECENT;
    if (!count)
        return 0;
    memcpy(values, ingest->latency_ns + ingest->sample_count - count, count * sizeof *values);
    tb_sort_doubles(values, count);
    return tb_median_sorted(values, count);
}

double tb_ingest_quantile_ns(tb_ingest *ingest, double p)
{
    if (!ingest->sample_count)
        return 0;
    tb_sort_doubles(ingest->latency_ns, ingest->sample_count);
    return tb_quantile_sorted(ingest->latency_ns, ingest->sample_count, p);
}

double tb_ingest_final_median_ns(tb_ingest *ingest)
{
    return tb_ingest_quantile_ns(ingest, 0.5);
}
