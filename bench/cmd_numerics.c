/* `tflbench numerics`: how far off is it, and in which node? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/delegate_arg.h"
#include "bench/measure_numerics.h"
#include "bench/run_args.h"
#include "bench/store_args.h"
#include "bench/text_table.h"
#include "reports/costs.h"
#include "reports/units.h"

/* How long profiled processes of --times take samples; requests are for plain ones, which take five
   times as long. */
#define TIMES_NS UINT64_C(300000000)

static const tb_option options[] = {
    {.name = "What is compared", .kind = TB_OPTION_HEADING},
    {.name = "delegate",
     .letter = 'd',
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME[:K=V;K=V]",
     .default_text = "cpu",
     .help = "The delegate that is looked at."},
    {.name = "engine",
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME[:LIBRARY]",
     .default_text = "native",
     .help = "The runtime that is looked at."},
    {.name = "threads",
     .letter = 't',
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "1",
     .min = 1,
     .max = 1024,
     .help = "Threads of both."},
    {.name = "against",
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME[:K=V;K=V]",
     .default_text = "reference",
     .help = "The delegate of our own runtime that counts as right; reference is the portable "
             "kernels alone."},
    {.name = "against-model",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "Another model that counts as right, as the float twin of a quantised one: outputs "
             "are compared in order, intermediate tensors of the same name. Quantised inputs then "
             "get the real values of float ones, and --input takes float32."},
    {.name = "input",
     .kind = TB_OPTION_LIST,
     .value_name = "FILE,...",
     .help = "Raw bytes of the inputs, a file each, in the model's order. Without, inputs are "
             "random, which says little of quantised models."},
    {.name = "input-shape",
     .kind = TB_OPTION_LIST,
     .no_split = true,
     .value_name = "INPUT:N,N,...",
     .help = "Resize an input, given by name or number."},
    {.name = "input-seed",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "42",
     .max = 9e15,
     .help = "Seed of random inputs."},
    {.name = "runs",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "1",
     .min = 1,
     .max = 1000,
     .help = "Inferences with inputs of their own, each with the next seed."},
    {.name = "custom-op",
     .kind = TB_OPTION_LIST,
     .value_name = "LIB.SO,...",
     .help = "Shared objects with custom operators."},
    {.name = "times",
     .kind = TB_OPTION_FLAG,
     .help = "Take per-op times, too, with and without the delegate, and say of each delegated op "
             "what it saves and what it costs. Without, the newest profiles in the database tell, "
             "where there are some of the same build and configuration."},
    {.name = "outputs-only", .kind = TB_OPTION_FLAG, .help = "Leave intermediate tensors out."},
    {.name = "bisect",
     .kind = TB_OPTION_FLAG,
     .help = "Where the outputs are off: find the smallest range of nodes that shows it when it "
             "alone is delegated."},

    {.name = "What is off", .kind = TB_OPTION_HEADING},
    {.name = "max-abs",
     .kind = TB_OPTION_NUMBER,
     .value_name = "X",
     .default_text = "0.005",
     .max = 1e300,
     .help = "A tensor is off if its difference is large by itself (largest above --max-abs, or "
             "mean square above --mse) and by its values (--snr or --cosine)."},
    {.name = "mse",
     .kind = TB_OPTION_NUMBER,
     .value_name = "X",
     .default_text = "1e-5",
     .max = 1e300,
     .help = "See --max-abs."},
    {.name = "snr",
     .kind = TB_OPTION_NUMBER,
     .value_name = "DB",
     .default_text = "30",
     .min = -300,
     .max = 400,
     .help = "Below so many decibels of signal to noise."},
    {.name = "cosine",
     .kind = TB_OPTION_NUMBER,
     .value_name = "X",
     .default_text = "0.99",
     .min = -1,
     .max = 1,
     .help = "Below this cosine similarity."},

    {.name = "Limits and output", .kind = TB_OPTION_HEADING},
    {.name = "memory-limit",
     .kind = TB_OPTION_BYTES,
     .value_name = "SIZE",
     .help = "Bound on the memory that the engine counts."},
    {.name = "timeout",
     .kind = TB_OPTION_SECONDS,
     .value_name = "TIME",
     .default_text = "60",
     .min = 0.1,
     .max = 86400,
     .help = "A worker that gives no sign of life for so long is killed."},
    {.name = "worst",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "20",
     .help = "Rows of the table of intermediate tensors: those with the least signal to noise, in "
             "the order they are computed."},
    TB_OPTION_ROW_DB,
    {.name = "json", .kind = TB_OPTION_FLAG, .help = "One JSON document instead of tables."},
    {.name = "quiet", .letter = 'q', .kind = TB_OPTION_FLAG, .help = "No progress."},
    {.name = NULL},
};

