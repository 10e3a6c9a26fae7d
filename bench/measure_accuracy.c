/* A run's processes that evaluate a data set; see measure_accuracy.h. */
#include "bench/measure_accuracy.h"

#include <string.h>

static void show_items(void *context)
{
    tb_measure *m = context;
    const tb_accuracy_items *items = m->ingest.items;
    size_t done = items->count + items->failed;
    tb_progress_items(&m->progress, (int64_t)(done - m->recalled), items->total);
}

tb_status tb_measure_evaluate(tb_measure *m, const tb_measure_task *task, const tb_job *base,
                              tb_measure_forward_fn forward, tb_error *err,
                              tb_launch_result *result)
{
    const tb_accuracy *accuracy = m->request->accuracy;
    tb_measure_side *side = task->side;
    const tb_sweep_configuration *c = &side->plan->configurations[task->configuration];
    tb_status status = TB_OK;
    tb_buf done = {0};
    /* Of a library's build nothing is known yet. */
    const tb_build unknown = {0}, *build = c->library ? &unknown : &side->evaluator_build;
    if (accuracy->resume)
        status = tb_accuracy_recall(m->ingest.items, accuracy, m->store,
                                    &side->plan->models[c->model].info, &c->record, build, err);
    if (status == TB_OK) {
        m->recalled = m->ingest.items->count;
        tb_accuracy_done_list(m->ingest.items, &done);
        status = tb_buf_status(&done, "list of items", err);
    }
    if (status == TB_OK) {
        tb_job job = *base;
        job.task = accuracy->task->name;
        job.data = accuracy->data;
        job.task_options = accuracy->options;
        job.item_limit = accuracy->limit;
        job.shard = accuracy->shard;
        job.shards = accuracy->shards;
        job.items_done = done.size ? tb_buf_text(&done) : NULL;
        tb_launch launch = {
            .program = &side->evaluator,
            .job = &job,
            .silence_ns = m->request->silence_ns,
            .lent_fd = -1,
            .show_output = m->request->verbose,
            .message = forward,
            .tick = show_items,
            .context = m,
        };
        status = tb_launch_run(&launch, err, result);
    }
    tb_buf_free(&done);
    return status;
}

tb_status tb_measure_sum_up(tb_measure *m, const tb_measure_task *task,
                            const tb_launch_result *result, tb_error *err)
{
    if (result->status != TB_PROCESS_OK)
        return TB_OK;
    task->side->evaluations[task->configuration] = m->ingest.process_id;
    return tb_accuracy_sum_up(m->ingest.items, m->request->accuracy, m->store, m->run_id,
                              m->ingest.process_id, err, &m->said);
}

tb_status tb_measure_pairs(tb_measure *m, const tb_measure_side *side, tb_error *err)
{
    const tb_sweep_plan *plan = side->plan;
    for (int k = 0; k < plan->configuration_count; k++) {
        const tb_sweep_configuration *c = &plan->configurations[k];
        int first = 0;
        tb_accuracy_pairs pairs;
        while (first < k &&
               (plan->configurations[first].model != c->model || !side->evaluations[first]))
            first++;
        if (first == k || !side->evaluations[k] ||
            !tb_accuracy_compare(m->request->accuracy->task, &side->answers[first],
                                 &side->answers[k], &pairs))
            continue;
        const char *other = plan->configurations[first].text;
        if (!m->request->quiet)
            tb_progress_note(&m->progress,
                             "%s against %s: of %zu items %zu are right only there, %zu only here; "
                             "exact McNemar p = %.3g",
                             c->text, other, pairs.pairs, pairs.only_first, pairs.only_second,
                             pairs.p);
        tb_figure figure = {.phase = "accuracy",
                            .metric = "mcnemar_p",
                            .owner = other,
                            .value = tb_num(pairs.p),
                            .unit = "share"};
        tb_status status =
            tb_store_add_figures(m->store, m->run_id, side->evaluations[k], &figure, 1, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}
