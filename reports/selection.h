/* The inside of a selection; for select.c and results.c only. */
#ifndef TB_REPORTS_SELECTION_H
#define TB_REPORTS_SELECTION_H

#include "reports/store_read.h"

typedef struct tb_condition {
    const char *key; /* one of tb_condition_keys() */
    const char *value;
} tb_condition;

struct tb_selection {
    const char *name;
    tb_store *store;       /* where the runs lie */
    tb_store *owned_store; /* the same where db: opened it, else NULL */
    tb_ids runs;
    const char *revision; /* rev: results of other builds in the same runs are left out */
    tb_condition conditions[32];
    size_t condition_count;
    tb_pool *pool;
};

/* Does a process belong to the selection, by its revision and conditions? */
bool tb_selection_takes(const tb_selection *selection, const tb_process_row *row);

#endif
