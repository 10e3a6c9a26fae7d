/* Checked access to JSON fields; see json_get.h. */
#include "bench/json_get.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

tb_status tb_json_parse(const char *text, size_t size, tb_error *err, cJSON **out)
{
    const char *end = text;
    cJSON *json = cJSON_ParseWithLengthOpts(text, size, &end, 0);
    if (!json) {
        size_t at = end && end >= text ? (size_t)(end - text) : 0;
        return tb_fail(err, TB_CORRUPT, "not valid JSON at byte %zu of %zu", at, size);
    }
    while (end < text + size && isspace((unsigned char)*end))
        end++;
    if (end < text + size) {
        cJSON_Delete(json);
        return tb_fail(err, TB_CORRUPT, "something follows the JSON value at byte %zu of %zu",
                       (size_t)(end - text), size);
    }
    *out = json;
    return TB_OK;
}

static const cJSON *field_of(const cJSON *object, const char *field)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, field) : NULL;
}

bool tb_json_has(const cJSON *object, const char *field)
{
    const cJSON *item = field_of(object, field);
    return item && !cJSON_IsNull(item);
}

static tb_status need(const cJSON *object, const char *field, cJSON_bool (*is)(const cJSON *),
                      const char *what, tb_error *err, const cJSON **out)
{
    const cJSON *item = field_of(object, field);
    if (!item)
        return tb_fail(err, TB_CORRUPT, "\"%s\" is missing", field);
    if (!is(item))
        return tb_fail(err, TB_CORRUPT, "\"%s\" is not %s", field, what);
    *out = item;
    return TB_OK;
}

tb_status tb_json_object(const cJSON *object, const char *field, tb_error *err, const cJSON **out)
{
    return need(object, field, cJSON_IsObject, "an object", err, out);
}

tb_status tb_json_array(const cJSON *object, const char *field, int max_count, tb_error *err,
                        const cJSON **out)
{
    tb_status status = need(object, field, cJSON_IsArray, "an array", err, out);
    if (status == TB_OK && cJSON_GetArraySize(*out) > max_count)
        return tb_fail(err, TB_CORRUPT, "\"%s\" has %d elements, at most %d make sense", field,
                       cJSON_GetArraySize(*out), max_count);
    return status;
}

tb_status tb_json_text(const cJSON *object, const char *field, tb_error *err, const char **out)
{
    const cJSON *item;
    tb_status status = need(object, field, cJSON_IsString, "a text", err, &item);
    if (status == TB_OK)
        *out = item->valuestring;
    return status;
}

tb_status tb_json_number(const cJSON *object, const char *field, tb_error *err, double *out)
{
    const cJSON *item;
    tb_status status = need(object, field, cJSON_IsNumber, "a number", err, &item);
    if (status != TB_OK)
        return status;
    if (!isfinite(item->valuedouble))
        return tb_fail(err, TB_CORRUPT, "\"%s\" is too large a number", field);
    *out = item->valuedouble;
    return TB_OK;
}

static bool whole_in(double value, int64_t min, int64_t max)
{
    return value >= (double)min && value <= (double)max && value == floor(value);
}

tb_status tb_json_int(const cJSON *object, const char *field, int64_t min, int64_t max,
                      tb_error *err, int64_t *out)
{
    double value = 0;
    tb_status status = tb_json_number(object, field, err, &value);
    if (status != TB_OK)
        return status;
    if (!whole_in(value, min, max))
        return tb_fail(err, TB_CORRUPT,
                       "\"%s\" is %.17g, it has to be a whole number from %lld to %lld", field,
                       value, (long long)min, (long long)max);
    *out = (int64_t)value;
    return TB_OK;
}

tb_status tb_json_dims(const cJSON *object, const char *field, int min, int max_rank, tb_error *err,
                       int *rank, int *dims)
{
    const cJSON *array;
    tb_status status = tb_json_array(object, field, max_rank, err, &array);
    if (status != TB_OK)
        return status;
    int count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsNumber(item) || !whole_in(item->valuedouble, min, INT32_MAX))
            return tb_fail(err, TB_CORRUPT,
                           "\"%s\"[%d] has to be a whole number from %d to %d: a dimension", field,
                           count, min, INT32_MAX);
        dims[count++] = (int)item->valuedouble;
    }
    *rank = count;
    return TB_OK;
}
