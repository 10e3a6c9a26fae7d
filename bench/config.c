/* Reading tflbench.json; see config.h. */
#include "bench/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/json_get.h"
#include "runtime/base/os.h"

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
