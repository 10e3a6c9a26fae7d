/* What every subcommand shares: parsing by its row, its help, its errors. */
#include "bench/cmd.h"
#include "bench/config.h"

#include <stdio.h>
#include <string.h>

#include "bench/help.h"

tb_exit tb_cmd_fail(const tb_error *err)
{
    fflush(stdout);
    fprintf(stderr, "tflbench: %s\n", err->text);
    switch (err->status) {
    case TB_OK:
        return TB_EXIT_OK;
    case TB_USAGE:
        return TB_EXIT_USAGE;
    case TB_CORRUPT:
    case TB_UNSUPPORTED:
    case TB_MISMATCH:
        return TB_EXIT_WORSE;
    default:
        return TB_EXIT_ENVIRONMENT;
    }
}

static bool asks_for_help(int argc, char **argv)
{
    for (int k = 0; k < argc && strcmp(argv[k], "--") != 0; k++)
        if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0)
            return true;
    return false;
}

static tb_status check_operands(const tb_cmd *cmd, const tb_args *args, tb_error *err)
{
    int count = tb_args_operand_count(args);
    if (count < cmd->min_operands)
        return tb_fail(err, TB_USAGE, "too few operands; it goes `tflbench %s %s`", cmd->name,
                       cmd->synopsis);
    if (cmd->max_operands >= 0 && count > cmd->max_operands)
        return tb_fail(err, TB_USAGE, "'%s' is one operand too many; it goes `tflbench %s %s`",
                       tb_args_operand(args, cmd->max_operands), cmd->name, cmd->synopsis);
    return TB_OK;
}

tb_exit tb_cmd_call(const tb_cmd *cmd, int argc, char **argv)
{
    if (asks_for_help(argc, argv)) {
        tb_help_command(stdout, cmd);
        return TB_EXIT_OK;
    }
    tb_error err = TB_ERROR_NONE;
    tb_args *args = NULL;
    tb_status status = tb_args_parse(cmd->options, argc, argv, &err, &args);
    if (status == TB_OK && cmd->config_foreign)
        status = tb_config_read_args(cmd->config_foreign, args, &err);
    if (status == TB_OK)
        status = check_operands(cmd, args, &err);
    tb_exit code;
    if (status != TB_OK) {
        tb_in(&err, "%s", cmd->name);
        code = tb_cmd_fail(&err);
    } else {
        code = cmd->run(args);
    }
    tb_args_free(args);
    return code;
}
