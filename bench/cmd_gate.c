/* `tflbench gate`: is head worse than base? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/cmd.h"
#include "bench/config.h"
#include "bench/delegate_arg.h"
#include "bench/gate.h"
#include "bench/gate_calibrate.h"
#include "bench/pair_cmd.h"
#include "bench/run_args.h"
#include "bench/store_args.h"
#include "reports/report.h"
#include "runtime/base/clock.h"
#include "runtime/base/os.h"

static const tb_option options[] = {
#include "bench/pair_options.def"
    {.name = "Verdict", .kind = TB_OPTION_HEADING},
    {.name = "threshold",
     .kind = TB_OPTION_TEXT,
     .value_name = "PERCENT",
     .help = "The smallest change of the latency that matters, e.g. 3% (which is the default); "
             "tflbench.json may say more."},
    {.name = "undecided",
     .kind = TB_OPTION_TEXT,
     .value_name = "fail|warn",
     .help = "What it is when the time is up without a verdict: exit code 3, or 0."},
    {.name = "deterministic",
     .kind = TB_OPTION_FLAG,
     .help = "Time nothing: compare operations, bytes, memory plans and sizes, which are the same "
             "in every run. For machines that are too noisy."},
    {.name = "calibrate",
     .kind = TB_OPTION_INT,
     .value_name = "BLOCKS",
     .min = 8,
     .max = 100000,
     .help = "Measure base against itself for so many blocks, and say how often this gate would be "
             "wrong on this machine."},
    {.name = "junit", .kind = TB_OPTION_TEXT, .value_name = "FILE", .help = "Write JUnit XML."},
    {.name = "summary",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "Append Markdown for a pull request; without, to $GITHUB_STEP_SUMMARY where set."},
    {.name = "config",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "The policy, and models and options that are not given here; without, tflbench.json "
             "where there is one."},
#include "bench/run_options.def"
    {.name = "Where it goes", .kind = TB_OPTION_HEADING},
    TB_OPTION_ROW_WHERE,
    TB_OPTION_ROW_DB,
    {.name = "json", .kind = TB_OPTION_FLAG, .help = "Print JSON instead of lines."},
    {.name = "quiet", .letter = 'q', .kind = TB_OPTION_FLAG, .help = "No progress."},
    {.name = "verbose",
     .letter = 'v',
     .kind = TB_OPTION_FLAG,
     .help = "Show what workers, drivers and plugins print."},
    {.name = NULL},
};

/* Of tflbench.json. */
static const char *const run_options[] = {"blocks", "target-ci", "csv", "markdown", NULL};

static tb_status read_policy(const tb_args *args, tb_arena *arena, tb_error *err,
                             tb_gate_policy *policy)
{
    *policy = tb_gate_policy_default();
    cJSON *config = NULL;
    tb_status status = tb_config_load(tb_args_text(args, "config"), err, &config);
    if (status == TB_OK)
        status = tb_gate_policy_read(cJSON_GetObjectItemCaseSensitive(config, "gate"), arena, err,
                                     policy);
    cJSON_Delete(config);
    const char *threshold = tb_args_text(args, "threshold");
    const char *undecided = tb_args_text(args, "undecided");
    bool absolute = false;
    if (status == TB_OK && threshold)
        status = tb_gate_threshold_parse(threshold, err, &absolute, &policy->threshold);
    if (status == TB_OK && (absolute || !(policy->threshold > 0)))
        status = tb_fail(err, TB_USAGE, "--threshold %s: goes like 3%%", threshold);
    if (status == TB_OK && undecided) {
        policy->undecided_fails = strcmp(undecided, "warn") != 0;
        if (policy->undecided_fails && strcmp(undecided, "fail") != 0)
            status = tb_fail(err, TB_USAGE, "--undecided %s: goes fail or warn", undecided);
    }
    policy->deterministic = tb_args_flag(args, "deterministic");
    return status;
}

/* ---- reports ---- */

static tb_status append_file(const char *path, const tb_buf *text, tb_error *err)
{
    FILE *file = fopen(path, "ae");
    if (!file)
        return tb_fail_errno(err, "%s: cannot be written", path);
    bool written = fwrite(tb_buf_text(text), 1, text->size, file) == text->size;
    written = fclose(file) == 0 && written;
    return written ? TB_OK : tb_fail_errno(err, "%s: cannot be written", path);
}

