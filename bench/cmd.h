/*
 * Subcommands. Each is one cmd_<name>.c, which defines `const tb_cmd tb_cmd_<name>`, and one line
 * in commands.def; `--help`, the man pages and the parser are all made from the row's options.
 */
#ifndef TB_BENCH_CMD_H
#define TB_BENCH_CMD_H

#include "bench/args.h"
#include "runtime/base/status.h"

/* Exit codes, the same for every subcommand. */
typedef enum tb_exit {
    TB_EXIT_OK = 0,
    TB_EXIT_WORSE = 1, /* worse, wrong, or refused by policy */
    TB_EXIT_USAGE = 2,
    TB_EXIT_UNDECIDED = 3,
    TB_EXIT_NOT_COMPARABLE = 4,
    TB_EXIT_PARTIAL = 5,    /* some configurations failed, the rest is stored */
    TB_EXIT_ENVIRONMENT = 6 /* database, disk, device */
} tb_exit;

typedef struct tb_cmd {
    const char *name;
    const char *synopsis;    /* what follows "tflbench <name> "; more forms on lines of their own */
    const char *summary;     /* one line */
    const char *description; /* paragraphs, separated by blank lines */
    const char *examples;    /* "command\n    what it does\n" pairs; may be NULL */
    const char *see_also;    /* "report(1), ls(1)"-like names of subcommands; may be NULL */
    const tb_option *options; /* ends with a row whose name is NULL */
    int min_operands;
    int max_operands; /* -1: any number */
    tb_exit (*run)(const tb_args *args);
    bool hidden; /* not listed by --help */
    /* Not NULL: tflbench.json (or --config) gives models and options that the user did not; a list
       that ends with NULL of options it may have that are other commands'. */
    const char *const *config_foreign;
} tb_cmd;

const tb_cmd *const *tb_cmd_rows(int *count);
const tb_cmd *tb_cmd_find(const char *name); /* NULL: none of that name */

/* Runs one subcommand: argv[0..argc) is what follows its name. Prints its help where that is asked
   for, and what is wrong with the command line. */
tb_exit tb_cmd_call(const tb_cmd *cmd, int argc, char **argv);

/* "tflbench: <message>" on standard error, and the exit code that suits the error's status: TB_USAGE
   is 2, files and resources are 6, what is wrong with the data is 1. */
tb_exit tb_cmd_fail(const tb_error *err);

#endif
