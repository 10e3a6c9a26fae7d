/*
 * Rows that stand for a content: device, build, model, configuration, plan. A hash of the content
 * finds the row again; fields that are unknown take no part, so that a new field does not make new
 * rows of old contents.
 */
#include "reports/store_identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/store_internal.h"

void tb_identity_add_text(tb_sha256 *hash, const char *name, const char *text)
{
    if (!text)
        return;
    /* Lengths keep neighbouring texts apart. */
    char head[96];
    int length = snprintf(head, sizeof head, "%s:%zu:", name, strlen(text));
    tb_sha256_add(hash, head, (size_t)length);
    tb_sha256_add(hash, text, strlen(text));
}

void tb_identity_add_record(tb_sha256 *hash, const tb_record_type *type, const void *record)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const tb_field *field = &type->fields[i];
        char number[40];
        switch (field->kind) {
        case TB_KIND_TEXT:
            tb_identity_add_text(hash, field->name, tb_field_text(field, record));
            break;
        case TB_KIND_INTEGER: {
            tb_integer integer = tb_field_integer(field, record);
            snprintf(number, sizeof number, "%" PRId64, integer.value);
            tb_identity_add_text(hash, field->name, integer.known ? number : NULL);
            break;
        }
        case TB_KIND_REAL: {
            tb_real real = tb_field_real(field, record);
            snprintf(number, sizeof number, "%.17g", real.value);
            tb_identity_add_text(hash, field->name, real.known ? number : NULL);
            break;
        }
        }
    }
}

tb_status tb_identity_find(tb_store *store, const char *table, const char *fingerprint,
                           tb_error *err, int64_t *id)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT id FROM %s WHERE fingerprint = ?", table);
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(store, sql, err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, fingerprint);
    bool found;
    status = tb_sql_row(store, statement, "looking up an identity", err, &found);
    *id = found ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return status;
}

/* Finds or adds the row of a fingerprint. parent_column NULL: the table has none. */
static tb_status find_or_add(tb_store *store, const tb_record_type *type, const void *record,
                             const char *fingerprint, const char *parent_column, int64_t parent,
                             tb_error *err, int64_t *id)
{
    tb_status status = tb_identity_find(store, type->table, fingerprint, err, id);
    if (status != TB_OK || *id)
        return status;
    char keys[64];
    snprintf(keys, sizeof keys, "fingerprint%s%s", parent_column ? ", " : "",
             parent_column ? parent_column : "");
    int key_count = parent_column ? 2 : 1;
    sqlite3_stmt *statement;
    status = tb_sql_prepare_insert(store, type, keys, key_count, err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, fingerprint);
    if (parent_column)
        sqlite3_bind_int64(statement, 2, parent);
    tb_sql_bind_record(statement, key_count + 1, type, record);
    status = tb_sql_run(store, statement, "adding an identity", err);
    *id = sqlite3_last_insert_rowid(store->db);
    return status;
}

tb_status tb_identity_store(tb_store *store, const tb_record_type *type, const void *record,
                            const char *parent_column, int64_t parent, tb_error *err, int64_t *id)
{
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    if (parent_column) {
        char number[32];
        snprintf(number, sizeof number, "%" PRId64, parent);
        tb_identity_add_text(&hash, parent_column, number);
    }
    tb_identity_add_record(&hash, type, record);
    char fingerprint[TB_SHA256_HEX_SIZE];
    tb_sha256_end(&hash, fingerprint);
    return find_or_add(store, type, record, fingerprint, parent_column, parent, err, id);
}

/* UPDATE model SET a = coalesce(?, a), ... WHERE id = ?: keeps what is not known now. */
static tb_status update_model(tb_store *store, int64_t id, const tb_model_info *model,
                              tb_error *err)
{
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "UPDATE model SET ");
    for (size_t i = 0; i < tb_model_type.field_count; i++) {
        const char *name = tb_model_type.fields[i].name;
        tb_buf_printf(&sql, "%s%s = coalesce(?, %s)", i ? ", " : "", name, name);
    }
    tb_buf_append_text(&sql, " WHERE id = ?");
    sqlite3_stmt *statement;
    tb_status status = sql.failed ? tb_fail(err, TB_NO_MEMORY, "%s: out of memory", store->path)
                                  : tb_sql_prepare(store, tb_buf_text(&sql), err, &statement);
    tb_buf_free(&sql);
    if (status != TB_OK)
        return status;
    int next = tb_sql_bind_record(statement, 1, &tb_model_type, model);
    sqlite3_bind_int64(statement, next, id);
    return tb_sql_run(store, statement, "updating a model", err);
}

tb_status tb_identity_store_model(tb_store *store, const tb_model_info *model, tb_error *err,
                                  int64_t *id)
{
    /* A file that could not be read has no hash: then its path stands for it. */
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    tb_identity_add_text(&hash, "name", model->name);
    tb_identity_add_text(&hash, model->sha256 ? "sha256" : "path",
                         model->sha256 ? model->sha256 : model->path);
    char fingerprint[TB_SHA256_HEX_SIZE];
    tb_sha256_end(&hash, fingerprint);
    tb_status status = find_or_add(store, &tb_model_type, model, fingerprint, NULL, 0, err, id);
    return status == TB_OK ? update_model(store, *id, model, err) : status;
}
