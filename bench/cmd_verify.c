/* `tflbench verify`: is what comes out right? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd.h"
#include "bench/delegate_arg.h"
#include "bench/engine.h"
#include "bench/suite.h"
#include "bench/verify_pool.h"
#include "bench/verify_report.h"
#include "runtime/base/clock.h"

static const tb_option options[] = {
    {.name = "What is run", .kind = TB_OPTION_HEADING},
    {.name = "delegate",
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME[:k=v;k=v]",
     .default_text = "cpu",
     .help = "Who may take nodes. A node it leaves behind runs on the engine's own kernels and is "
             "counted. `reference` is the portable kernels alone."},
    {.name = "threads",
     .letter = 't',
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "1",
     .min = 1,
     .max = 1024,
     .help = "Threads of the engine."},
    {.name = "engine",
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME[:LIBRARY]",
     .default_text = "native",
     .help = "What runs the models; `tflbench list engines` names them."},
    {.name = "tier",
     .kind = TB_OPTION_INT_LIST,
     .value_name = "N",
     .help = "Only cases that the folder's MANIFEST.json puts in this tier."},
    {.name = "filter",
     .kind = TB_OPTION_LIST,
     .value_name = "GLOB",
     .help = "Only cases whose name fits, as `CONV_2D/*` or `*int8*`. May be repeated."},
    {.name = "supported-only",
     .kind = TB_OPTION_FLAG,
     .help =
         "Skip, and count, cases that use an operator or version this build does not have. Only "
         "of engine native this is known beforehand."},

    {.name = "What counts as right", .kind = TB_OPTION_HEADING},
    {.name = "lenient",
     .kind = TB_OPTION_FLAG,
     .help = "Hold outputs to the rule that TFLite's own variants need (XNNPACK among them), where "
             "a case gives one. For other engines than ours."},
    {.name = "halves",
     .kind = TB_OPTION_FLAG,
     .help = "Let floats be off by 0.01 and 1 % of their value, as where a delegate stores them as "
             "half floats. A case with values beyond 65504 that is wrong is skipped."},
    {.name = "plan-limit",
     .kind = TB_OPTION_NUMBER,
     .value_name = "PERCENT",
     .max = 1e6,
     .help = "Fail a case whose memory plan takes more than so many percent above its lower bound: "
             "the largest sum of the tensors alive at any node."},

    {.name = "How it is run", .kind = TB_OPTION_HEADING},
    {.name = "jobs",
     .letter = 'j',
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "1",
     .min = 1,
     .max = 256,
     .help = "So many child processes at a time. A crash or a hang costs one case."},
    {.name = "timeout",
     .kind = TB_OPTION_SECONDS,
     .value_name = "TIME",
     .default_text = "60",
     .help = "Longest that one case may take; 0: no limit."},
    {.name = "delegate-cache",
     .kind = TB_OPTION_TEXT,
     .value_name = "DIR",
     .help = "Folder where delegates keep what they compile for a device, from one case to the "
             "next."},
    {.name = "custom-op",
     .kind = TB_OPTION_LIST,
     .no_split = true,
     .value_name = "LIB.so",
     .help =
         "A shared object with custom operators, compiled for TFLite; may be given several times. "
         "For operator Foo it exports Register_Foo, Register_FOO (C or C++), or a list, "
         "tflbench_custom_ops."},
    {.name = "memory-limit",
     .kind = TB_OPTION_BYTES,
     .value_name = "SIZE",
     .default_text = "4G",
     .help = "Most that a model may allocate; 0: no limit."},
    {.name = "in-process",
     .kind = TB_OPTION_FLAG,
     .help = "Without child processes, for debuggers and sanitizers: a crash ends everything."},

    {.name = "What is printed", .kind = TB_OPTION_HEADING},
    {.name = "list", .kind = TB_OPTION_FLAG, .help = "Print the names of the cases; run nothing."},
    {.name = "worst",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "20",
     .help = "So many failures in full."},
    {.name = "verbose",
     .letter = 'v',
     .kind = TB_OPTION_FLAG,
     .help = "Every failure and skipped case, and per operator what the delegate took, what it "
             "left, and why."},
    {.name = "json", .kind = TB_OPTION_FLAG, .help = "One JSON document instead of tables."},
    {.name = NULL},
};

/* ---- progress ---------------------------------------------------------------------------------- */

