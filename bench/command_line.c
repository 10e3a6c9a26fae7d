/* Remembering and quoting the command line; see command_line.h. */
#include "bench/command_line.h"

#include <string.h>

static int words;
static char **line;

void tb_command_line_set(int argc, char **argv)
{
    words = argc;
    line = argv;
}

static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./,:@%";
    return *word && word[strspn(word, plain)] == '\0';
}

void tb_command_line_put(tb_buf *out)
{
    for (int k = 0; k < words; k++) {
        if (k)
            tb_buf_append_char(out, ' ');
        if (is_plain(line[k])) {
            tb_buf_append_text(out, line[k]);
            continue;
        }
        tb_buf_append_char(out, '\'');
        for (const char *c = line[k]; *c; c++)
            if (*c == '\'')
                tb_buf_append_text(out, "'\\''");
            else
                tb_buf_append_char(out, *c);
        tb_buf_append_char(out, '\'');
    }
}
