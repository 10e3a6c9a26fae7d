/* Markdown (GitHub's tables): the sentence, then the table. */
#include <string.h>

#include "reports/describe.h"
#include "reports/escape.h"
#include "reports/grid.h"
#include "reports/writer.h"

void tb_grid_write_markdown(const tb_grid *grid, tb_buf *out)
{
    for (size_t c = 0; c < grid->column_count; c++)
        tb_buf_printf(out, "| %s ", grid->columns[c].title);
    tb_buf_append_text(out, "|\n");
    for (size_t c = 0; c < grid->column_count; c++)
        tb_buf_append_text(out, grid->columns[c].right ? "| ---: " : "| --- ");
    tb_buf_append_text(out, "|\n");
    for (size_t r = 0; r < grid->row_count; r++) {
        for (size_t c = 0; c < grid->column_count; c++) {
            const tb_cell *cell = &grid->cells[r * grid->column_count + c];
            const char *mark = cell->tone == TB_TONE_GOOD ? "**" : "";
            tb_buf_printf(out, "| %s", mark);
            tb_escape_markdown(out, cell->text);
            tb_buf_printf(out, "%s ", mark);
        }
        tb_buf_append_text(out, "|\n");
    }
}

static void add_reasons(const tb_results *results, tb_buf *out)
{
    tb_buf reasons = {0};
    tb_describe_reasons(results, &reasons);
    if (reasons.size)
        tb_buf_append_text(out, "\n");
    for (char *line = reasons.data; line && *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        tb_buf_append_text(out, "- ");
        tb_escape_markdown(out, line);
        tb_buf_append_text(out, "\n");
        line = end + 1;
    }
    out->failed |= reasons.failed;
    tb_buf_free(&reasons);
}

tb_status tb_write_results_markdown(const tb_selection *selection, const tb_results *results,
                                    const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)selection;
    (void)options;
    tb_buf sentence = {0};
    tb_describe_in_one(results, &sentence);
    tb_escape_markdown(out, tb_buf_text(&sentence));
    tb_buf_append_text(out, "\n");
    tb_buf_free(&sentence);
    if (results->count == 0)
        return TB_OK;
    tb_buf_append_text(out, "\n");
    tb_pool *pool = tb_pool_create();
    tb_grid grid;
    tb_status status = tb_grid_of_results(results, pool, err, &grid);
    if (status == TB_OK)
        tb_grid_write_markdown(&grid, out);
    add_reasons(results, out);
    tb_pool_free(pool);
    return status;
}

tb_status tb_write_runs_markdown(const tb_runs *runs, const tb_report_options *options, tb_buf *out,
                                 tb_error *err)
{
    (void)options;
    tb_pool *pool = tb_pool_create();
    tb_grid grid;
    tb_status status = tb_grid_of_runs(runs, pool, err, &grid);
    if (status == TB_OK)
        tb_grid_write_markdown(&grid, out);
    tb_pool_free(pool);
    return status;
}
