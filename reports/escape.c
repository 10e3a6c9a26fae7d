/* The escapes of each format; see escape.h. */
#include "reports/escape.h"

#include <stdbool.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Length of the UTF-8 sequence at `at` (RFC 3629: no overlong forms, surrogates or values past
   U+10FFFF), 0 where it is none. */
static size_t utf8_length(const unsigned char *at)
{
    if (at[0] < 0x80)
        return 1;
    static const struct {
        unsigned char lead_low, lead_high, second_low, second_high;
        size_t length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].lead_low || at[0] > forms[i].lead_high)
            continue;
        if (at[1] < forms[i].second_low || at[1] > forms[i].second_high)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if (at[k] < 0x80 || at[k] > 0xbf)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* C0, DEL, and C1 in UTF-8. */
static bool is_control(const unsigned char *at)
{
    return at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

/* What one character becomes; NULL: itself. */
typedef const char *escape_function(const unsigned char *at);

static void add_escaped(tb_buf *out, const char *more, escape_function *escape)
{
    if (!more)
        return;
    const unsigned char *at = (const unsigned char *)more;
    while (*at) {
        size_t length = utf8_length(at);
        const char *replaced = length ? escape(at) : REPLACEMENT;
        if (replaced)
            tb_buf_append_text(out, replaced);
        else
            tb_buf_append(out, (const char *)at, length);
        at += length ? length : 1;
    }
}

static const char *escape_plain(const unsigned char *at)
{
    return is_control(at) ? REPLACEMENT : NULL;
}

static const char *escape_html(const unsigned char *at)
{
    switch (*at) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
    case '\t':
        return NULL;
    default:
        return escape_plain(at);
    }
}

static const char *escape_markdown(const unsigned char *at)
{
    static const char special[] = "\\`*_[]<>|~#&!";
    static const char *const escaped[] = {"\\\\", "\\`", "\\*", "\\_", "\\[",   "\\]", "&lt;",
                                          "&gt;", "\\|", "\\~", "\\#", "&amp;", "\\!"};
    if (*at == '\n' || *at == '\t' || *at == '\r')
        return " ";
    const char *found = strchr(special, *at);
    return found ? escaped[found - special] : escape_plain(at);
}

void tb_escape_plain(tb_buf *out, const char *more)
{
    add_escaped(out, more, escape_plain);
}

void tb_escape_html(tb_buf *out, const char *more)
{
    add_escaped(out, more, escape_html);
}

void tb_escape_markdown(tb_buf *out, const char *more)
{
    add_escaped(out, more, escape_markdown);
}

void tb_escape_csv(tb_buf *out, const char *more)
{
    if (!more || !*more)
        return;
    bool formula = strchr("=+-@\t\r", *more) != NULL;
    bool quoted = formula || strpbrk(more, ",\"\r\n") != NULL;
    if (!quoted) {
        tb_buf_append_text(out, more);
        return;
    }
    tb_buf_append_text(out, formula ? "\"'" : "\"");
    for (; *more; more++) {
        if (*more == '"')
            tb_buf_append(out, more, 1);
        tb_buf_append(out, more, 1);
    }
    tb_buf_append_text(out, "\"");
}

size_t tb_escape_columns(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}
