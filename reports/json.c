/* JSON: one document with the result fields of record.def; unknown is null. */
#include "reports/json.h"

#include <stdlib.h>

#include "reports/describe.h"
#include "reports/escape.h"
#include "reports/writer.h"

static bool add_text(cJSON *object, const char *name, const char *text)
{
    if (!text)
        return cJSON_AddNullToObject(object, name) != NULL;
    /* A model may bear any bytes as a name; JSON is UTF-8. */
    tb_buf safe = {0};
    tb_escape_plain(&safe, text);
    bool added = !safe.failed && cJSON_AddStringToObject(object, name, tb_buf_text(&safe));
    tb_buf_free(&safe);
    return added;
}

static bool add_number(cJSON *object, const char *name, bool known, double value)
{
    return known ? cJSON_AddNumberToObject(object, name, value) != NULL
                 : cJSON_AddNullToObject(object, name) != NULL;
}

static bool add_integer(cJSON *object, const char *name, tb_integer integer)
{
    return add_number(object, name, integer.known, (double)integer.value);
}

bool tb_json_add_record(cJSON *object, const tb_record_type *type, const void *record)
{
    bool added = true;
    for (size_t i = 0; added && i < type->field_count; i++) {
        const tb_field *field = &type->fields[i];
        switch (field->kind) {
        case TB_KIND_TEXT:
            added = add_text(object, field->name, tb_field_text(field, record));
            break;
        case TB_KIND_INTEGER:
            added = add_integer(object, field->name, tb_field_integer(field, record));
            break;
        case TB_KIND_REAL: {
            tb_real real = tb_field_real(field, record);
            added = add_number(object, field->name, real.known, real.value);
            break;
        }
        }
    }
    return added;
}

static cJSON *start_document(const char *schema)
{
    cJSON *document = cJSON_CreateObject();
    if (!add_text(document, "schema", schema) ||
        !cJSON_AddNumberToObject(document, "version", TB_REPORT_SCHEMA_VERSION)) {
        cJSON_Delete(document);
        return NULL;
    }
    return document;
}

static bool add_processes(cJSON *object, const tb_result *result)
{
    cJSON *processes = cJSON_AddArrayToObject(object, "process");
    bool added = processes != NULL;
    for (size_t i = 0; added && i < result->process_count; i++) {
        const tb_result_process *process = &result->processes[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(processes, item) &&
                cJSON_AddNumberToObject(item, "id", (double)process->process_id) &&
                add_text(item, "status", tb_process_status_text(process->status)) &&
                cJSON_AddNumberToObject(item, "samples", (double)process->sample_count) &&
                tb_json_add_record(item, &tb_process_type, &process->process) &&
                tb_json_add_record(item, &tb_outcome_type, &process->outcome);
    }
    return added;
}

cJSON *tb_json_results(const tb_results *results)
{
    cJSON *document = start_document(TB_RESULTS_SCHEMA);
    cJSON *items = cJSON_AddArrayToObject(document, "results");
    tb_buf sentence = {0};
    tb_describe_in_one(results, &sentence);
    bool added = items && add_text(document, "sentence", tb_buf_text(&sentence));
    tb_buf_free(&sentence);
    for (size_t i = 0; added && i < results->count; i++) {
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(items, item) &&
                tb_json_add_record(item, &tb_result_type, &results->items[i].row) &&
                add_processes(item, &results->items[i]);
    }
    if (added)
        return document;
    cJSON_Delete(document);
    return NULL;
}

/* Prints and deletes the document. */
static tb_status print_document(cJSON *document, tb_buf *out, tb_error *err)
{
    char *text = document ? cJSON_Print(document) : NULL;
    cJSON_Delete(document);
    if (!text)
        return tb_fail(err, TB_NO_MEMORY, "no memory for the JSON report");
    tb_buf_append_text(out, text);
    tb_buf_append_text(out, "\n");
    cJSON_free(text);
    return TB_OK;
}

tb_status tb_write_results_json(const tb_selection *selection, const tb_results *results,
                                const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)selection;
    (void)options;
    return print_document(tb_json_results(results), out, err);
}

tb_status tb_write_runs_json(const tb_runs *runs, const tb_report_options *options, tb_buf *out,
                             tb_error *err)
{
    (void)options;
    cJSON *document = start_document(TB_RUNS_SCHEMA);
    cJSON *items = cJSON_AddArrayToObject(document, "runs");
    bool added = items != NULL;
    for (size_t i = 0; added && i < runs->count; i++) {
        const tb_run_summary *run = &runs->items[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(items, item) &&
                add_integer(item, "run", tb_int(run->run_id)) &&
                add_integer(item, "started_unix_ms", tb_int(run->started_unix_ms)) &&
                add_integer(item, "finished_unix_ms", run->finished_unix_ms) &&
                add_integer(item, "exit_code", run->exit_code) &&
                add_integer(item, "processes", tb_int(run->process_count)) &&
                add_integer(item, "processes_ok", tb_int(run->process_ok_count)) &&
                add_integer(item, "samples", tb_int(run->sample_count)) &&
                add_text(item, "models", run->models) && add_text(item, "labels", run->labels) &&
                add_text(item, "device", run->device.name) &&
                tb_json_add_record(item, &tb_run_type, &run->run);
    }
    if (!added) {
        cJSON_Delete(document);
        document = NULL;
    }
    return print_document(document, out, err);
}
