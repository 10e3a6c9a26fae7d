/*
 * A table for people: cells are added one after the other, row by row; printing gives each column
 * the width of its widest cell. Widths count code points.
 */
#ifndef TB_BENCH_TEXT_TABLE_H
#define TB_BENCH_TEXT_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "runtime/base/buf.h"
#include "runtime/base/status.h"

typedef struct tb_text_table {
    const char *alignment; /* one letter a column: l, r */
    tb_buf text;           /* the cells, each ended by a zero byte */
    size_t cells;
} tb_text_table;

/* `alignment` is borrowed; `headings` has as many entries as it has letters. */
void tb_text_table_init(tb_text_table *table, const char *alignment, const char *const *headings);
void tb_text_table_free(tb_text_table *table);

/* The next cell. Rows need no end: a row is as many cells as there are columns. */
void tb_text_table_cell(tb_text_table *table, const char *format, ...) TB_PRINTF(2, 3);

/* With `indent` spaces before each line; the heading is underlined. An incomplete row is left out.
   Without memory for the cells it says so in place of the table. */
void tb_text_table_print(const tb_text_table *table, int indent, FILE *to);

#endif