static tb_status write_reports(const tb_args *args, const tb_gate_result *result, tb_error *err)
{
    tb_buf text = {0};
    tb_status status = TB_OK;
    if (tb_args_flag(args, "json")) {
        tb_gate_json(result, &text);
        fputs(tb_buf_text(&text), stdout);
    } else {
        tb_gate_print(result, stdout);
    }
    const char *actions = getenv("GITHUB_ACTIONS");
    if (actions && strcmp(actions, "true") == 0)
        tb_gate_annotations(result, tb_args_flag(args, "json") ? stderr : stdout);
    fflush(stdout);
    if (tb_args_text(args, "junit")) {
        tb_buf_clear(&text);
        tb_gate_junit(result, &text);
        status = tb_report_save(tb_args_text(args, "junit"), &text, err);
    }
    const char *summary = tb_args_text(args, "summary");
    if (!summary)
        summary = getenv("GITHUB_STEP_SUMMARY");
    if (status == TB_OK && summary && *summary) {
        tb_buf_clear(&text);
        tb_gate_markdown(result, &text);
        status = append_file(summary, &text, err);
    }
    tb_buf_free(&text);
    return status;
}

/* ---- measured and stored sides ---- */

static tb_status judge_run(tb_store *store, const tb_gate_policy *policy, tb_error *err,
                           tb_gate_result *result)
{
    char name[32];
    snprintf(name, sizeof name, "@%lld", (long long)result->run_id);
    tb_selection *selection = NULL;
    tb_compared compared = {0};
    tb_status status = tb_selection_open(store, name, NULL, err, &selection);
    if (status == TB_OK)
        status = tb_compare(selection, selection, err, &compared);
    /* A side that never gave a result. */
    bool nothing = status == TB_NOT_FOUND;
    if (status == TB_OK || nothing)
        status = tb_gate_judge_measured(nothing ? NULL : &compared, policy, err, result);
    tb_compared_free(&compared);
    tb_selection_close(selection);
    return status;
}

/* Of a side measured by itself: enough to know how its processes differ. */
#define ALONE_PROCESSES 20

/* What one process does. */
static tb_sweep_request gate_request(const tb_args *args, const tb_sweep_request *request,
                                     const tb_gate_policy *policy)
{
    tb_sweep_request each = tb_pair_request(args, request);
    if (policy->deterministic) {
        each.warmup_ns = each.min_ns = 0;
        each.warmup_runs = 0;
        each.min_runs = each.max_runs = 1;
    }
    /* A rule for it asks for it. */
    for (size_t k = 0; k < policy->rule_count && !each.signature; k++)
        if (policy->rules[k].metric == TB_METRIC_NOISE && !each.numerics_against)
            each.numerics_against = TB_DELEGATE_REFERENCE;
    return each;
}

static tb_status gate_measured(const tb_args *args, const tb_sweep_request *request,
                               const tb_gate_policy *policy, tb_store *store, tb_arena *arena,
                               tb_error *err, tb_gate_result *result)
{
    tb_sweep_request each = gate_request(args, request, policy);
    tb_pair_run run = {0};
    tb_status status =
        tb_pair_open(&run, tb_args_text(args, "base"), tb_args_text(args, "head"), &each, err);
    if (status == TB_OK) {
        uint64_t max_ns =
            tb_args_given(args, "max-seconds") ? request->max_ns : UINT64_C(120000000000);
        status = tb_gate_measure(&run, policy, store, max_ns, arena, err, result);
        if (status == TB_OK)
            status = tb_pair_examine(&run, err);
        if (status == TB_OK)
            status = judge_run(store, policy, err, result);
        tb_error end_err = TB_ERROR_NONE;
        if (run.measure.run_id) {
            tb_status ended = tb_pair_end(&run, (int)tb_gate_exit(result, policy), &end_err);
            if (status == TB_OK && ended != TB_OK) {
                *err = end_err;
                status = ended;
            }
        }
    }
    tb_pair_close(&run);
    return status;
}

