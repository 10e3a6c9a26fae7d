/*
 * A profile's page from its document. The frame is viewer/profile.html; the plain part says in HTML
 * what viewer/overview.js draws first: the sentence, the budget, what costs most, what stayed behind
 * and what limits trust.
 */
#include "reports/html_profile.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/html_frame.h"
#include "reports/pack_json.h"
#include "reports/profile.h"
#include "reports/units.h"
#include "runtime/base/size.h"

static const char profile_html[] = {
#include "reports/viewer/profile.html.inc"
    , 0};

typedef struct profile_page {
    const cJSON *document;
} profile_page;

/* ---- reading: any member may be missing, or of another kind than it should be ------------------- */

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(member(object, name));
}

static bool number_of(const cJSON *object, const char *name, double *value)
{
    const cJSON *found = member(object, name);
    if (!cJSON_IsNumber(found))
        return false;
    *value = found->valuedouble;
    return true;
}

/* ---- pieces -------------------------------------------------------------------------------------- */

static void add_duration(tb_buf *out, double ns)
{
    char text[TB_FIGURE_TEXT_SIZE];
    tb_format_duration(ns, text);
    tb_buf_append_text(out, text);
}

static void add_words(tb_buf *out, const char *text)
{
    for (; text && *text; text++) {
        char letter[2] = {*text == '_' ? ' ' : *text, '\0'};
        tb_escape_html(out, letter);
    }
}

static tb_status add_title(void *page, tb_buf *out, tb_error *err)
{
    (void)err;
    const cJSON *configuration = member(((profile_page *)page)->document, "configuration");
    const char *model = text_of(configuration, "model"),
               *delegate = text_of(configuration, "delegate");
    tb_escape_html(out, model ? model : "profile");
    if (delegate) {
        tb_buf_append_text(out, ", ");
        tb_escape_html(out, delegate);
    }
    tb_buf_append_text(out, " · profile · tflbench");
    return TB_OK;
}

static tb_status add_meta(void *page, tb_buf *out, tb_error *err)
{
    (void)err;
    const cJSON *document = ((profile_page *)page)->document;
    const cJSON *run = member(document, "run");
    double number;
    if (number_of(run, "run", &number))
        tb_buf_printf(out, "run %.0f", number);
    const char *started = text_of(run, "started"),
               *device = text_of(member(document, "device"), "name");
    if (started && strlen(started) >= 16) {
        char when[24];
        snprintf(when, sizeof when, "%.10s %.5s UTC", started, started + 11);
        tb_buf_append_text(out, " · ");
        tb_escape_html(out, when);
    }
    if (device) {
        tb_buf_append_text(out, " · ");
        tb_escape_html(out, device);
    }
    return TB_OK;
}

/* ---- the plain overview --------------------------------------------------------------------------- */

static void add_lead(const cJSON *document, tb_buf *out)
{
    const cJSON *result = member(document, "result");
    const char *sentence = text_of(document, "sentence"), *reason = text_of(result, "reason");
    const char *model = text_of(member(document, "configuration"), "model");
    double median, low, high;
    tb_buf_append_text(out, "<section class=\"lead verdict\"><p class=\"subject\">");
    tb_escape_html(out, model ? model : "unnamed model");
    tb_buf_append_text(out, "</p><h1>");
    tb_escape_html(out, sentence ? sentence : "Profile");
    tb_buf_append_text(out, "</h1><p class=\"headline\">");
    if (number_of(result, "median_ns", &median)) {
        add_duration(out, median);
        if (number_of(result, "median_low_ns", &low) &&
            number_of(result, "median_high_ns", &high)) {
            char middle[TB_FIGURE_TEXT_SIZE], interval[TB_FIGURE_TEXT_SIZE];
            tb_format_duration_interval(median, low, high, middle, interval);
            tb_buf_printf(out, " <small>%s</small>", interval);
        }
    } else {
        tb_buf_append_text(out, "<span class=\"absent\">not available<small>");
        tb_escape_html(out, reason ? reason : "no process without profiling ended well");
        tb_buf_append_text(out, "</small></span>");
    }
    tb_buf_append_text(out, "</p></section>");
}

/* The same colours as viewer/overview.js has. */
static const char *swatch_of(const char *part)
{
    static const char *const rows[][2] = {
        {"kernels", "p1"},      {"steps", "p2"}, {"delegate", "p3"}, {"copy", "p4"},
        {"control_flow", "p5"}, {"sync", "p6"},  {"dispatch", "p7"},
    };
    for (size_t k = 0; part && k < TB_COUNT_OF(rows); k++)
        if (strcmp(rows[k][0], part) == 0)
            return rows[k][1];
    return "p0";
}

