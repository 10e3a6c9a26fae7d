/* Lays out help pages: headings, flowed paragraphs, option rows with a hanging indent. */
#include "bench/help.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/terminal.h"

#define OPTION_COLUMN 10
#define WIDEST        80

static const char exit_statuses[] = "0  done, as asked\n"
                                    "1  worse, wrong, or refused by policy\n"
                                    "2  the command line makes no sense\n"
                                    "3  undecided\n"
                                    "4  not comparable\n"
                                    "5  some configurations failed, the rest is stored\n"
                                    "6  the environment failed (database, disk, device)\n";

static int page_width(void)
{
    int width = tb_terminal_width(STDOUT_FILENO);
    return width > 0 && width < WIDEST ? width : WIDEST;
}

/* Prints words within [indent, width), the cursor being at `column`; ends the line. */
static void flow(FILE *to, const char *text, int indent, int column)
{
    int width = page_width();
    bool first = true;
    while (*text) {
        text += strspn(text, " \n");
        int size = (int)strcspn(text, " \n");
        if (size == 0)
            break;
        bool fits = column + (first ? 0 : 1) + size <= width;
        if (!fits && !first) {
            fputc('\n', to);
            column = 0;
            first = true;
        }
        if (first && column < indent) {
            fprintf(to, "%*s", indent - column, "");
            column = indent;
        }
        if (!first) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", size, text);
        column += size;
        text += size;
        first = false;
    }
    fputc('\n', to);
}

/* Paragraphs are separated by blank lines; a paragraph that starts with a space is kept as it is. */
static void paragraphs(FILE *to, const char *text, int indent)
{
    while (text && *text) {
        const char *end = strstr(text, "\n\n");
        size_t size = end ? (size_t)(end - text) : strlen(text);
        if (text[0] == ' ') {
            fprintf(to, "%*s%.*s\n", indent, "", (int)size, text);
        } else {
            char *copy = strndup(text, size);
            if (copy)
                flow(to, copy, indent, 0);
            free(copy);
        }
        text = end ? end + 2 : NULL;
        if (text && *text)
            fputc('\n', to);
    }
}

/* Every line of `text`, indented. */
static void lines(FILE *to, const char *text, int indent, const char *prefix)
{
    while (text && *text) {
        size_t size = strcspn(text, "\n");
        if (size)
            fprintf(to, "%*s%s%.*s\n", indent, "", text[0] == ' ' ? "" : prefix, (int)size, text);
        else
            fputc('\n', to);
        text += size;
        if (*text == '\n')
            text++;
    }
}

static const char *value_name(const tb_option *option)
{
    return option->value_name ? option->value_name : "VALUE";
}

static void option_row(FILE *to, const tb_option *option)
{
    if (option->kind == TB_OPTION_HEADING) {
        fprintf(to, "\n  %s\n", option->name);
        return;
    }
    fputs("    ", to);
    if (option->letter)
        fprintf(to, "-%c, ", option->letter);
    bool on = option->kind == TB_OPTION_FLAG && option->default_text;
    fprintf(to, on ? "--no-%s" : "--%s", option->name);
    if (option->kind != TB_OPTION_FLAG)
        fprintf(to, " %s", value_name(option));
    if (option->default_text && !on)
        fprintf(to, "  (default: %s)", option->default_text);
    fputc('\n', to);
    flow(to, option->help ? option->help : "", OPTION_COLUMN, 0);
}

void tb_help_command(FILE *to, const tb_cmd *cmd)
{
    fprintf(to, "NAME\n    tflbench %s - %s\n\nSYNOPSIS\n", cmd->name, cmd->summary);
    char prefix[64];
    snprintf(prefix, sizeof prefix, "tflbench %s ", cmd->name);
    lines(to, cmd->synopsis && cmd->synopsis[0] ? cmd->synopsis : "[--help]", 4, prefix);
    if (cmd->description) {
        fputs("\nDESCRIPTION\n", to);
        paragraphs(to, cmd->description, 4);
    }
    fputs("\nOPTIONS\n", to);
    for (const tb_option *option = cmd->options; option->name; option++)
        option_row(to, option);
    fputs("    -h, --help\n", to);
    flow(to, "Print this page.", OPTION_COLUMN, 0);
    if (cmd->examples) {
        fputs("\nEXAMPLES\n", to);
        lines(to, cmd->examples, 4, "");
    }
    fputs("\nEXIT STATUS\n", to);
    lines(to, exit_statuses, 4, "");
    if (cmd->see_also)
        fprintf(to, "\nSEE ALSO\n    %s\n", cmd->see_also);
}

