/* `tflbench help [COMMAND]`: the pages that --help prints too. */
#include "bench/cmd.h"
#include "bench/help.h"
#include "bench/nearest.h"

static const tb_option options[] = {
    {.name = "man", .kind = TB_OPTION_FLAG, .help = "Print the page as input for man(1)."},
    {.name = NULL},
};

static tb_exit unknown_command(const char *name)
{
    tb_error err = TB_ERROR_NONE;
    tb_nearest nearest;
    tb_nearest_begin(&nearest, name);
    int count;
    const tb_cmd *const *rows = tb_cmd_rows(&count);
    for (int k = 0; k < count; k++)
        tb_nearest_try(&nearest, rows[k]->name);
    if (nearest.best)
        tb_fail(&err, TB_USAGE, "%s: no such command; did you mean %s?", name, nearest.best);
    else
        tb_fail(&err, TB_USAGE, "%s: no such command; `tflbench help` lists them", name);
    return tb_cmd_fail(&err);
}

static tb_exit run(const tb_args *args)
{
    if (tb_args_operand_count(args) == 0) {
        tb_help_program(stdout);
        return TB_EXIT_OK;
    }
    const char *name = tb_args_operand(args, 0);
    const tb_cmd *cmd = tb_cmd_find(name);
    if (!cmd)
        return unknown_command(name);
    if (tb_args_flag(args, "man"))
        tb_help_man(stdout, cmd);
    else
        tb_help_command(stdout, cmd);
    return TB_EXIT_OK;
}

const tb_cmd tb_cmd_help = {
    .name = "help",
    .synopsis = "[COMMAND] [--man]",
    .summary = "explain the program, or one of its commands",
    .description = "Without a command, lists the commands. With one, prints its page: what it "
                   "does, every option with its default, examples and exit codes.",
    .examples = "tflbench help run\n"
                "    the page of the command that measures\n"
                "tflbench help run --man | man -l -\n"
                "    the same page through man\n",
    .options = options,
    .min_operands = 0,
    .max_operands = 1,
    .run = run,
};
