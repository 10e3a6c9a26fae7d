/*
 * What a report format provides. A format is one file reports/<format>.c and one row in
 * writer_table.c. Writers append to a buffer; its failure is checked by the caller.
 */
#ifndef TB_REPORTS_WRITER_H
#define TB_REPORTS_WRITER_H

#include "reports/report.h"
#include "runtime/base/buf.h"

/* The version of the CSV and JSON schema (docs/formats.md): rises when a field changes its meaning
   or goes; a new field does not raise it. */
#define TB_REPORT_SCHEMA_VERSION 1
#define TB_RESULTS_SCHEMA        "tflbench.results"
#define TB_RUNS_SCHEMA           "tflbench.runs"

typedef tb_status tb_write_results(const tb_selection *selection, const tb_results *results,
                                   const tb_report_options *options, tb_buf *out, tb_error *err);
typedef tb_status tb_write_runs(const tb_runs *runs, const tb_report_options *options, tb_buf *out,
                                tb_error *err);

typedef struct tb_writer {
    const char *name, *ending;
    tb_write_results *results;
    tb_write_runs *runs; /* NULL: the format has no list of runs */
} tb_writer;

tb_write_results tb_write_results_html, tb_write_results_markdown, tb_write_results_csv,
    tb_write_results_json, tb_write_results_table;
tb_write_runs tb_write_runs_markdown, tb_write_runs_csv, tb_write_runs_json, tb_write_runs_table;

#endif
