/* `tflbench baseline`: names for runs that others are compared with. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/store_args.h"

#define KEY "baseline"

static const tb_option options[] = {
    {.name = "remove", .kind = TB_OPTION_FLAG, .help = "Take the name away; the run stays."},
    TB_OPTION_ROW_DB,
    {.name = NULL},
};

/* The value of `baseline` in "key=value;key=value"; false where there is none. */
static bool find_name(const char *labels, char *name, size_t size)
{
    for (const char *at = labels; at && *at;) {
        size_t length = strcspn(at, ";");
        if (length > strlen(KEY) && strncmp(at, KEY "=", strlen(KEY) + 1) == 0) {
            snprintf(name, size, "%.*s", (int)(length - strlen(KEY) - 1), at + strlen(KEY) + 1);
            return true;
        }
        at += length + (at[length] == ';');
    }
    return false;
}

/* Calls `use` for every run that bears the name (any name where NULL). */
static tb_status each_named(tb_store *store, const char *name,
                            tb_status (*use)(tb_store *store, const tb_run_summary *run,
                                             const char *name, tb_error *err),
                            tb_error *err, int *count)
{
    tb_runs runs;
    tb_status status = tb_store_list_runs(store, err, &runs);
    if (status != TB_OK)
        return status;
    *count = 0;
    for (size_t k = 0; k < runs.count && status == TB_OK; k++) {
        char found[256];
        if (!find_name(runs.items[k].labels, found, sizeof found) ||
            (name && strcmp(found, name) != 0))
            continue;
        ++*count;
        status = use(store, &runs.items[k], found, err);
    }
    tb_runs_free(&runs);
    return status;
}

static tb_status print_one(tb_store *store, const tb_run_summary *run, const char *name,
                           tb_error *err)
{
    (void)store;
    (void)err;
    printf("%s\t@%lld\t%s\n", name, (long long)run->run_id, run->models ? run->models : "");
    return TB_OK;
}

static tb_status take_away(tb_store *store, const tb_run_summary *run, const char *name,
                           tb_error *err)
{
    (void)name;
    return tb_store_set_label(store, run->run_id, KEY, NULL, err);
}

static tb_status set_name(tb_store *store, const char *name, const char *result, tb_error *err)
{
    tb_selection *selection = NULL;
    tb_status status = tb_selection_open(store, result, NULL, err, &selection);
    if (status != TB_OK)
        return status;
    size_t count;
    int taken;
    const int64_t *runs = tb_selection_runs(selection, &count);
    if (tb_selection_store(selection) != store)
        status =
            tb_fail(err, TB_USAGE, "%s: another database; tflbench merge brings it here", result);
    if (status == TB_OK)
        status = each_named(store, name, take_away, err, &taken);
    for (size_t k = 0; k < count && status == TB_OK; k++) {
        status = tb_store_set_label(store, runs[k], KEY, name, err);
        if (status == TB_OK)
            printf("%s\t@%lld\n", name, (long long)runs[k]);
    }
    tb_selection_close(selection);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_store *store = NULL;
    int count = tb_args_operand_count(args), found = 0;
    bool remove = tb_args_flag(args, "remove");
    const char *name = count ? tb_args_operand(args, 0) : NULL;
    tb_status status = TB_OK;
    if (name && (!*name || strpbrk(name, ";=")))
        status = tb_fail(&err, TB_USAGE, "baseline '%s': a name without ; and =", name);
    else if (remove && count != 1)
        status = tb_fail(&err, TB_USAGE, "--remove takes one name");
    if (status == TB_OK)
        status = tb_store_args_open(args, TB_STORE_READ, &err, &store);
    if (status == TB_OK && count) {
        tb_store_close(store);
        store = NULL;
        status = tb_store_args_open(args, TB_STORE_WRITE, &err, &store);
    }
    if (status == TB_OK && !count)
        status = each_named(store, NULL, print_one, &err, &found);
    else if (status == TB_OK && remove)
        status = each_named(store, name, take_away, &err, &found);
    else if (status == TB_OK)
        status = set_name(store, name, count > 1 ? tb_args_operand(args, 1) : "@", &err);
    if (status == TB_OK && remove && !found)
        status = tb_fail(&err, TB_NOT_FOUND, "no run is the baseline '%s'", name);
    tb_store_close(store);
    return status == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
}

const tb_cmd tb_cmd_baseline = {
    .name = "baseline",
    .synopsis = "[NAME [RESULT]] [--remove]",
    .summary = "name, list and update baselines",
    .description =
        "Without operands lists the baselines. With a name, that run (the last one where none is "
        "named) becomes the baseline of that name, in the place of the one that was. It is the label "
        "baseline=NAME of the run: compare and gate take it as label:baseline=NAME.",
    .examples = "tflbench baseline main\n"
                "    the last run is what main is compared with from now on\n"
                "tflbench compare label:baseline=main @\n"
                "    how does the last run stand beside it?\n",
    .see_also = "tflbench compare, tflbench gate",
    .options = options,
    .min_operands = 0,
    .max_operands = 2,
    .run = run,
};
