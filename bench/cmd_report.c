/* `tflbench report`: stored results as a page or a file. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/store_args.h"

static const tb_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .default_text = "./tflbench.html",
     .help = "Where the report goes; - is standard output. Its ending says the format: .html, .md, "
             ".csv, .json or .txt."},
    {.name = "format",
     .letter = 'f',
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME",
     .help = "html, markdown, csv, json or table, whatever the file is called."},
    TB_OPTION_ROW_WHERE,
    TB_OPTION_ROW_DB,
    {.name = NULL},
};

static tb_status choose_format(const tb_args *args, tb_error *err, const char **out)
{
    const char *path = tb_args_text(args, "output");
    *out = tb_args_text(args, "format");
    if (!*out)
        *out = strcmp(path, "-") == 0 ? "table" : tb_report_format_of_path(path);
    if (*out)
        return TB_OK;
    return tb_fail(err, TB_USAGE,
                   "--output %s: the ending is that of no format; --format says it outright", path);
}

static tb_status write_report(const tb_args *args, tb_error *err)
{
    const char *format;
    const char *path = tb_args_text(args, "output");
    tb_store *store = NULL;
    tb_selection *selection = NULL;
    tb_status status = choose_format(args, err, &format);
    if (status == TB_OK)
        status = tb_store_args_open(args, TB_STORE_READ, err, &store);
    if (status == TB_OK)
        status = tb_store_args_select(args, store,
                                      tb_args_operand_count(args) ? tb_args_operand(args, 0) : NULL,
                                      err, &selection);
    tb_report_options look = tb_store_args_look();
    if (status == TB_OK)
        status = tb_report_write(selection, format, path, &look, err);
    if (status == TB_OK && strcmp(path, "-") != 0)
        printf("%s\n", path);
    tb_selection_close(selection);
    tb_store_close(store);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    return write_report(args, &err) == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
}

const tb_cmd tb_cmd_report = {
    .name = "report",
    .synopsis = "[RESULT] [--output FILE] [--where KEY=VALUE,...]",
    .summary = "write stored results as one self-contained page, or as Markdown, CSV or JSON",
    .description =
        "Without operands, writes the last run of ./tflbench.sqlite to ./tflbench.html: one file "
        "that needs no network, for phones and desks.\n\n"
        "RESULT names what to show: @ is the last run, @-1 the one before, @42 number 42, "
        "label:KEY=VALUE every run so labelled, rev:REVISION results of that build, db:FILE the "
        "last run of another database.",
    .examples = "tflbench report\n"
                "    ./tflbench.html from ./tflbench.sqlite\n"
                "tflbench report label:rig=bench7 -o - -f markdown\n"
                "    for a pull request\n"
                "tflbench report @-1 -o before.csv --where delegate=cpu\n"
                "    part of the run before the last, for a spreadsheet\n",
    .see_also = "tflbench run, tflbench show, tflbench ls",
    .options = options,
    .min_operands = 0,
    .max_operands = 1,
    .run = run,
};
