/*
 * Texts from the database made safe for each format: names of models, tensors and labels come from
 * files of strangers. NULL adds nothing.
 */
#ifndef TB_REPORTS_ESCAPE_H
#define TB_REPORTS_ESCAPE_H

#include <stddef.h>

#include "runtime/base/buf.h"

/* As HTML text or attribute value between double quotes: & < > " ' become references, control
   characters and bytes that are not UTF-8 become U+FFFD. */
void tb_escape_html(tb_buf *out, const char *text);

/* As one CSV field (RFC 4180): quoted where it has a comma, quote or line break. A leading = + - @,
   which spreadsheets would run as a formula, gets an apostrophe in front. */
void tb_escape_csv(tb_buf *out, const char *text);

/* As a Markdown table cell or running text: markup is escaped, line breaks become spaces. */
void tb_escape_markdown(tb_buf *out, const char *text);

/* For terminals: control characters (escape sequences) and broken UTF-8 become U+FFFD. */
void tb_escape_plain(tb_buf *out, const char *text);

/* Columns a terminal needs for UTF-8 text, one a code point. */
size_t tb_escape_columns(const char *text);

#endif
