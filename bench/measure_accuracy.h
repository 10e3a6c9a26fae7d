/* A run's processes that evaluate a data set instead of measuring latency (measure.h). */
#ifndef TB_BENCH_MEASURE_ACCURACY_H
#define TB_BENCH_MEASURE_ACCURACY_H

#include "bench/measure.h"

typedef tb_status (*tb_measure_forward_fn)(void *context, tb_message message, const cJSON *event,
                                           tb_error *err);

/* Runs the evaluating worker: `base` is the job but for the task. Items go by `forward`, with the
   tb_measure as its context, to measure->ingest.items. */
tb_status tb_measure_evaluate(tb_measure *measure, const tb_measure_task *task, const tb_job *base,
                              tb_measure_forward_fn forward, tb_error *err,
                              tb_launch_result *result);

/* Stores the figures of what was evaluated, where that ended well. */
tb_status tb_measure_sum_up(tb_measure *measure, const tb_measure_task *task,
                            const tb_launch_result *result, tb_error *err);

/* Compares every configuration's answers with those of its model's first one, says how they differ,
   and stores the p of the exact McNemar test with the process (owner: the first's text). */
tb_status tb_measure_pairs(tb_measure *measure, const tb_measure_side *side, tb_error *err);

#endif
