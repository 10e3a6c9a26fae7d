/* Items and their figures; see accuracy_run.h. */
#include "bench/accuracy_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json_get.h"
#include "reports/stats_tests.h"
#include "reports/store_items.h"

#define ITEM_PHASE     "item"
#define ACCURACY_PHASE "accuracy"

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "accuracy: out of memory");
}

tb_status tb_accuracy_check(tb_accuracy *accuracy, const char *task, tb_error *err)
{
    accuracy->task = tb_task_find(task);
    if (!accuracy->task) {
        char names[160] = "";
        int count;
        const tb_task *const *rows = tb_task_rows(&count);
        for (int k = 0; k < count; k++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", k ? ", " : "",
                     rows[k]->name);
        return tb_fail(err, TB_USAGE, "no task is called '%s'; there are %s", task, names);
    }
    tb_task_options ignored;
    const char **classes = calloc((size_t)accuracy->options.count + 1, sizeof *classes);
    tb_status status =
        classes ? tb_task_options_parse(accuracy->options, classes, err, &ignored) : no_memory(err);
    free(classes);
    return status;
}

void tb_accuracy_describe(const tb_accuracy *accuracy, tb_buf *out)
{
    tb_buf_printf(out, "task=%s;data=%s", accuracy->task->name, accuracy->data);
    for (int k = 0; k < accuracy->options.count; k++)
        tb_buf_printf(out, ";%s", accuracy->options.items[k]);
    if (accuracy->limit)
        tb_buf_printf(out, ";limit=%lld", (long long)accuracy->limit);
}

/* ---- collecting -------------------------------------------------------------------------------- */

static bool make_room(tb_accuracy_items *items)
{
    if (items->count < items->room)
        return true;
    size_t room = items->room ? items->room * 2 : 256;
    cJSON **results = realloc(items->results, room * sizeof *results);
    if (!results)
        return false;
    items->results = results;
    int64_t *indices = realloc(items->indices, room * sizeof *indices);
    if (!indices)
        return false;
    items->indices = indices;
    items->room = room;
    return true;
}

/* Takes over `result`, which may be NULL: out of memory. */
static tb_status keep_take(tb_accuracy_items *items, int64_t index, cJSON *result, tb_error *err)
{
    if (!result || !make_room(items)) {
        cJSON_Delete(result);
        return no_memory(err);
    }
    items->results[items->count] = result;
    items->indices[items->count++] = index;
    return TB_OK;
}

void tb_accuracy_items_free(tb_accuracy_items *items)
{
    for (size_t k = 0; k < items->count; k++)
        cJSON_Delete(items->results[k]);
    free(items->results);
    free(items->indices);
    *items = (tb_accuracy_items){0};
}

tb_status tb_accuracy_take(tb_accuracy_items *items, const tb_accuracy *accuracy, tb_store *store,
                           int64_t run_id, int64_t process_id, const cJSON *event, tb_error *err)
{
    int64_t index = 0;
    const char *name = "", *failure = NULL;
    const cJSON *result = NULL;
    tb_status status = tb_json_int(event, "index", 0, INT32_MAX, err, &index);
    if (status == TB_OK)
        status = tb_json_int(event, "of", 0, INT32_MAX, err, &items->total);
    if (status == TB_OK)
        status = tb_json_text(event, "name", err, &name);
    if (status == TB_OK)
        status = tb_json_has(event, "failure") ? tb_json_text(event, "failure", err, &failure)
                                               : tb_json_object(event, "result", err, &result);
    if (status != TB_OK)
        return tb_in(err, "item event of the worker");
    char *text = result ? cJSON_PrintUnformatted(result) : NULL;
    if (result && !text)
        return no_memory(err);
    tb_figure figure = {
        .phase = ITEM_PHASE,
        .metric = failure ? "failed" : accuracy->task->name,
        .owner = name,
        .value = tb_num((double)index),
        .unit = "index",
        .reason = failure ? failure : text,
    };
    status = tb_store_add_figures(store, run_id, process_id, &figure, 1, err);
    cJSON_free(text);
    if (status != TB_OK)
        return status;
    if (failure) {
        if (!items->failed++)
            snprintf(items->first_failure, sizeof items->first_failure, "%s", failure);
        return TB_OK;
    }
    return keep_take(items, index, cJSON_Duplicate(result, 1), err);
}

typedef struct recalling {
    tb_accuracy_items *items;
    tb_error *err;
} recalling;

static tb_status recall_one(void *context, int64_t index, const char *text)
{
    recalling *r = context;
    for (size_t k = 0; k < r->items->count; k++)
        if (r->items->indices[k] == index)
            return TB_OK;
    cJSON *result;
    tb_status status = tb_json_parse(text, strlen(text), r->err, &result);
    return status == TB_OK ? keep_take(r->items, index, result, r->err)
                           : tb_in(r->err, "item %lld of an earlier run", (long long)index);
}

tb_status tb_accuracy_recall(tb_accuracy_items *items, const tb_accuracy *accuracy, tb_store *store,
                             const tb_model_info *model, const tb_configuration *configuration,
                             const tb_build *build, tb_error *err)
{
    recalling context = {items, err};
    tb_buf task = {0};
    tb_accuracy_describe(accuracy, &task);
    tb_item_query query = {
        .model_sha256 = model->sha256,
        .configuration = configuration,
        .build_sha256 = build->sha256,
        .task = tb_buf_text(&task),
        .metric = accuracy->task->name,
    };
    tb_status status = tb_buf_status(&task, "task", err);
    if (status == TB_OK)
        status = tb_store_read_items(store, &query, recall_one, &context, err);
    tb_buf_free(&task);
    return status;
}

