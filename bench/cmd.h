/*
 * Subcommands. Each is one cmd_<name>.c and one row in cmd_table.c; `--help`, the man-like pages
 * and the parser are all made from the row's options.
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
    const char *synopsis;     /* what follows "tflbench <name> " */
    const char *summary;      /* one line */
    const char *description;  /* paragraphs, separated by blank lines */
    const char *examples;     /* "command\n    what it does\n" pairs; may be NULL */
    const tb_option *options; /* ends with a row whose name is NULL */
    int min_operands;
    int max_operands; /* -1: any number */
    tb_exit (*run)(const tb_args *args);
    bool hidden; /* not listed by --help (worker) */
} tb_cmd;

const tb_cmd *tb_cmd_rows(int *count);
const tb_cmd *tb_cmd_find(const char *name);

#endif
