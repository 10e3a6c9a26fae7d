/* Rewriting models; see rewrite.h. */
#include "models/rewrite.h"

#include <string.h>

#include "models/fb_copy.h"
#include "runtime/base/arena.h"
#include "runtime/schema.h"

typedef struct rewriter {
    tb_bytes file;
    tb_fb_table subgraph; /* whose outputs change */
    const int32_t *outputs;
    size_t output_count;
} rewriter;

/* Bytes at an offset from the beginning of the file, where a model above 2 GiB keeps its data; the
   schema counts offsets 0 and 1 as none. */
static bool outside(const rewriter *r, uint64_t offset, uint64_t size, tb_bytes *out)
{
    if (offset <= 1 || offset > r->file.size || size > r->file.size - offset)
        return false;
    *out = (tb_bytes){r->file.data + offset, (size_t)size};
    return true;
}

/* Data that lies behind the FlatBuffer is taken in; where it lay is forgotten. */
static bool take_in(rewriter *r, tb_fbb *fb, uint64_t offset, uint64_t size, bool is_data,
                    bool has_data, tb_fbb_instead *instead)
{
    tb_bytes data;
    if (!outside(r, offset, size, &data) || (is_data && has_data))
        return false;
    *instead = (tb_fbb_instead){0};
    if (is_data)
        instead->ref = tb_fbb_vector(fb, data.data, data.size, 1, 16);
    return true;
}

static bool replace(void *context, tb_fbb *fb, tb_fb_table table, const tb_fb_table_def *def,
                    const tb_fb_field_def *field, tb_fbb_instead *instead)
{
    rewriter *r = context;
    if (table.at == r->subgraph.at && field->id == tb_schema_subgraph_outputs_id) {
        *instead = (tb_fbb_instead){
            .ref = tb_fbb_vector(fb, r->outputs, r->output_count, sizeof *r->outputs, 0)};
        return true;
    }
    if (strcmp(def->name, "Buffer") == 0)
        return take_in(r, fb, tb_schema_buffer_offset(table), tb_schema_buffer_size(table),
                       field->id == tb_schema_buffer_data_id,
                       tb_fb_field(table, tb_schema_buffer_data_id) != NULL, instead);
    bool is_options = field->id == tb_schema_operator_custom_options_id;
    if (strcmp(def->name, "Operator") == 0 &&
        (is_options || field->id == tb_schema_operator_large_custom_options_offset_id ||
         field->id == tb_schema_operator_large_custom_options_size_id))
        return take_in(r, fb, tb_schema_operator_large_custom_options_offset(table),
                       tb_schema_operator_large_custom_options_size(table), is_options,
                       tb_fb_field(table, tb_schema_operator_custom_options_id) != NULL, instead);
    return false;
}

/* The outputs that the subgraph has, and the new ones behind them. */
static tb_status gather_outputs(tb_fb_table root, size_t subgraph, const int32_t *tensors,
                                size_t count, tb_arena *arena, tb_error *err, rewriter *r)
{
    tb_fb_tables subgraphs = tb_schema_model_subgraphs(root);
    if (subgraph >= subgraphs.count)
        return tb_fail(err, TB_USAGE, "rewrite model: there is no subgraph %zu among %zu", subgraph,
                       subgraphs.count);
    r->subgraph = tb_fb_tables_get(subgraphs, subgraph);
    size_t tensor_count = tb_schema_subgraph_tensors(r->subgraph).count;
    tb_i32s before = tb_schema_subgraph_outputs(r->subgraph);
    int32_t *outputs = TB_ARENA_NEW(arena, int32_t, before.count + count);
    if (!outputs)
        return tb_fail(err, TB_NO_MEMORY, "rewrite model: cannot hold %zu outputs",
                       before.count + count);
    if (before.count)
        memcpy(outputs, before.data, before.count * sizeof *outputs);
    for (size_t i = 0; i < count; i++) {
        if (tensors[i] < 0 || (size_t)tensors[i] >= tensor_count)
            return tb_fail(err, TB_USAGE, "rewrite model: there is no tensor %d among %zu",
                           (int)tensors[i], tensor_count);
        outputs[before.count + i] = tensors[i];
    }
    r->outputs = outputs;
    r->output_count = before.count + count;
    return TB_OK;
}

tb_status tb_rewrite_outputs(tb_bytes file, size_t subgraph, const int32_t *tensors, size_t count,
                             tb_error *err, uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    tb_fb_table root;
    tb_status status = tb_fb_verify(file, TB_SCHEMA_IDENTIFIER, tb_schema_root(), err, &root);
    if (status != TB_OK)
        return status;
    tb_arena arena = {0};
    rewriter r = {.file = file};
    status = gather_outputs(root, subgraph, tensors, count, &arena, err, &r);
    if (status == TB_OK) {
        tb_fbb fb;
        tb_fbb_init(&fb);
        tb_fbb_ref copy = tb_fbb_copy_table(&fb, root, tb_schema_root(), replace, &r);
        status = tb_fbb_finish_take(&fb, copy, TB_SCHEMA_IDENTIFIER, err, bytes, size);
        tb_fbb_free(&fb);
    }
    tb_arena_free(&arena);
    return status;
}