/* Its workers are then those that `tflbench run` would have taken, whose size is compared. */
static bool is_this_program(const char *path)
{
    char own[4096];
    struct stat this_one, that_one;
    return path && tb_os_executable_path(sizeof own, NULL, own) == TB_OK &&
           stat(own, &this_one) == 0 && stat(path, &that_one) == 0 &&
           this_one.st_dev == that_one.st_dev && this_one.st_ino == that_one.st_ino;
}

/* Measures one side by itself, to hold it against stored results. */
static tb_status measure_alone(const tb_args *args, const tb_sweep_request *request,
                               const tb_side *side, const tb_gate_policy *policy, tb_store *store,
                               tb_error *err, int64_t *run_id)
{
    tb_sweep_request asked = gate_request(args, request, policy);
    asked.processes = policy->deterministic ? 2 : ALONE_PROCESSES;
    asked.max_ns *= 2 * (uint64_t)asked.processes;
    asked.profile = !policy->deterministic;
    asked.random_order = true;
    tb_sweep_request each = tb_side_request(side, &asked);
    each.program = is_this_program(side->program) ? NULL : side->program;
    tb_sweep_plan plan;
    tb_sweep_result result = {0};
    tb_status status = tb_sweep_plan_make(&each, err, &plan);
    if (status != TB_OK)
        return status;
    status = tb_sweep_run(&plan, store, err, &result);
    tb_sweep_plan_free(&plan);
    *run_id = result.run_id;
    return status;
}

/* Opens what each side names; one that is not stored is measured, behind the others, so that @ is
   what was the last before. */
static tb_status open_sides(const tb_args *args, const tb_sweep_request *request,
                            const tb_side sides[2], const tb_gate_policy *policy, tb_store *store,
                            tb_error *err, tb_selection *out[2])
{
    tb_status status = TB_OK;
    for (int k = 0; k < 2 && status == TB_OK; k++)
        if (sides[k].stored)
            status = tb_store_args_select(args, store, sides[k].text, err, &out[k]);
    for (int k = 0; k < 2 && status == TB_OK; k++) {
        if (sides[k].stored)
            continue;
        int64_t run_id = 0;
        char name[32];
        status = measure_alone(args, request, &sides[k], policy, store, err, &run_id);
        snprintf(name, sizeof name, "@%lld", (long long)run_id);
        if (status == TB_OK)
            status = tb_selection_open(store, name, NULL, err, &out[k]);
    }
    return status;
}

static tb_status gate_stored(const tb_args *args, const tb_sweep_request *request,
                             const tb_side sides[2], const tb_gate_policy *policy, tb_store *store,
                             tb_arena *arena, tb_error *err, tb_gate_result *result, bool *refused)
{
    uint64_t begin_ns = tb_clock_ns();
    tb_selection *selections[2] = {NULL, NULL};
    tb_compared compared = {0};
    tb_status status = open_sides(args, request, sides, policy, store, err, selections);
    if (status == TB_OK)
        status = tb_compare(selections[0], selections[1], err, &compared);
    *refused = status == TB_OK && compared.refused && !policy->deterministic;
    for (size_t k = 0; *refused && k < compared.caveat_count; k++)
        if (compared.caveats[k].refuses)
            fprintf(stderr, "not comparable: %s is %s in base, %s in head\n",
                    compared.caveats[k].what, compared.caveats[k].base, compared.caveats[k].head);
    if (status == TB_OK && !*refused)
        status = tb_gate_judge_stored(&compared, policy, arena, err, result);
    result->seconds = (double)(tb_clock_ns() - begin_ns) / 1e9;
    tb_compared_free(&compared);
    tb_selection_close(selections[0]);
    tb_selection_close(selections[1]);
    return status;
}