static void add_budget(const cJSON *document, tb_buf *out)
{
    const cJSON *budget = member(document, "budget");
    double end_to_end, ns;
    tb_buf_append_text(out, "<section class=\"card\"><h2>Where the time goes</h2>");
    if (!number_of(budget, "end_to_end_ns", &end_to_end) || end_to_end <= 0) {
        const char *reason = text_of(budget, "reason");
        tb_buf_append_text(out, "<p>not available: ");
        tb_escape_html(out, reason ? reason : "no process of this configuration was profiled");
        tb_buf_append_text(out, "</p></section>");
        return;
    }
    tb_buf_append_text(out, "<div class=\"budget\" aria-hidden=\"true\">");
    const cJSON *part;
    cJSON_ArrayForEach(part, member(budget, "parts"))
    {
        if (number_of(part, "ns", &ns) && ns > 0)
            tb_buf_printf(out, "<i class=\"%s\" style=\"flex-grow:%.5f\"></i>",
                          swatch_of(text_of(part, "part")), ns / end_to_end);
    }
    tb_buf_append_text(out, "</div><table class=\"plain budget-table\"><tbody>");
    cJSON_ArrayForEach(part, member(budget, "parts"))
    {
        if (!number_of(part, "ns", &ns))
            continue;
        tb_buf_printf(out, "<tr><th scope=\"row\"><i class=\"swatch %s\"></i>",
                      swatch_of(text_of(part, "part")));
        add_words(out, text_of(part, "part"));
        tb_buf_append_text(out, "<small>");
        tb_escape_html(out, text_of(part, "what"));
        tb_buf_append_text(out, "</small></th><td class=\"n\">");
        add_duration(out, ns);
        tb_buf_printf(out, "</td><td class=\"n\">%.1f %%</td></tr>", 100 * ns / end_to_end);
    }
    tb_buf_append_text(out, "<tr class=\"sum\"><th scope=\"row\">End to end</th><td class=\"n\">");
    add_duration(out, end_to_end);
    tb_buf_append_text(out, "</td><td class=\"n\">100 %</td></tr></tbody></table></section>");
}

/* What could be done about an op, by what is known of it; viewer/overview.js says the same. */
static void add_hint(const cJSON *op, tb_buf *out)
{
    const char *reason = text_of(op, "reason"), *bound = text_of(member(op, "roof"), "bound");
    double share, rate;
    char text[TB_FIGURE_TEXT_SIZE];
    if (reason) {
        tb_buf_append_text(out, "left to the interpreter: ");
        tb_escape_html(out, reason);
    } else if (bound && number_of(member(op, "roof"), "share", &share)) {
        tb_buf_printf(out, "reaches %.0f %% of the ", 100 * share);
        tb_escape_html(out, bound);
        tb_buf_append_text(out, share < 0.5 ? " roof: a better kernel could win the rest"
                                : strcmp(bound, "memory") == 0
                                    ? " roof: only moving fewer bytes helps"
                                    : " roof: only less arithmetic helps");
    } else if (number_of(op, "flops_per_s", &rate)) {
        tb_format_count(rate, text);
        tb_buf_printf(out,
                      "computes %sFLOP/s; whether that is the machine's limit, `tflbench doctor "
                      "--roof` tells",
                      text);
    }
}

static void add_costly(const cJSON *document, tb_buf *out)
{
    enum { SHOWN = 5 };
    const cJSON *most[SHOWN] = {0}, *op;
    double times[SHOWN] = {0}, ns, total = 0;
    cJSON_ArrayForEach(op, member(document, "ops"))
    {
        if (!number_of(op, "self_median_ns", &ns))
            continue;
        total += ns;
        const cJSON *sinking = op;
        for (size_t i = 0; i < SHOWN; i++) {
            if (most[i] && times[i] >= ns)
                continue;
            const cJSON *pushed = most[i];
            double pushed_ns = times[i];
            most[i] = sinking;
            times[i] = ns;
            sinking = pushed;
            ns = pushed_ns;
            if (!sinking)
                break;
        }
    }
    if (!most[0] || !(total > 0))
        return;
    tb_buf_append_text(out, "<section class=\"card\"><h2>The operators that cost most</h2>"
                            "<table class=\"plain\"><tbody>");
    for (size_t i = 0; i < SHOWN && most[i]; i++) {
        tb_buf_append_text(out, "<tr><th scope=\"row\">");
        tb_escape_html(out, text_of(most[i], "op"));
        tb_buf_append_text(out, "<small>");
        tb_escape_html(out, text_of(most[i], "tensor"));
        tb_buf_append_text(out, "</small><small>");
        add_hint(most[i], out);
        tb_buf_append_text(out, "</small></th><td class=\"n\">");
        add_duration(out, times[i]);
        tb_buf_printf(out, "</td><td class=\"n\">%.1f %%</td></tr>", 100 * times[i] / total);
    }
    tb_buf_append_text(out, "</tbody></table></section>");
}

