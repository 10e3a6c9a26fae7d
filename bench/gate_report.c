/* A gate's verdicts for people, pull requests and CI systems. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/gate.h"
#include "bench/json_write.h"
#include "reports/escape.h"

static bool is_bad(const tb_gate_item *item)
{
    return item->verdict >= TB_GATE_FAILED;
}

static size_t count_of(const tb_gate_result *result, bool (*is)(const tb_gate_item *item))
{
    size_t count = 0;
    for (size_t k = 0; k < result->count; k++)
        count += is(&result->items[k]);
    return count;
}

static bool is_undecided(const tb_gate_item *item)
{
    return item->verdict == TB_GATE_UNDECIDED;
}

static void headline(const tb_gate_result *result, tb_buf *out)
{
    size_t bad = count_of(result, is_bad), undecided = count_of(result, is_undecided);
    if (bad)
        tb_buf_printf(out, "%zu of %zu configurations did not pass", bad, result->count);
    else if (undecided)
        tb_buf_printf(out, "%zu of %zu configurations are undecided", undecided, result->count);
    else
        tb_buf_printf(out, "%zu configuration%s passed", result->count,
                      result->count == 1 ? "" : "s");
}

/* How sure all this is. */
static void fine_print(const tb_gate_result *result, tb_buf *out)
{
    double worst = 0;
    for (size_t k = 0; k < result->count; k++)
        worst = fmax(worst, result->items[k].detectable);
    tb_buf_printf(out, "By design %.2g %% false alarms per invocation", result->false_alarms * 100);
    if (worst > 0)
        tb_buf_printf(out, "; a change of %.1f %% would have been found in %.0f %% of cases",
                      worst * 100, result->power * 100);
    tb_buf_printf(out, "; %.0f s", result->seconds);
}

void tb_gate_print(const tb_gate_result *result, FILE *to)
{
    tb_buf text = {0};
    for (size_t k = 0; k < result->count; k++) {
        const tb_gate_item *item = &result->items[k];
        tb_buf_printf(&text, "%-9s ", tb_gate_verdict_text(item->verdict));
        tb_escape_plain(&text, item->name);
        if (item->detail[0]) {
            tb_buf_append_text(&text, ": ");
            tb_escape_plain(&text, item->detail);
        }
        if (item->blocks)
            tb_buf_printf(&text, " (%lld blocks)", (long long)item->blocks);
        tb_buf_append_text(&text, "\n");
    }
    headline(result, &text);
    tb_buf_append_text(&text, ". ");
    fine_print(result, &text);
    fprintf(to, "%s.\n", tb_buf_text(&text));
    tb_buf_free(&text);
}

void tb_gate_markdown(const tb_gate_result *result, tb_buf *out)
{
    tb_buf_append_text(out, "### tflbench: ");
    headline(result, out);
    tb_buf_append_text(out,
                       "\n\n| verdict | configuration | what was found |\n| --- | --- | --- |\n");
    for (size_t k = 0; k < result->count; k++) {
        const tb_gate_item *item = &result->items[k];
        const char *mark = is_bad(item) ? "**" : "";
        tb_buf_printf(out, "| %s%s%s | ", mark, tb_gate_verdict_text(item->verdict), mark);
        tb_escape_markdown(out, item->name);
        tb_buf_append_text(out, " | ");
        tb_escape_markdown(out, item->detail);
        tb_buf_append_text(out, " |\n");
    }
    tb_buf_append_text(out, "\n");
    fine_print(result, out);
    tb_buf_append_text(out, ".\n");
}

void tb_gate_junit(const tb_gate_result *result, tb_buf *out)
{
    size_t skipped = count_of(result, is_undecided), bad = count_of(result, is_bad);
    tb_buf_printf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite "
                  "name=\"tflbench gate\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\" "
                  "time=\"%.3f\">\n",
                  result->count, bad, skipped, result->seconds);
    for (size_t k = 0; k < result->count; k++) {
        const tb_gate_item *item = &result->items[k];
        tb_buf_append_text(out, "<testcase classname=\"tflbench.gate\" name=\"");
        tb_escape_html(out, item->name);
        tb_buf_append_text(out, "\">");
        if (is_bad(item) || is_undecided(item)) {
            const char *element = is_bad(item) ? "failure" : "skipped";
            tb_buf_printf(out, "<%s message=\"%s: ", element, tb_gate_verdict_text(item->verdict));
            tb_escape_html(out, item->detail);
            tb_buf_append_text(out, "\"/>");
        }
        tb_buf_append_text(out, "</testcase>\n");
    }
    tb_buf_append_text(out, "</testsuite>\n</testsuites>\n");
}

void tb_gate_json(const tb_gate_result *result, tb_buf *out)
{
    tb_json_writer json = {.out = out};
    tb_json_put_object(&json, NULL);
    tb_json_put_text(&json, "schema", "tflbench.gate");
    tb_json_put_int(&json, "version", 1);
    tb_json_put_int(&json, "run", result->run_id);
    tb_json_put_real(&json, "seconds", result->seconds);
    tb_json_put_real(&json, "false_alarms", result->false_alarms);
    tb_json_put_real(&json, "power", result->power);
    tb_json_put_array(&json, "configurations");
    for (size_t k = 0; k < result->count; k++) {
        const tb_gate_item *item = &result->items[k];
        tb_json_put_object(&json, NULL);
        tb_json_put_text(&json, "configuration", item->name);
        tb_json_put_text(&json, "verdict", tb_gate_verdict_text(item->verdict));
        tb_json_put_text(&json, "detail", item->detail);
        tb_json_put_int(&json, "blocks", item->blocks);
        if (item->ratio.ratio > 0)
            tb_json_put_real(&json, "ratio", item->ratio.ratio);
        if (item->ratio.interval.level > 0) {
            tb_json_put_real(&json, "ratio_low", item->ratio.interval.low);
            tb_json_put_real(&json, "ratio_high", item->ratio.interval.high);
        }
        if (item->low.ratio > 0)
            tb_json_put_real(&json, "p1_ratio", item->low.ratio);
        if (item->low.ratio > 0 && item->low.interval.level > 0) {
            tb_json_put_real(&json, "p1_ratio_low", item->low.interval.low);
            tb_json_put_real(&json, "p1_ratio_high", item->low.interval.high);
        }
        tb_json_put_real(&json, "threshold", item->threshold);
        tb_json_put_real(&json, "detectable", item->detectable);
        tb_json_put_bool(&json, "unconfirmed", item->unconfirmed);
        tb_json_end_object(&json);
    }
    tb_json_end_array(&json);
    tb_json_end_object(&json);
    tb_buf_append_text(out, "\n");
}

/* Workflow commands end at a line break and take % as an escape. */
static void put_command_text(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '%')
            fputs("%25", to);
        else if (*text == '\n' || *text == '\r')
            fputs("%0A", to);
        else
            fputc(*text, to);
    }
}

void tb_gate_annotations(const tb_gate_result *result, FILE *to)
{
    for (size_t k = 0; k < result->count; k++) {
        const tb_gate_item *item = &result->items[k];
        if (!is_bad(item) && !is_undecided(item))
            continue;
        fprintf(to, "::%s title=tflbench gate: %s::", is_bad(item) ? "error" : "warning",
                tb_gate_verdict_text(item->verdict));
        put_command_text(to, item->name);
        fputs(": ", to);
        put_command_text(to, item->detail);
        fputc('\n', to);
    }
}