static int compare_indices(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

void tb_accuracy_done_list(const tb_accuracy_items *items, tb_buf *out)
{
    int64_t *sorted = malloc((items->count + 1) * sizeof *sorted);
    if (!sorted) {
        out->failed = true;
        return;
    }
    if (items->count)
        memcpy(sorted, items->indices, items->count * sizeof *sorted);
    qsort(sorted, items->count, sizeof *sorted, compare_indices);
    for (size_t k = 0; k < items->count;) {
        size_t last = k;
        while (last + 1 < items->count && sorted[last + 1] == sorted[last] + 1)
            last++;
        tb_buf_printf(out, "%s%lld", out->size ? "," : "", (long long)sorted[k]);
        if (last > k)
            tb_buf_printf(out, "-%lld", (long long)sorted[last]);
        k = last + 1;
    }
    free(sorted);
}

/* ---- figures ----------------------------------------------------------------------------------- */

typedef struct figure_list {
    tb_figure figures[TB_TASK_MAX_FIGURES * 3 + 8];
    char names[TB_TASK_MAX_FIGURES * 3 + 8][48];
    size_t count;
} figure_list;

static void add(figure_list *list, const char *metric, const char *end, double value,
                const char *unit, const char *reason)
{
    char *name = list->names[list->count];
    snprintf(name, sizeof list->names[0], "%s%s", metric, end);
    list->figures[list->count++] = (tb_figure){
        .phase = ACCURACY_PHASE,
        .metric = name,
        .value = tb_num(value),
        .unit = unit,
        .reason = reason,
    };
}

static void add_figure(figure_list *list, const char *metric, const char *unit,
                       const tb_task_figure *figure)
{
    add(list, metric, "", figure->value, unit, figure->reason);
    if (!isnan(figure->low) && !isnan(figure->high)) {
        add(list, metric, "_low", figure->low, unit, NULL);
        add(list, metric, "_high", figure->high, unit, NULL);
    }
}

static void say_figure(const tb_task_figure *figure, tb_buf *said)
{
    if (isnan(figure->value)) {
        tb_buf_printf(said, "%s unknown: %s", figure->metric, figure->reason);
        return;
    }
    tb_buf_printf(said, "%s %.4f", figure->metric, figure->value);
    if (!isnan(figure->low))
        tb_buf_printf(said, " [%.4f, %.4f]", figure->low, figure->high);
}

tb_status tb_accuracy_sum_up(const tb_accuracy_items *items, const tb_accuracy *accuracy,
                             tb_store *store, int64_t run_id, int64_t process_id, tb_error *err,
                             tb_buf *said)
{
    tb_task_summary summary;
    tb_status status =
        accuracy->task->sum_up((const cJSON *const *)items->results, items->count, err, &summary);
    if (status != TB_OK)
        return tb_in(err, "summing up %s", accuracy->task->name);
    figure_list *list = calloc(1, sizeof *list);
    if (!list)
        return no_memory(err);
    for (int k = 0; k < summary.count; k++) {
        const tb_task_figure *figure = &summary.figures[k];
        if (k == 0)
            add_figure(list, "score", figure->metric, figure);
        add_figure(list, figure->metric, figure->unit, figure);
        tb_buf_append_text(said, k ? ", " : "");
        say_figure(figure, said);
    }
    add(list, "items", "", (double)items->count, "count", NULL);
    add(list, "failed_items", "", (double)items->failed, "count", NULL);
    tb_buf_printf(said, ", %zu items", items->count);
    if (items->failed)
        tb_buf_printf(said, "; %zu could not be evaluated, the first: %s", items->failed,
                      items->first_failure);
    status = tb_store_add_figures(store, run_id, process_id, list->figures, list->count, err);
    free(list);
    return status;
}

/* ---- pairs ------------------------------------------------------------------------------------- */

typedef struct verdict {
    int64_t index;
    bool right;
} verdict;

static int compare_verdicts(const void *left, const void *right)
{
    return compare_indices(&((const verdict *)left)->index, &((const verdict *)right)->index);
}

static verdict *sorted_verdicts(const tb_task *task, const tb_accuracy_items *items)
{
    verdict *all = malloc((items->count + 1) * sizeof *all);
    for (size_t k = 0; all && k < items->count; k++)
        all[k] = (verdict){items->indices[k], task->is_right(items->results[k])};
    if (all)
        qsort(all, items->count, sizeof *all, compare_verdicts);
    return all;
}

bool tb_accuracy_compare(const tb_task *task, const tb_accuracy_items *first,
                         const tb_accuracy_items *second, tb_accuracy_pairs *out)
{
    *out = (tb_accuracy_pairs){0};
    if (!task->is_right)
        return false;
    verdict *a = sorted_verdicts(task, first), *b = sorted_verdicts(task, second);
    for (size_t i = 0, k = 0; a && b && i < first->count && k < second->count;) {
        if (a[i].index != b[k].index) {
            if (a[i].index < b[k].index)
                i++;
            else
                k++;
            continue;
        }
        out->pairs++;
        out->only_first += a[i].right && !b[k].right;
        out->only_second += !a[i].right && b[k].right;
        i++;
        k++;
    }
    free(a);
    free(b);
    out->p = tb_mcnemar_p(out->only_first, out->only_second);
    return out->pairs > 0;
}
