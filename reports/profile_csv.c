/* Ops for spreadsheets, and for Google's Model Explorer (node data, keyed by output tensor). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/profile.h"

/* ---- CSV ---------------------------------------------------------------------------------------- */

static void put_integer(tb_buf *out, tb_integer value)
{
    tb_buf_append_char(out, ',');
    if (value.known)
        tb_buf_printf(out, "%" PRId64, value.value);
}

static void put_number(tb_buf *out, bool known, double value)
{
    tb_buf_append_char(out, ',');
    if (known)
        tb_buf_printf(out, "%.10g", value);
}

static void put_text(tb_buf *out, const char *text)
{
    tb_buf_append_char(out, ',');
    tb_escape_csv(out, text);
}

static void put_line(tb_buf *out, const tb_profile *profile, const tb_profile_op *op)
{
    const tb_result_row *row = &profile->result->row;
    const tb_op_time *time = &op->row->time;
    bool interval = op->summary.median_interval.level > 0;
    tb_buf_printf(out, TB_PROFILE_SCHEMA ",%d", TB_PROFILE_SCHEMA_VERSION);
    put_text(out, row->model);
    put_text(out, row->engine);
    put_text(out, row->delegate);
    put_integer(out, row->threads);
    put_integer(out, tb_int(op->row->index));
    put_text(out, op->kind);
    put_integer(out, op->row->op.subgraph);
    tb_buf_append_char(out, ',');
    for (size_t k = 0; k < op->cover_count; k++)
        tb_buf_printf(out, "%s%lld", k ? " " : "", (long long)op->covers[k]);
    put_text(out, op->name);
    put_text(out, op->tensor);
    put_text(out, op->shape);
    put_text(out, op->row->op.kernel);
    put_integer(out, time->calls);
    put_integer(out, time->inferences);
    put_integer(out, time->first_ns);
    put_number(out, true, op->avg_ns);
    put_integer(out, time->median_ns);
    put_number(out, interval, op->summary.median_interval.low);
    put_number(out, interval, op->summary.median_interval.high);
    put_integer(out, time->min_ns);
    put_integer(out, time->max_ns);
    put_number(out, op->summary.count > 1, op->summary.stddev);
    put_integer(out, time->self_ns);
    put_number(out, true, op->self_avg_ns);
    put_integer(out, time->self_median_ns);
    put_number(out, true, op->share);
    put_integer(out, op->flops);
    put_integer(out, op->macs);
    put_integer(out, op->bytes);
    put_integer(out, op->mem_bytes);
    put_text(out, op->row->op.reason);
    tb_buf_append_char(out, '\n');
}

tb_status tb_profile_csv(const tb_profile *profiles, size_t count, tb_error *err, tb_buf *out)
{
    tb_buf_append_text(
        out, "schema,version,model,engine,delegate,threads,index,kind,subgraph,covers,op,tensor,"
             "shape,kernel,calls,inferences,first_ns,avg_ns,median_ns,median_low_ns,"
             "median_high_ns,min_ns,max_ns,std_ns,self_ns,self_avg_ns,self_median_ns,share,flops,"
             "macs,bytes,mem_bytes,reason\n");
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < profiles[k].op_count; i++)
            put_line(out, &profiles[k], &profiles[k].ops[i]);
    return tb_buf_status(out, "profile", err);
}

/* ---- Model Explorer ------------------------------------------------------------------------------ */

/* A node's time is found by the name of its output; of a step over several by that of the last. */
static int compare_tensors(const void *left, const void *right)
{
    const tb_profile_op *a = *(const tb_profile_op *const *)left;
    const tb_profile_op *b = *(const tb_profile_op *const *)right;
    int order = strcmp(a->tensor, b->tensor);
    return order ? order : (a > b) - (a < b);
}

static double microseconds(const tb_profile_op *op)
{
    tb_integer median = op->row->time.self_median_ns;
    return (median.known ? (double)median.value : op->self_avg_ns) / 1000;
}

static void put_results(cJSON *results, const tb_profile *profile)
{
    const tb_profile_op **ops = tb_pool_take(profile->pool, profile->op_count + 1, sizeof *ops);
    size_t count = 0;
    for (size_t k = 0; ops && k < profile->op_count; k++)
        if (profile->ops[k].tensor && *profile->ops[k].tensor && !profile->ops[k].encloses)
            ops[count++] = &profile->ops[k];
    if (count)
        qsort(ops, count, sizeof *ops, compare_tensors);
    for (size_t k = 0; k < count;) {
        const char *tensor = ops[k]->tensor;
        double us = 0;
        for (; k < count && strcmp(ops[k]->tensor, tensor) == 0; k++)
            us += microseconds(ops[k]);
        tb_buf safe = {0};
        tb_escape_plain(&safe, tensor);
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(results, tb_buf_text(&safe)), "value", us);
        tb_buf_free(&safe);
    }
}

static void put_stop(cJSON *gradient, double stop, const char *colour)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddNumberToObject(item, "stop", stop);
    cJSON_AddStringToObject(item, "bgColor", colour);
    cJSON_AddItemToArray(gradient, item);
}

tb_status tb_profile_explorer(const tb_profile *profile, tb_error *err, tb_buf *out)
{
    cJSON *document = cJSON_CreateObject();
    cJSON *results = cJSON_AddObjectToObject(document, "results");
    if (results)
        put_results(results, profile);
    cJSON *gradient = cJSON_AddArrayToObject(document, "gradient");
    put_stop(gradient, 0, "#ffffff");
    put_stop(gradient, 0.2, "#ffe2b8");
    put_stop(gradient, 1, "#d9480f");
    char *text = gradient ? cJSON_Print(document) : NULL;
    cJSON_Delete(document);
    if (!text)
        return tb_fail(err, TB_NO_MEMORY, "no memory for the node data");
    tb_buf_append_text(out, text);
    tb_buf_append_text(out, "\n");
    cJSON_free(text);
    return tb_buf_status(out, "node data", err);
}
