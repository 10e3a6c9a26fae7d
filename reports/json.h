/* Records as JSON, for the writers that carry JSON. */
#ifndef TB_REPORTS_JSON_H
#define TB_REPORTS_JSON_H

#include <cjson/cJSON.h>

#include "reports/select.h"
#include "runtime/base/buf.h"

/* Adds every field under its name; unknown is null. false: out of memory. */
bool tb_json_add_record(cJSON *object, const tb_record_type *type, const void *record);

/* The document of docs/formats.md for results; NULL: out of memory. */
cJSON *tb_json_results(const tb_results *results);

#endif
