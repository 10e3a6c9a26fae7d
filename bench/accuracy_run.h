/*
 * The driver's part of accuracy: what was asked for, the items as they come back from a worker, and
 * the figures made of them.
 */
#ifndef TB_BENCH_ACCURACY_RUN_H
#define TB_BENCH_ACCURACY_RUN_H

#include "bench/accuracy.h"
#include "reports/store.h"

typedef struct tb_accuracy {
    const tb_task *task;
    const char *data;
    tb_text_list options; /* key=value each, see tb_task_options_parse */
    int64_t limit;        /* 0: all */
    int64_t shard, shards;
    bool resume; /* items that an earlier run with the same build has are not evaluated again */
} tb_accuracy;

/* Finds the task and looks whether its options make sense; both are TB_USAGE. */
tb_status tb_accuracy_check(tb_accuracy *accuracy, const char *task, tb_error *err);

/* "task=classify;data=DIR;...": all that changes the figures. The shard does not: items of several
   are one evaluation. */
void tb_accuracy_describe(const tb_accuracy *accuracy, tb_buf *out);

/* Items of one process, in no order. */
typedef struct tb_accuracy_items {
    cJSON **results;
    int64_t *indices;
    size_t count, room;
    size_t failed;
    int64_t total; /* that the worker set out to evaluate */
    char first_failure[TB_ERROR_TEXT_SIZE];
} tb_accuracy_items;

/* Takes an "item" event and stores it with the process. */
tb_status tb_accuracy_take(tb_accuracy_items *items, const tb_accuracy *accuracy, tb_store *store,
                           int64_t run_id, int64_t process_id, const cJSON *event, tb_error *err);
/* The items that earlier runs stored for the same model, configuration and build. */
tb_status tb_accuracy_recall(tb_accuracy_items *items, const tb_accuracy *accuracy, tb_store *store,
                             const tb_model_info *model, const tb_configuration *configuration,
                             const tb_build *build, tb_error *err);
/* "0-99,105", for the job. */
void tb_accuracy_done_list(const tb_accuracy_items *items, tb_buf *out);
/* Stores the task's figures, those with an interval as METRIC, METRIC_low and METRIC_high, and the
   first of them again as "score"; appends one line for people to `said`. */
tb_status tb_accuracy_sum_up(const tb_accuracy_items *items, const tb_accuracy *accuracy,
                             tb_store *store, int64_t run_id, int64_t process_id, tb_error *err,
                             tb_buf *said);
/* Both sides' items are compared pair by pair: how many only one of them has right, and the exact
   McNemar test's p. False where the task knows no right and wrong, or no pair is there. */
typedef struct tb_accuracy_pairs {
    size_t pairs, only_first, only_second;
    double p;
} tb_accuracy_pairs;
bool tb_accuracy_compare(const tb_task *task, const tb_accuracy_items *first,
                         const tb_accuracy_items *second, tb_accuracy_pairs *out);
void tb_accuracy_items_free(tb_accuracy_items *items);

#endif
