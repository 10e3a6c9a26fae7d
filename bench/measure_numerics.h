/*
 * Comparing tensors as one process of a run: what `numerics` does for one configuration, and
 * `profile --numerics` for each. Its row has the task "task=numerics;against=DELEGATE"; a tensor's
 * figures have phase "numerics" and the owner "node:NUMBER:NAME" or "output:NUMBER:NAME".
 */
#ifndef TB_BENCH_MEASURE_NUMERICS_H
#define TB_BENCH_MEASURE_NUMERICS_H

#include "bench/measure.h"
#include "bench/numerics_run.h"

typedef struct tb_measure_numerics_task {
    tb_measure_side *side;
    int configuration; /* the candidate, as stored */
    /* Whose candidate's events are stored; `message` and `context` are set here. */
    tb_numerics_request *request;
    /* That nothing can be compared is a stored reason and TB_OK, with an empty report; otherwise a
       failed process and the comparison's status. */
    bool optional;
} tb_measure_numerics_task;

/* Free the report on success only. */
tb_status tb_measure_numerics(tb_measure *measure, const tb_measure_numerics_task *task,
                              tb_error *err, tb_numerics_report *report);

/* Every configuration that ended well against the delegate that the measure's request names
   (numerics_against), but the one that is that. Marks those whose outputs are off as wrong. */
tb_status tb_measure_all_numerics(tb_measure *measure, tb_measure_side *side, tb_error *err);

#endif
