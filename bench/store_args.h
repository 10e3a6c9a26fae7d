/* What the subcommands that touch the store share: where it is, and in which form results print. */
#ifndef TB_BENCH_STORE_ARGS_H
#define TB_BENCH_STORE_ARGS_H

#include "bench/args.h"
#include "bench/cmd.h"
#include "reports/report.h"
#include "reports/store.h"

/* Rows for option tables. */
#define TB_OPTION_ROW_DB                                                               \
    {                                                                                  \
        .name = "db", .kind = TB_OPTION_TEXT, .value_name = "FILE",                    \
        .default_text = "./tflbench.sqlite",                                           \
        .help = "The database. Without this option $TFLBENCH_DB names it, where set.", \
    }
#define TB_OPTION_ROW_WHERE                                                                       \
    {                                                                                             \
        .name = "where", .kind = TB_OPTION_LIST, .value_name = "KEY=VALUE,...", .no_split = true, \
        .help = "Only results of which this holds, e.g. model=mobilenet*,delegate=cpu|gpu,"       \
                "threads=2. Alternatives are separated by |, * and ? match as in file names.",    \
    }
#define TB_OPTION_ROWS_FORMAT                                                                    \
    {.name = "json", .kind = TB_OPTION_FLAG, .help = "Print JSON instead of a table."},          \
        {.name = "csv", .kind = TB_OPTION_FLAG, .help = "Print CSV instead of a table."},        \
    {                                                                                            \
        .name = "markdown", .kind = TB_OPTION_FLAG, .help = "Print Markdown instead of a table." \
    }

/* The path of the database. */
const char *tb_store_args_path(const tb_args *args);
tb_status tb_store_args_open(const tb_args *args, tb_store_mode mode, tb_error *err,
                             tb_store **out);

/* The format that --json, --csv or --markdown ask for, else "table"; two of them are TB_USAGE. */
tb_status tb_store_args_format(const tb_args *args, tb_error *err, const char **out);
/* How tables look on this standard output. */
tb_report_options tb_store_args_look(void);

/* Opens the results that `name` ("@" where NULL) and --where say. */
tb_status tb_store_args_select(const tb_args *args, tb_store *store, const char *name,
                               tb_error *err, tb_selection **out);

/* As tb_cmd_fail, but everything except a usage error is the environment's: a database that is
   missing, damaged, locked or too new. */
tb_exit tb_store_args_fail(const tb_error *err);

#endif