static tb_exit decide(const tb_args *args, const tb_sweep_request *request, tb_error *err,
                      tb_status *out_status)
{
    tb_arena arena = {0};
    tb_store *store = NULL;
    tb_gate_policy policy;
    tb_gate_result result = {0};
    tb_side sides[2] = {{0}, {0}};
    bool refused = false;
    tb_status status = read_policy(args, &arena, err, &policy);
    static const char *const names[] = {"base", "head"};
    for (int k = 0; k < 2 && status == TB_OK; k++)
        status = tb_side_parse(tb_args_text(args, names[k]), &arena, err, &sides[k]);
    bool stored = sides[0].stored || sides[1].stored;
    bool measures = !sides[0].stored || !sides[1].stored;
    if (status == TB_OK)
        status = tb_store_args_open(args, measures ? TB_STORE_WRITE : TB_STORE_READ, err, &store);
    if (status == TB_OK && stored)
        status = gate_stored(args, request, sides, &policy, store, &arena, err, &result, &refused);
    else if (status == TB_OK)
        status = gate_measured(args, request, &policy, store, &arena, err, &result);
    if (status == TB_OK && !refused)
        status = write_reports(args, &result, err);
    tb_exit code = refused ? TB_EXIT_NOT_COMPARABLE : tb_gate_exit(&result, &policy);
    tb_store_close(store);
    tb_arena_free(&arena);
    *out_status = status;
    return code;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_run_args asked;
    tb_exit code = TB_EXIT_OK;
    tb_status status = tb_run_args_read(args, "gate", &err, &asked);
    bool calibrate = tb_args_given(args, "calibrate");
    if (status == TB_OK && !tb_args_given(args, "base"))
        status = tb_fail(&err, TB_USAGE, "gate: --base is missing");
    if (status == TB_OK && !calibrate && !tb_args_given(args, "head"))
        status = tb_fail(&err, TB_USAGE, "gate: --head is missing");
    if (status == TB_OK && calibrate) {
        tb_arena arena = {0};
        tb_gate_policy policy;
        status = read_policy(args, &arena, &err, &policy);
        tb_sweep_request each = tb_pair_request(args, &asked.request);
        if (status == TB_OK)
            status = tb_gate_calibrate(args, &each, &policy, &err);
        tb_arena_free(&arena);
    } else if (status == TB_OK) {
        code = decide(args, &asked.request, &err, &status);
    }
    tb_run_args_free(&asked);
    if (status == TB_OK)
        return code;
    tb_exit failed = tb_cmd_fail(&err);
    return failed == TB_EXIT_USAGE ? failed : TB_EXIT_ENVIRONMENT;
}

const tb_cmd tb_cmd_gate = {
    .name = "gate",
    .synopsis = "MODEL... --base SIDE --head SIDE [options]",
    .summary = "is head worse than base? measured until there is a verdict",
    .description =
        "Measures both sides interleaved, in fresh processes, on this machine: blocks of four "
        "(base, head, head, base), with a look at the change after 4, 6, 9, 13, ... blocks, until it "
        "is the same, better or worse by as much as matters (--threshold), or the time is up "
        "(--max-seconds a configuration; 120 by default). What looks worse is run afresh before it "
        "counts; then both sides are profiled and the ops that answer for it are named.\n\n"
        "The false-alarm rate is promised for the whole invocation, over all configurations. "
        "--calibrate says what it is on this machine. A process that fails, outputs that vary or are "
        "wrong never pass.\n\n"
        "A side may be a stored result (@, label:..., rev:..., db:...), where it comes from this "
        "machine; with --deterministic wherever it comes from. The other side is then measured by "
        "itself, in 20 processes, or stored as well: what the machine did meanwhile is in the "
        "difference, so the promised rates hold for sides that are measured together.\n\n"
        "Exit codes: 0 passed, 1 worse, wrong or varying, 3 undecided (0 with --undecided warn), "
        "4 not comparable, 5 a configuration failed.",
    .examples =
        "tflbench gate mobilenet.tflite --base ./tflbench-main --head build/tflbench\n"
        "    two builds\n"
        "tflbench gate a.tflite --base main/tflbench --head build/tflbench --junit gate.xml\n"
        "    for a CI system\n"
        "tflbench gate a.tflite --base build/tflbench --calibrate 40\n"
        "    how often would it be wrong here?\n",
    .see_also = "tflbench run, tflbench compare, tflbench doctor",
    .options = options,
    .config_foreign = run_options,
    .min_operands = 0,
    .max_operands = -1,
    .run = run,
};
