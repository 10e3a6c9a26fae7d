/* Reading items back; see store_items.h. */
#include "reports/store_items.h"

#include "reports/store_internal.h"

tb_status tb_store_read_items(tb_store *store, const tb_item_query *query,
                              tb_status (*take)(void *context, int64_t index, const char *text),
                              void *context, tb_error *err)
{
    static const char sql[] =
        "SELECT figure.value, figure.reason FROM figure"
        " JOIN process ON process.id = figure.process_id"
        " JOIN configuration ON configuration.id = process.configuration_id"
        " JOIN model ON model.id = configuration.model_id"
        " JOIN build ON build.id = process.build_id"
        " WHERE model.sha256 = ?1 AND configuration.engine IS ?2 AND configuration.delegate IS ?3"
        " AND configuration.threads IS ?4 AND configuration.options IS ?5"
        " AND (?6 IS NULL OR build.sha256 = ?6) AND process.task = ?7"
        " AND figure.phase = 'item' AND figure.metric = ?8"
        " ORDER BY figure.id DESC";
    const tb_configuration *c = query->configuration;
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(store, sql, err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, query->model_sha256);
    tb_sql_bind_text(statement, 2, c->engine);
    tb_sql_bind_text(statement, 3, c->delegate);
    if (c->threads.known)
        sqlite3_bind_int64(statement, 4, c->threads.value);
    tb_sql_bind_text(statement, 5, c->options);
    tb_sql_bind_text(statement, 6, query->build_sha256);
    tb_sql_bind_text(statement, 7, query->task);
    tb_sql_bind_text(statement, 8, query->metric);
    bool found;
    while ((status = tb_sql_row(store, statement, "reading items", err, &found)) == TB_OK &&
           found) {
        const char *text = (const char *)sqlite3_column_text(statement, 1);
        status = take(context, sqlite3_column_int64(statement, 0), text ? text : "");
        if (status != TB_OK) {
            sqlite3_reset(statement);
            return status;
        }
    }
    return status;
}
