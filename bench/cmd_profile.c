/* `tflbench profile`: where the time of an inference goes, op by op. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/profile_tables.h"
#include "bench/run_args.h"
#include "bench/store_args.h"
#include "bench/sweep_cmd.h"
#include "reports/html_profile.h"
#include "runtime/base/size.h"

static const tb_option options[] = {
    {.name = "What to print and write", .kind = TB_OPTION_HEADING},
    {.name = "top",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "10",
     .max = 1000000,
     .help = "Lines of the table of the ops that take longest."},
    {.name = "columns",
     .kind = TB_OPTION_LIST,
     .value_name = "NAME,...",
     .help =
         "More columns: median, interval, self, min, max, std, flops, macs, bytes, intensity, "
         "gflops, gbytes, roof, shape, delegate, kernel, reason; and counters, those there are."},
    {.name = "counters",
     .kind = TB_OPTION_FLAG,
     .default_text = "on",
     .help = "Leave out the inferences under hardware and software counters that follow the timed "
             "ones."},
    {.name = "json",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE|-",
     .help = "The whole profile as one JSON document; on standard output it takes the tables' "
             "place."},
    {.name = "csv", .kind = TB_OPTION_TEXT, .value_name = "FILE|-", .help = "The ops as CSV."},
    {.name = "trace",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "The fastest, the median and the slowest inference as trace events, for Perfetto "
             "(ui.perfetto.dev) and chrome://tracing."},
    {.name = "model-explorer",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "Microseconds of each op of the first configuration, keyed by output tensor: node "
             "data for Google's Model Explorer."},
    {.name = "output",
     .letter = 'o',
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE.html",
     .help = "The page."},
#include "bench/run_options.def"
    {.name = "Where it goes", .kind = TB_OPTION_HEADING},
    TB_OPTION_ROW_WHERE,
    TB_OPTION_ROW_DB,
    {.name = "dry-run", .kind = TB_OPTION_FLAG, .help = "Print the plan and measure nothing."},
    {.name = "quiet", .letter = 'q', .kind = TB_OPTION_FLAG, .help = "No progress, no plan."},
    {.name = "verbose",
     .letter = 'v',
     .kind = TB_OPTION_FLAG,
     .help = "Show what workers, drivers and plugins print."},
    {.name = NULL},
};

/* ---- what is made of the profiles ---------------------------------------------------------------- */

typedef struct profiles {
    tb_results results;
    tb_profile *items;
    size_t count;
} profiles;

static void close_profiles(profiles *all)
{
    for (size_t k = 0; k < all->count; k++)
        tb_profile_close(&all->items[k]);
    free(all->items);
    tb_results_free(&all->results);
}

/* Every result that has a profile; that none has is an error. */
static tb_status open_profiles(const tb_selection *selection, tb_error *err, profiles *all)
{
    tb_status status = tb_selection_results(selection, err, &all->results);
    if (status != TB_OK)
        return status;
    all->items = calloc(all->results.count + 1, sizeof *all->items);
    if (!all->items)
        return tb_fail(err, TB_NO_MEMORY, "profile: out of memory");
    tb_error first = TB_ERROR_NONE;
    for (size_t k = 0; k < all->results.count; k++) {
        tb_error why = TB_ERROR_NONE;
        tb_profile *profile = &all->items[all->count];
        status = tb_profile_open(selection, &all->results.items[k], &why, profile);
        if (status == TB_OK) {
            all->count++;
            continue;
        }
        tb_profile_close(profile);
        if (status != TB_NOT_FOUND) {
            *err = why;
            return status;
        }
        if (first.status == TB_OK)
            first = why;
    }
    if (all->count)
        return TB_OK;
    *err = first;
    return first.status == TB_OK ? tb_fail(err, TB_NOT_FOUND, "no result has a profile")
                                 : first.status;
}

static bool goes_to_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static tb_status print_tables(const tb_args *args, const profiles *all, tb_error *err)
{
    tb_text_list columns;
    columns.items = tb_args_list(args, "columns", &columns.count);
    tb_status status = TB_OK;
    for (size_t k = 0; k < all->count && status == TB_OK; k++) {
        if (k)
            putchar('\n');
        status =
            tb_profile_print(&all->items[k], columns, (int)tb_args_int(args, "top"), err, stdout);
    }
    return status;
}

static tb_status compose_json(const profiles *all, tb_error *err, tb_buf *out)
{
    return tb_profile_json(all->items, all->count, &all->results, err, out);
}

static tb_status compose_csv(const profiles *all, tb_error *err, tb_buf *out)
{
    return tb_profile_csv(all->items, all->count, err, out);
}

static tb_status compose_trace(const profiles *all, tb_error *err, tb_buf *out)
{
    return tb_profile_trace(all->items, all->count, err, out);
}

static tb_status compose_explorer(const profiles *all, tb_error *err, tb_buf *out)
{
    return tb_profile_explorer(&all->items[0], err, out);
}

