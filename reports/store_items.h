/* Items of data sets that processes evaluated: figures of phase "item", whose value is the item's
   number, owner its name and reason its result as JSON. */
#ifndef TB_REPORTS_STORE_ITEMS_H
#define TB_REPORTS_STORE_ITEMS_H

#include "reports/store.h"

typedef struct tb_item_query {
    const char *model_sha256;
    const tb_configuration *configuration; /* all its fields must be the same */
    const char *build_sha256;              /* NULL: any build */
    const char *task;                      /* the process's */
    const char *metric;
} tb_item_query;

/* Hands over every item that fits, the newest first; the text is valid during the call. What `take`
   returns other than TB_OK ends the reading and is returned. */
tb_status tb_store_read_items(tb_store *store, const tb_item_query *query,
                              tb_status (*take)(void *context, int64_t index, const char *text),
                              void *context, tb_error *err);

#endif
