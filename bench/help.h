/* Help pages, made from the rows of the command table and nothing else. */
#ifndef TB_BENCH_HELP_H
#define TB_BENCH_HELP_H

#include <stdio.h>

#include "bench/cmd.h"

/* The overview: what the program is, its subcommands, where to start. */
void tb_help_program(FILE *to);
/* One subcommand's page. */
void tb_help_command(FILE *to, const tb_cmd *cmd);
/* The same page as input for man(1). */
void tb_help_man(FILE *to, const tb_cmd *cmd);

#endif
