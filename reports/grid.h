/*
 * A table of texts, as the terminal and Markdown show it: which columns results have is decided
 * here once. A column that would be empty or the same throughout is left out.
 */
#ifndef TB_REPORTS_GRID_H
#define TB_REPORTS_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/pool.h"
#include "reports/report.h"
#include "reports/select.h"
#include "runtime/base/buf.h"

typedef enum tb_tone { TB_TONE_PLAIN, TB_TONE_GOOD, TB_TONE_BAD, TB_TONE_FAINT } tb_tone;

typedef struct tb_cell {
    const char *text; /* never NULL */
    tb_tone tone;
} tb_cell;

typedef struct tb_column {
    const char *title;
    bool right; /* aligned; figures are */
    bool group; /* rows that say the same belong together */
    int spare;  /* where room is short: the highest goes first; 0 stays */
} tb_column;

typedef struct tb_grid {
    tb_column *columns;
    size_t column_count;
    tb_cell *cells; /* row by row */
    size_t row_count;
} tb_grid;

/* Texts and cells lie in the pool; the results must outlive the grid. */
tb_status tb_grid_of_results(const tb_results *results, tb_pool *pool, tb_error *err,
                             tb_grid *grid);
tb_status tb_grid_of_runs(const tb_runs *runs, tb_pool *pool, tb_error *err, tb_grid *grid);

/* As text for a terminal (table.c) and as a table of Markdown (markdown.c). */
tb_status tb_grid_write_table(const tb_grid *grid, const tb_report_options *options, tb_pool *pool,
                              tb_buf *out, tb_error *err);
void tb_grid_write_markdown(const tb_grid *grid, tb_buf *out);

#endif