/* ---- the request ------------------------------------------------------------------------------- */

typedef struct numerics {
    const tb_args *args;
    tb_arena arena;
    tb_numerics_request request;
    tb_sweep_request sweep; /* the candidate as the store keeps it */
    const char *engine_text;
    int64_t thread_count;
    bool quiet;
} numerics;

static void show(void *context, const char *what, int done, int total)
{
    const numerics *n = context;
    (void)done;
    (void)total;
    if (!n->quiet)
        fprintf(stderr, "numerics: %s\n", what);
}

static tb_status read_request(numerics *n, tb_error *err)
{
    const tb_args *args = n->args;
    const tb_engine *engine;
    const char *library, *model = tb_args_operand(args, 0);
    tb_delegate_arg delegate, against;
    n->engine_text = tb_args_text(args, "engine");
    tb_status status = tb_engine_parse(n->engine_text, err, &engine, &library);
    if (status == TB_OK)
        status = tb_delegate_arg_parse(tb_args_text(args, "delegate"), &n->arena, err, &delegate);
    if (status == TB_OK)
        status = tb_delegate_arg_parse(tb_args_text(args, "against"), &n->arena, err, &against);
    if (status != TB_OK)
        return status;
    int threads = (int)tb_args_int(args, "threads");
    const char *other = tb_args_text(args, "against-model");
    n->thread_count = threads;
    n->quiet = tb_args_flag(args, "quiet") || tb_args_flag(args, "json");
    n->request = (tb_numerics_request){
        .reference = {other ? other : model, "native", NULL, against.canonical, threads},
        .candidate = {model, engine->name, library, delegate.canonical, threads},
        .inputs = tb_run_args_list(args, "input"),
        .shapes = tb_run_args_list(args, "input-shape"),
        .custom_ops = tb_run_args_list(args, "custom-op"),
        .seed = (uint64_t)tb_args_int(args, "input-seed"),
        .runs = (int)tb_args_int(args, "runs"),
        .outputs_only = tb_args_flag(args, "outputs-only"),
        .limits = {tb_args_number(args, "max-abs"), tb_args_number(args, "mse"),
                   tb_args_number(args, "snr"), tb_args_number(args, "cosine")},
        .memory_limit_bytes = tb_args_bytes(args, "memory-limit"),
        .silence_ns = tb_args_ns(args, "timeout"),
        .progress = show,
        .progress_context = n,
    };
    if (n->request.inputs.count && n->request.runs > 1)
        return tb_fail(err, TB_USAGE, "--runs: with --input every run would be the same");
    return TB_OK;
}

/* ---- tables and JSON --------------------------------------------------------------------------- */

static void put_figure(char *out, size_t size, double value, const char *format)
{
    if (isfinite(value))
        snprintf(out, size, format, value);
    else
        snprintf(out, size, "%s", isnan(value) ? "-" : value > 0 ? "∞" : "-∞");
}

static void add_row(tb_text_table *table, const tb_numerics_tensor *t)
{
    char node[16] = "-", figures[3][32];
    if (t->node >= 0)
        snprintf(node, sizeof node, "%d", t->node);
    put_figure(figures[0], sizeof figures[0], t->numerics.max_abs, "%.3g");
    put_figure(figures[1], sizeof figures[1], tb_numerics_snr_db(&t->numerics), "%.1f");
    put_figure(figures[2], sizeof figures[2], tb_numerics_cosine(&t->numerics), "%.6f");
    tb_text_table_cell(table, "%s", node);
    tb_text_table_cell(table, "%s", t->op ? t->op : "-");
    tb_text_table_cell(table, "%.60s", t->name);
    for (int k = 0; k < 3; k++)
        tb_text_table_cell(table, "%s", t->compared ? figures[k] : "-");
    tb_text_table_cell(
        table, "%.1f %%",
        t->numerics.count ? 100 * (double)t->numerics.differing / (double)t->numerics.count : 0.0);
    tb_text_table_cell(table, "%s", !t->compared ? "not comparable" : t->off ? "off" : "ok");
}

