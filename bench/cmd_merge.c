/* `tflbench merge`: the databases of several jobs become one. */
#include <stdio.h>

#include "bench/cmd.h"
#include "bench/store_args.h"

static const tb_option options[] = {
    TB_OPTION_ROW_DB,
    {.name = NULL},
};

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_store *store = NULL;
    tb_status status = tb_store_args_open(args, TB_STORE_WRITE, &err, &store);
    for (int k = 0; k < tb_args_operand_count(args) && status == TB_OK; k++) {
        int64_t runs = 0;
        status = tb_store_merge(store, tb_args_operand(args, k), &err, &runs);
        if (status == TB_OK)
            printf("%s: %lld run%s\n", tb_args_operand(args, k), (long long)runs,
                   runs == 1 ? "" : "s");
    }
    tb_store_close(store);
    return status == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
}

const tb_cmd tb_cmd_merge = {
    .name = "merge",
    .synopsis = "FILE... [--db FILE]",
    .summary = "join databases, such as those of matrix jobs",
    .description = "Copies the runs of other databases, with all that hangs on them, into the one "
                   "of --db, which is created where it is not there. Runs get new numbers; one "
                   "that is there already is left out.",
    .examples = "tflbench merge --db all.sqlite linux.sqlite arm.sqlite\n"
                "    the runs of two jobs in one file\n",
    .see_also = "tflbench ls, tflbench compare",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
