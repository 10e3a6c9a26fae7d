/*
 * The profiles that a report carries: those of its results that were profiled, as the document that
 * the script draws its views from. Many large models would make a page that no phone opens: beyond
 * a bound the others are left out, and their results say how to see them.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/html_frame.h"
#include "reports/html_page.h"
#include "reports/pack_json.h"
#include "reports/profile.h"

#define MOST_BYTES 12000000

/* About what a profile adds to the page. */
static size_t estimate_bytes(const tb_profile *profile)
{
    size_t bytes = 20000, told = 0;
    told += profile->graph_text ? strlen(profile->graph_text) : 0;
    told += profile->timeline_text ? strlen(profile->timeline_text) : 0;
    bytes += told / 2; /* by packing */
    for (size_t i = 0; i < profile->op_count; i++) {
        size_t samples = profile->ops[i].sample_count;
        bytes += 300 + 4 * (samples < 200 ? samples : 200);
    }
    return bytes;
}

static tb_status open_all(tb_page *page, tb_profile *profiles, size_t *opened)
{
    size_t bytes = 0;
    for (size_t i = 0; i < page->results->count; i++) {
        tb_error why = TB_ERROR_NONE;
        tb_profile *profile = &profiles[*opened];
        tb_status status =
            tb_profile_open(page->selection, &page->results->items[i], &why, profile);
        size_t more = status == TB_OK ? estimate_bytes(profile) : 0;
        if (status == TB_OK && (bytes == 0 || bytes + more <= MOST_BYTES)) {
            bytes += more;
            page->profile_of[i] = (int)(*opened)++;
            continue;
        }
        page->profile_of[i] = status == TB_OK ? TB_PROFILE_LEFT_OUT : TB_PROFILE_NONE;
        tb_profile_close(profile);
        memset(profile, 0, sizeof *profile);
        if (status != TB_OK && status != TB_NOT_FOUND) {
            *page->err = why;
            return status;
        }
    }
    return TB_OK;
}

tb_status tb_html_read_profiles(tb_page *page)
{
    size_t count = page->results->count, opened = 0;
    page->profile_of = tb_pool_take(page->pool, count + 1, sizeof *page->profile_of);
    tb_profile *profiles = calloc(count + 1, sizeof *profiles);
    if (!profiles || !page->profile_of) {
        free(profiles);
        return tb_fail(page->err, TB_NO_MEMORY, "no memory for the report's profiles");
    }
    tb_status status = open_all(page, profiles, &opened);
    if (status == TB_OK && opened)
        status = tb_profile_json(profiles, opened, page->results, page->err, &page->profiles);
    for (size_t i = 0; i < opened; i++)
        tb_profile_close(&profiles[i]);
    free(profiles);
    return status;
}

tb_status tb_html_profiles(tb_page *page)
{
    if (!page->profiles.size)
        return TB_OK;
    tb_buf packed = {0};
    cJSON *document = cJSON_Parse(tb_buf_text(&page->profiles));
    tb_status status = document ? tb_pack_json(document, page->err, &packed)
                                : tb_fail(page->err, TB_NO_MEMORY, "no memory for the profiles");
    cJSON_Delete(document);
    if (status == TB_OK) {
        tb_buf_append_text(page->out, "<script type=\"application/json\" id=\"tflbench-profile\">");
        tb_html_add_json(page->out, tb_buf_text(&packed));
        tb_buf_append_text(page->out, "</script>");
    }
    tb_buf_free(&packed);
    return status;
}
