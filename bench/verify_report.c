/* Printing verification results; see verify_report.h. */
#include "bench/verify_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json_write.h"
#include "bench/text_table.h"

static bool is_failure(const tb_verify_result *result)
{
    return result->verdict != TB_VERDICT_PASSED && result->verdict != TB_VERDICT_SKIPPED;
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

/* ---- by operator ------------------------------------------------------------------------------- */

static void add_result(tb_verify_summary *summary, const tb_verify_result *result)
{
    summary->passed += result->verdict == TB_VERDICT_PASSED;
    summary->skipped += result->verdict == TB_VERDICT_SKIPPED;
    summary->crashed += result->verdict == TB_VERDICT_CRASHED;
    summary->timed_out += result->verdict == TB_VERDICT_TIMED_OUT;
    summary->failed += is_failure(result);
    for (int k = 0; k < result->node_count; k++) {
        summary->delegated += result->nodes[k].delegated;
        summary->left += result->nodes[k].left;
    }
}

tb_verify_summary tb_verify_summarise(const tb_verify_report *report)
{
    tb_verify_summary summary = {0};
    for (int k = 0; k < report->count; k++)
        add_result(&summary, &report->results[k]);
    return summary;
}

static int by_op(const void *a, const void *b)
{
    const tb_verify_result *const *x = a, *const *y = b;
    int order = strcmp(text_or_empty((*x)->op), text_or_empty((*y)->op));
    return order ? order : strcmp((*x)->name, (*y)->name);
}

/* Infinite errors are ones that no tolerance covers. */
static void error_cells(tb_text_table *table, bool any, double worst, double of_allowed)
{
    if (!any)
        tb_text_table_cell(table, "-");
    else if (isinf(worst))
        tb_text_table_cell(table, "no number");
    else
        tb_text_table_cell(table, "%.3g", worst);
    if (!any || (worst == 0 && of_allowed == 0))
        tb_text_table_cell(table, "-");
    else if (isinf(of_allowed))
        tb_text_table_cell(table, "over");
    else
        tb_text_table_cell(table, "%.0f %%", 100 * of_allowed);
}

static void operator_row(tb_text_table *table, const tb_verify_result *const *results, int count)
{
    tb_verify_summary sum = {0};
    double worst = 0, of_allowed = 0;
    bool any = false;
    for (int k = 0; k < count; k++) {
        add_result(&sum, results[k]);
        if (!results[k]->has_error)
            continue;
        any = true;
        worst = fmax(worst, results[k]->worst);
        of_allowed = fmax(of_allowed, results[k]->of_allowed);
    }
    tb_text_table_cell(table, "%s", text_or_empty(results[0]->op));
    tb_text_table_cell(table, "%d", count);
    tb_text_table_cell(table, "%d", sum.passed);
    tb_text_table_cell(table, "%d", sum.failed);
    tb_text_table_cell(table, "%d", sum.skipped);
    error_cells(table, any, worst, of_allowed);
}

static void print_operators(const tb_verify_result *const *sorted, int count, FILE *to)
{
    static const char *const headings[] = {"operator", "cases",       "passed",    "failed",
                                           "skipped",  "worst error", "of allowed"};
    tb_text_table table;
    tb_text_table_init(&table, "lrrrrrr", headings);
    for (int from = 0, k = 1; k <= count; k++) {
        if (k < count && !strcmp(text_or_empty(sorted[k]->op), text_or_empty(sorted[from]->op)))
            continue;
        operator_row(&table, sorted + from, k - from);
        from = k;
    }
    tb_text_table_print(&table, 0, to);
    tb_text_table_free(&table);
}

/* ---- failures ---------------------------------------------------------------------------------- */

/* Crashes first, then what lies furthest from what is allowed. */
static int by_badness(const void *a, const void *b)
{
    const tb_verify_result *x = *(const tb_verify_result *const *)a;
    const tb_verify_result *y = *(const tb_verify_result *const *)b;
    if (is_failure(x) != is_failure(y))
        return is_failure(x) ? -1 : 1;
    if (x->verdict != y->verdict)
        return x->verdict > y->verdict ? -1 : 1;
    if (x->of_allowed < y->of_allowed || x->of_allowed > y->of_allowed)
        return x->of_allowed > y->of_allowed ? -1 : 1;
    if (x->worst < y->worst || x->worst > y->worst)
        return x->worst > y->worst ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void print_failures(const tb_verify_report *report, const tb_verify_result *const *sorted,
                           int failed, FILE *to)
{
    int shown = report->verbose || failed < report->worst ? failed : report->worst;
    if (failed == 0)
        return;
    fprintf(to, "\n%s:\n", shown < failed ? "Worst failures" : "Failures");
    for (int k = 0; k < shown; k++) {
        const tb_verify_result *result = sorted[k];
        fprintf(to, "  %s: ", result->name);
        if (result->verdict != TB_VERDICT_FAILED)
            fprintf(to, "%s: ", tb_verdict_name(result->verdict));
        fprintf(to, "%s\n", text_or_empty(result->message));
    }
    if (shown < failed)
        fprintf(to, "  and %d more (--verbose prints all)\n", failed - shown);
}

static void print_skipped(const tb_verify_report *report, FILE *to)
{
    bool headed = false;
    for (int k = 0; k < report->count; k++) {
        const tb_verify_result *result = &report->results[k];
        if (result->verdict != TB_VERDICT_SKIPPED)
            continue;
        if (!headed)
            fputs("\nSkipped:\n", to);
        headed = true;
        fprintf(to, "  %s: %s\n", result->name, text_or_empty(result->message));
    }
}

/* ---- nodes ------------------------------------------------------------------------------------- */

static int by_op_and_reason(const void *a, const void *b)
{
    const tb_verify_nodes *x = a, *y = b;
    int order = strcmp(x->op, y->op);
    return order ? order : strcmp(text_or_empty(x->reason), text_or_empty(y->reason));
}

static tb_verify_nodes *collect_nodes(const tb_verify_report *report, int *count)
{
    size_t total = 0;
    for (int k = 0; k < report->count; k++)
        total += (size_t)report->results[k].node_count;
    tb_verify_nodes *rows = calloc(total + 1, sizeof *rows);
    *count = 0;
    for (int k = 0; rows && k < report->count; k++)
        for (int n = 0; n < report->results[k].node_count; n++)
            rows[(*count)++] = report->results[k].nodes[n];
    if (rows && *count > 0)
        qsort(rows, (size_t)*count, sizeof *rows, by_op_and_reason);
    return rows;
}

/* Adds up neighbours that `same`; returns how many rows are left. */
static int merge_rows(tb_verify_nodes *rows, int count)
{
    int to = 0;
    for (int k = 0; k < count; k++) {
        if (to > 0 && by_op_and_reason(&rows[to - 1], &rows[k]) == 0) {
            rows[to - 1].delegated += rows[k].delegated;
            rows[to - 1].left += rows[k].left;
        } else {
            rows[to++] = rows[k];
        }
    }
    return to;
}

static tb_status print_nodes(const tb_verify_report *report, tb_error *err, FILE *to)
{
    static const char *const headings[] = {"operator", "delegated", "left", "why left"};
    int count;
    tb_verify_nodes *rows = collect_nodes(report, &count);
    if (!rows)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for the report");
    count = merge_rows(rows, count);
    tb_text_table table;
    tb_text_table_init(&table, "lrrl", headings);
    for (int k = 0; k < count; k++) {
        tb_text_table_cell(&table, "%s", rows[k].op);
        tb_text_table_cell(&table, "%d", rows[k].delegated);
        tb_text_table_cell(&table, "%d", rows[k].left);
        bool unexplained = rows[k].left > 0 && !rows[k].reason;
        tb_text_table_cell(&table, "%s",
                           unexplained ? "(no reason given)" : text_or_empty(rows[k].reason));
    }
    fputc('\n', to);
    tb_text_table_print(&table, 0, to);
    tb_text_table_free(&table);
    free(rows);
    return TB_OK;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static const tb_verify_result **pointers_to(const tb_verify_report *report, tb_error *err)
{
    const tb_verify_result **sorted = calloc((size_t)report->count + 1, sizeof *sorted);
    if (!sorted)
        tb_fail(err, TB_NO_MEMORY, "out of memory for the report");
    for (int k = 0; sorted && k < report->count; k++)
        sorted[k] = &report->results[k];
    return sorted;
}

tb_status tb_verify_report_text(const tb_verify_report *report, tb_error *err, FILE *to)
{
    const tb_verify_result **sorted = pointers_to(report, err);
    if (!sorted)
        return err->status;
    tb_verify_summary sum = tb_verify_summarise(report);
    qsort(sorted, (size_t)report->count, sizeof *sorted, by_op);
    print_operators(sorted, report->count, to);
    qsort(sorted, (size_t)report->count, sizeof *sorted, by_badness);
    print_failures(report, sorted, sum.failed, to);
    free(sorted);
    bool delegated = strcmp(report->delegate, "reference") != 0;
    if (report->verbose)
        print_skipped(report, to);
    if (report->verbose && delegated && print_nodes(report, err, to) != TB_OK)
        return err->status;
    fputc('\n', to);
    if (delegated)
        fprintf(to, "delegate %s took %" PRId64 " of %" PRId64 " nodes%s\n", report->delegate,
                sum.delegated, sum.delegated + sum.left,
                sum.left > 0 ? "; the others ran on the engine's own kernels" : "");
    fprintf(to, "verify: %d passed, %d failed, %d skipped\n", sum.passed, sum.failed, sum.skipped);
    return TB_OK;
}

tb_status tb_verify_report_json(const tb_verify_report *report, tb_error *err, FILE *to)
{
    tb_verify_summary sum = tb_verify_summarise(report);
    tb_buf text = {0};
    tb_json_writer json = {.out = &text};
    tb_json_put_object(&json, NULL);
    tb_json_put_text(&json, "schema", "tflbench.verify");
    tb_json_put_int(&json, "version", 1);
    tb_json_put_text(&json, "engine", report->engine);
    tb_json_put_text(&json, "delegate", report->delegate);
    tb_json_put_int(&json, "threads", report->threads);
    tb_json_put_bool(&json, "lenient", report->lenient);
    tb_json_put_int(&json, "passed", sum.passed);
    tb_json_put_int(&json, "failed", sum.failed);
    tb_json_put_int(&json, "skipped", sum.skipped);
    tb_json_put_int(&json, "crashed", sum.crashed);
    tb_json_put_int(&json, "timed_out", sum.timed_out);
    tb_json_put_int(&json, "nodes_delegated", sum.delegated);
    tb_json_put_int(&json, "nodes_left", sum.left);
    tb_json_put_array(&json, "cases");
    for (int k = 0; k < report->count; k++)
        tb_verify_result_print(&report->results[k], &json);
    tb_json_end_array(&json);
    tb_json_end_object(&json);
    tb_buf_append_char(&text, '\n');
    tb_status status = tb_buf_status(&text, "report", err);
    if (status == TB_OK)
        fwrite(text.data, 1, text.size, to);
    tb_buf_free(&text);
    return status;
}
