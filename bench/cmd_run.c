/* `tflbench run`: the sweep that measures. */
#include "bench/cmd.h"
#include "bench/pair_cmd.h"
#include "bench/run_args.h"
#include "bench/settle.h"
#include "bench/store_args.h"
#include "bench/sweep_cmd.h"

static const tb_option options[] = {
#include "bench/pair_options.def"
#include "bench/run_options.def"
    {.name = "blocks",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "20",
     .min = 2,
     .max = 10000,
     .help = "With --base and --head: blocks of four processes (base, head, head, base), at most; "
             "--max-seconds ends them too."},
    {.name = "target-ci",
     .kind = TB_OPTION_TEXT,
     .value_name = "PERCENT",
     .help = "Measure in more and more processes until the 95 % interval of every median (with "
             "--base and --head, of the change) is at most so wide on each side, e.g. 1%, or the "
             "time is up (--max-seconds), which is then said with how much more it would take."},
    {.name = "Where it goes", .kind = TB_OPTION_HEADING},
    {.name = "config",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "Models and options that are not given here; without, tflbench.json where there is "
             "one (tflbench init writes one)."},
    TB_OPTION_ROW_DB,
    TB_OPTION_ROWS_FORMAT,
    {.name = "dry-run", .kind = TB_OPTION_FLAG, .help = "Print the plan and measure nothing."},
    {.name = "quiet", .letter = 'q', .kind = TB_OPTION_FLAG, .help = "No progress, no plan."},
    {.name = "verbose",
     .letter = 'v',
     .kind = TB_OPTION_FLAG,
     .help = "Show what workers, drivers and plugins print."},
    {.name = NULL},
};

/* Of tflbench.json. */
static const char *const gate_options[] = {"threshold", "undecided",     "junit",
                                           "summary",   "deterministic", NULL};

/* With a target, many short processes take the place of one long one. */
static tb_status read_target(const tb_args *args, tb_error *err, tb_sweep_request *request)
{
    tb_status status = tb_target_parse(tb_args_text(args, "target-ci"), err, &request->target_ci);
    if (status != TB_OK || !(request->target_ci > 0))
        return status;
    if (request->processes < TB_SETTLE_PILOT)
        request->processes = TB_SETTLE_PILOT;
    if (!tb_args_given(args, "warmup-seconds"))
        request->warmup_ns = UINT64_C(50000000);
    if (!tb_args_given(args, "min-seconds"))
        request->min_ns = UINT64_C(200000000);
    if (!tb_args_given(args, "min-runs"))
        request->min_runs = 5;
    return TB_OK;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_run_args asked;
    tb_status status = tb_run_args_read(args, "run", &err, &asked);
    if (status == TB_OK)
        status = read_target(args, &err, &asked.request);
    bool pair = tb_args_given(args, "base") || tb_args_given(args, "head");
    if (status == TB_OK && !pair && !tb_args_operand_count(args))
        status = tb_fail(&err, TB_USAGE, "run: too few operands; it goes `tflbench run MODEL...`");
    tb_exit code = status != TB_OK ? tb_cmd_fail(&err)
                   : pair          ? tb_pair_cmd(args, &asked.request)
                                   : tb_sweep_cmd(args, &asked.request);
    tb_run_args_free(&asked);
    return code;
}

const tb_cmd tb_cmd_run = {
    .name = "run",
    .synopsis = "MODEL... [--threads N,...] [--delegate NAME,...] [options]",
    .summary = "measure models over threads, delegates and engines",
    .description =
        "Measures every model with every combination of the engines, delegates and thread counts "
        "given. Each configuration is measured by processes of their own, in random order; every "
        "single latency is stored at once, so that nothing is lost whatever happens. What a "
        "configuration takes at most, and all of them together, is printed before it is spent.\n\n"
        "A folder stands for the cases in it, as `tflbench verify` takes them: each is a model with "
        "its own inputs, and its outputs are held to the case's rules, those of other engines to the "
        "lenient rule where there is one.\n\n"
        "Headline latencies come from processes without profiling. One process more per "
        "configuration takes per-op times, with a fifth of the configuration's time; its samples "
        "never enter a headline figure.\n\n"
        "A configuration that cannot be measured (a delegate that is not available, a model that "
        "is broken, a crash, a hang, a lack of memory) is a stored result with its reason; the "
        "others still run, and the exit code is 5. Ctrl-C stores and sums up what there is.",
    .examples =
        "tflbench run mobilenet.tflite\n"
        "    the cpu delegate, one thread\n"
        "tflbench run a.tflite b.tflite --threads 1,2,4 --delegate reference,cpu --label rig=bench7\n"
        "    twelve configurations\n"
        "tflbench run a.tflite --base ./tflbench-old --head build/tflbench\n"
        "    two builds, interleaved\n"
        "tflbench run a.tflite --engine native,tflite:/usr/lib/libtensorflowlite_c.so --dry-run\n"
        "    only the plan, and how long it takes\n",
    .see_also = "tflbench report, tflbench ls, tflbench show, tflbench list",
    .options = options,
    .config_foreign = gate_options,
    .min_operands = 0,
    .max_operands = -1,
    .run = run,
};
