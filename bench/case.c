/* Reads case.json; see case.h. Every file is hostile until it has been looked at. */
#include "bench/case.h"

#include <string.h>

#include "bench/case_type.h"
#include "bench/json_get.h"
#include "runtime/base/size.h"

enum { MAX_TENSORS = 4096, MAX_STEPS = 4096, FORMAT = 1 };

static const char *const expect_names[] = {
    [TB_EXPECT_OK] = "ok", [TB_EXPECT_REFUSE] = "refuse", [TB_EXPECT_NO_CRASH] = "no_crash"};

static tb_status out_of_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "out of memory reading the case");
}

static tb_status keep_text(tb_case *to, const char *text, tb_error *err, const char **out)
{
    *out = tb_arena_text(&to->arena, text, strlen(text));
    return *out ? TB_OK : out_of_memory(err);
}

/* The text of `field`, or `absent` where it is missing or null. */
static tb_status optional_text(tb_case *to, const cJSON *json, const char *field,
                               const char *absent, tb_error *err, const char **out)
{
    *out = absent;
    if (!tb_json_has(json, field))
        return TB_OK;
    const char *text;
    tb_status status = tb_json_text(json, field, err, &text);
    return status == TB_OK ? keep_text(to, text, err, out) : status;
}

static tb_status parse_expect(const cJSON *json, tb_error *err, tb_expect *out)
{
    const char *name;
    tb_status status = tb_json_text(json, "expect", err, &name);
    if (status != TB_OK)
        return status;
    for (size_t k = 0; k < TB_COUNT_OF(expect_names); k++) {
        if (!strcmp(name, expect_names[k])) {
            *out = (tb_expect)k;
            return TB_OK;
        }
    }
    return tb_fail(err, TB_CORRUPT, "\"expect\" is \"%.40s\", known are ok, refuse and no_crash",
                   name);
}

/* ---- tensors ----------------------------------------------------------------------------------- */

static tb_status parse_rules(const cJSON *json, tb_error *err, tb_case_tensor *tensor)
{
    const cJSON *rule;
    tb_status status = tb_json_object(json, "rule", err, &rule);
    if (status == TB_OK && (status = tb_rule_parse(rule, err, &tensor->rule)) != TB_OK)
        return tb_in(err, "\"rule\"");
    tensor->has_lenient_rule = tb_json_has(json, "lenient_rule");
    if (status != TB_OK || !tensor->has_lenient_rule)
        return status;
    status = tb_json_object(json, "lenient_rule", err, &rule);
    if (status == TB_OK && (status = tb_rule_parse(rule, err, &tensor->lenient_rule)) != TB_OK)
        return tb_in(err, "\"lenient_rule\"");
    return status;
}

static tb_status parse_tensor(tb_case *to, const cJSON *json, int position, bool output,
                              tb_error *err, tb_case_tensor *tensor)
{
    const char *type;
    int64_t index = position;
    tb_status status = optional_text(to, json, "name", "", err, &tensor->name);
    if (status == TB_OK)
        status = optional_text(to, json, "signature_name", NULL, err, &tensor->signature_name);
    if (status == TB_OK && tb_json_has(json, "index"))
        status = tb_json_int(json, "index", 0, MAX_TENSORS - 1, err, &index);
    if (status == TB_OK)
        status = tb_json_text(json, "dtype", err, &type);
    if (status != TB_OK)
        return status;
    tensor->position = (int)index;
    tensor->type = tb_case_type_find(type);
    if (tensor->type == kTfLiteNoType)
        return tb_fail(err, TB_CORRUPT, "\"dtype\" \"%.40s\" is not known", type);
    return output && to->expect == TB_EXPECT_OK ? parse_rules(json, err, tensor) : TB_OK;
}

static tb_status parse_tensors(tb_case *to, const cJSON *json, const char *field, tb_error *err,
                               int *count, tb_case_tensor **out)
{
    if (to->expect != TB_EXPECT_OK && !tb_json_has(json, field))
        return TB_OK;
    const cJSON *array, *item;
    tb_status status = tb_json_array(json, field, MAX_TENSORS, err, &array);
    if (status != TB_OK)
        return status;
    int size = cJSON_GetArraySize(array), k = 0;
    *out = TB_ARENA_NEW(&to->arena, tb_case_tensor, (size_t)size);
    if (!*out)
        return out_of_memory(err);
    cJSON_ArrayForEach(item, array)
    {
        if (parse_tensor(to, item, k, out == &to->outputs, err, &(*out)[k]) != TB_OK)
            return tb_in(err, "\"%s\"[%d]", field, k);
        k++;
    }
    *count = size;
    return TB_OK;
}

/* ---- steps ------------------------------------------------------------------------------------- */

/* A plain name: nothing that leads out of the case's folder. */
static bool is_plain_name(const char *file)
{
    return *file && strlen(file) < 200 && !strchr(file, '/') && strcmp(file, ".") &&
           strcmp(file, "..");
}