static tb_status compose_page(const profiles *all, tb_error *err, tb_buf *out)
{
    tb_buf json = {0};
    tb_status status = compose_json(all, err, &json);
    if (status == TB_OK)
        status = tb_profile_page(tb_buf_text(&json), "the profile", err, out);
    tb_buf_free(&json);
    return status;
}

/* What is written to the file that the option of that name gives. */
static const struct {
    const char *option;
    tb_status (*compose)(const profiles *all, tb_error *err, tb_buf *out);
} forms[] = {
    {"json", compose_json},   {"csv", compose_csv},
    {"trace", compose_trace}, {"model-explorer", compose_explorer},
    {"output", compose_page},
};

static tb_status write_forms(const tb_args *args, const profiles *all, tb_error *err)
{
    tb_status status = TB_OK;
    for (size_t k = 0; k < TB_COUNT_OF(forms) && status == TB_OK; k++) {
        const char *path = tb_args_text(args, forms[k].option);
        if (!path)
            continue;
        tb_buf text = {0};
        status = forms[k].compose(all, err, &text);
        if (status == TB_OK)
            status = tb_report_save(path, &text, err);
        tb_buf_free(&text);
    }
    return status;
}

/* Then standard output is for programs alone. */
static bool has_form_on_stdout(const tb_args *args)
{
    for (size_t k = 0; k < TB_COUNT_OF(forms); k++)
        if (goes_to_stdout(tb_args_text(args, forms[k].option)))
            return true;
    return false;
}

static tb_status show(const tb_args *args, const tb_selection *selection, tb_error *err)
{
    profiles all = {0};
    tb_status status = open_profiles(selection, err, &all);
    if (status == TB_OK && !has_form_on_stdout(args))
        status = print_tables(args, &all, err);
    if (status == TB_OK)
        status = write_forms(args, &all, err);
    close_profiles(&all);
    return status;
}

static tb_status show_run(const tb_args *args, tb_store *store, int64_t run_id, tb_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "@%lld", (long long)run_id);
    tb_selection *selection = NULL;
    tb_status status = tb_store_args_select(args, store, name, err, &selection);
    if (status == TB_OK)
        status = show(args, selection, err);
    tb_selection_close(selection);
    return status;
}

/* ---- the command --------------------------------------------------------------------------------- */

static tb_exit show_stored(const tb_args *args, const char *name)
{
    tb_error err = TB_ERROR_NONE;
    tb_store *store = NULL;
    tb_selection *selection = NULL;
    tb_status status = tb_store_args_open(args, TB_STORE_READ, &err, &store);
    if (status == TB_OK)
        status = tb_store_args_select(args, store, name, &err, &selection);
    if (status == TB_OK)
        status = show(args, selection, &err);
    tb_selection_close(selection);
    tb_store_close(store);
    return status == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
}

static bool is_stored(const char *operand)
{
    return operand[0] == '@' || strncmp(operand, "label:", 6) == 0 ||
           strncmp(operand, "rev:", 4) == 0 || strncmp(operand, "db:", 3) == 0;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    if (is_stored(tb_args_operand(args, 0))) {
        if (tb_args_operand_count(args) == 1)
            return show_stored(args, tb_args_operand(args, 0));
        tb_fail(&err, TB_USAGE, "profile: a stored result stands alone, without models beside it");
        return tb_cmd_fail(&err);
    }
    tb_run_args asked;
    tb_status status = tb_run_args_read(args, "profile", &err, &asked);
    asked.request.profile = true;
    asked.request.counters = tb_args_flag(args, "counters");
    tb_exit code =
        status == TB_OK ? tb_sweep_cmd_then(args, &asked.request, show_run) : tb_cmd_fail(&err);
    tb_run_args_free(&asked);
    return code;
}

const tb_cmd tb_cmd_profile = {
    .name = "profile",
    .synopsis = "MODEL... [--delegate NAME,...] [--threads N,...] [options]\nRESULT [options]",
    .summary = "show where the time of an inference goes, op by op",
    .description =
        "Measures like `run`, then prints for each configuration three tables: the ops in the "
        "order in which they run, those that take longest, and the time by type of op. Inside a "
        "delegate the lines are its steps, with the nodes that each covers. avg is the mean over "
        "all inferences of the profiled process, without what runs inside an op; % is its share "
        "of the whole, cdf the sum of the shares so far. What lies between the ops is in the "
        "budget below: its parts add up to the time of the inference.\n\n"
        "With a stored result (@ is the last run, @42 number 42) in place of a model nothing is "
        "measured.\n\n"
        "Latencies to quote come from the processes without profiling, which run beside.",
    .examples =
        "tflbench profile mobilenet.tflite --threads 2\n"
        "    the cpu delegate's steps\n"
        "tflbench profile mobilenet.tflite --columns median,gflops,kernel --json p.json\n"
        "    more columns, and everything for other programs\n"
        "tflbench profile mobilenet.tflite --delegate gpu,reference --numerics -o page.html\n"
        "    what delegating each op saves, and what it costs in precision\n"
        "tflbench profile @42 -o page.html\n"
        "    the page of a run that was stored\n",
    .see_also = "tflbench run, tflbench show, tflbench report",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
