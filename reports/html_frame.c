/* Filling frames; and what every page carries: the style and the script of reports/viewer/. */
#include "reports/html_frame.h"

#include <string.h>

#include "runtime/base/sha256.h"
#include "runtime/base/size.h"

static const char page_css[] = {
#include "reports/viewer/page.css.inc"
    , '\n',
#include "reports/viewer/app.css.inc"
    , 0};
static const char page_js[] = {
#include "reports/viewer/page.js.inc"
    , 0};

static tb_status add_style(void *page, tb_buf *out, tb_error *err)
{
    (void)page;
    (void)err;
    tb_buf_append_text(out, page_css);
    return TB_OK;
}

static tb_status add_script(void *page, tb_buf *out, tb_error *err)
{
    (void)page;
    (void)err;
    tb_buf_append_text(out, page_js);
    return TB_OK;
}

static unsigned hex_digit(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* "sha256-<base64>" of the script, by which the browser knows that it is ours. */
static tb_status add_script_hash(void *page, tb_buf *out, tb_error *err)
{
    (void)page;
    (void)err;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char hex[TB_SHA256_HEX_SIZE];
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    tb_sha256_add(&hash, page_js, strlen(page_js));
    tb_sha256_end(&hash, hex);
    tb_buf_append_text(out, "sha256-");
    /* 32 bytes: ten groups of three, and one of two. */
    for (size_t i = 0; i < 64; i += 6) {
        unsigned group = 0;
        for (size_t k = 0; k < 6; k++)
            group = group << 4 | (i + k < 64 ? hex_digit(hex[i + k]) : 0);
        for (size_t k = 0; k < 4; k++)
            tb_buf_append_char(out,
                               i + 6 > 64 && k == 3 ? '=' : digits[group >> (18 - 6 * k) & 63]);
    }
    return TB_OK;
}

static const tb_html_place common[] = {
    {"style", add_style},
    {"script", add_script},
    {"script-hash", add_script_hash},
};

static const tb_html_place *find_place(const tb_html_place *places, size_t count, const char *name,
                                       size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(places[i].name) == length && strncmp(places[i].name, name, length) == 0)
            return &places[i];
    return NULL;
}

tb_status tb_html_fill(const char *frame, const tb_html_place *places, size_t count, void *page,
                       tb_buf *out, tb_error *err)
{
    for (const char *at = frame;;) {
        const char *open = strstr(at, "{{");
        if (!open) {
            tb_buf_append_text(out, at);
            return TB_OK;
        }
        tb_buf_append(out, at, (size_t)(open - at));
        const char *name = open + 2;
        size_t length = strcspn(name, "}");
        const tb_html_place *place = find_place(places, count, name, length);
        if (!place)
            place = find_place(common, TB_COUNT_OF(common), name, length);
        if (!place)
            return tb_fail(err, TB_INTERNAL, "a page's frame names {{%.*s}}, which nothing fills",
                           (int)length, name);
        tb_status status = place->fill(page, out, err);
        if (status != TB_OK)
            return status;
        at = name + length + 2;
    }
}

void tb_html_add_json(tb_buf *out, const char *json)
{
    for (const char *at = json; *at;) {
        size_t plain = strcspn(at, "<");
        tb_buf_append(out, at, plain);
        at += plain;
        if (*at) {
            tb_buf_append_text(out, "\\u003c");
            at++;
        }
    }
}
