/* Interleaved runs as a command; see pair_cmd.h. */
#include "bench/pair_cmd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/interrupt.h"
#include "bench/store_args.h"
#include "reports/compare.h"
#include "runtime/base/clock.h"

#define PROCESS_NS   UINT64_C(50000000)
#define WARMUP_NS    UINT64_C(10000000)
#define LEAST_BLOCKS 5 /* before an interval is believed */
#define PROFILED     1 /* blocks more, with per-op profiling */

tb_status tb_target_parse(const char *text, tb_error *err, double *out)
{
    *out = 0;
    if (!text)
        return TB_OK;
    char *end;
    double value = strtod(text, &end);
    while (*end == ' ')
        end++;
    bool percent = *end == '%';
    end += percent;
    value = percent ? value / 100 : value;
    if (end == text || *end || !(value > 0) || value > 1)
        return tb_fail(err, TB_USAGE, "--target-ci %s: goes like 1%% or 0.01", text);
    *out = value;
    return TB_OK;
}

tb_sweep_request tb_pair_request(const tb_args *args, const tb_sweep_request *request)
{
    tb_sweep_request out = *request;
    if (!tb_args_given(args, "warmup-seconds"))
        out.warmup_ns = WARMUP_NS;
    if (!tb_args_given(args, "min-seconds"))
        out.min_ns = PROCESS_NS;
    if (!tb_args_given(args, "min-runs"))
        out.min_runs = 5;
    /* A process ends by its minima; a slow model gets its five inferences and no more than that. */
    out.max_ns = 20 * (out.warmup_ns + out.min_ns);
    out.processes = 1;
    out.profile = false;
    out.random_order = false;
    return out;
}

/* Is the interval of the change narrow enough? */
static bool is_settled(const tb_pair *pair, double target)
{
    if (target <= 0 || pair->blocks < LEAST_BLOCKS)
        return false;
    tb_ratio ratio = tb_pair_ratio(pair, TB_PAIR_MEDIAN, 0.95);
    return ratio.interval.level > 0 &&
           (log(ratio.interval.high) - log(ratio.interval.low)) / 2 <= target;
}

/* Blocks by turns over all pairs, so that each sees the whole run's weather. */
static tb_status measure_all(tb_pair_run *run, int64_t blocks, uint64_t max_ns, double target,
                             tb_error *err)
{
    uint64_t begin_ns = tb_clock_ns();
    tb_status status = TB_OK;
    for (int64_t b = 0; b < blocks && status == TB_OK; b++)
        for (int k = 0; k < run->count && status == TB_OK && !tb_interrupted(); k++) {
            bool late =
                b >= LEAST_BLOCKS && tb_clock_ns() - begin_ns > max_ns * (uint64_t)run->count;
            if (!run->pairs[k].failure[0] && !late && !is_settled(&run->pairs[k], target))
                status = tb_pair_block(run, k, false, err);
        }
    return status;
}

static tb_status profile_all(tb_pair_run *run, tb_error *err)
{
    tb_status status = TB_OK;
    for (int k = 0; k < run->count && status == TB_OK && !tb_interrupted(); k++)
        if (!run->pairs[k].failure[0])
            status = tb_pair_block(run, k, true, err);
    return status;
}

/* "too few samples", and how many it would take. */
static void tell_unsettled(const tb_pair_run *run, double target)
{
    for (int k = 0; target > 0 && k < run->count; k++) {
        const tb_pair *pair = &run->pairs[k];
        if (pair->failure[0] || is_settled(pair, target) || pair->blocks < 2)
            continue;
        tb_ratio ratio = tb_pair_ratio(pair, TB_PAIR_MEDIAN, 0.95);
        double half = (log(ratio.interval.high) - log(ratio.interval.low)) / 2;
        fprintf(stderr,
                "%s: too few samples: the interval is +-%.2g %% after %lld blocks; +-%.2g %% would "
                "take about %.0f\n",
                pair->text, half * 100, (long long)pair->blocks, target * 100,
                ceil((double)pair->blocks * half * half / (target * target)));
    }
}

