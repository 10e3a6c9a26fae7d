/* Laying out tables; see text_table.h. */
#include "bench/text_table.h"

#include <stdlib.h>
#include <string.h>

void tb_text_table_init(tb_text_table *table, const char *alignment, const char *const *headings)
{
    *table = (tb_text_table){.alignment = alignment};
    for (size_t k = 0; alignment[k]; k++)
        tb_text_table_cell(table, "%s", headings[k]);
}

void tb_text_table_free(tb_text_table *table)
{
    tb_buf_free(&table->text);
}

void tb_text_table_cell(tb_text_table *table, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tb_buf_vprintf(&table->text, format, args);
    va_end(args);
    tb_buf_append_char(&table->text, '\0');
    table->cells++;
}

static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void print_cell(FILE *to, const char *text, char alignment, size_t width, bool last)
{
    int pad = (int)(width - width_of(text));
    if (alignment == 'r')
        fprintf(to, "%*s%s", pad, "", text);
    else
        fprintf(to, "%s%*s", text, last ? 0 : pad, "");
    fputs(last ? "\n" : "  ", to);
}

static void print_rule(FILE *to, const size_t *widths, size_t columns, int indent)
{
    fprintf(to, "%*s", indent, "");
    for (size_t k = 0; k < columns; k++) {
        for (size_t n = 0; n < widths[k]; n++)
            fputc('-', to);
        fputs(k + 1 == columns ? "\n" : "  ", to);
    }
}

void tb_text_table_print(const tb_text_table *table, int indent, FILE *to)
{
    size_t columns = strlen(table->alignment);
    size_t rows = columns ? table->cells / columns : 0;
    size_t *widths = calloc(columns + 1, sizeof *widths);
    if (!widths || table->text.failed || !table->text.data) {
        fprintf(to, "%*s(out of memory for this table)\n", indent, "");
        free(widths);
        return;
    }
    const char *cell = table->text.data;
    for (size_t k = 0; k < rows * columns; k++, cell += strlen(cell) + 1) {
        size_t width = width_of(cell);
        if (width > widths[k % columns])
            widths[k % columns] = width;
    }
    cell = table->text.data;
    for (size_t k = 0; k < rows * columns; k++, cell += strlen(cell) + 1) {
        size_t column = k % columns;
        if (column == 0)
            fprintf(to, "%*s", indent, "");
        print_cell(to, cell, table->alignment[column], widths[column], column + 1 == columns);
        if (k + 1 == columns)
            print_rule(to, widths, columns, indent);
    }
    free(widths);
}
