/* What history.c asks the store for: a figure of every headline process, by configuration. */
#ifndef TB_REPORTS_STORE_HISTORY_H
#define TB_REPORTS_STORE_HISTORY_H

#include "reports/pool.h"
#include "reports/store.h"

typedef struct tb_history_row {
    int64_t configuration_id, device_id, run_id, started_unix_ms, process_id;
    const char *model, *engine, *delegate, *options, *device, *revision;
    int64_t threads;
    double value;
    bool known; /* the figure is stored; else value is 0 */
} tb_history_row;

/* Processes that ended well and were not profiled, by model, configuration, device and run. */
tb_status tb_read_history(tb_store *store, const char *phase, const char *metric, tb_pool *pool,
                          tb_error *err, tb_array *rows);

#endif
