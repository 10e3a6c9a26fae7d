/* Tables for a terminal: columns as wide as their texts, cut to the width there is. */
#include <string.h>

#include "reports/describe.h"
#include "reports/escape.h"
#include "reports/grid.h"
#include "reports/writer.h"

#define GAP       2
#define NARROWEST 8 /* of a text that is cut */

static const char *const tone_codes[] = {[TB_TONE_PLAIN] = "",
                                         [TB_TONE_GOOD] = "\x1b[32m",
                                         [TB_TONE_BAD] = "\x1b[31m",
                                         [TB_TONE_FAINT] = "\x1b[2m"};

/* The width of all columns shown, gaps included; a width of 0 is a column left out. */
static size_t total_width(const tb_grid *grid, const size_t *widths)
{
    size_t total = 0;
    for (size_t c = 0; c < grid->column_count; c++)
        total += widths[c] + (total && widths[c] ? GAP : 0);
    return total;
}

/* Leaves out columns that can be spared, then narrows the widest texts, until all fit. */
static void fit_widths(const tb_grid *grid, size_t *widths, size_t limit)
{
    while (total_width(grid, widths) > limit) {
        size_t spared = grid->column_count, widest = grid->column_count;
        for (size_t c = 0; c < grid->column_count; c++) {
            const tb_column *column = &grid->columns[c];
            if (widths[c] && column->spare &&
                (spared == grid->column_count || column->spare > grid->columns[spared].spare))
                spared = c;
            if (!column->right && widths[c] > NARROWEST &&
                (widest == grid->column_count || widths[c] > widths[widest]))
                widest = c;
        }
        if (spared < grid->column_count)
            widths[spared] = 0;
        else if (widest < grid->column_count)
            widths[widest]--;
        else
            return;
    }
}

static void add_padded(const char *text, size_t width, bool right, bool last, tb_buf *out)
{
    tb_buf safe = {0};
    tb_escape_plain(&safe, text);
    const char *shown = tb_buf_text(&safe);
    size_t columns = tb_escape_columns(shown);
    size_t padding = columns < width ? width - columns : 0;
    if (right)
        tb_buf_append_fill(out, ' ', padding);
    if (columns <= width) {
        tb_buf_append_text(out, shown);
    } else {
        for (size_t kept = 0; kept + 1 < width; kept++) {
            size_t length = 1;
            while (((unsigned char)shown[length] & 0xc0) == 0x80)
                length++;
            tb_buf_append(out, shown, length);
            shown += length;
        }
        tb_buf_append_text(out, "…");
    }
    if (!right && !last)
        tb_buf_append_fill(out, ' ', padding);
    out->failed |= safe.failed;
    tb_buf_free(&safe);
}

static bool is_last(const tb_grid *grid, const size_t *widths, size_t column)
{
    for (size_t c = column + 1; c < grid->column_count; c++)
        if (widths[c])
            return false;
    return true;
}

static void add_titles(const tb_grid *grid, const size_t *widths, tb_buf *out)
{
    for (size_t c = 0; c < grid->column_count; c++) {
        if (!widths[c])
            continue;
        tb_buf_append_fill(out, ' ', c ? GAP : 0);
        add_padded(grid->columns[c].title, widths[c], grid->columns[c].right,
                   is_last(grid, widths, c), out);
    }
    tb_buf_append_text(out, "\n");
    for (size_t c = 0; c < grid->column_count; c++) {
        if (!widths[c])
            continue;
        tb_buf_append_fill(out, ' ', c ? GAP : 0);
        for (size_t i = 0; i < widths[c]; i++)
            tb_buf_append_text(out, "─");
    }
    tb_buf_append_text(out, "\n");
}

static void add_row(const tb_grid *grid, size_t row, const size_t *widths, bool colour, tb_buf *out)
{
    const tb_cell *cells = &grid->cells[row * grid->column_count];
    const tb_cell *above = row ? cells - grid->column_count : NULL;
    for (size_t c = 0; c < grid->column_count; c++) {
        /* What is the same as above in all columns of a group is said once. */
        bool repeats = above && grid->columns[c].group && strcmp(cells[c].text, above[c].text) == 0;
        if (!repeats)
            above = NULL;
        if (!widths[c])
            continue;
        bool coloured = colour && cells[c].tone != TB_TONE_PLAIN && *cells[c].text;
        tb_buf_append_fill(out, ' ', c ? GAP : 0);
        if (coloured)
            tb_buf_append_text(out, tone_codes[cells[c].tone]);
        add_padded(repeats ? "" : cells[c].text, widths[c], grid->columns[c].right,
                   is_last(grid, widths, c), out);
        if (coloured)
            tb_buf_append_text(out, "\x1b[0m");
    }
    tb_buf_append_text(out, "\n");
}

tb_status tb_grid_write_table(const tb_grid *grid, const tb_report_options *options, tb_pool *pool,
                              tb_buf *out, tb_error *err)
{
    size_t *widths = tb_pool_take(pool, grid->column_count, sizeof *widths);
    if (!widths)
        return tb_pool_check(NULL, err);
    for (size_t c = 0; c < grid->column_count; c++) {
        widths[c] = tb_escape_columns(grid->columns[c].title);
        for (size_t r = 0; r < grid->row_count; r++) {
            size_t columns = tb_escape_columns(grid->cells[r * grid->column_count + c].text);
            widths[c] = columns > widths[c] ? columns : widths[c];
        }
    }
    if (options->width > 0)
        fit_widths(grid, widths, (size_t)options->width);
    add_titles(grid, widths, out);
    for (size_t r = 0; r < grid->row_count; r++)
        add_row(grid, r, widths, options->colour, out);
    return TB_OK;
}

/* Line by line: the escape would take the line breaks. */
static void add_reasons(const tb_results *results, tb_buf *out)
{
    tb_buf reasons = {0};
    tb_describe_reasons(results, &reasons);
    for (char *line = reasons.data; line && *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        tb_escape_plain(out, line);
        tb_buf_append_text(out, "\n");
        line = end + 1;
    }
    if (reasons.size)
        tb_buf_append_text(out, "\n");
    out->failed |= reasons.failed;
    tb_buf_free(&reasons);
}

tb_status tb_write_results_table(const tb_selection *selection, const tb_results *results,
                                 const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)selection;
    tb_pool *pool = tb_pool_create();
    tb_grid grid;
    tb_status status = TB_OK;
    if (results->count) {
        status = tb_grid_of_results(results, pool, err, &grid);
        if (status == TB_OK)
            status = tb_grid_write_table(&grid, options, pool, out, err);
        tb_buf_append_text(out, "\n");
    }
    add_reasons(results, out);
    /* The reasons stand above: the sentence is what to take home. */
    tb_buf headline = {0}, remark = {0};
    tb_describe_results(results, &headline, &remark);
    tb_escape_plain(out, tb_buf_text(&headline));
    tb_buf_append_text(out, ".\n");
    tb_buf_free(&headline);
    tb_buf_free(&remark);
    tb_pool_free(pool);
    return status;
}

tb_status tb_write_runs_table(const tb_runs *runs, const tb_report_options *options, tb_buf *out,
                              tb_error *err)
{
    if (runs->count == 0) {
        tb_buf_append_text(out, "no runs yet\n");
        return TB_OK;
    }
    tb_pool *pool = tb_pool_create();
    tb_grid grid;
    tb_status status = tb_grid_of_runs(runs, pool, err, &grid);
    if (status == TB_OK)
        status = tb_grid_write_table(&grid, options, pool, out, err);
    tb_pool_free(pool);
    return status;
}
