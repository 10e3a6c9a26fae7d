/* The report formats, one row each, and writing in one of them to a stream or file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/writer.h"
#include "runtime/base/size.h"

static const tb_writer writers[] = {
    {"table", ".txt", tb_write_results_table, tb_write_runs_table},
    {"html", ".html", tb_write_results_html, NULL},
    {"markdown", ".md", tb_write_results_markdown, tb_write_runs_markdown},
    {"csv", ".csv", tb_write_results_csv, tb_write_runs_csv},
    {"json", ".json", tb_write_results_json, tb_write_runs_json},
};

const char *tb_report_format(size_t n)
{
    return n < TB_COUNT_OF(writers) ? writers[n].name : NULL;
}

const char *tb_report_format_of_path(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < TB_COUNT_OF(writers); i++) {
        size_t ending = strlen(writers[i].ending);
        if (length > ending && strcmp(path + length - ending, writers[i].ending) == 0)
            return writers[i].name;
    }
    return NULL;
}

static const tb_writer *find_writer(const char *format)
{
    for (size_t i = 0; i < TB_COUNT_OF(writers); i++)
        if (strcmp(writers[i].name, format) == 0)
            return &writers[i];
    return NULL;
}

static tb_status unknown_format(const char *format, tb_error *err)
{
    return tb_fail(err, TB_USAGE,
                   "unknown report format \"%s\": expected table, html, markdown, csv or json",
                   format);
}

static tb_status compose(const tb_selection *selection, const char *format,
                         const tb_report_options *options, tb_error *err, tb_buf *out)
{
    static const tb_report_options plain = {0};
    const tb_writer *writer = find_writer(format);
    if (!writer)
        return unknown_format(format, err);
    tb_results results;
    tb_status status = tb_selection_results(selection, err, &results);
    if (status != TB_OK)
        return status;
    status = writer->results(selection, &results, options ? options : &plain, out, err);
    tb_results_free(&results);
    return status == TB_OK ? tb_buf_status(out, "report", err) : status;
}

static tb_status put(const tb_buf *out, FILE *stream, const char *name, tb_error *err)
{
    errno = 0;
    if (fwrite(tb_buf_text(out), 1, out->size, stream) != out->size || fflush(stream) != 0)
        return tb_fail_errno(err, "%s: cannot write the report", name);
    return TB_OK;
}

tb_status tb_report_print(const tb_selection *selection, const char *format, FILE *stream,
                          const tb_report_options *options, tb_error *err)
{
    tb_buf out = {0};
    tb_status status = compose(selection, format, options, err, &out);
    if (status == TB_OK)
        status = put(&out, stream, "standard output", err);
    tb_buf_free(&out);
    return status;
}

tb_status tb_report_print_runs(tb_store *store, const char *format, FILE *stream,
                               const tb_report_options *options, tb_error *err)
{
    static const tb_report_options plain = {0};
    const tb_writer *writer = find_writer(format);
    if (!writer)
        return unknown_format(format, err);
    if (!writer->runs)
        return tb_fail(err, TB_USAGE, "the format %s has no list of runs", format);
    tb_runs runs;
    tb_status status = tb_store_list_runs(store, err, &runs);
    if (status != TB_OK)
        return status;
    tb_buf out = {0};
    status = writer->runs(&runs, options ? options : &plain, &out, err);
    if (status == TB_OK)
        status = tb_buf_status(&out, "list of runs", err);
    if (status == TB_OK)
        status = put(&out, stream, "standard output", err);
    tb_buf_free(&out);
    tb_runs_free(&runs);
    return status;
}

/* A file beside `path` takes the whole report first: what was there is replaced or stays. */
static tb_status replace_file(const char *path, const tb_buf *out, tb_error *err)
{
    struct stat about;
    bool special = stat(path, &about) == 0 && !S_ISREG(about.st_mode);
    tb_buf name = {0};
    tb_buf_printf(&name, special ? "%s" : "%s.XXXXXX", path);
    char *temporary = tb_buf_take(&name);
    if (!temporary)
        return tb_fail(err, TB_NO_MEMORY, "%s: out of memory", path);
    FILE *file;
    if (special) {
        file = fopen(path, "w");
    } else {
        int descriptor = mkstemp(temporary);
        file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
        if (descriptor >= 0 && !file)
            close(descriptor);
    }
    tb_status status = TB_OK;
    if (!file) {
        status = tb_fail_errno(err, "%s: cannot write the report", path);
        free(temporary);
        return status == TB_NOT_FOUND ? TB_IO : status;
    }
    status = put(out, file, path, err);
    if (!special) {
        mode_t mask = umask(0);
        umask(mask);
        fchmod(fileno(file), 0666 & ~mask);
    }
    if (fclose(file) != 0 && status == TB_OK)
        status = tb_fail_errno(err, "%s: cannot write the report", path);
    if (status == TB_OK && !special && rename(temporary, path) != 0)
        status = tb_fail_errno(err, "%s: cannot write the report", path);
    if (status != TB_OK && !special)
        unlink(temporary);
    free(temporary);
    return status;
}

tb_status tb_report_save(const char *path, const tb_buf *text, tb_error *err)
{
    return strcmp(path, "-") == 0 ? put(text, stdout, "standard output", err)
                                  : replace_file(path, text, err);
}

tb_status tb_report_write(const tb_selection *selection, const char *format, const char *path,
                          const tb_report_options *options, tb_error *err)
{
    tb_buf out = {0};
    tb_status status = compose(selection, format, options, err, &out);
    if (status == TB_OK)
        status = tb_report_save(path, &out, err);
    tb_buf_free(&out);
    return status;
}
