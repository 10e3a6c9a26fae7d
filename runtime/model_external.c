/*
 * Constants in other files: a model of schema revision 3d names files beside itself, and slices of
 * them by number. They are mapped when the model is opened, so that it is as immutable as with
 * constants of its own; a model out of memory has no folder, and its tensors stay without data.
 *
 * A model may come from anybody, so it only reaches files in its own folder and below.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/base/buf.h"
#include "runtime/model_internal.h"
#include "runtime/schema.h"

static bool stays_below(const char *name)
{
    if (!*name || *name == '/' || strchr(name, '\\'))
        return false;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || !part[2]))
            return false;
    }
    return true;
}

static tb_status map_group(tb_model *model, size_t group, tb_error *err)
{
    tb_fb_tables groups = tb_schema_model_external_buffer_groups(model->root);
    const char *name = tb_schema_external_buffer_group_name(tb_fb_tables_get(groups, group));
    if (!name || !stays_below(name))
        return tb_fail(err, TB_UNSUPPORTED,
                       "its bytes are in the file '%s'; only files beside the model are read",
                       name ? name : "");
    tb_buf path = {0};
    tb_buf_printf(&path, "%.*s%s", (int)(model->name - model->path), model->path, name);
    tb_status status = tb_buf_status(&path, "an external file's path", err);
    if (status == TB_OK)
        status = tb_os_map_file(tb_buf_text(&path), err, &model->external_files[group]);
    tb_buf_free(&path);
    return status;
}

/* The slice, where its file is mapped and has it. */
static bool slice(const tb_model *model, tb_fb_table external, tb_bytes *out)
{
    *out = (tb_bytes){NULL, 0};
    if (!model->external_files)
        return true;
    const tb_mapping *file = &model->external_files[tb_schema_external_buffer_group(external)];
    uint64_t offset = tb_schema_external_buffer_offset(external);
    uint64_t size = tb_schema_external_buffer_length(external);
    if (!file->data)
        return true;
    if (offset > file->size || size > file->size - offset)
        return false;
    *out = (tb_bytes){(const uint8_t *)file->data + offset, (size_t)size};
    return true;
}

tb_bytes tb_model_external_bytes(const tb_model *model, uint32_t id)
{
    tb_bytes bytes = {NULL, 0};
    tb_fb_table external = tb_model_external(model, id);
    if (tb_fb_present(external))
        slice(model, external, &bytes);
    return bytes;
}

tb_status tb_model_load_external(tb_model *model, uint32_t id, tb_error *err)
{
    if (!model->mapping.data)
        return TB_OK;
    tb_fb_table external = tb_model_external(model, id);
    const char *packing = tb_schema_external_buffer_packing(external);
    if (packing && *packing)
        return tb_fail(err, TB_UNSUPPORTED, "its bytes in another file are packed as '%s'",
                       packing);
    size_t groups = tb_schema_model_external_buffer_groups(model->root).count;
    size_t group = tb_schema_external_buffer_group(external);
    if (!model->external_files)
        model->external_files = calloc(groups, sizeof *model->external_files);
    if (!model->external_files)
        return tb_fail(err, TB_NO_MEMORY, "no memory for %zu external files", groups);
    tb_status status = model->external_files[group].data ? TB_OK : map_group(model, group, err);
    tb_bytes bytes;
    if (status == TB_OK && !slice(model, external, &bytes))
        status = tb_fail(err, TB_CORRUPT,
                         "external buffer %u: %llu bytes at offset %llu lie outside its file's %zu",
                         id, (unsigned long long)tb_schema_external_buffer_length(external),
                         (unsigned long long)tb_schema_external_buffer_offset(external),
                         model->external_files[group].size);
    return status;
}

void tb_model_close_external(tb_model *model)
{
    size_t groups =
        model->external_files ? tb_schema_model_external_buffer_groups(model->root).count : 0;
    for (size_t k = 0; k < groups; k++)
        tb_os_unmap(&model->external_files[k]);
    free(model->external_files);
}
