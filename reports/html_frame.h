/*
 * A page of HTML made from a frame in reports/viewer/ whose {{names}} are filled. {{style}},
 * {{script}} and {{script-hash}} are filled here, the same for every page; the others by the page.
 */
#ifndef TB_REPORTS_HTML_FRAME_H
#define TB_REPORTS_HTML_FRAME_H

#include "runtime/base/buf.h"
#include "runtime/base/status.h"

typedef struct tb_html_place {
    const char *name;
    tb_status (*fill)(void *page, tb_buf *out, tb_error *err);
} tb_html_place;

tb_status tb_html_fill(const char *frame, const tb_html_place *places, size_t count, void *page,
                       tb_buf *out, tb_error *err);

/* JSON for a script element: "<" is written so that no text can end the element. */
void tb_html_add_json(tb_buf *out, const char *json);

#endif
