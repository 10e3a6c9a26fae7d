/* `tflbench ls`: the runs that a database holds. */
#include "bench/cmd.h"
#include "bench/store_args.h"

static const tb_option options[] = {
    TB_OPTION_ROWS_FORMAT,
    TB_OPTION_ROW_DB,
    {.name = NULL},
};

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    const char *format;
    tb_store *store = NULL;
    tb_status status = tb_store_args_format(args, &err, &format);
    if (status == TB_OK)
        status = tb_store_args_open(args, TB_STORE_READ, &err, &store);
    tb_report_options look = tb_store_args_look();
    if (status == TB_OK)
        status = tb_report_print_runs(store, format, stdout, &look, &err);
    tb_store_close(store);
    return status == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
}

const tb_cmd tb_cmd_ls = {
    .name = "ls",
    .synopsis = "[--db FILE]",
    .summary = "list the runs that are stored",
    .description = "One line a run, newest first: its number (@N names it), when, what, how many "
                   "processes ended well, how many samples.",
    .examples = "tflbench ls\n"
                "    the runs of ./tflbench.sqlite\n"
                "tflbench ls --json --db nightly.sqlite\n"
                "    for a script\n",
    .see_also = "tflbench show, tflbench rm, tflbench report",
    .options = options,
    .min_operands = 0,
    .max_operands = 0,
    .run = run,
};
