/* What hangs on a result: ops with their times, figures, and the context of its runs. */
#include <stdlib.h>
#include <string.h>

#include "reports/selection.h"

/* The plan whose ops are shown: that of the first profiled process, else the first there is; and
   the profiled processes that ran it. */
static int64_t choose_plan(const tb_result *result, tb_pool *pool, tb_array *profiled)
{
    int64_t plan_id = 0;
    for (size_t i = 0; i < result->process_count; i++) {
        const tb_result_process *process = &result->processes[i];
        if (!process->process.profiled.value || !process->plan_id)
            continue;
        if (!plan_id)
            plan_id = process->plan_id;
        int64_t *chosen = process->plan_id == plan_id ? tb_array_push(pool, profiled) : NULL;
        if (chosen)
            *chosen = process->process_id;
    }
    return plan_id ? plan_id : result->plan_id;
}

static double median_of(double *values, size_t count)
{
    tb_sort_doubles(values, count);
    return tb_median_sorted(values, count);
}

static void add_integer(tb_integer *sum, tb_integer more)
{
    if (more.known)
        *sum = tb_int(sum->value + more.value);
}

/* One op over several processes: counts add up, times are medians, extremes are extremes. */
static tb_op_time merge_times(const tb_op_time *times, size_t stride, size_t count, double *scratch)
{
    tb_op_time merged = {.calls = {0}};
    size_t firsts = 0, medians = 0;
    double *first = scratch, *median = scratch + count;
    for (size_t i = 0; i < count; i++) {
        const tb_op_time *one = &times[i * stride];
        if (!one->calls.known)
            continue;
        add_integer(&merged.calls, one->calls);
        add_integer(&merged.inferences, one->inferences);
        add_integer(&merged.total_ns, one->total_ns);
        if (one->min_ns.known && (!merged.min_ns.known || one->min_ns.value < merged.min_ns.value))
            merged.min_ns = one->min_ns;
        if (one->max_ns.known && (!merged.max_ns.known || one->max_ns.value > merged.max_ns.value))
            merged.max_ns = one->max_ns;
        if (one->first_ns.known)
            first[firsts++] = (double)one->first_ns.value;
        if (one->median_ns.known)
            median[medians++] = (double)one->median_ns.value;
    }
    if (firsts)
        merged.first_ns = tb_int((int64_t)(median_of(first, firsts) + 0.5));
    if (medians)
        merged.median_ns = tb_int((int64_t)(median_of(median, medians) + 0.5));
    return merged;
}

static tb_status set_end_to_end(const tb_selection *selection, const tb_array *profiled,
                                tb_pool *pool, tb_error *err, tb_ops *ops)
{
    tb_array samples = {.item_size = sizeof(uint64_t)};
    for (size_t i = 0; i < profiled->count; i++) {
        tb_status status = tb_read_samples(selection->store, ((const int64_t *)profiled->items)[i],
                                           pool, err, &samples);
        if (status != TB_OK)
            return status;
    }
    double *values = tb_pool_take(pool, samples.count, sizeof *values);
    if (!values || !samples.count)
        return TB_OK;
    for (size_t i = 0; i < samples.count; i++)
        values[i] = (double)((const uint64_t *)samples.items)[i];
    ops->end_to_end_ns = tb_num(median_of(values, samples.count));
    return TB_OK;
}

static tb_status set_times(const tb_selection *selection, const tb_array *profiled, tb_pool *pool,
                           tb_error *err, tb_ops *ops)
{
    if (!profiled->count || !ops->count)
        return TB_OK;
    tb_op_time *times = calloc(profiled->count * ops->count, sizeof *times);
    double *scratch = calloc(2 * profiled->count, sizeof *scratch);
    tb_status status = times && scratch ? TB_OK : tb_pool_check(NULL, err);
    for (size_t i = 0; status == TB_OK && i < profiled->count; i++)
        status = tb_read_op_times(selection->store, ((const int64_t *)profiled->items)[i], pool,
                                  err, times + i * ops->count, ops->count);
    for (size_t k = 0; status == TB_OK && k < ops->count; k++)
        ops->items[k].time = merge_times(times + k, ops->count, profiled->count, scratch);
    free(times);
    free(scratch);
    return status;
}

