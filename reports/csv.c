/*
 * CSV (RFC 4180, UTF-8, LF): the columns are the result fields of record.def, in that order, after
 * `schema` and `version`. Unknown is empty.
 */
#include <inttypes.h>

#include "reports/escape.h"
#include "reports/writer.h"

static void add_header(const tb_record_type *type, tb_buf *out)
{
    for (size_t i = 0; i < type->field_count; i++)
        tb_buf_printf(out, ",%s", type->fields[i].name);
}

static void add_record(const tb_record_type *type, const void *record, tb_buf *out)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const tb_field *field = &type->fields[i];
        tb_buf_append_char(out, ',');
        switch (field->kind) {
        case TB_KIND_TEXT:
            tb_escape_csv(out, tb_field_text(field, record));
            break;
        case TB_KIND_INTEGER:
            if (tb_field_integer(field, record).known)
                tb_buf_printf(out, "%" PRId64, tb_field_integer(field, record).value);
            break;
        case TB_KIND_REAL:
            if (tb_field_real(field, record).known)
                tb_buf_printf(out, "%.15g", tb_field_real(field, record).value);
            break;
        }
    }
}

tb_status tb_write_results_csv(const tb_selection *selection, const tb_results *results,
                               const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)selection;
    (void)options;
    (void)err;
    tb_buf_append_text(out, "schema,version");
    add_header(&tb_result_type, out);
    tb_buf_append_text(out, "\n");
    for (size_t i = 0; i < results->count; i++) {
        tb_buf_printf(out, TB_RESULTS_SCHEMA ",%d", TB_REPORT_SCHEMA_VERSION);
        add_record(&tb_result_type, &results->items[i].row, out);
        tb_buf_append_text(out, "\n");
    }
    return TB_OK;
}

static void add_integer(tb_integer integer, tb_buf *out)
{
    tb_buf_append_char(out, ',');
    if (integer.known)
        tb_buf_printf(out, "%" PRId64, integer.value);
}

tb_status tb_write_runs_csv(const tb_runs *runs, const tb_report_options *options, tb_buf *out,
                            tb_error *err)
{
    (void)options;
    (void)err;
    tb_buf_append_text(out,
                       "schema,version,run,started_unix_ms,finished_unix_ms,exit_code,processes,"
                       "processes_ok,samples,models,labels,device");
    add_header(&tb_run_type, out);
    tb_buf_append_text(out, "\n");
    for (size_t i = 0; i < runs->count; i++) {
        const tb_run_summary *run = &runs->items[i];
        tb_buf_printf(out, TB_RUNS_SCHEMA ",%d", TB_REPORT_SCHEMA_VERSION);
        add_integer(tb_int(run->run_id), out);
        add_integer(tb_int(run->started_unix_ms), out);
        add_integer(run->finished_unix_ms, out);
        add_integer(run->exit_code, out);
        add_integer(tb_int(run->process_count), out);
        add_integer(tb_int(run->process_ok_count), out);
        add_integer(tb_int(run->sample_count), out);
        const char *const texts[] = {run->models, run->labels, run->device.name};
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            tb_buf_append_char(out, ',');
            tb_escape_csv(out, texts[k]);
        }
        add_record(&tb_run_type, &run->run, out);
        tb_buf_append_text(out, "\n");
    }
    return TB_OK;
}
