/*
 * Base and head measured side by side: fresh processes in blocks of four, ABBA and BAAB by turns, so
 * that a drift of the machine falls on both alike. What is measured is stored as one run, with arm
 * and block, and kept here as process medians, from which verdicts are made while it goes on.
 */
#ifndef TB_BENCH_PAIR_H
#define TB_BENCH_PAIR_H

#include "bench/measure.h"
#include "bench/side.h"
#include "reports/stats_bootstrap.h"

#define TB_PAIR_BLOCK 4 /* processes of a block */

/* What is kept of a process: what its inferences take while nothing disturbs them, and its median.
   The first is steady where the machine is not (a neighbour on the same core makes medians jump
   between two levels), the second sees what happens to part of the inferences only. */
typedef enum tb_pair_figure { TB_PAIR_LOW, TB_PAIR_MEDIAN, TB_PAIR_FIGURES } tb_pair_figure;
#define TB_PAIR_LOW_QUANTILE 0.01

/* One configuration on both sides. */
typedef struct tb_pair {
    const char *text;                         /* for people: of the head's */
    double *value_ns[TB_PAIR_FIGURES];        /* of every process that ended well, not profiled */
    tb_level_process *level[TB_PAIR_FIGURES]; /* the same; `sorted` points into value_ns */
    size_t count, room;
    int64_t blocks;      /* run so far, profiled ones not counted */
    int64_t first_block; /* blocks from here on make tb_pair_ratio: a confirmation starts anew */
    char failure[TB_REASON_SIZE]; /* of a process that did not end well; "": none */
    tb_process_status failed;     /* how */
    bool failed_head;
} tb_pair;

typedef struct tb_pair_run {
    tb_measure measure;
    tb_measure_side sides[2]; /* base, head */
    tb_sweep_request requests[2];
    tb_sweep_plan plans[2];
    tb_side given[2];
    tb_pair *pairs;
    int count;
    uint64_t process_ns; /* warm-up and steady state of one process */
    bool has_run;
    tb_arena arena;
    int64_t next_block;
} tb_pair_run;

/*
 * Plans both sides: they must have equally many configurations, pair by pair. `request` says what is
 * measured where the sides do not; its max_ns is that of one process here. Nothing runs yet.
 */
tb_status tb_pair_open(tb_pair_run *run, const char *base, const char *head,
                       const tb_sweep_request *request, tb_error *err);
/* Begins the stored run; `blocks` is how many are expected, for the progress. */
tb_status tb_pair_begin(tb_pair_run *run, tb_store *store, int64_t blocks, tb_error *err);
/* One block of a pair; profiled blocks make no medians. A process that ends badly is the pair's
   `failure`, not an error. */
tb_status tb_pair_block(tb_pair_run *run, int pair, bool profile, tb_error *err);
/* What the request asks of outputs besides, once of each side: accuracy on labelled data, and how far
   every tensor lies from a reference's. Of pairs that have not failed. */
tb_status tb_pair_examine(tb_pair_run *run, tb_error *err);
tb_status tb_pair_end(tb_pair_run *run, int exit_code, tb_error *err);
void tb_pair_close(tb_pair_run *run);

/* head / base of the blocks since first_block. */
tb_ratio tb_pair_ratio(const tb_pair *pair, tb_pair_figure figure, double level);
/* Whole blocks since first_block. */
size_t tb_pair_blocks(const tb_pair *pair);
/* Outputs of either side vary from process to process. */
bool tb_pair_is_nondeterministic(const tb_pair_run *run, int pair);
/* The sides' outputs are not the same bytes (both known). */
bool tb_pair_outputs_differ(const tb_pair_run *run, int pair);

#endif
