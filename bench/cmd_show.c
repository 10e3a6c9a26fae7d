/* `tflbench show`: stored results with what hangs on them. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/store_args.h"
#include "reports/units.h"

static const tb_option options[] = {
    {.name = "ops", .kind = TB_OPTION_FLAG, .help = "Per-op times and who ran each node."},
    {.name = "figures",
     .kind = TB_OPTION_FLAG,
     .help = "Every other figure: memory by phase and owner, durations, readings."},
    TB_OPTION_ROW_WHERE,
    TB_OPTION_ROWS_FORMAT,
    TB_OPTION_ROW_DB,
    {.name = NULL},
};

static void line(const char *key, const char *value)
{
    if (value && *value)
        printf("%-12s %s\n", key, value);
}

static void print_run(const tb_run_context *context)
{
    char number[32];
    snprintf(number, sizeof number, "@%lld", (long long)context->run_id);
    line("run", number);
    line("device", context->device.name);
    line("cpu", context->start.cpu_model);
    line("kernel", context->start.kernel);
    line("governor", context->start.governor);
    line("built by", context->driver.compiler);
    line("revision", context->driver.git_revision);
}

static void print_warnings(const tb_context *context)
{
    if (context->warning_count)
        printf("\nWarnings\n");
    for (size_t k = 0; k < context->warning_count; k++)
        printf("  %s: %s\n", context->warnings[k].warning.kind,
               context->warnings[k].warning.message);
}

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

static tb_status print_ops(const tb_selection *selection, const tb_result *result, tb_error *err)
{
    tb_ops ops = {0};
    tb_status status = tb_selection_ops(selection, result, err, &ops);
    if (status != TB_OK)
        return status;
    char total[TB_FIGURE_TEXT_SIZE] = "-";
    if (ops.end_to_end_ns.known)
        tb_format_duration(ops.end_to_end_ns.value, total);
    printf("\n%s, %s, %lld threads: per-op times of %zu profiled process%s, %s end to end\n",
           result->row.model, or_dash(result->row.ran), (long long)result->row.threads.value,
           ops.profiled_count, ops.profiled_count == 1 ? "" : "es", total);
    printf("  %5s  %-26s %10s  %6s  %-10s %s\n", "node", "op", "median", "share", "delegate",
           "output");
    for (size_t k = 0; k < ops.count; k++) {
        const tb_op_row *row = &ops.items[k];
        char median[TB_FIGURE_TEXT_SIZE] = "-", share[16] = "-", node[16] = "-";
        if (row->time.median_ns.known)
            tb_format_duration((double)row->time.median_ns.value, median);
        if (row->time.median_ns.known && ops.end_to_end_ns.known && ops.end_to_end_ns.value > 0)
            snprintf(share, sizeof share, "%.1f %%",
                     100 * (double)row->time.median_ns.value / ops.end_to_end_ns.value);
        if (row->op.node.known)
            snprintf(node, sizeof node, "%lld", (long long)row->op.node.value);
        printf("  %5s  %-26s %10s  %6s  %-10s %s%s%s%s\n", node, or_dash(row->op.op), median, share,
               or_dash(row->op.delegate), row->op.tensor ? row->op.tensor : "",
               row->op.reason ? " (" : "", row->op.reason ? row->op.reason : "",
               row->op.reason ? ")" : "");
    }
    tb_ops_free(&ops);
    return TB_OK;
}

static tb_status print_figures(const tb_selection *selection, const tb_result *result,
                               tb_error *err)
{
    tb_figures figures = {0};
    tb_status status = tb_selection_figures(selection, result, err, &figures);
    if (status != TB_OK)
        return status;
    printf("\n%s, %s, %lld threads\n", result->row.model, or_dash(result->row.ran),
           (long long)result->row.threads.value);
    for (size_t k = 0; k < figures.count; k++) {
        const tb_figure *figure = &figures.items[k].figure;
        char value[TB_FIGURE_TEXT_SIZE] = "unknown";
        if (figure->value.known)
            tb_format_value(figure->value.value, figure->unit ? figure->unit : "", value);
        printf("  %-13s %-24s %-9s %12s%s%s\n", or_dash(figure->phase), or_dash(figure->metric),
               or_dash(figure->owner), value, figure->reason ? "  " : "",
               figure->reason ? figure->reason : "");
    }
    tb_figures_free(&figures);
    return TB_OK;
}

static tb_status print_details(const tb_args *args, const tb_selection *selection, tb_error *err)
{
    tb_results results = {0};
    tb_status status = tb_selection_results(selection, err, &results);
    for (size_t k = 0; k < results.count && status == TB_OK; k++) {
        if (tb_args_flag(args, "ops"))
            status = print_ops(selection, &results.items[k], err);
        if (status == TB_OK && tb_args_flag(args, "figures"))
            status = print_figures(selection, &results.items[k], err);
    }
    tb_results_free(&results);
    return status;
}

static tb_status show(const tb_args *args, const tb_selection *selection, const char *format,
                      tb_error *err)
{
    tb_report_options look = tb_store_args_look();
    if (strcmp(format, "table") != 0)
        return tb_report_print(selection, format, stdout, &look, err);
    tb_context context = {0};
    tb_status status = tb_selection_context(selection, err, &context);
    if (status != TB_OK)
        return status;
    for (size_t k = 0; k < context.run_count; k++) {
        print_run(&context.runs[k]);
        putchar('\n');
    }
    status = tb_report_print(selection, format, stdout, &look, err);
    print_warnings(&context);
    tb_context_free(&context);
    return status == TB_OK ? print_details(args, selection, err) : status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    const char *format;
    tb_store *store = NULL;
    tb_selection *selection = NULL;
    tb_status status = tb_store_args_format(args, &err, &format);
    if (status == TB_OK)
        status = tb_store_args_open(args, TB_STORE_READ, &err, &store);
    if (status == TB_OK)
        status = tb_store_args_select(args, store,
                                      tb_args_operand_count(args) ? tb_args_operand(args, 0) : NULL,
                                      &err, &selection);
    if (status == TB_OK)
        status = show(args, selection, format, &err);
    tb_selection_close(selection);
    tb_store_close(store);
    return status == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
}

const tb_cmd tb_cmd_show = {
    .name = "show",
    .synopsis = "[RESULT] [--ops] [--figures] [--where KEY=VALUE,...]",
    .summary = "print stored results with what hangs on them",
    .description =
        "Prints the results that RESULT names (the last run where it is left out), the machine and "
        "build they come from, and their warnings; with --ops per-op times and why nodes were not "
        "delegated, with --figures memory by phase and owner and everything else that was measured.",
    .examples = "tflbench show\n"
                "    the last run\n"
                "tflbench show @42 --ops --where delegate=cpu,threads=1\n"
                "    where the time goes in one configuration of run 42\n",
    .see_also = "tflbench ls, tflbench report",
    .options = options,
    .min_operands = 0,
    .max_operands = 1,
    .run = run,
};
