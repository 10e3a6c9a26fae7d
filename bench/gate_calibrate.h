/*
 * How often would the gate be wrong here? Base is measured against itself; from its blocks many
 * gate invocations are drawn with replacement, as they are and with a change planted, and each is
 * led to its verdict.
 */
#ifndef TB_BENCH_GATE_CALIBRATE_H
#define TB_BENCH_GATE_CALIBRATE_H

#include "bench/args.h"
#include "bench/gate.h"

/* Rates of one configuration, from differences of blocks (log head / base). */
typedef struct tb_gate_rates {
    double worse, better, same, undecided; /* shares of the invocations drawn */
    double blocks;                         /* median */
} tb_gate_rates;

/* A block of base against itself: log head / base of both estimates. */
typedef struct tb_gate_block {
    double low, median;
} tb_gate_block;

/* `change` (log) is added to every block; 0: nothing planted. Pure, seeded. */
tb_gate_rates tb_gate_simulate(const tb_gate_block *blocks, size_t count, double change,
                               const tb_gate_policy *policy, double threshold, int configurations,
                               size_t invocations, uint64_t seed);

/* Measures --base for --calibrate blocks and prints rates for changes of 0, half, one and two
   thresholds. */
tb_status tb_gate_calibrate(const tb_args *args, const tb_sweep_request *request,
                            const tb_gate_policy *policy, tb_error *err);

#endif
