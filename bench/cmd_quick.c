/* `tflbench MODEL`: what a newcomer types. A quick, honest sweep of what this machine has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd.h"
#include "bench/store_args.h"
#include "bench/sweep_cmd.h"

#define MAX_DELEGATES    16
#define CONFIGURATION_NS UINT64_C(5000000000)
#define WARMUP_NS        UINT64_C(200000000)
#define SILENCE_NS       UINT64_C(60000000000)
#define DEFAULT_DELEGATE "cpu"
#define INPUT_SEED       42

static const tb_option options[] = {
    TB_OPTION_ROW_DB,
    TB_OPTION_ROWS_FORMAT,
    {.name = "dry-run", .kind = TB_OPTION_FLAG, .help = "Print the plan and measure nothing."},
    {.name = "quiet", .letter = 'q', .kind = TB_OPTION_FLAG, .help = "No progress, no plan."},
    {.name = NULL},
};

/* Every other delegate that works here, after the default one; says why others do not. */
static int available_delegates(const char *names[MAX_DELEGATES], bool quiet)
{
    int count, found = 0;
    const tb_delegate_row *const *rows = tb_delegate_rows(&count);
    names[found++] = DEFAULT_DELEGATE;
    for (int k = 0; k < count && found < MAX_DELEGATES; k++) {
        if (!rows[k]->in_default_sweep || strcmp(rows[k]->name, DEFAULT_DELEGATE) == 0)
            continue;
        tb_error err = TB_ERROR_NONE;
        tb_buf what = {0};
        if (rows[k]->probe(&err, &what) == TB_OK)
            names[found++] = rows[k]->name;
        else if (!quiet)
            fprintf(stderr, "%s is left out: %s\n", rows[k]->name, err.text);
        tb_buf_free(&what);
    }
    return found;
}

static int64_t processor_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? count : 1;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    int count = tb_args_operand_count(args);
    const char **models = calloc((size_t)count, sizeof *models);
    if (!models) {
        tb_fail(&err, TB_NO_MEMORY, "out of memory");
        return tb_cmd_fail(&err);
    }
    for (int k = 0; k < count; k++)
        models[k] = tb_args_operand(args, k);
    bool quiet = tb_args_flag(args, "quiet");
    static const char *const engines[] = {"native"};
    const char *delegates[MAX_DELEGATES];
    int64_t threads[2] = {1, processor_count()};
    tb_sweep_request request = {
        .command = "quick",
        .models = {models, count},
        .engines = {engines, 1},
        .delegates = {delegates, available_delegates(delegates, quiet)},
        .threads = threads,
        .thread_count = threads[1] > 1 ? 2 : 1,
        .threads_for_first = true,
        .seed = tb_sweep_new_seed(),
        .input_seed = INPUT_SEED,
        .warmup_runs = 3,
        .warmup_ns = WARMUP_NS,
        .min_runs = 50,
        .max_runs = 50000,
        .min_ns = CONFIGURATION_NS / 4,
        .max_ns = CONFIGURATION_NS,
        .processes = 1,
        .profile = true,
        .check = true,
        .random_order = true,
        .fallback = TB_FALLBACK_WARN,
        .silence_ns = SILENCE_NS,
        .quiet = quiet,
    };
    tb_exit code = tb_sweep_cmd(args, &request);
    free(models);
    return code;
}

const tb_cmd tb_cmd_quick = {
    .name = "quick",
    .synopsis = "MODEL...",
    .summary = "a quick, honest sweep of what this machine has (also: tflbench MODEL...)",
    .description =
        "Measures the model with the cpu delegate on one and on all processors, and with every "
        "other delegate that is available here; at most 5 s a configuration. Results go to "
        "./tflbench.sqlite and into a table; one sentence says which configuration is fastest and "
        "right, and why others fell back.",
    .examples = "tflbench mobilenet.tflite\n"
                "    how fast is it here?\n"
                "tflbench report\n"
                "    the same as a page\n",
    .see_also = "tflbench run, tflbench report",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
