/* `tflbench history`: each series of results with its change points. */
#include <stdio.h>

#include "bench/cmd.h"
#include "bench/store_args.h"
#include "reports/history.h"

static const tb_option options[] = {
    {.name = "metric",
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME",
     .default_text = "median",
     .help = "median, rss, peak_rss or arena."},
    {.name = "model",
     .kind = TB_OPTION_TEXT,
     .value_name = "PATTERN",
     .help = "Only these models."},
    {.name = "delegate",
     .letter = 'd',
     .kind = TB_OPTION_TEXT,
     .value_name = "PATTERN",
     .help = "Only these delegates."},
    {.name = "magnitude",
     .kind = TB_OPTION_NUMBER,
     .value_name = "SHARE",
     .default_text = "0.05",
     .min = 0.0001,
     .max = 10,
     .help = "The smallest change of level that is shown."},
    TB_OPTION_ROWS_FORMAT,
    TB_OPTION_ROW_DB,
    {.name = NULL},
};

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    const char *format;
    tb_store *store = NULL;
    tb_history history = {0};
    tb_buf out = {0};
    tb_change_rule rule = TB_CHANGE_RULE_DEFAULT;
    rule.magnitude = tb_args_number(args, "magnitude");
    tb_report_options look = tb_store_args_look();
    tb_status status = tb_store_args_format(args, &err, &format);
    if (status == TB_OK)
        status = tb_store_args_open(args, TB_STORE_READ, &err, &store);
    if (status == TB_OK)
        status = tb_history_read(store, tb_args_text(args, "metric"), tb_args_text(args, "model"),
                                 tb_args_text(args, "delegate"), &rule, &err, &history);
    if (status == TB_OK)
        status = tb_history_write(&history, format, &look, &out, &err);
    if (status == TB_OK)
        fputs(tb_buf_text(&out), stdout);
    tb_buf_free(&out);
    tb_history_free(&history);
    tb_store_close(store);
    return status == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
}

const tb_cmd tb_cmd_history = {
    .name = "history",
    .synopsis = "[--metric NAME] [--model PATTERN] [--delegate PATTERN]",
    .summary = "results over time, and where their level changed",
    .description = "One series a configuration and device, a point a run: the median of its "
                   "processes. A change is a shift of level that stays (e-divisive with a t-test, "
                   "p at most .001), shown with the run and the revision at which it begins.",
    .examples = "tflbench history\n"
                "    the median latency of every configuration\n"
                "tflbench history --metric peak_rss --model 'mobilenet*' --csv\n"
                "    memory, for a script\n",
    .see_also = "tflbench ls, tflbench compare",
    .options = options,
    .min_operands = 0,
    .max_operands = 0,
    .run = run,
};
