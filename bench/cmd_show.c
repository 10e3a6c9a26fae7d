/* `tflbench show`: stored results with what hangs on them. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/store_args.h"
#include "bench/text_table.h"
#include "reports/op_view.h"
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

/* Is the same said of the same configuration further up? */
static bool is_repeated(const tb_context *context, size_t k)
{
    const tb_warning_row *row = &context->warnings[k];
    for (size_t i = 0; i < k; i++) {
        const tb_warning_row *before = &context->warnings[i];
        if (before->run_id == row->run_id && before->configuration_id == row->configuration_id &&
            strcmp(before->warning.message, row->warning.message) == 0)
            return true;
    }
    return false;
}

/* Those of the results shown, and those of whole runs. */
static void print_warnings(const tb_context *context, const tb_results *results)
{
    bool any = false;
    for (size_t k = 0; k < context->warning_count; k++) {
        const tb_warning_row *row = &context->warnings[k];
        const tb_result *owner = NULL;
        for (size_t r = 0; r < results->count && !owner; r++)
            if (results->items[r].run_id == row->run_id &&
                results->items[r].configuration_id == row->configuration_id)
                owner = &results->items[r];
        if ((row->configuration_id && !owner) || is_repeated(context, k))
            continue;
        if (!any)
            printf("\nWarnings\n");
        any = true;
        if (owner)
            printf("  %s, %s, %lld thread%s: ", owner->row.model, owner->row.delegate,
                   (long long)owner->row.threads.value, owner->row.threads.value == 1 ? "" : "s");
        else
            printf("  @%lld: ", (long long)row->run_id);
        printf("%s\n", row->warning.message);
    }
}

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

static void print_op_lines(const tb_op_view *view, double end_to_end_ns)
{
    static const char *const headings[] = {"node",     "op",     "median", "share",
                                           "delegate", "kernel", "output"};
    tb_text_table table;
    tb_text_table_init(&table, "llrrlll", headings);
    for (size_t k = 0; k < view->count; k++) {
        const tb_op_line *op = &view->lines[k];
        char median[TB_FIGURE_TEXT_SIZE] = "", share[16] = "";
        if (op->median_ns.known)
            tb_format_duration(op->median_ns.value, median);
        if (op->median_ns.known && end_to_end_ns > 0)
            snprintf(share, sizeof share, "%.1f %%", 100 * op->median_ns.value / end_to_end_ns);
        tb_text_table_cell(&table, "%s", op->nodes ? op->nodes : "");
        tb_text_table_cell(&table, "%s", or_dash(op->op));
        tb_text_table_cell(&table, "%s", median);
        tb_text_table_cell(&table, "%s", share);
        tb_text_table_cell(&table, "%s", op->delegate ? op->delegate : "");
        tb_text_table_cell(&table, "%s", op->kernel ? op->kernel : "");
        tb_text_table_cell(&table, "%.60s%s%s%s", op->tensor ? op->tensor : "",
                           op->reason ? " (" : "", op->reason ? op->reason : "",
                           op->reason ? ")" : "");
    }
    tb_text_table_print(&table, 2, stdout);
    tb_text_table_free(&table);
}

static tb_status print_ops(const tb_selection *selection, const tb_result *result, tb_error *err)
{
    tb_ops ops = {0};
    tb_op_view view = {0};
    tb_pool *pool = tb_pool_create();
    tb_status status = tb_pool_check(pool, err);
    if (status == TB_OK)
        status = tb_selection_ops(selection, result, err, &ops);
    if (status == TB_OK)
        status = tb_op_view_make(&ops, pool, err, &view);
    if (status == TB_OK) {
        char total[TB_FIGURE_TEXT_SIZE] = "-";
        if (ops.end_to_end_ns.known)
            tb_format_duration(ops.end_to_end_ns.value, total);
        printf("\n%s, %s, %lld thread%s: per-op times of %zu profiled process%s, %s end to end\n",
               result->row.model, or_dash(result->row.ran), (long long)result->row.threads.value,
               result->row.threads.value == 1 ? "" : "s", ops.profiled_count,
               ops.profiled_count == 1 ? "" : "es", total);
        print_op_lines(&view, ops.end_to_end_ns.known ? ops.end_to_end_ns.value : 0);
    }
    tb_ops_free(&ops);
    tb_pool_free(pool);
    return status;
}

static tb_status print_figures(const tb_selection *selection, const tb_result *result,
                               tb_error *err)
{
    tb_figures figures = {0};
    tb_status status = tb_selection_figures(selection, result, err, &figures);
    if (status != TB_OK)
        return status;
    printf("\n%s, %s, %lld thread%s\n", result->row.model, or_dash(result->row.ran),
           (long long)result->row.threads.value, result->row.threads.value == 1 ? "" : "s");
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

static tb_status print_details(const tb_args *args, const tb_selection *selection,
                               const tb_context *context, tb_error *err)
{
    tb_results results = {0};
    tb_status status = tb_selection_results(selection, err, &results);
    if (status == TB_OK)
        print_warnings(context, &results);
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
    if (status == TB_OK)
        status = print_details(args, selection, &context, err);
    tb_context_free(&context);
    return status;
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
