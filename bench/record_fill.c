/* Records by field name; see record_fill.h. */
#include "bench/record_fill.h"

#include <string.h>

bool tb_record_set_text(const tb_record_type *type, void *record, const char *name,
                        const char *value)
{
    const tb_field *field = tb_record_field(type, name);
    if (!field || field->kind != TB_KIND_TEXT)
        return false;
    memcpy((char *)record + field->offset, &value, sizeof value);
    return true;
}

bool tb_record_set_number(const tb_record_type *type, void *record, const char *name, double value)
{
    const tb_field *field = tb_record_field(type, name);
    if (!field || field->kind == TB_KIND_TEXT)
        return false;
    void *at = (char *)record + field->offset;
    if (field->kind == TB_KIND_REAL) {
        tb_real number = tb_num(value);
        memcpy(at, &number, sizeof number);
        return true;
    }
    if (!(value >= -9.2e18 && value <= 9.2e18))
        return false;
    tb_integer number = tb_int((int64_t)value);
    memcpy(at, &number, sizeof number);
    return true;
}

void tb_record_from_json(const tb_record_type *type, const cJSON *object, void *record)
{
    for (const cJSON *item = object ? object->child : NULL; item; item = item->next) {
        if (cJSON_IsString(item))
            tb_record_set_text(type, record, item->string, item->valuestring);
        else if (cJSON_IsNumber(item))
            tb_record_set_number(type, record, item->string, item->valuedouble);
    }
}

static void take_text(void *context, const char *name, const char *value)
{
    tb_record_filler *filler = context;
    const char *copy = tb_arena_text(filler->arena, value, strlen(value));
    if (copy)
        tb_record_set_text(filler->type, filler->record, name, copy);
}

static void take_number(void *context, const char *name, double value)
{
    tb_record_filler *filler = context;
    tb_record_set_number(filler->type, filler->record, name, value);
}

tb_reading_taker tb_record_taker(tb_record_filler *filler)
{
    return (tb_reading_taker){take_text, take_number, filler};
}