static tb_status parse_blob(tb_case *to, const cJSON *json, tb_error *err, tb_case_blob *blob)
{
    const char *file;
    tb_status status = tb_json_text(json, "file", err, &file);
    if (status == TB_OK && !is_plain_name(file))
        return tb_fail(err, TB_CORRUPT, "\"file\" is \"%.60s\", not a plain name", file);
    if (status == TB_OK)
        status = keep_text(to, file, err, &blob->file);
    if (status != TB_OK)
        return status;
    /* A case that must be refused may do so because of a shape that is none. */
    int min = to->expect == TB_EXPECT_OK ? 0 : INT32_MIN;
    return tb_json_dims(json, "shape", min, TB_MAX_RANK, err, &blob->rank, blob->dims);
}

static tb_status parse_blobs(tb_case *to, const cJSON *json, const char *field, int count,
                             tb_error *err, tb_case_blob **out)
{
    const cJSON *array, *item;
    tb_status status = tb_json_array(json, field, MAX_TENSORS, err, &array);
    if (status != TB_OK)
        return status;
    if (cJSON_GetArraySize(array) != count)
        return tb_fail(err, TB_CORRUPT, "\"%s\" has %d entries, the case has %d", field,
                       cJSON_GetArraySize(array), count);
    *out = TB_ARENA_NEW(&to->arena, tb_case_blob, (size_t)count);
    if (!*out)
        return out_of_memory(err);
    int k = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (parse_blob(to, item, err, &(*out)[k]) != TB_OK)
            return tb_in(err, "\"%s\"[%d]", field, k);
        k++;
    }
    return TB_OK;
}

static tb_status parse_steps(tb_case *to, const cJSON *json, tb_error *err)
{
    if (to->expect != TB_EXPECT_OK && !tb_json_has(json, "steps"))
        return TB_OK;
    const cJSON *array, *item;
    tb_status status = tb_json_array(json, "steps", MAX_STEPS, err, &array);
    if (status != TB_OK)
        return status;
    int size = cJSON_GetArraySize(array);
    if (size == 0)
        return tb_fail(err, TB_CORRUPT, "\"steps\" is empty");
    to->steps = TB_ARENA_NEW(&to->arena, tb_case_step, (size_t)size);
    if (!to->steps)
        return out_of_memory(err);
    cJSON_ArrayForEach(item, array)
    {
        tb_case_step *step = &to->steps[to->step_count];
        status = parse_blobs(to, item, "inputs", to->input_count, err, &step->inputs);
        if (status == TB_OK && to->expect == TB_EXPECT_OK)
            status = parse_blobs(to, item, "outputs", to->output_count, err, &step->outputs);
        if (status != TB_OK)
            return tb_in(err, "\"steps\"[%d]", to->step_count);
        to->step_count++;
    }
    return TB_OK;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static tb_status parse_all(tb_case *to, const cJSON *json, tb_error *err)
{
    int64_t format;
    tb_status status = tb_json_int(json, "format", 0, INT32_MAX, err, &format);
    if (status == TB_OK && format != FORMAT)
        return tb_fail(err, TB_UNSUPPORTED, "\"format\" is %lld, this build reads %d",
                       (long long)format, FORMAT);
    if (status == TB_OK)
        status = parse_expect(json, err, &to->expect);
    if (status == TB_OK)
        status = optional_text(to, json, "name", "", err, &to->name);
    if (status == TB_OK)
        status = optional_text(to, json, "op", NULL, err, &to->op);
    if (status == TB_OK)
        status = optional_text(to, json, "description", NULL, err, &to->description);
    if (status == TB_OK)
        status = optional_text(to, json, "signature", NULL, err, &to->signature);
    if (status == TB_OK)
        status = parse_tensors(to, json, "inputs", err, &to->input_count, &to->inputs);
    if (status == TB_OK && to->expect == TB_EXPECT_OK)
        status = parse_tensors(to, json, "outputs", err, &to->output_count, &to->outputs);
    return status == TB_OK ? parse_steps(to, json, err) : status;
}

tb_status tb_case_parse(const char *text, size_t size, tb_error *err, tb_case *out)
{
    cJSON *json;
    tb_status status = tb_json_parse(text, size, err, &json);
    if (status != TB_OK)
        return status;
    tb_case parsed = {.expect = TB_EXPECT_OK};
    status = cJSON_IsObject(json) ? parse_all(&parsed, json, err)
                                  : tb_fail(err, TB_CORRUPT, "not a JSON object");
    cJSON_Delete(json);
    if (status == TB_OK)
        *out = parsed;
    else
        tb_case_free(&parsed);
    return status;
}

void tb_case_free(tb_case *parsed)
{
    tb_arena_free(&parsed->arena);
}
