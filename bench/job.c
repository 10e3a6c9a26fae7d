/* Jobs to JSON and back, by the rows of job.def. */
#include "bench/job.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "bench/json_write.h"
#include "runtime/base/size.h"

#define LARGEST_INT 9007199254740992.0 /* 2^53: doubles hold every whole number up to it */

static const char *const message_texts[] = {
#define X(code, text) text,
    TB_EVENT_NAME_LIST(X)
#undef X
};

const char *tb_message_text(tb_message message)
{
    return message_texts[message];
}

tb_message tb_message_find(const char *text)
{
    for (size_t k = 0; k < TB_COUNT_OF(message_texts); k++)
        if (strcmp(message_texts[k], text) == 0)
            return (tb_message)k;
    return TB_MESSAGE_COUNT;
}

typedef enum field_kind { KIND_TEXT, KIND_INT, KIND_FLAG, KIND_LIST } field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset;
} field;

static const field fields[] = {
#define TB_JOB_FIELD(kind, name, doc) {#name, KIND_##kind, offsetof(tb_job, name)},
#include "bench/job.def"
#undef TB_JOB_FIELD
};

/* ---- out --------------------------------------------------------------------------------------- */

static void print_field(tb_json_writer *json, const field *f, const void *at)
{
    switch (f->kind) {
    case KIND_TEXT:
        tb_json_put_text(json, f->name, *(const char *const *)at);
        break;
    case KIND_INT:
        if (*(const int64_t *)at)
            tb_json_put_int(json, f->name, *(const int64_t *)at);
        break;
    case KIND_FLAG:
        if (*(const bool *)at)
            tb_json_put_bool(json, f->name, true);
        break;
    case KIND_LIST: {
        const tb_text_list *list = at;
        if (!list->count)
            break;
        tb_json_put_array(json, f->name);
        for (int k = 0; k < list->count; k++)
            tb_json_put_text(json, NULL, list->items[k]);
        tb_json_end_array(json);
        break;
    }
    }
}

void tb_job_print(const tb_job *job, tb_buf *out)
{
    tb_json_writer json = {.out = out};
    tb_json_put_object(&json, NULL);
    tb_json_put_int(&json, "protocol", TB_PROTOCOL_VERSION);
    for (size_t k = 0; k < TB_COUNT_OF(fields); k++)
        print_field(&json, &fields[k], (const char *)job + fields[k].offset);
    tb_json_end_object(&json);
}

/* ---- in ---------------------------------------------------------------------------------------- */

static tb_status wrong_kind(const char *name, const char *expected, tb_error *err)
{
    return tb_fail(err, TB_UNSUPPORTED, "job: '%s' is not %s", name, expected);
}

static tb_status read_text(const cJSON *item, const char *name, tb_arena *arena, tb_error *err,
                           const char **out)
{
    if (!cJSON_IsString(item))
        return wrong_kind(name, "a text", err);
    *out = tb_arena_text(arena, item->valuestring, strlen(item->valuestring));
    return *out ? TB_OK : tb_fail(err, TB_NO_MEMORY, "job: out of memory");
}

static tb_status read_list(const cJSON *item, const char *name, tb_arena *arena, tb_error *err,
                           tb_text_list *out)
{
    if (!cJSON_IsArray(item))
        return wrong_kind(name, "a list of texts", err);
    int count = cJSON_GetArraySize(item);
    const char **texts = TB_ARENA_NEW(arena, const char *, (size_t)count);
    if (!texts)
        return tb_fail(err, TB_NO_MEMORY, "job: out of memory");
    int k = 0;
    for (const cJSON *entry = item->child; entry; entry = entry->next, k++) {
        tb_status status = read_text(entry, name, arena, err, &texts[k]);
        if (status != TB_OK)
            return status;
    }
    out->items = texts;
    out->count = count;
    return TB_OK;
}

static tb_status read_field(const cJSON *item, const field *f, tb_arena *arena, tb_error *err,
                            void *at)
{
    switch (f->kind) {
    case KIND_TEXT:
        return read_text(item, f->name, arena, err, at);
    case KIND_INT:
        if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
            fabs(item->valuedouble) > LARGEST_INT)
            return wrong_kind(f->name, "a whole number", err);
        *(int64_t *)at = (int64_t)item->valuedouble;
        return TB_OK;
    case KIND_FLAG:
        if (!cJSON_IsBool(item))
            return wrong_kind(f->name, "true or false", err);
        *(bool *)at = cJSON_IsTrue(item);
        return TB_OK;
    case KIND_LIST:
        return read_list(item, f->name, arena, err, at);
    }
    return tb_fail(err, TB_INTERNAL, "job: field '%s' of no known kind", f->name);
}

static tb_status read_all(const cJSON *root, tb_arena *arena, tb_error *err, tb_job *job)
{
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "protocol");
    if (!cJSON_IsNumber(version) || version->valuedouble != TB_PROTOCOL_VERSION)
        return tb_fail(err, TB_UNSUPPORTED, "job: protocol version %g, this worker speaks %d",
                       cJSON_IsNumber(version) ? version->valuedouble : 0.0, TB_PROTOCOL_VERSION);
    for (const cJSON *item = root->child; item; item = item->next) {
        if (item == version)
            continue;
        size_t k = 0;
        while (k < TB_COUNT_OF(fields) && strcmp(fields[k].name, item->string) != 0)
            k++;
        if (k == TB_COUNT_OF(fields))
            return tb_fail(err, TB_UNSUPPORTED, "job: unknown field '%s'", item->string);
        tb_status status = read_field(item, &fields[k], arena, err, (char *)job + fields[k].offset);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

tb_status tb_job_parse(const char *text, size_t size, tb_arena *arena, tb_error *err, tb_job *out)
{
    cJSON *root = cJSON_ParseWithLength(text, size);
    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return tb_fail(err, TB_CORRUPT, "job: not a JSON object (%zu bytes were given)", size);
    }
    memset(out, 0, sizeof *out);
    tb_status status = read_all(root, arena, err, out);
    cJSON_Delete(root);
    return status;
}
