/*
 * Series of stored results: one a configuration, a point a run, oldest first, and where its level
 * changed.
 */
#ifndef TB_REPORTS_HISTORY_H
#define TB_REPORTS_HISTORY_H

#include "reports/pool.h"
#include "reports/report.h"
#include "reports/stats_change.h"
#include "reports/store.h"
#include "runtime/base/buf.h"

typedef struct tb_history_point {
    int64_t run_id, started_unix_ms;
    const char *revision; /* of the build under test; NULL: unknown */
    double value;         /* median over the run's processes */
} tb_history_point;

typedef struct tb_series_history {
    const char *name; /* "mobilenet, cpu, 2 threads" */
    const char *device;
    tb_history_point *points;
    size_t count;
    tb_change *changes;
    size_t change_count;
} tb_series_history;

typedef struct tb_history {
    const char *metric, *unit;
    tb_series_history *items;
    size_t count;
    tb_pool *pool;
} tb_history;

/* The n-th metric that a history can have, NULL past the last: median, rss, peak_rss, arena. */
const char *tb_history_metric(size_t n);

/* `model` and `delegate` are patterns as in --where, NULL: any. TB_USAGE for an unknown metric. A
   process of an older file that lacks its median is read sample by sample. */
tb_status tb_history_read(tb_store *store, const char *metric, const char *model,
                          const char *delegate, const tb_change_rule *rule, tb_error *err,
                          tb_history *out);
void tb_history_free(tb_history *history);

/* Formats table, markdown, csv, json. */
tb_status tb_history_write(const tb_history *history, const char *format,
                           const tb_report_options *options, tb_buf *out, tb_error *err);

#endif
