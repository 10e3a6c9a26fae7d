/* Reading tflbench.json; see config.h. */
#include "bench/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/json_get.h"
#include "runtime/base/os.h"
#include "runtime/base/size.h"

/* Comment lines become blanks, so that a message's position stays right. */
static char *without_comments(const tb_mapping *file)
{
    char *text = malloc(file->size + 1);
    if (!text)
        return NULL;
    if (file->size)
        memcpy(text, file->data, file->size);
    text[file->size] = '\0';
    for (char *line = text; line && *line;) {
        char *end = strchr(line, '\n');
        char *first = line + strspn(line, " \t");
        if (first[0] == '/' && first[1] == '/')
            memset(line, ' ', end ? (size_t)(end - line) : strlen(line));
        line = end ? end + 1 : NULL;
    }
    return text;
}

tb_status tb_config_load(const char *path, tb_error *err, cJSON **out)
{
    *out = NULL;
    if (!path && access(TB_CONFIG_FILE, F_OK) != 0)
        return TB_OK;
    const char *name = path ? path : TB_CONFIG_FILE;
    tb_mapping file;
    tb_status status = tb_os_map_file(name, err, &file);
    if (status != TB_OK)
        return status;
    char *text = without_comments(&file);
    status = text ? tb_json_parse(text, file.size, err, out)
                  : tb_fail(err, TB_NO_MEMORY, "out of memory");
    free(text);
    tb_os_unmap(&file);
    if (status == TB_OK && !cJSON_IsObject(*out)) {
        cJSON_Delete(*out);
        *out = NULL;
        status = tb_fail(err, TB_USAGE, "is no JSON object");
    }
    if (status == TB_OK)
        return TB_OK;
    tb_in(err, "%s", name);
    /* What a user wrote wrong is a usage error. */
    return err && status == TB_CORRUPT ? (err->status = TB_USAGE) : status;
}

/* ---- options ----------------------------------------------------------------------------------- */

static bool is_foreign(const char *const *foreign, const char *name)
{
    while (*foreign && strcmp(*foreign, name) != 0)
        foreign++;
    return *foreign != NULL;
}

static tb_status preset_one(const cJSON *item, const char *name, tb_args *args, tb_error *err)
{
    char number[32];
    if (cJSON_IsBool(item))
        return tb_args_preset_flag(args, name, cJSON_IsTrue(item), err);
    if (cJSON_IsString(item))
        return tb_args_preset(args, name, item->valuestring, err);
    if (!cJSON_IsNumber(item))
        return tb_fail(err, TB_USAGE, "--%s: is a text, a number, true, false, or a list", name);
    snprintf(number, sizeof number, "%.15g", item->valuedouble);
    return tb_args_preset(args, name, number, err);
}

/* One option, by its name on the command line. */
static tb_status preset(const cJSON *item, const char *name, const char *const *foreign,
                        tb_args *args, tb_error *err)
{
    if (is_foreign(foreign, name))
        return TB_OK;
    const cJSON *each = cJSON_IsArray(item) ? item->child : item;
    tb_status status = TB_OK;
    for (; each && status == TB_OK; each = cJSON_IsArray(item) ? each->next : NULL)
        status = preset_one(each, name, args, err);
    return status;
}

static tb_status preset_all(const cJSON *object, const char *what, const char *const *foreign,
                            tb_args *args, tb_error *err)
{
    if (object && !cJSON_IsObject(object))
        return tb_fail(err, TB_USAGE, "'%s' is no object", what);
    tb_status status = TB_OK;
    for (const cJSON *item = object ? object->child : NULL; item && status == TB_OK;
         item = item->next)
        status = preset(item, item->string, foreign, args, err);
    return status == TB_OK ? TB_OK : tb_in(err, "'%s'", what);
}

static tb_status preset_models(const cJSON *models, tb_args *args, tb_error *err)
{
    if (models && !cJSON_IsArray(models))
        return tb_fail(err, TB_USAGE, "'models' is a list of files");
    tb_status status = TB_OK;
    for (const cJSON *item = models ? models->child : NULL; item && status == TB_OK;
         item = item->next)
        status = cJSON_IsString(item) ? tb_args_preset_operand(args, item->valuestring, err)
                                      : tb_fail(err, TB_USAGE, "'models' is a list of files");
    return status;
}

static tb_status preset_labels(const cJSON *labels, tb_args *args, tb_error *err)
{
    if (labels && !cJSON_IsObject(labels))
        return tb_fail(err, TB_USAGE, "'labels' is no object");
    tb_status status = TB_OK;
    for (const cJSON *item = labels ? labels->child : NULL; item && status == TB_OK;
         item = item->next) {
        char text[512];
        if (!cJSON_IsString(item))
            return tb_fail(err, TB_USAGE, "label '%s': is no text", item->string);
        snprintf(text, sizeof text, "%s=%s", item->string, item->valuestring);
        status = tb_args_preset(args, "label", text, err);
    }
    return status;
}

static tb_status known_keys(const cJSON *config, tb_error *err)
{
    static const char *const known[] = {"models",  "inputs", "matrix", "labels",
                                        "options", "gate",   NULL};
    for (const cJSON *item = config->child; item; item = item->next)
        if (!is_foreign(known, item->string))
            return tb_fail(err, TB_USAGE,
                           "'%s' is none of models, inputs, matrix, labels, options, gate",
                           item->string);
    return TB_OK;
}

tb_status tb_config_read_args(const char *const *foreign, tb_args *args, tb_error *err)
{
    cJSON *config = NULL;
    const char *path = tb_args_text(args, "config");
    tb_status status = tb_config_load(path, err, &config);
    if (status != TB_OK || !config)
        return status;
    status = known_keys(config, err);
    if (status == TB_OK)
        status = preset_models(cJSON_GetObjectItemCaseSensitive(config, "models"), args, err);
    const cJSON *inputs = cJSON_GetObjectItemCaseSensitive(config, "inputs");
    if (status == TB_OK && inputs)
        status = preset(inputs, "input", foreign, args, err);
    if (status == TB_OK)
        status = preset_labels(cJSON_GetObjectItemCaseSensitive(config, "labels"), args, err);
    static const char *const objects[] = {"matrix", "options"};
    for (size_t k = 0; k < TB_COUNT_OF(objects) && status == TB_OK; k++)
        status = preset_all(cJSON_GetObjectItemCaseSensitive(config, objects[k]), objects[k],
                            foreign, args, err);
    cJSON_Delete(config);
    if (status == TB_OK)
        return TB_OK;
    tb_in(err, "%s", path ? path : TB_CONFIG_FILE);
    return status == TB_NO_MEMORY ? status : err ? (err->status = TB_USAGE) : TB_USAGE;
}
