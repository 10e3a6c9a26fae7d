/*
 * Writing results for people and programs. A format is one file and one row of writer_table.c.
 */
#ifndef TB_REPORTS_REPORT_H
#define TB_REPORTS_REPORT_H

#include <stdio.h>

#include "reports/select.h"
#include "runtime/base/buf.h"

/* Terminal tables may be coloured and are cut to a width. */
typedef struct tb_report_options {
    bool colour;
    int width; /* columns; 0: do not cut */
} tb_report_options;

/* The name of the n-th format, NULL past the last: html, markdown, csv, json, table. */
const char *tb_report_format(size_t n);

/* The format whose file ending `path` has (.html, .md, .csv, .json, .txt), or NULL. */
const char *tb_report_format_of_path(const char *path);

/* Writes the selection's results in the format to `path` ("-" is standard output), by way of a
   temporary file beside it, so that a failure leaves what was there. TB_USAGE for an unknown format,
   TB_IO for a file that cannot be written, what the store says otherwise. */
tb_status tb_report_write(const tb_selection *selection, const char *format, const char *path,
                          const tb_report_options *options, tb_error *err);

/* Writes a text that is complete, in the same way. */
tb_status tb_report_save(const char *path, const tb_buf *text, tb_error *err);

/* As above to an open stream, which stays open. */
tb_status tb_report_print(const tb_selection *selection, const char *format, FILE *stream,
                          const tb_report_options *options, tb_error *err);

/* The run list of `ls`; formats table, csv, json and markdown. */
tb_status tb_report_print_runs(tb_store *store, const char *format, FILE *stream,
                               const tb_report_options *options, tb_error *err);

/* One sentence: which is fastest, how it compares, why others failed; for the end of a run.
   Cut at `size`; always terminated. */
void tb_report_sentence(const tb_results *results, char *text, size_t size);

#endif
