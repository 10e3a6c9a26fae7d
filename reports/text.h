/*
 * A text that grows, for the writers and for composing SQL from record.def.
 *
 * Running out of memory is latched in `failed`; the text then stays as it was, and whoever uses it
 * asks once at the end. Always terminated; data is NULL only while nothing was ever added.
 */
#ifndef TB_REPORTS_TEXT_H
#define TB_REPORTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/status.h"

typedef struct tb_text {
    char *data;
    size_t length, capacity;
    bool failed;
} tb_text;

void tb_text_free(tb_text *text);
/* "" where nothing was added. */
const char *tb_text_get(const tb_text *text);

void tb_text_add(tb_text *text, const char *more);
void tb_text_add_bytes(tb_text *text, const char *bytes, size_t size);
void tb_text_printf(tb_text *text, const char *format, ...) TB_PRINTF(2, 3);

/* As HTML text or attribute value between double quotes: & < > " ' become references, control
   characters and bytes that are not UTF-8 become U+FFFD. NULL adds nothing. */
void tb_text_add_html(tb_text *text, const char *more);

/* As one CSV field (RFC 4180): quoted where it has a comma, quote or line break. A leading = + - @
   of a text, which spreadsheets would run as a formula, gets an apostrophe in front. */
void tb_text_add_csv(tb_text *text, const char *more);

/* As a Markdown table cell or running text: markup characters are escaped, line breaks become
   spaces. */
void tb_text_add_markdown(tb_text *text, const char *more);

/* Control characters (also escape sequences for terminals) and broken UTF-8 become U+FFFD. */
void tb_text_add_plain(tb_text *text, const char *more);

/* Columns a terminal needs for UTF-8 text: one a code point (the tables hold no wide ones of their
   own). */
size_t tb_text_columns(const char *text);

#endif
