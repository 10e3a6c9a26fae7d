/* Store records from what workers and readings say, by the names of their fields. */
#ifndef TB_BENCH_RECORD_FILL_H
#define TB_BENCH_RECORD_FILL_H

#include <cjson/cJSON.h>

#include "profiler/environment.h"
#include "reports/record.h"
#include "runtime/base/arena.h"

/* Sets the record's fields that the object has, with values of the field's kind; others are left as
   they are. Texts are borrowed from `object`. */
void tb_record_from_json(const tb_record_type *type, const cJSON *object, void *record);

/* One field by name; false where the record has none of that name and kind. The text is borrowed. */
bool tb_record_set_text(const tb_record_type *type, void *record, const char *name,
                        const char *value);
bool tb_record_set_number(const tb_record_type *type, void *record, const char *name, double value);

/* A taker of readings (profiler/environment.h) that fills a record; texts are copied into `arena`. */
typedef struct tb_record_filler {
    const tb_record_type *type;
    void *record;
    tb_arena *arena;
} tb_record_filler;

tb_reading_taker tb_record_taker(tb_record_filler *filler);

#endif
