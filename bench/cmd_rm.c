/* `tflbench rm`: removes runs from a database. */
#include <stdio.h>

#include "bench/cmd.h"
#include "bench/store_args.h"

static const tb_option options[] = {
    {.name = "dry-run", .kind = TB_OPTION_FLAG, .help = "Say which runs would go, and keep them."},
    TB_OPTION_ROW_DB,
    {.name = NULL},
};

static tb_status remove_named(tb_store *store, const char *name, bool dry, tb_error *err)
{
    tb_selection *selection = NULL;
    tb_status status = tb_selection_open(store, name, NULL, err, &selection);
    if (status != TB_OK)
        return status;
    size_t count;
    const int64_t *runs = tb_selection_runs(selection, &count);
    if (tb_selection_store(selection) != store)
        status = tb_fail(err, TB_USAGE, "%s: another database; name it by --db", name);
    for (size_t k = 0; k < count && status == TB_OK; k++) {
        if (!dry)
            status = tb_store_remove_run(store, runs[k], err);
        if (status == TB_OK)
            printf("%s @%lld\n", dry ? "would remove" : "removed", (long long)runs[k]);
    }
    tb_selection_close(selection);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    bool dry = tb_args_flag(args, "dry-run");
    tb_store *store = NULL;
    /* Reading first: a database that is not there is not to be made by this. */
    tb_status status = tb_store_args_open(args, TB_STORE_READ, &err, &store);
    if (status == TB_OK && !dry) {
        tb_store_close(store);
        store = NULL;
        status = tb_store_args_open(args, TB_STORE_WRITE, &err, &store);
    }
    for (int k = 0; k < tb_args_operand_count(args) && status == TB_OK; k++)
        status = remove_named(store, tb_args_operand(args, k), dry, &err);
    tb_store_close(store);
    return status == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
}

const tb_cmd tb_cmd_rm = {
    .name = "rm",
    .synopsis = "RESULT... [--dry-run]",
    .summary = "remove stored runs",
    .description =
        "Removes runs with all that hangs on them. RESULT is @ for the last run, @-1 for "
        "the one before, @42 for number 42, label:KEY=VALUE for every run so labelled.",
    .examples = "tflbench rm @\n"
                "    the last run\n"
                "tflbench rm label:try=1 --dry-run\n"
                "    which runs that label names\n",
    .see_also = "tflbench ls",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