typedef struct progress {
    int total;
    int failed;
    uint64_t shown_ns;
} progress;

static void show_progress(void *context, const tb_verify_result *result, int done)
{
    progress *state = context;
    enum { INTERVAL_NS = 100000000 };
    state->failed += result->verdict != TB_VERDICT_PASSED && result->verdict != TB_VERDICT_SKIPPED;
    uint64_t now = tb_clock_ns();
    if (now - state->shown_ns < INTERVAL_NS && done < state->total)
        return;
    state->shown_ns = now;
    fprintf(stderr, "\rverify: %d of %d, %d failed\033[K", done, state->total, state->failed);
    if (done == state->total)
        fputs("\r\033[K", stderr);
    fflush(stderr);
}

/* ---- the request ------------------------------------------------------------------------------- */

static tb_status gather(const tb_args *args, tb_suite *suite, tb_error *err)
{
    int tier_count, pattern_count;
    const int64_t *tiers = tb_args_ints(args, "tier", &tier_count);
    const char *const *patterns = tb_args_list(args, "filter", &pattern_count);
    for (int k = 0; k < tb_args_operand_count(args); k++) {
        tb_status status = tb_suite_add(suite, tb_args_operand(args, k), tiers, tier_count, err);
        if (status != TB_OK)
            return status;
    }
    if (pattern_count > 0)
        tb_suite_filter(suite, patterns, pattern_count);
    if (tb_suite_count(suite) == 0)
        return tb_fail(err, TB_USAGE, "no case fits --filter");
    return TB_OK;
}

static tb_status read_options(const tb_args *args, tb_arena *arena, tb_error *err,
                              tb_verify_options *out)
{
    const char *library = NULL;
    tb_delegate_arg delegate;
    *out = (tb_verify_options){.lenient = tb_args_flag(args, "lenient"),
                               .halves = tb_args_flag(args, "halves"),
                               .supported_only = tb_args_flag(args, "supported-only"),
                               .plan_limit = -1};
    tb_status status = tb_engine_parse(tb_args_text(args, "engine"), err, &out->engine, &library);
    if (status == TB_OK && !library)
        status = tb_delegate_arg_parse(tb_args_text(args, "delegate"), arena, err, &delegate);
    if (status != TB_OK)
        return status;
    int custom_op_count;
    const char *const *custom_ops = tb_args_list(args, "custom-op", &custom_op_count);
    if (tb_args_given(args, "plan-limit"))
        out->plan_limit = tb_args_number(args, "plan-limit") / 100;
    out->engine_options = (tb_engine_options){
        .library = library,
        .delegate = tb_args_text(args, "delegate"),
        .delegate_cache = tb_args_text(args, "delegate-cache"),
        .threads = (int)tb_args_int(args, "threads"),
        .custom_ops = custom_ops,
        .custom_op_count = custom_op_count,
        .memory_limit_bytes = tb_args_bytes(args, "memory-limit"),
        .outlive_device = true,
        .time_limit_ns = tb_args_ns(args, "timeout"),
    };
    return TB_OK;
}

/* ---- running ----------------------------------------------------------------------------------- */

static tb_exit print_names(const tb_suite *suite)
{
    for (int k = 0; k < tb_suite_count(suite); k++)
        puts(tb_suite_name(suite, k));
    return TB_EXIT_OK;
}

