/* The program's entry: hands the command line to the command table; the only place that exits. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/cmd.h"
#include "bench/command_line.h"
#include "bench/help.h"

/* `tflbench MODEL...` without a subcommand is the hidden command `quick`. */
#define IMPLIED_COMMAND "quick"

static tb_exit print_version(void)
{
    printf("tflbench %s (%s, %s, %s)\n", tb_build_version(), tb_build_revision(), tb_build_target(),
           tb_build_compiler());
    return TB_EXIT_OK;
}

static bool looks_like_model(const char *word)
{
    return word[0] == '-' || strchr(word, '.') || strchr(word, '/') || access(word, F_OK) == 0;
}

static tb_exit dispatch(int argc, char **argv)
{
    if (argc < 2) {
        tb_help_program(stdout);
        return TB_EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        tb_help_program(stdout);
        return TB_EXIT_OK;
    }
    if (strcmp(word, "--version") == 0)
        return print_version();
    const tb_cmd *cmd = tb_cmd_find(word);
    if (cmd)
        return tb_cmd_call(cmd, argc - 2, argv + 2);
    const tb_cmd *implied = tb_cmd_find(IMPLIED_COMMAND);
    if (implied && looks_like_model(word))
        return tb_cmd_call(implied, argc - 1, argv + 1);
    char *only_name[] = {argv[1]};
    return tb_cmd_call(tb_cmd_find("help"), 1, only_name);
}

/* Results that could not be written are a failure, however well the rest went. */
static tb_exit flush_output(tb_exit code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    perror("tflbench: standard output");
    return code == TB_EXIT_OK ? TB_EXIT_ENVIRONMENT : code;
}

int main(int argc, char **argv)
{
    tb_command_line_set(argc, argv);
    return (int)flush_output(dispatch(argc, argv));
}