static tb_status print_comparison(const tb_args *args, tb_store *store, int64_t run_id,
                                  tb_error *err)
{
    const char *format;
    char name[32];
    snprintf(name, sizeof name, "@%lld", (long long)run_id);
    tb_selection *selection = NULL;
    tb_compared compared = {0};
    tb_buf out = {0};
    tb_report_options look = tb_store_args_look();
    tb_status status = tb_store_args_format(args, err, &format);
    if (status == TB_OK)
        status = tb_selection_open(store, name, NULL, err, &selection);
    if (status == TB_OK)
        status = tb_compare(selection, selection, err, &compared);
    if (status == TB_OK)
        status = tb_compared_write(&compared, format, true, &look, &out, err);
    if (status == TB_OK)
        fputs(tb_buf_text(&out), stdout);
    fflush(stdout);
    tb_buf_free(&out);
    tb_compared_free(&compared);
    tb_selection_close(selection);
    return status;
}

static tb_exit exit_of(const tb_pair_run *run)
{
    bool failed = tb_interrupted(), wrong = false;
    for (int k = 0; k < run->count; k++) {
        failed |= run->pairs[k].failure[0] != '\0';
        for (int side = 0; side < 2; side++)
            wrong |= run->sides[side].standings[k].wrong;
    }
    return failed ? TB_EXIT_PARTIAL : wrong ? TB_EXIT_WORSE : TB_EXIT_OK;
}

static tb_status measure_and_print(const tb_args *args, tb_pair_run *run,
                                   const tb_sweep_request *request, tb_error *err, tb_exit *code)
{
    double target;
    int64_t blocks = tb_args_int(args, "blocks");
    tb_store *store = NULL;
    tb_status status = tb_target_parse(tb_args_text(args, "target-ci"), err, &target);
    if (status == TB_OK)
        status = tb_store_args_open(args, TB_STORE_WRITE, err, &store);
    int64_t profiled = request->profile ? PROFILED : 0;
    if (status == TB_OK)
        status = tb_pair_begin(run, store, run->count * (blocks + profiled), err);
    if (status == TB_OK)
        status = measure_all(run, blocks, request->max_ns, target, err);
    if (status == TB_OK && profiled)
        status = profile_all(run, err);
    if (status == TB_OK)
        status = tb_pair_examine(run, err);
    *code = exit_of(run);
    if (run->measure.run_id) {
        tb_status ended = tb_pair_end(run, (int)*code, err);
        status = status == TB_OK ? ended : status;
    }
    if (status == TB_OK) {
        for (int k = 0; k < run->count; k++)
            if (run->pairs[k].failure[0])
                fprintf(stderr, "%s: %s %s: %s\n", run->pairs[k].text,
                        run->pairs[k].failed_head ? "head" : "base",
                        tb_process_status_text(run->pairs[k].failed), run->pairs[k].failure);
        tell_unsettled(run, target);
        status = print_comparison(args, store, run->measure.run_id, err);
        if (!request->quiet)
            fprintf(stderr, "Stored as @%lld in %s.\n", (long long)run->measure.run_id,
                    tb_store_path(store));
    }
    tb_store_close(store);
    return status;
}

tb_exit tb_pair_cmd(const tb_args *args, const tb_sweep_request *request)
{
    tb_error err = TB_ERROR_NONE;
    tb_pair_run run = {0};
    tb_exit code = TB_EXIT_OK;
    tb_status status = TB_OK;
    if (!tb_args_given(args, "base") || !tb_args_given(args, "head"))
        status = tb_fail(&err, TB_USAGE, "--base and --head go together");
    tb_sweep_request each = tb_pair_request(args, request);
    if (status == TB_OK)
        status =
            tb_pair_open(&run, tb_args_text(args, "base"), tb_args_text(args, "head"), &each, &err);
    for (int side = 0; side < 2 && status == TB_OK; side++)
        if (run.given[side].stored)
            status = tb_fail(&err, TB_USAGE,
                             "%s is stored already: tflbench compare takes it, and tflbench gate",
                             run.given[side].text);
    if (status == TB_OK && tb_args_flag(args, "dry-run"))
        printf("%d configuration%s, up to %lld blocks of %d processes each.\n", run.count,
               run.count == 1 ? "" : "s", (long long)tb_args_int(args, "blocks"), TB_PAIR_BLOCK);
    else if (status == TB_OK)
        status = measure_and_print(args, &run, request, &err, &code);
    tb_pair_close(&run);
    if (status == TB_OK)
        return code;
    tb_exit failed = tb_cmd_fail(&err);
    return failed == TB_EXIT_USAGE ? failed : TB_EXIT_ENVIRONMENT;
}