static tb_status run_all(const tb_args *args, const tb_suite *suite,
                         const tb_verify_options *verify_options, tb_arena *arena, tb_error *err,
                         tb_verify_result *results)
{
    uint64_t timeout_ns = tb_args_ns(args, "timeout");
    /* The engine's own limit comes first and has the better message. */
    const uint64_t grace_ns = 1000000000;
    progress state = {.total = tb_suite_count(suite)};
    tb_verify_pool pool = {
        .suite = suite,
        .options = verify_options,
        .jobs = (int)tb_args_int(args, "jobs"),
        .in_process = tb_args_flag(args, "in-process"),
        .timeout_ns = timeout_ns ? timeout_ns + grace_ns : 0,
        .progress = isatty(STDERR_FILENO) ? show_progress : NULL,
        .context = &state,
    };
    return tb_verify_pool_run(&pool, arena, err, results);
}

static tb_exit run_suite(const tb_args *args, const tb_suite *suite, tb_arena *arena, tb_error *err)
{
    tb_verify_options verify_options;
    tb_buf version = {0};
    tb_verify_result *results = calloc((size_t)tb_suite_count(suite), sizeof *results);
    tb_status status = results ? read_options(args, arena, err, &verify_options)
                               : tb_fail(err, TB_NO_MEMORY, "out of memory for the results");
    if (status == TB_OK)
        status =
            verify_options.engine->version(verify_options.engine_options.library, err, &version);
    if (status == TB_OK)
        status = run_all(args, suite, &verify_options, arena, err, results);
    tb_exit code = TB_EXIT_OK;
    if (status == TB_OK) {
        tb_verify_report report = {
            .results = results,
            .count = tb_suite_count(suite),
            .engine = tb_buf_text(&version),
            .delegate = verify_options.engine_options.delegate,
            .threads = verify_options.engine_options.threads,
            .lenient = verify_options.lenient,
            .verbose = tb_args_flag(args, "verbose"),
            .worst = (int)tb_args_int(args, "worst"),
        };
        status = tb_args_flag(args, "json") ? tb_verify_report_json(&report, err, stdout)
                                            : tb_verify_report_text(&report, err, stdout);
        if (tb_verify_summarise(&report).failed > 0)
            code = TB_EXIT_WORSE;
    }
    tb_buf_free(&version);
    free(results);
    return status == TB_OK ? code : tb_cmd_fail(err);
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_suite *suite = NULL;
    tb_arena arena = {0};
    tb_exit code;
    if (tb_suite_create(&err, &suite) != TB_OK || gather(args, suite, &err) != TB_OK)
        code = tb_cmd_fail(&err);
    else if (tb_args_flag(args, "list"))
        code = print_names(suite);
    else
        code = run_suite(args, suite, &arena, &err);
    tb_arena_free(&arena);
    tb_suite_destroy(suite);
    return code;
}

const tb_cmd tb_cmd_verify = {
    .name = "verify",
    .synopsis = "CASE... [options]",
    .summary = "compare outputs with those of the real TFLite",
    .description =
        "Runs each case's model on the inputs that lie beside it, compares every output with the "
        "expected one by the rule that the case gives, and prints a table by operator and the "
        "worst failures: which element differs first, what came, what was expected, what is "
        "allowed.\n\n"
        "A CASE is a folder with a case.json, model.tflite, input_K.bin and expected_K.bin; a "
        "folder with such folders anywhere below; or one of these packed as .tar.zst. Steps of a "
        "case run in order on one interpreter, so that state lives on; inputs are resized where a "
        "step's shapes differ. A case may also demand that its model is refused, or merely that "
        "nothing crashes.\n\n"
        "The last line reads `verify: P passed, F failed, S skipped`; the exit status is 1 where "
        "F is not 0.",
    .examples = "tflbench verify tests/conformance/open.tar.zst --delegate reference\n"
                "    all operators on the portable kernels\n"
                "tflbench verify --tier 1 models --delegate cpu --threads 2 --verbose\n"
                "    whole models, and which nodes the delegate left behind, and why\n"
                "tflbench verify suite --filter 'CONV_2D/*' --in-process\n"
                "    in this process, for a debugger\n"
                "tflbench verify suite --engine tflite:libtensorflowlite_c.so --lenient\n"
                "    another engine, held to what TFLite's variants need\n",
    .see_also = "inspect(1), list(1)",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
