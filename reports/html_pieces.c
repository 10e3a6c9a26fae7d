/* Small pieces of HTML that several sections use. */
#include <math.h>
#include <string.h>

#include "reports/html_page.h"

void tb_html_mark(tb_page *page, size_t index)
{
    const tb_series *series = &page->series[index];
    tb_buf_printf(page->out, "<span class=\"mark %s\" aria-hidden=\"true\">%s</span>",
                  series->colour, series->mark);
}

void tb_html_axis(tb_page *page, const tb_axis *axis, bool per_cent)
{
    tb_buf_append_text(page->out, "<div class=\"axis\" aria-hidden=\"true\">");
    for (size_t i = 0; i < axis->tick_count; i++) {
        char text[TB_FIGURE_TEXT_SIZE];
        double tick = axis->ticks[i];
        double place = tb_axis_place(axis, tick);
        const char *end = place < 0.04 ? " class=\"low\"" : place > 0.96 ? " class=\"high\"" : "";
        tb_buf_printf(page->out, "<span%s style=\"left:%.2f%%\">", end, 100 * place);
        if (per_cent && fabs(tick) < 1e-9) {
            tb_buf_append_text(page->out, "0");
        } else if (per_cent) {
            tb_buf_printf(page->out, "%+.4g %%", tick * 100);
        } else {
            tb_format_duration(tick, text);
            /* Ticks are round: "5.00 ms" is "5 ms". */
            char *dot = strchr(text, '.');
            size_t digits = dot ? strspn(dot + 1, "0") : 0;
            if (dot && dot[1 + digits] == ' ')
                memmove(dot, dot + 1 + digits, strlen(dot + 1 + digits) + 1);
            tb_buf_append_text(page->out, text);
        }
        tb_buf_append_text(page->out, "</span>");
    }
    tb_buf_append_text(page->out, "</div>");
}

void tb_html_status(tb_page *page, const tb_result *result, bool with_reason)
{
    const tb_result_row *row = &result->row;
    bool wrong = row->check_verdict && strcmp(row->check_verdict, "wrong") == 0;
    if (result->status != TB_PROCESS_OK) {
        char words[32];
        size_t length = 0;
        for (; row->status[length] && length + 1 < sizeof words; length++)
            words[length] = row->status[length] == '_' ? ' ' : row->status[length];
        words[length] = '\0';
        tb_buf_printf(page->out, "<span class=\"pill %s\">%s</span>",
                      result->status <= TB_PROCESS_UNAVAILABLE ? "quiet" : "bad", words);
    } else if (wrong) {
        tb_buf_append_text(page->out, "<span class=\"pill bad\">wrong outputs</span>");
    } else if (!row->reason) {
        return;
    }
    if (with_reason && row->reason) {
        tb_buf_append_text(page->out, " <span class=\"reason\">");
        tb_html_text(page, row->reason);
        tb_buf_append_text(page->out, "</span>");
    }
}
