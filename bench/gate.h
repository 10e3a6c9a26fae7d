/*
 * A gate: is head worse than base? Measures pairs until each has a verdict or the time is up, runs
 * what looks worse once more before it says so, and then judges the other metrics of the policy.
 */
#ifndef TB_BENCH_GATE_H
#define TB_BENCH_GATE_H

#include "bench/gate_policy.h"
#include "bench/pair.h"
#include "reports/stats_sequential.h"

#define TB_GATE_VERDICT_LIST(X)                                                      \
    X(TB_GATE_SAME, "same")                                                          \
    X(TB_GATE_BETTER, "better")                                                      \
    X(TB_GATE_UNDECIDED, "undecided")                                                \
    X(TB_GATE_FAILED, "failed")                     /* a process did not end well */ \
    X(TB_GATE_NONDETERMINISTIC, "nondeterministic") /* outputs vary */               \
    X(TB_GATE_WRONG, "wrong")                       /* head's outputs are */         \
    X(TB_GATE_WORSE, "worse")

typedef enum tb_gate_verdict {
#define X(code, text) code,
    TB_GATE_VERDICT_LIST(X)
#undef X
} tb_gate_verdict;

const char *tb_gate_verdict_text(tb_gate_verdict verdict);

#define TB_GATE_BETA  0.005 /* of "same" where the change is the threshold */
#define TB_GATE_POWER 0.98  /* with which the smallest change would have been found */

/* One configuration. */
typedef struct tb_gate_item {
    const char *name;
    const char *model;       /* head's name of it; NULL: stored results */
    tb_configuration record; /* of head, where measured; borrowed from its plan */
    tb_gate_verdict verdict;
    tb_ratio ratio;    /* of medians, of the blocks that decided */
    tb_ratio low;      /* of what inferences take undisturbed (pair.h); ratio 0: stored results */
    double threshold;  /* of both */
    double detectable; /* the smallest change that would have been found; 0: unknown */
    int64_t blocks;    /* all of them */
    bool unconfirmed;  /* it looked worse, and did not when run again */
    char detail[1200]; /* why: one sentence */
} tb_gate_item;

typedef struct tb_gate_result {
    tb_gate_item *items;
    size_t count;
    int64_t run_id;             /* 0: nothing was measured */
    double seconds;             /* that it took */
    double false_alarms, power; /* by design, per invocation */
} tb_gate_result;

/* Rates that the design gives each of `count` configurations. */
tb_sequential_rule tb_gate_first_rule(const tb_gate_policy *policy, double threshold, int count);
tb_sequential_rule tb_gate_confirm_rule(double threshold);

/*
 * Measures all pairs of `run` (opened, not begun) and stores them. `max_ns` bounds each pair's
 * blocks. Deterministic policies take one short block and no timing. Items' texts live in `arena`.
 */
tb_status tb_gate_measure(tb_pair_run *run, const tb_gate_policy *policy, tb_store *store,
                          uint64_t max_ns, tb_arena *arena, tb_error *err, tb_gate_result *out);

/* ---- what the stored comparison says (gate_judge.c) ---- */

/* Judges what was measured by it besides: other metrics, ops that answer for a change. NULL: nothing
   of it was stored that can be compared. What a policy asks for and is not known is no pass. */
tb_status tb_gate_judge_measured(const tb_compared *compared, const tb_gate_policy *policy,
                                 tb_error *err, tb_gate_result *out);
/* Makes the items of it: two stored results, which a machine may have timed in any order. */
tb_status tb_gate_judge_stored(const tb_compared *compared, const tb_gate_policy *policy,
                               tb_arena *arena, tb_error *err, tb_gate_result *out);

tb_exit tb_gate_exit(const tb_gate_result *result, const tb_gate_policy *policy);

/* ---- reports (gate_report.c) ---- */

void tb_gate_print(const tb_gate_result *result, FILE *to);
void tb_gate_markdown(const tb_gate_result *result, tb_buf *out);
void tb_gate_junit(const tb_gate_result *result, tb_buf *out);
void tb_gate_json(const tb_gate_result *result, tb_buf *out);
/* GitHub workflow commands, a line a finding. */
void tb_gate_annotations(const tb_gate_result *result, FILE *to);

#endif
