/* `tflbench compare`: two stored results side by side. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/store_args.h"
#include "reports/compare.h"

static const tb_option options[] = {
    TB_OPTION_ROW_WHERE,
    {.name = "force", .kind = TB_OPTION_FLAG, .help = "Show timings that cannot be compared."},
    {.name = "output",
     .letter = 'o',
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "Write to this file, in the format of its ending: .html, .md, .csv, .json, .txt."},
    TB_OPTION_ROWS_FORMAT,
    TB_OPTION_ROW_DB,
    {.name = NULL},
};

static tb_status write_out(const tb_args *args, const tb_compared *compared, const char *format,
                           tb_error *err)
{
    const char *path = tb_args_text(args, "output");
    tb_report_options look = tb_store_args_look();
    if (path) {
        format = tb_report_format_of_path(path);
        look = (tb_report_options){0};
    }
    if (!format)
        return tb_fail(err, TB_USAGE, "--output %s: ends in none of .html, .md, .csv, .json, .txt",
                       path);
    tb_buf out = {0};
    tb_status status =
        tb_compared_write(compared, format, tb_args_flag(args, "force"), &look, &out, err);
    if (status == TB_OK)
        status = tb_report_save(path ? path : "-", &out, err);
    tb_buf_free(&out);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    const char *format;
    tb_store *store = NULL;
    tb_selection *base = NULL, *head = NULL;
    bool one = tb_args_operand_count(args) < 2;
    tb_compared compared = {0};
    tb_status status = tb_store_args_format(args, &err, &format);
    if (status == TB_OK)
        status = tb_store_args_open(args, TB_STORE_READ, &err, &store);
    if (status == TB_OK)
        status = tb_store_args_select(
            args, store, tb_args_operand_count(args) ? tb_args_operand(args, 0) : "@", &err, &base);
    if (status == TB_OK && !one)
        status = tb_store_args_select(args, store, tb_args_operand(args, 1), &err, &head);
    if (status == TB_OK)
        status = tb_compare(base, one ? base : head, &err, &compared);
    if (status == TB_OK)
        status = write_out(args, &compared, format, &err);
    bool refused = compared.refused && !tb_args_flag(args, "force");
    tb_compared_free(&compared);
    tb_selection_close(base);
    tb_selection_close(head);
    tb_store_close(store);
    if (status != TB_OK)
        return tb_store_args_fail(&err);
    return refused ? TB_EXIT_NOT_COMPARABLE : TB_EXIT_OK;
}

const tb_cmd tb_cmd_compare = {
    .name = "compare",
    .synopsis = "BASE HEAD [--where KEY=VALUE,...]",
    .summary = "two stored results side by side, with the ops that answer for a difference",
    .description =
        "Compares stored results, each named @ (the last run), @-1 (the one before), @42, "
        "label:KEY=VALUE, rev:REVISION or db:FILE. Configurations are matched by model, delegate, "
        "threads and engine; where only one of those differs, by the rest. A run that was made with "
        "--base and --head is compared with itself: name it alone.\n\n"
        "Every change stands with its 95 % interval, over processes; interleaved runs are compared "
        "block by block. Where both sides were profiled, the ops that answer for a change are "
        "named. Runs of different machines, or of a machine in another state (governor, turbo, "
        "processors), are not compared: the exit code is 4, and --force shows the timings all the "
        "same. Sizes and counts are always compared.",
    .examples = "tflbench compare @-1 @\n"
                "    the run before the last, and the last\n"
                "tflbench compare rev:1f2e3d @ --where model=mobilenet* -o diff.html\n"
                "    one model, as a page\n"
                "tflbench compare @\n"
                "    a run with --base and --head\n",
    .see_also = "tflbench run, tflbench gate, tflbench history",
    .options = options,
    .min_operands = 0,
    .max_operands = 2,
    .run = run,
};