static void add_fallbacks(const cJSON *document, tb_buf *out)
{
    const cJSON *list = member(document, "fallbacks"), *one;
    if (cJSON_GetArraySize(list) == 0)
        return;
    tb_buf_append_text(out, "<section class=\"card\"><h2>What stayed in the interpreter</h2><ul "
                            "class=\"reasons\">");
    cJSON_ArrayForEach(one, list)
    {
        int nodes = cJSON_GetArraySize(member(one, "nodes"));
        tb_buf_printf(out, "<li><b>%d node%s ", nodes, nodes == 1 ? "" : "s");
        tb_escape_html(out, text_of(one, "op"));
        tb_buf_append_text(out, "</b> <span>");
        tb_escape_html(out, text_of(one, "reason"));
        tb_buf_append_text(out, "</span></li>");
    }
    tb_buf_append_text(out, "</ul></section>");
}

static void add_warnings(const cJSON *document, tb_buf *out)
{
    const cJSON *list = member(document, "warnings"), *one;
    tb_buf_append_text(out, "<section class=\"card\"><h2>How far to trust it</h2>");
    if (cJSON_GetArraySize(list) == 0)
        tb_buf_append_text(out, "<p class=\"note\">Nothing was found that limits trust in these "
                                "figures.</p>");
    tb_buf_append_text(out, "<ul class=\"warnings\">");
    cJSON_ArrayForEach(one, list)
    {
        tb_buf_append_text(out, "<li><b>");
        add_words(out, text_of(one, "kind"));
        tb_buf_append_text(out, "</b> ");
        tb_escape_html(out, text_of(one, "message"));
        tb_buf_append_text(out, "</li>");
    }
    tb_buf_append_text(out, "</ul></section>");
}

static tb_status add_plain(void *page, tb_buf *out, tb_error *err)
{
    (void)err;
    const cJSON *document = ((profile_page *)page)->document;
    add_lead(document, out);
    tb_profile_page_speed(document, out);
    tb_buf_append_text(out, "<div class=\"columns\"><div>");
    add_budget(document, out);
    add_fallbacks(document, out);
    tb_buf_append_text(out, "</div><div>");
    add_costly(document, out);
    add_warnings(document, out);
    tb_buf_append_text(out, "</div></div>");
    return TB_OK;
}

static tb_status add_data(void *page, tb_buf *out, tb_error *err)
{
    tb_buf packed = {0};
    tb_status status = tb_pack_json(((profile_page *)page)->document, err, &packed);
    if (status == TB_OK)
        tb_html_add_json(out, tb_buf_text(&packed));
    tb_buf_free(&packed);
    return status;
}

static const tb_html_place places[] = {
    {"title", add_title},
    {"meta", add_meta},
    {"plain", add_plain},
    {"data", add_data},
};

tb_status tb_profile_page(const char *json, const char *name, tb_error *err, tb_buf *out)
{
    cJSON *document = cJSON_Parse(json);
    const char *schema = text_of(document, "schema");
    double version = 0;
    tb_status status = TB_OK;
    if (!document)
        status = tb_fail(err, TB_CORRUPT, "%s: this is no JSON document", name);
    else if (!schema || strcmp(schema, TB_PROFILE_SCHEMA) != 0)
        status = tb_fail(err, TB_CORRUPT, "%s: its \"schema\" is \"%.60s\", not \"%s\"", name,
                         schema ? schema : "", TB_PROFILE_SCHEMA);
    else if (!number_of(document, "version", &version) || version != TB_PROFILE_SCHEMA_VERSION)
        status = tb_fail(err, TB_UNSUPPORTED, "%s: its version is %g, and this program reads %d",
                         name, version, TB_PROFILE_SCHEMA_VERSION);
    if (status == TB_OK) {
        profile_page page = {.document = document};
        status = tb_html_fill(profile_html, places, TB_COUNT_OF(places), &page, out, err);
    }
    cJSON_Delete(document);
    return status == TB_OK ? tb_buf_status(out, "page", err) : status;
}
