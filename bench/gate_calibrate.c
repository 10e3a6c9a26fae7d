/* The gate's rates on this machine; see gate_calibrate.h. */
#include "bench/gate_calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "bench/interrupt.h"
#include "bench/store_args.h"

#define INVOCATIONS 2000
#define MOST_BLOCKS 512

/* Blocks drawn so far, as tb_ratio_of_processes takes them: base is one, head the block's value. */
typedef struct drawn {
    double ones[2 * MOST_BLOCKS];
    tb_level_process level[2 * MOST_BLOCKS];
} drawn;

static void put_block(drawn *d, size_t number, double value)
{
    d->ones[2 * number] = 1;
    d->ones[2 * number + 1] = exp(value);
    for (size_t side = 0; side < 2; side++)
        d->level[2 * number + side] =
            (tb_level_process){&d->ones[2 * number + side], 1, (int64_t)number, side == 1};
}

/* One stage: blocks until a decision. */
static tb_decision stage(tb_random *random, const tb_gate_block *blocks, size_t count,
                         double change, const tb_sequential_rule *rule, size_t *used)
{
    drawn low, median;
    size_t number = 0;
    tb_decision decision = TB_DECISION_MORE;
    for (size_t look = 0; look < tb_sequential_looks() && decision == TB_DECISION_MORE; look++) {
        for (; number < tb_sequential_look(look) && number < MOST_BLOCKS; number++) {
            const tb_gate_block *block = &blocks[tb_random_below(random, count)];
            put_block(&low, number, block->low + change);
            put_block(&median, number, block->median + change);
        }
        tb_ratio of_low = tb_ratio_of_processes(low.level, 2 * number, 0.95, 0, 1);
        tb_ratio of_median = tb_ratio_of_processes(median.level, 2 * number, 0.95, 0, 1);
        decision = tb_sequential_decide_two(&of_low, &of_median, rule);
    }
    *used += number;
    return decision;
}

tb_gate_rates tb_gate_simulate(const tb_gate_block *blocks, size_t count, double change,
                               const tb_gate_policy *policy, double threshold, int configurations,
                               size_t invocations, uint64_t seed)
{
    tb_gate_rates rates = {0};
    double *used = calloc(invocations + 1, sizeof *used);
    tb_random random;
    tb_random_seed(&random, seed);
    tb_sequential_rule first = tb_gate_first_rule(policy, threshold, configurations);
    tb_sequential_rule confirm = tb_gate_confirm_rule(threshold);
    double each = 1 / (double)invocations;
    for (size_t k = 0; used && k < invocations; k++) {
        size_t taken = 0;
        tb_decision decision = stage(&random, blocks, count, change, &first, &taken);
        if (decision == TB_DECISION_WORSE)
            decision = stage(&random, blocks, count, change, &confirm, &taken);
        used[k] = (double)taken;
        rates.worse += decision == TB_DECISION_WORSE ? each : 0;
        rates.better += decision == TB_DECISION_BETTER ? each : 0;
        rates.same += decision == TB_DECISION_SAME ? each : 0;
        rates.undecided += decision == TB_DECISION_MORE ? each : 0;
    }
    if (used) {
        tb_sort_doubles(used, invocations);
        rates.blocks = tb_median_sorted(used, invocations);
    }
    free(used);
    return rates;
}

/* Log ratios of the pair's blocks. */
static size_t differences(const tb_pair *pair, tb_gate_block *out, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i + TB_PAIR_BLOCK <= pair->count && count < room; i += TB_PAIR_BLOCK) {
        double sums[TB_PAIR_FIGURES] = {0};
        for (int f = 0; f < TB_PAIR_FIGURES; f++)
            for (size_t k = i; k < i + TB_PAIR_BLOCK; k++)
                sums[f] += (pair->level[f][k].head ? 0.5 : -0.5) * log(pair->value_ns[f][k]);
        out[count++] = (tb_gate_block){sums[TB_PAIR_LOW], sums[TB_PAIR_MEDIAN]};
    }
    return count;
}

static double spread_of(const tb_gate_block *blocks, size_t count, bool median)
{
    double values[MOST_BLOCKS];
    for (size_t k = 0; k < count; k++)
        values[k] = median ? blocks[k].median : blocks[k].low;
    return tb_stddev(values, count);
}

static void print_rates(const tb_pair_run *run, int k, const tb_gate_policy *policy)
{
    tb_gate_block blocks[MOST_BLOCKS];
    double threshold = policy->threshold;
    const tb_pair *pair = &run->pairs[k];
    size_t count = differences(pair, blocks, MOST_BLOCKS);
    if (count < 4) {
        printf("%s: %s\n", pair->text, pair->failure[0] ? pair->failure : "too few blocks");
        return;
    }
    tb_gate_threshold(policy, TB_METRIC_MEDIAN,
                      run->plans[1].models[run->plans[1].configurations[k].model].info.name,
                      run->plans[1].configurations[k].delegate.canonical,
                      pair->value_ns[TB_PAIR_MEDIAN][0], &threshold);
    printf("%s: %zu blocks of base against itself, spread of a block %.2f %% (1st percentile), "
           "%.2f %% (median)\n",
           pair->text, count, spread_of(blocks, count, false) * 100,
           spread_of(blocks, count, true) * 100);
    static const double changes[] = {0, 0.5, 1, 2};
    for (size_t c = 0; c < sizeof changes / sizeof *changes; c++) {
        double change = changes[c] * threshold;
        tb_gate_rates rates = tb_gate_simulate(blocks, count, log1p(change), policy, threshold,
                                               run->count, INVOCATIONS, 1);
        printf("    %4.1f %% slower: worse in %5.1f %%, same %5.1f %%, better %4.1f %%, undecided "
               "%4.1f %%; %.0f blocks\n",
               change * 100, rates.worse * 100, rates.same * 100, rates.better * 100,
               rates.undecided * 100, rates.blocks);
    }
}

tb_status tb_gate_calibrate(const tb_args *args, const tb_sweep_request *request,
                            const tb_gate_policy *policy, tb_error *err)
{
    tb_pair_run run = {0};
    tb_store *store = NULL;
    const char *base = tb_args_text(args, "base");
    int64_t blocks = tb_args_int(args, "calibrate");
    tb_status status = tb_pair_open(&run, base, base, request, err);
    if (status == TB_OK && run.given[0].stored)
        status = tb_fail(err, TB_USAGE, "--calibrate measures: %s is stored", base);
    if (status == TB_OK)
        status = tb_store_args_open(args, TB_STORE_WRITE, err, &store);
    if (status == TB_OK)
        status = tb_pair_begin(&run, store, blocks * run.count, err);
    for (int64_t b = 0; b < blocks && status == TB_OK; b++)
        for (int k = 0; k < run.count && status == TB_OK && !tb_interrupted(); k++)
            if (!run.pairs[k].failure[0])
                status = tb_pair_block(&run, k, false, err);
    if (status == TB_OK)
        status = tb_pair_end(&run, 0, err);
    if (status == TB_OK) {
        printf("Out of %d invocations drawn from what was measured, each with its fresh rerun:\n",
               INVOCATIONS);
        for (int k = 0; k < run.count; k++)
            print_rates(&run, k, policy);
    }
    tb_pair_close(&run);
    tb_store_close(store);
    return status;
}