tb_status tb_selection_ops(const tb_selection *selection, const tb_result *result, tb_error *err,
                           tb_ops *ops)
{
    *ops = (tb_ops){.pool = tb_pool_create()};
    tb_array profiled = {.item_size = sizeof(int64_t)};
    tb_array rows = {.item_size = sizeof(tb_op_row)};
    int64_t plan_id = choose_plan(result, ops->pool, &profiled);
    tb_status status = tb_pool_check(ops->pool, err);
    if (status == TB_OK && plan_id)
        status = tb_read_ops(selection->store, plan_id, ops->pool, err, &rows,
                             &ops->plan_fingerprint, &ops->plan_text);
    ops->items = rows.items;
    ops->count = rows.count;
    ops->profiled_count = profiled.count;
    if (status == TB_OK)
        status = set_times(selection, &profiled, ops->pool, err, ops);
    if (status == TB_OK)
        status = set_end_to_end(selection, &profiled, ops->pool, err, ops);
    if (status == TB_OK)
        status = tb_pool_check(ops->pool, err);
    if (status != TB_OK)
        tb_ops_free(ops);
    return status;
}

void tb_ops_free(tb_ops *ops)
{
    tb_pool_free(ops->pool);
    *ops = (tb_ops){0};
}

tb_status tb_selection_figures(const tb_selection *selection, const tb_result *result,
                               tb_error *err, tb_figures *figures)
{
    *figures = (tb_figures){.pool = tb_pool_create()};
    tb_array array = {.item_size = sizeof(tb_figure_row)};
    tb_status status = tb_pool_check(figures->pool, err);
    for (size_t i = 0; status == TB_OK && i < result->process_count; i++)
        status = tb_read_figures(selection->store, result->run_id, result->processes[i].process_id,
                                 NULL, figures->pool, err, &array);
    if (status == TB_OK)
        status = tb_pool_check(figures->pool, err);
    if (status != TB_OK) {
        tb_figures_free(figures);
        return status;
    }
    figures->items = array.items;
    figures->count = array.count;
    return TB_OK;
}

void tb_figures_free(tb_figures *figures)
{
    tb_pool_free(figures->pool);
    *figures = (tb_figures){0};
}

tb_status tb_selection_context(const tb_selection *selection, tb_error *err, tb_context *context)
{
    *context = (tb_context){.pool = tb_pool_create()};
    tb_array runs = {.item_size = sizeof(tb_run_context)};
    tb_array warnings = {.item_size = sizeof(tb_warning_row)};
    tb_status status = tb_pool_check(context->pool, err);
    for (size_t i = 0; status == TB_OK && i < selection->runs.count; i++) {
        int64_t run_id = selection->runs.items[i];
        tb_run_context *run = tb_array_push(context->pool, &runs);
        if (!run)
            break;
        status = tb_read_context(selection->store, run_id, context->pool, err, run);
        if (status == TB_OK)
            status = tb_read_warnings(selection->store, run_id, context->pool, err, &warnings);
    }
    if (status == TB_OK)
        status = tb_pool_check(context->pool, err);
    if (status != TB_OK) {
        tb_context_free(context);
        return status;
    }
    context->runs = runs.items;
    context->run_count = runs.count;
    context->warnings = warnings.items;
    context->warning_count = warnings.count;
    return TB_OK;
}

tb_status tb_selection_newest_context(const tb_selection *selection, tb_error *err,
                                      tb_context *context)
{
    *context = (tb_context){.pool = tb_pool_create()};
    tb_array runs = {.item_size = sizeof(tb_run_context)};
    tb_status status = tb_pool_check(context->pool, err);
    if (status == TB_OK && selection->runs.count) {
        tb_run_context *run = tb_array_push(context->pool, &runs);
        if (run)
            status = tb_read_context(selection->store, selection->runs.items[0], context->pool, err,
                                     run);
    }
    if (status == TB_OK)
        status = tb_pool_check(context->pool, err);
    if (status != TB_OK) {
        tb_context_free(context);
        return status;
    }
    context->runs = runs.items;
    context->run_count = runs.count;
    return TB_OK;
}

void tb_context_free(tb_context *context)
{
    tb_pool_free(context->pool);
    *context = (tb_context){0};
}
