/*
 * Which of several classes? The answer is the first output: a value a class, or one value that says
 * yes above one half. Ties go to the lowest class, as with TFLite's tools: an item's rank is how many
 * classes come before its own. `keyword` is the same question asked of sounds.
 */
#include <math.h>
#include <string.h>

#include "bench/accuracy.h"
#include "bench/case_type.h"
#include "bench/json_get.h"

enum { TOP = 5 };

/* Values are compared as they are stored: a scale would only add rounding. */
static double stored(const tb_io *output, size_t k)
{
    tb_number number = tb_case_type_read(output->type, output->data, k);
    double value = tb_number_value(tb_case_type_of(output->type)->kind, &number);
    return isnan(value) ? -INFINITY : value;
}

static void put_answer(tb_json_writer *json, int64_t label, size_t predicted, size_t rank,
                       size_t classes)
{
    tb_json_put_int(json, "label", label);
    tb_json_put_uint(json, "predicted", predicted);
    tb_json_put_uint(json, "rank", rank);
    tb_json_put_uint(json, "classes", classes);
}

static tb_status evaluate(const tb_evaluation *evaluation, int k, tb_json_writer *json,
                          tb_error *err)
{
    tb_io output;
    tb_status status = tb_evaluation_run(evaluation, k, err);
    if (status == TB_OK)
        status = evaluation->engine->output(evaluation->session, 0, err, &output);
    if (status != TB_OK)
        return status;
    const tb_dataset_entry *entry = &evaluation->dataset->entries[k];
    int64_t label = entry->label + evaluation->options->label_offset;
    size_t classes = tb_evaluation_elements(&output);
    if (classes == 1) {
        bool yes = tb_evaluation_real(&output, 0) > 0.5;
        put_answer(json, label, yes, yes == (label == 1) ? 0 : 1, 2);
        return TB_OK;
    }
    if (label < 0 || (uint64_t)label >= classes)
        return tb_fail(err, TB_MISMATCH,
                       "%s: label %lld with offset %lld is none of the model's %zu classes",
                       entry->name, (long long)entry->label,
                       (long long)evaluation->options->label_offset, classes);
    size_t predicted = 0, rank = 0;
    double own = stored(&output, (size_t)label);
    for (size_t c = 0; c < classes; c++) {
        double value = stored(&output, c);
        predicted = value > stored(&output, predicted) ? c : predicted;
        rank += value > own || (value == own && c < (size_t)label);
    }
    put_answer(json, label, predicted, rank, classes);
    return TB_OK;
}

static tb_status sum_up(const cJSON *const *items, size_t count, tb_error *err,
                        tb_task_summary *out)
{
    size_t first = 0, among = 0;
    int64_t most = 0;
    *out = (tb_task_summary){0};
    for (size_t k = 0; k < count; k++) {
        int64_t rank, classes;
        tb_status status = tb_json_int(items[k], "rank", 0, INT32_MAX, err, &rank);
        if (status == TB_OK)
            status = tb_json_int(items[k], "classes", 1, INT32_MAX, err, &classes);
        if (status != TB_OK)
            return status;
        first += rank == 0;
        among += rank < TOP;
        most = classes > most ? classes : most;
    }
    tb_task_add_share(out, "top1", first, count);
    if (most > TOP)
        tb_task_add_share(out, "top5", among, count);
    return TB_OK;
}

static bool is_right(const cJSON *item)
{
    const cJSON *rank = cJSON_GetObjectItemCaseSensitive(item, "rank");
    return cJSON_IsNumber(rank) && rank->valueint == 0;
}

const tb_task tb_task_classify = {
    .name = "classify",
    .what = "which of several classes: top-1 and top-5",
    .truth = TB_TRUTH_CLASS,
    .evaluate = evaluate,
    .sum_up = sum_up,
    .is_right = is_right,
};

const tb_task tb_task_keyword = {
    .name = "keyword",
    .what = "which word was said: top-1",
    .truth = TB_TRUTH_CLASS,
    .evaluate = evaluate,
    .sum_up = sum_up,
    .is_right = is_right,
};
