/* `tflbench page`: the page of profiles that lie in files. */
#include <string.h>

#include "bench/cmd.h"
#include "reports/html_profile.h"
#include "reports/report.h"
#include "runtime/base/os.h"

#include <cjson/cJSON.h>

static const tb_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE.html",
     .default_text = "./profile.html",
     .help = "The page; - is standard output."},
    {.name = NULL},
};

static tb_status read_document(const char *path, tb_error *err, cJSON **document)
{
    tb_mapping file;
    tb_status status = tb_os_map_file(path, err, &file);
    if (status != TB_OK)
        return status;
    *document = file.size ? cJSON_ParseWithLength((const char *)file.data, file.size) : NULL;
    tb_os_unmap(&file);
    if (!cJSON_IsObject(*document)) {
        cJSON_Delete(*document);
        *document = NULL;
        return tb_fail(err, TB_CORRUPT, "%s: no JSON object, as `tflbench profile --json` makes it",
                       path);
    }
    return TB_OK;
}

/* Adds a document and those that it brings along to the first one's "more". */
static tb_status add_document(cJSON *first, cJSON *other, tb_error *err)
{
    cJSON *more = cJSON_GetObjectItemCaseSensitive(first, "more");
    cJSON *brought = cJSON_DetachItemFromObjectCaseSensitive(other, "more");
    if (!cJSON_IsArray(more)) {
        cJSON_DeleteItemFromObjectCaseSensitive(first, "more");
        more = cJSON_AddArrayToObject(first, "more");
    }
    bool added = more && cJSON_AddItemToArray(more, other);
    if (!added)
        cJSON_Delete(other);
    while (added && cJSON_GetArraySize(brought) > 0)
        cJSON_AddItemToArray(more, cJSON_DetachItemFromArray(brought, 0));
    cJSON_Delete(brought);
    return added ? TB_OK : tb_fail(err, TB_NO_MEMORY, "page: out of memory");
}

static tb_status write_page(const cJSON *document, const char *name, const char *path,
                            tb_error *err)
{
    char *json = cJSON_PrintUnformatted(document);
    if (!json)
        return tb_fail(err, TB_NO_MEMORY, "page: out of memory");
    tb_buf page = {0};
    tb_status status = tb_profile_page(json, name, err, &page);
    if (status == TB_OK)
        status = tb_report_save(path, &page, err);
    tb_buf_free(&page);
    cJSON_free(json);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    cJSON *first = NULL;
    tb_status status = TB_OK;
    for (int i = 0; i < tb_args_operand_count(args) && status == TB_OK; i++) {
        cJSON *document;
        status = read_document(tb_args_operand(args, i), &err, &document);
        if (status == TB_OK && !first)
            first = document;
        else if (status == TB_OK)
            status = add_document(first, document, &err);
    }
    if (status == TB_OK)
        status = write_page(first, tb_args_operand(args, 0), tb_args_text(args, "output"), &err);
    cJSON_Delete(first);
    return status == TB_OK ? TB_EXIT_OK : tb_cmd_fail(&err);
}

const tb_cmd tb_cmd_page = {
    .name = "page",
    .synopsis = "PROFILE.json... [-o FILE.html]",
    .summary = "make the page of profiles that lie in files",
    .description =
        "Takes documents that `tflbench profile --json` wrote, on this machine or another, and "
        "makes the page that `tflbench profile -o` makes: one HTML file that needs no network. "
        "Of several profiles the page shows each, and the difference between any two.",
    .examples = "tflbench page before.json after.json -o diff.html\n"
                "    what changed, operator by operator\n",
    .see_also = "tflbench profile, tflbench report",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
