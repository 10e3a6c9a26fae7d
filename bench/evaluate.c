/* Item by item; see evaluate.h. */
#include "bench/evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/accuracy.h"
#include "bench/model_files.h"
#include "bench/model_metadata.h"
#include "bench/worker_say.h"

/* Trouble of the process rather than of an item: going on would only repeat it. */
static bool ends_everything(tb_status status)
{
    return status == TB_NO_MEMORY || status == TB_TIME_LIMIT || status == TB_CANCELLED ||
           status == TB_INTERNAL;
}

/* "0-99,105": is k in the list? The lists are the driver's own: ascending, without blanks. */
static bool is_done(const char *list, int k)
{
    while (list && *list) {
        char *end;
        long first = strtol(list, &end, 10), last = first;
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        if (end == list || k < first)
            return false;
        if (k <= last)
            return true;
        list = *end == ',' ? end + 1 : end;
    }
    return false;
}

static bool is_wanted(const tb_job *job, int k)
{
    return (!job->item_limit || k < job->item_limit) &&
           (job->shards < 2 || k % job->shards == job->shard - 1) && !is_done(job->items_done, k);
}

static bool say_item(tb_event_stream *events, const tb_dataset_entry *entry, int k, int64_t wanted,
                     const tb_buf *body, const char *failure)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_ITEM);
    tb_json_put_int(json, "index", k);
    tb_json_put_int(json, "of", wanted);
    tb_json_put_text(json, "name", entry->name);
    tb_json_put_text(json, "failure", failure);
    if (!failure) {
        /* The object was written beforehand, since a task may fail in the middle of it. */
        tb_buf_append_text(json->out, ",\"result\":{");
        tb_buf_append(json->out, body->data, body->size);
        tb_buf_append_text(json->out, "}");
    }
    return tb_event_end(events);
}

static tb_status evaluate_item(const tb_task *task, const tb_evaluation *evaluation, int k,
                               int64_t wanted, tb_event_stream *events, tb_error *err,
                               tb_status *how)
{
    tb_buf body = {0};
    tb_json_writer json = {.out = &body};
    tb_error why = TB_ERROR_NONE;
    *how = evaluation->engine->reset_variables
               ? evaluation->engine->reset_variables(evaluation->session, &why)
               : TB_OK;
    if (*how == TB_OK)
        *how = task->evaluate(evaluation, k, &json, &why);
    if (*how == TB_OK)
        *how = tb_buf_status(&body, "item", &why);
    tb_status status = TB_OK;
    if (ends_everything(*how))
        status = tb_fail(err, *how, "%s", why.text);
    else if (!say_item(events, &evaluation->dataset->entries[k], k, wanted, &body,
                       *how == TB_OK ? NULL : why.text))
        status = tb_fail(err, TB_CANCELLED, "the driver is gone");
    if (*how != TB_OK && status == TB_OK)
        *err = why;
    tb_buf_free(&body);
    return status;
}

static tb_status evaluate_all(const tb_job *job, const tb_task *task,
                              const tb_evaluation *evaluation, tb_event_stream *events,
                              tb_error *err)
{
    int64_t wanted = 0, good = 0;
    tb_error first = TB_ERROR_NONE;
    for (int k = 0; k < evaluation->dataset->count; k++)
        wanted += is_wanted(job, k);
    for (int k = 0; k < evaluation->dataset->count; k++) {
        if (!is_wanted(job, k))
            continue;
        tb_status how, status = evaluate_item(task, evaluation, k, wanted, events, err, &how);
        if (status != TB_OK)
            return status;
        good += how == TB_OK;
        if (how != TB_OK && !first.text[0])
            first = *err;
    }
    if (wanted && !good) {
        *err = first;
        return tb_in(err, "no item could be evaluated, the first because");
    }
    return TB_OK;
}

/* How pictures are normalised where the options do not say it. Metadata that cannot be read is told,
   and pictures go in as they are. */
static void read_metadata(const tb_job *job, const tb_engine *engine, tb_session *session,
                          tb_event_stream *events, tb_preprocess *preprocess)
{
    tb_model *model = NULL;
    tb_io input;
    tb_error why = TB_ERROR_NONE;
    if (preprocess->mean_count || preprocess->std_count ||
        engine->input(session, 0, NULL, &input) != TB_OK || input.type != kTfLiteFloat32 ||
        tb_model_open(job->model, NULL, &model) != TB_OK)
        return;
    char text[TB_ERROR_TEXT_SIZE];
    tb_status status = tb_metadata_normalisation(model, 0, &why, preprocess);
    if (status != TB_OK)
        snprintf(text, sizeof text, "pictures are not normalised: %.600s", why.text);
    else if (preprocess->model_count)
        snprintf(text, sizeof text,
                 "pictures are normalised by the model's metadata: mean %g, deviation %g%s",
                 preprocess->model_mean[0], preprocess->model_std[0],
                 preprocess->model_count > 1 ? " in the first channel" : "");
    if (status != TB_OK || preprocess->model_count)
        tb_say_warning(events, "metadata", "note", text);
    tb_model_release(model);
}

/* What the model calls its classes; names that cannot be read are told, and done without. */
static void read_labels(const tb_job *job, tb_event_stream *events, tb_arena *arena,
                        tb_text_list *out)
{
    tb_error why = TB_ERROR_NONE;
    tb_status status = tb_model_labels(job->model, arena, &why, out);
    if (status == TB_OK)
        return;
    *out = (tb_text_list){0};
    tb_say_warning(events, "metadata", "note", why.text);
}

tb_status tb_evaluate(const tb_job *job, const tb_engine *engine, tb_session *session,
                      tb_event_stream *events, tb_error *err)
{
    const tb_task *task = tb_task_find(job->task);
    if (!task || !job->data)
        return tb_fail(err, TB_UNSUPPORTED, "job: no accuracy task is called '%s'", job->task);
    tb_task_options options;
    tb_dataset dataset = {0};
    tb_arena arena = {0};
    tb_text_list own = {0};
    const char **classes = calloc((size_t)job->task_options.count + 1, sizeof *classes);
    tb_status status = classes ? tb_task_options_parse(job->task_options, classes, err, &options)
                               : tb_fail(err, TB_NO_MEMORY, "worker: out of memory");
    if (status == TB_OK) {
        read_metadata(job, engine, session, events, &options.preprocess);
        read_labels(job, events, &arena, &own);
    }
    if (status == TB_OK) {
        tb_dataset_options how = {task->truth,           options.labels, options.classes.items,
                                  options.classes.count, own.items,      own.count};
        status = tb_dataset_open(job->data, &how, err, &dataset);
    }
    if (status == TB_OK) {
        tb_evaluation evaluation = {engine, session, &dataset, &options};
        status = evaluate_all(job, task, &evaluation, events, err);
    }
    tb_dataset_close(&dataset);
    tb_arena_free(&arena);
    free(classes);
    return status;
}