void tb_help_program(FILE *to)
{
    int count;
    const tb_cmd *const *rows = tb_cmd_rows(&count);
    fprintf(
        to,
        "tflbench %s - how fast is a TensorFlow Lite model here, where, and is it still right?\n\n"
        "    tflbench MODEL.tflite        a quick, honest sweep of what this machine has\n"
        "    tflbench COMMAND [options]   see below\n"
        "    tflbench help COMMAND        the command's page\n\n"
        "COMMANDS\n",
        tb_build_version());
    for (int k = 0; k < count; k++) {
        if (rows[k]->hidden)
            continue;
        int column = fprintf(to, "    %-11s ", rows[k]->name);
        flow(to, rows[k]->summary, 16, column);
    }
    fputs("\nEXIT STATUS\n", to);
    lines(to, exit_statuses, 4, "");
}

/* ---- man(1) ------------------------------------------------------------------------------------ */

/* Text with what roff would take for its own escaped. */
static void roff(FILE *to, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", to);
        if (*text == '\\')
            fputs("\\e", to);
        else if (*text == '-')
            fputs("\\-", to);
        else
            fputc(*text, to);
        line_start = *text == '\n';
    }
}

static void roff_paragraphs(FILE *to, const char *text)
{
    while (text && *text) {
        const char *end = strstr(text, "\n\n");
        char *copy = end ? strndup(text, (size_t)(end - text)) : strdup(text);
        if (!copy)
            return;
        bool literal = copy[0] == ' ';
        fputs(literal ? ".PP\n.nf\n" : ".PP\n", to);
        roff(to, copy);
        fputs(literal ? "\n.fi\n" : "\n", to);
        free(copy);
        text = end ? end + 2 : NULL;
    }
}

static void roff_option(FILE *to, const tb_option *option)
{
    if (option->kind == TB_OPTION_HEADING) {
        fputs(".SS ", to);
        roff(to, option->name);
        fputc('\n', to);
        return;
    }
    fputs(".TP\n", to);
    if (option->letter)
        fprintf(to, "\\fB\\-%c\\fR, ", option->letter);
    bool on = option->kind == TB_OPTION_FLAG && option->default_text;
    fputs(on ? "\\fB\\-\\-no\\-" : "\\fB\\-\\-", to);
    roff(to, option->name);
    fputs("\\fR", to);
    if (option->kind != TB_OPTION_FLAG) {
        fputs(" \\fI", to);
        roff(to, value_name(option));
        fputs("\\fR", to);
    }
    if (option->default_text && !on) {
        fputs(" (default: ", to);
        roff(to, option->default_text);
        fputc(')', to);
    }
    fputc('\n', to);
    roff(to, option->help ? option->help : "");
    fputc('\n', to);
}

static void roff_literal(FILE *to, const char *heading, const char *text)
{
    fprintf(to, ".SH %s\n.nf\n", heading);
    roff(to, text);
    fputs(".fi\n", to);
}

void tb_help_man(FILE *to, const tb_cmd *cmd)
{
    fputs(".TH TFLBENCH\\-", to);
    for (const char *c = cmd->name; *c; c++)
        fputc(toupper((unsigned char)*c), to);
    fprintf(to, " 1 \"\" \"tflbench %s\"\n.SH NAME\ntflbench\\-%s \\- ", tb_build_version(),
            cmd->name);
    roff(to, cmd->summary);
    fputs("\n.SH SYNOPSIS\n.nf\n", to);
    for (const char *line = cmd->synopsis; line && *line;) {
        size_t size = strcspn(line, "\n");
        fprintf(to, "\\fBtflbench %s\\fR %.*s\n", cmd->name, (int)size, line);
        line += size + (line[size] == '\n');
    }
    fputs(".fi\n", to);
    if (cmd->description) {
        fputs(".SH DESCRIPTION\n", to);
        roff_paragraphs(to, cmd->description);
    }
    fputs(".SH OPTIONS\n", to);
    for (const tb_option *option = cmd->options; option->name; option++)
        roff_option(to, option);
    if (cmd->examples)
        roff_literal(to, "EXAMPLES", cmd->examples);
    roff_literal(to, "EXIT STATUS", exit_statuses);
}
