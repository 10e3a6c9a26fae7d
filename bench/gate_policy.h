/*
 * What a gate lets pass: thresholds by metric, model and delegate. From `gate` of tflbench.json:
 *
 *     "gate": {
 *       "threshold": "3%",                      the median latency of every configuration
 *       "false_alarms": 0.005,                  per invocation, over all configurations
 *       "undecided": "fail",                    or "warn"
 *       "rules": [
 *         {"metric": "peak_rss", "threshold": "5%"},
 *         {"metric": "arena", "threshold": "4096"},            absolute, in the metric's unit
 *         {"metric": "accuracy", "threshold": "1%"},           with --accuracy TASK:DIR
 *         {"metric": "noise", "threshold": "1%"},              of the signal of the outputs
 *         {"metric": "median", "model": "mobilenet*", "delegate": "cpu", "threshold": "2%"}
 *       ]
 *     }
 *
 * The last rule that fits counts. In a timed gate metrics without a rule are shown, not judged, but
 * for the median; in a deterministic one every deterministic metric may not grow at all.
 */
#ifndef TB_BENCH_GATE_POLICY_H
#define TB_BENCH_GATE_POLICY_H

#include <cjson/cJSON.h>

#include "reports/compare.h"
#include "runtime/base/arena.h"

typedef struct tb_gate_rule {
    tb_metric metric;
    const char *model, *delegate; /* patterns; NULL: any */
    bool absolute;
    double threshold; /* a share, or in the metric's unit */
} tb_gate_rule;

typedef struct tb_gate_policy {
    double threshold; /* of the median latency, a share */
    double false_alarms;
    bool undecided_fails;
    bool deterministic;
    tb_gate_rule *rules;
    size_t rule_count;
} tb_gate_policy;

/* The defaults: 3 %, 0.5 %, fail. */
tb_gate_policy tb_gate_policy_default(void);

/* Reads the object `gate` (NULL: nothing); a key or value that is not known is TB_USAGE. */
tb_status tb_gate_policy_read(const cJSON *gate, tb_arena *arena, tb_error *err,
                              tb_gate_policy *policy);

/* "3%", "0.03" or, `absolute` allowed, "4096". */
tb_status tb_gate_threshold_parse(const char *text, tb_error *err, bool *absolute, double *out);

/* Is the metric judged for this configuration, and at which relative threshold? `base` is its value,
   for absolute ones. */
bool tb_gate_threshold(const tb_gate_policy *policy, tb_metric metric, const char *model,
                       const char *delegate, double base, double *threshold);
/* Does a rule of the policy name it for this configuration? */
bool tb_gate_has_rule(const tb_gate_policy *policy, tb_metric metric, const char *model,
                      const char *delegate);

#endif