static const char *const headings[] = {"node",   "op",     "tensor", "max abs",
                                       "SNR dB", "cosine", "differ", ""};

static double badness(const tb_numerics_tensor *t)
{
    return t->compared ? tb_numerics_snr_db(&t->numerics) : INFINITY;
}

static int compare_badness(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The SNR that the worst `rows` intermediate tensors do not exceed. */
static double worst_bound(const tb_numerics_report *report, int64_t rows)
{
    double *all = malloc(((size_t)report->tensor_count + 1) * sizeof *all);
    int count = 0;
    for (int k = 0; all && k < report->tensor_count; k++)
        if (!report->tensors[k].is_output)
            all[count++] = badness(&report->tensors[k]);
    if (all && count)
        qsort(all, (size_t)count, sizeof *all, compare_badness);
    double bound =
        !all || count == 0 || rows <= 0 ? -INFINITY : all[rows < count ? rows - 1 : count - 1];
    free(all);
    return bound;
}

static void print_tables(const tb_numerics_report *report, int64_t rows)
{
    tb_text_table table;
    tb_text_table_init(&table, "rllrrrrl", headings);
    printf("Outputs of the model as it is\n");
    for (int k = 0; k < report->output_count; k++)
        add_row(&table, &report->outputs[k]);
    tb_text_table_print(&table, 2, stdout);
    tb_text_table_free(&table);
    for (int k = 0; k < report->output_count; k++)
        if (report->outputs[k].numerics.top_all)
            printf("  output %d: the largest value is the same in %llu of %llu rows\n", k,
                   (unsigned long long)report->outputs[k].numerics.top_same,
                   (unsigned long long)report->outputs[k].numerics.top_all);
    if (report->without)
        printf("\nIntermediate tensors cannot be seen: %s\n", report->without);
    if (!report->tensor_count)
        return;
    double bound = worst_bound(report, rows);
    tb_text_table_init(&table, "rllrrrrl", headings);
    int64_t printed = 0;
    for (int k = 0; k < report->tensor_count && printed < rows; k++)
        if (!report->tensors[k].is_output && badness(&report->tensors[k]) <= bound) {
            add_row(&table, &report->tensors[k]);
            printed++;
        }
    if (printed)
        printf("\nIntermediate tensors (made outputs of a copy, which can change what is fused)\n");
    if (printed)
        tb_text_table_print(&table, 2, stdout);
    tb_text_table_free(&table);
}

static void put_tensors(tb_json_writer *json, const char *key, const tb_numerics_tensor *tensors,
                        int count, bool outputs)
{
    tb_json_put_array(json, key);
    for (int k = 0; k < count; k++) {
        const tb_numerics_tensor *t = &tensors[k];
        if (!outputs && t->is_output)
            continue;
        tb_json_put_object(json, NULL);
        tb_json_put_int(json, "subgraph", 0);
        if (t->node >= 0)
            tb_json_put_int(json, "node", t->node);
        tb_json_put_text(json, "op", t->op);
        tb_json_put_int(json, "tensor", t->tensor);
        tb_json_put_text(json, "name", t->name);
        tb_json_put_bool(json, "compared", t->compared);
        tb_json_put_bool(json, "off", t->off);
        if (t->compared) {
            tb_json_put_uint(json, "count", t->numerics.count);
            tb_json_put_uint(json, "differing", t->numerics.differing);
            tb_json_put_real(json, "max_abs", t->numerics.max_abs);
            tb_json_put_real(json, "mse", tb_numerics_mse(&t->numerics));
            tb_json_put_real(json, "snr_db", tb_numerics_snr_db(&t->numerics));
            tb_json_put_real(json, "psnr_db", tb_numerics_psnr_db(&t->numerics));
            tb_json_put_real(json, "cosine", tb_numerics_cosine(&t->numerics));
            tb_json_put_array(json, "histogram");
            for (int b = 0; b < TB_NUMERICS_BUCKETS; b++)
                tb_json_put_uint(json, NULL, t->numerics.histogram[b]);
            tb_json_end_array(json);
            if (t->numerics.top_all) {
                tb_json_put_uint(json, "top_same", t->numerics.top_same);
                tb_json_put_uint(json, "top_rows", t->numerics.top_all);
            }
        }
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
}

/* ---- what delegating saves and costs ------------------------------------------------------------ */

static void put_duration(tb_text_table *table, tb_real ns)
{
    char text[TB_FIGURE_TEXT_SIZE] = "-";
    if (ns.known)
        tb_format_duration(ns.value, text);
    tb_text_table_cell(table, "%s", text);
}

static void put_level(tb_text_table *table, tb_real db)
{
    if (db.known)
        tb_text_table_cell(table, "%.1f", db.value);
    else
        tb_text_table_cell(table, "-");
}

static void print_costs(const tb_costs *costs, int64_t rows)
{
    static const char *const titles[] = {"nodes", "op",     "time",    "without",
                                         "saves", "SNR dB", "costs dB"};
    if (!costs->count)
        return;
    tb_text_table table;
    tb_text_table_init(&table, "rlrrrrr", titles);
    for (size_t k = 0; k < costs->count && (int64_t)k < rows; k++) {
        const tb_cost *cost = &costs->items[k];
        tb_text_table_cell(&table, "%.40s", cost->nodes);
        tb_text_table_cell(&table, "%.60s", cost->op);
        put_duration(&table, cost->time_ns);
        put_duration(&table, cost->plain_ns);
        if (cost->plain_ns.known)
            tb_text_table_cell(&table, "%+.1f %%",
                               100 * (1 - cost->time_ns.value / fmax(cost->plain_ns.value, 1)));
        else
            tb_text_table_cell(&table, "-");
        put_level(&table, cost->snr_db);
        put_level(&table, cost->lost_db);
    }
    printf("\nWhat delegating saves and costs, the most costly first\n");
    tb_text_table_print(&table, 2, stdout);
    tb_text_table_free(&table);
}

/* The costliest as a sentence; nothing where all is exact. */
static void print_worst_cost(const tb_costs *costs)
{
    if (costs->count && costs->items[0].snr_db.known) {
        tb_buf text = {0};
        tb_cost_describe(&costs->items[0], &text);
        printf("The costliest: %s.\n", tb_buf_text(&text));
        tb_buf_free(&text);
    }
    if (costs->reason)
        printf("Times: %s.\n", costs->reason);
}

static void put_real(tb_json_writer *json, const char *key, tb_real real)
{
    if (real.known)
        tb_json_put_real(json, key, real.value);
}

static void put_costs(const tb_costs *costs, tb_json_writer *json)
{
    tb_json_put_array(json, "costs");
    for (size_t k = 0; k < costs->count; k++) {
        const tb_cost *cost = &costs->items[k];
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "nodes", cost->nodes);
        tb_json_put_text(json, "op", cost->op);
        put_real(json, "time_ns", cost->time_ns);
        put_real(json, "plain_ns", cost->plain_ns);
        if (cost->plain_ns.known)
            tb_json_put_real(json, "saved_ns", cost->plain_ns.value - cost->time_ns.value);
        put_real(json, "snr_db", cost->snr_db);
        put_real(json, "lost_db", cost->lost_db);
        if (!cost->snr_db.known)
            tb_json_put_text(json, "reason", cost->without);
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
    tb_json_put_text(json, "costs_reason", costs->reason);
}

/* Processes with per-op times: the candidate's, and the same engine's without a delegate. */
static tb_status take_times(tb_measure *measure, tb_measure_side *side, tb_error *err)
{
    tb_status status = TB_OK;
    for (int k = 0; k < side->plan->configuration_count && status == TB_OK; k++) {
        tb_measure_task task = {.side = side,
                                .configuration = k,
                                .profile = true,
                                .budget_ns = measure->request->max_ns};
        tb_launch_result result;
        status = tb_measure_process(measure, &task, err, &result);
        if (status == TB_OK && result.status != TB_PROCESS_OK)
            fprintf(stderr, "numerics: %s: no times: %s\n", side->plan->configurations[k].text,
                    result.reason);
    }
    return status;
}

typedef struct bisection {
    bool done;
    int first, end, runs;
} bisection;

static tb_status print_json(const numerics *n, const tb_numerics_report *report,
                            const bisection *found, const tb_costs *costs, tb_error *err)
{
    tb_buf text = {0};
    tb_json_writer json = {.out = &text};
    tb_json_put_object(&json, NULL);
    tb_json_put_text(&json, "schema", "tflbench.numerics");
    tb_json_put_int(&json, "version", 1);
    tb_json_put_text(&json, "model", n->request.candidate.model);
    tb_json_put_text(&json, "engine", n->engine_text);
    tb_json_put_text(&json, "delegate", n->request.candidate.delegate);
    tb_json_put_int(&json, "threads", n->thread_count);
    tb_json_put_text(&json, "reference", n->request.reference.delegate);
    tb_json_put_text(&json, "reference_model", n->request.reference.model);
    tb_json_put_bool(&json, "outputs_off", report->outputs_off);
    put_tensors(&json, "outputs", report->outputs, report->output_count, true);
    tb_json_put_text(&json, "reason", report->without);
    put_tensors(&json, "rows", report->tensors, report->tensor_count, false);
    if (report->suspect >= 0)
        tb_json_put_int(&json, "suspect", report->suspect);
    if (found->done) {
        tb_json_put_object(&json, "bisect");
        tb_json_put_int(&json, "first", found->first);
        tb_json_put_int(&json, "last", found->end - 1);
        tb_json_put_int(&json, "runs", found->runs);
        tb_json_end_object(&json);
    }
    put_costs(costs, &json);
    tb_json_end_object(&json);
    tb_buf_append_char(&text, '\n');
    tb_status status = tb_buf_status(&text, "numerics", err);
    if (status == TB_OK)
        fputs(tb_buf_text(&text), stdout);
    tb_buf_free(&text);
    return status;
}

static void print_verdict(const tb_numerics_report *report, const bisection *found)
{
    printf("\n%s", report->outputs_off ? "The outputs are off." : "The outputs are right.");
    if (report->suspect >= 0)
        printf(" Node %d %s is the first whose result is off though what it reads is not.",
               report->suspect, report->suspect_op);
    printf("\n");
    if (found->done && found->end - found->first == 1)
        printf("Bisected in %d runs: delegating node %d alone shows it.\n", found->runs,
               found->first);
    else if (found->done)
        printf("Bisected in %d runs: delegating nodes %d to %d alone shows it, and none of the "
               "ends can be left out.\n",
               found->runs, found->first, found->end - 1);
}

/* ---- all of it --------------------------------------------------------------------------------- */

static tb_status tell(numerics *n, const tb_numerics_report *report, const bisection *found,
                      const tb_costs *costs, tb_error *err)
{
    if (tb_args_flag(n->args, "json"))
        return print_json(n, report, found, costs, err);
    int64_t rows = tb_args_int(n->args, "worst");
    print_tables(report, rows);
    print_costs(costs, rows);
    print_verdict(report, found);
    print_worst_cost(costs);
    return TB_OK;
}

static tb_status compare_sides(numerics *n, tb_measure *measure, tb_measure_side *side,
                               tb_error *err, bool *off)
{
    tb_numerics_report report;
    bisection found = {0};
    const tb_measure_numerics_task task = {.side = side, .request = &n->request};
    tb_status status = tb_measure_numerics(measure, &task, err, &report);
    if (status != TB_OK)
        return status;
    int64_t compared = measure->ingest.process_id;
    if (report.outputs_off && tb_args_flag(n->args, "bisect")) {
        status = tb_numerics_bisect(&n->request, &side->program, err, &found.first, &found.end,
                                    &found.runs);
        found.done = status == TB_OK;
    }
    if (status == TB_OK && tb_args_flag(n->args, "times"))
        status = take_times(measure, side, err);
    tb_costs costs = {0};
    tb_pool *pool = tb_pool_create();
    if (status == TB_OK)
        status = tb_costs_read(measure->store, compared, pool, err, &costs);
    if (status == TB_OK)
        status = tell(n, &report, &found, &costs, err);
    tb_pool_free(pool);
    *off = report.outputs_off;
    tb_numerics_report_free(&report);
    return status;
}

static tb_status run_stored(numerics *n, tb_store *store, tb_error *err, bool *off)
{
    const char *model = n->request.candidate.model, *engine = n->engine_text;
    /* The second for its times alone. */
    const char *delegates[] = {n->request.candidate.delegate, TB_DELEGATE_REFERENCE};
    tb_sweep_plan plan;
    tb_measure measure = {0};
    tb_measure_side side = {0};
    n->sweep = (tb_sweep_request){
        .command = "numerics",
        .models = {&model, 1},
        .engines = {&engine, 1},
        .delegates = {delegates, tb_args_flag(n->args, "times") ? 2 : 1},
        .threads = &n->thread_count,
        .thread_count = 1,
        .shapes = n->request.shapes,
        .custom_ops = n->request.custom_ops,
        .inputs = n->request.inputs,
        .input_seed = n->request.seed,
        .warmup_runs = 3,
        .warmup_ns = 5 * TIMES_NS / 10,
        .min_runs = 5 * 20,
        .min_ns = 5 * TIMES_NS,
        .max_ns = 10 * TIMES_NS,
        .silence_ns = n->request.silence_ns,
        .fallback = TB_FALLBACK_ALLOW,
        .memory_limit_bytes = n->request.memory_limit_bytes,
        .processes = 1,
        .quiet = true,
    };
    tb_status status = tb_sweep_plan_make(&n->sweep, err, &plan);
    if (status != TB_OK)
        return status;
    status = plan.models[0].status != TB_OK
                 ? tb_fail(err, plan.models[0].status, "%s", plan.models[0].reason)
                 : tb_measure_side_open(&side, &plan, NULL, NULL, &n->arena, err);
    if (status == TB_OK)
        status = tb_measure_begin(&measure, &n->sweep, store, &side.build, 1, 0, err);
    if (status == TB_OK) {
        status = compare_sides(n, &measure, &side, err, off);
        tb_error at_end = TB_ERROR_NONE;
        int code = status != TB_OK ? TB_EXIT_PARTIAL : *off ? TB_EXIT_WORSE : TB_EXIT_OK;
        tb_status ended = tb_measure_end(&measure, code, &at_end);
        if (status == TB_OK && ended != TB_OK) {
            *err = at_end;
            status = ended;
        }
    }
    tb_measure_free(&measure);
    tb_measure_side_close(&side);
    tb_sweep_plan_free(&plan);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    numerics n = {.args = args};
    tb_store *store = NULL;
    bool off = false;
    tb_status status = read_request(&n, &err);
    tb_exit code = TB_EXIT_OK;
    if (status != TB_OK) {
        code = tb_cmd_fail(&err);
    } else if (tb_store_args_open(args, TB_STORE_WRITE, &err, &store) != TB_OK) {
        code = tb_store_args_fail(&err);
    } else if (run_stored(&n, store, &err, &off) != TB_OK) {
        tb_cmd_fail(&err);
        code = err.status == TB_USAGE ? TB_EXIT_USAGE : TB_EXIT_PARTIAL;
    } else {
        code = off ? TB_EXIT_WORSE : TB_EXIT_OK;
    }
    tb_store_close(store);
    tb_arena_free(&n.arena);
    return code;
}

const tb_cmd tb_cmd_numerics = {
    .name = "numerics",
    .synopsis = "MODEL [--delegate NAME] [--against reference] [--bisect] [options]",
    .summary = "compare every tensor with a reference",
    .description =
        "Runs a configuration and a reference on the same inputs and says how far every output and "
        "every intermediate tensor is off: largest difference, signal to noise, cosine similarity. "
        "No labels are needed. Intermediate tensors are seen by making them outputs of a copy of "
        "the model, which works in every engine and can change what a delegate fuses; the outputs "
        "of the model as it is are compared apart, and decide.\n\n"
        "The first node whose result is off though what it reads is not is named. --bisect finds "
        "the smallest range of nodes that shows the fault when it alone is delegated, in at most "
        "twice the logarithm of the nodes' number of runs.\n\n"
        "Every inference runs in a process of its own. Figures are stored under phase `numerics`. "
        "The exit code is 1 where an output is off.",
    .examples = "tflbench numerics mobilenet.tflite --delegate gpu --bisect\n"
                "    which node does the delegate compute wrongly?\n"
                "tflbench numerics mobilenet_int8.tflite --against-model mobilenet_float.tflite\n"
                "    what quantisation costs, tensor by tensor of the same name\n",
    .see_also = "tflbench accuracy, tflbench verify, tflbench profile",
    .options = options,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
