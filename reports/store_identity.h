/* Rows that stand for a content; for reports/store_*.c only. Call inside a transaction. */
#ifndef TB_REPORTS_STORE_IDENTITY_H
#define TB_REPORTS_STORE_IDENTITY_H

#include "reports/record.h"
#include "reports/store.h"
#include "runtime/base/sha256.h"

/* Feeds a named text, or every known field of a record, to a content's hash; NULL adds nothing. */
void tb_identity_add_text(tb_sha256 *hash, const char *name, const char *text);
void tb_identity_add_record(tb_sha256 *hash, const tb_record_type *type, const void *record);

/* *id: of the row with that fingerprint, 0 where there is none. */
tb_status tb_identity_find(tb_store *store, const char *table, const char *fingerprint,
                           tb_error *err, int64_t *id);

/* Finds or adds the row for a record (and its parent, where parent_column is not NULL). */
tb_status tb_identity_store(tb_store *store, const tb_record_type *type, const void *record,
                            const char *parent_column, int64_t parent, tb_error *err, int64_t *id);

/* A model is its name and hash; every other field known here replaces what the row had. */
tb_status tb_identity_store_model(tb_store *store, const tb_model_info *model, tb_error *err,
                                  int64_t *id);

#endif
