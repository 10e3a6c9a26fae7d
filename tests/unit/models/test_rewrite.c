/* Rewriting files: more outputs, nothing lost, data behind the FlatBuffer taken in. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/fb_copy.h"
#include "models/rewrite.h"
#include "models/zoo/zoo.h"
#include "runtime/model.h"
#include "runtime/schema.h"

static tb_bytes zoo_file(const char *name)
{
    tb_zoo_options options = {.seed = 1};
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tb_zoo_write(name, &options, &err, &bytes, &size), TB_OK, "%s", err.text);
    return (tb_bytes){bytes, size};
}

static tb_bytes rewritten(tb_bytes file, const int32_t *tensors, size_t count)
{
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tb_rewrite_outputs(file, 0, tensors, count, &err, &bytes, &size), TB_OK, "%s",
                 err.text);
    return (tb_bytes){bytes, size};
}

static void drop(tb_bytes file)
{
    free((void *)(uintptr_t)file.data);
}

static tb_model *opened(tb_bytes file)
{
    tb_error err = TB_ERROR_NONE;
    tb_model *model;
    cr_assert_eq(tb_model_from_memory(file.data, file.size, "file", &err, &model), TB_OK, "%s",
                 err.text);
    return model;
}

Test(rewrite, outputs_are_added_behind_the_models_own)
{
    tb_bytes file = zoo_file("resnet8_mini");
    tb_model *before = opened(file);
    int32_t tensor = tb_model_operator(before, 0, 1).outputs.data[0];
    tb_bytes changed = rewritten(file, &tensor, 1);
    tb_model *after = opened(changed);
    tb_subgraph_def was = tb_model_subgraph(before, 0), is = tb_model_subgraph(after, 0);
    cr_assert_eq(is.outputs.count, was.outputs.count + 1);
    cr_expect_eq(is.outputs.data[0], was.outputs.data[0]);
    cr_expect_eq(is.outputs.data[was.outputs.count], tensor);
    tb_model_release(before);
    tb_model_release(after);
    drop(file);
    drop(changed);
}

/* A copy of a copy is the same file, and says what the original says. */
Test(rewrite, nothing_else_changes)
{
    tb_bytes file = zoo_file("lstm_mini");
    tb_bytes once = rewritten(file, NULL, 0), twice = rewritten(once, NULL, 0);
    cr_assert_eq(once.size, twice.size);
    cr_expect_eq(memcmp(once.data, twice.data, once.size), 0);
    tb_model *before = opened(file), *after = opened(once);
    cr_expect_str_eq(tb_model_description(before), tb_model_description(after));
    cr_assert_eq(tb_model_buffer_count(before), tb_model_buffer_count(after));
    for (size_t i = 0; i < tb_model_buffer_count(before); i++) {
        tb_bytes a = tb_model_buffer(before, i), b = tb_model_buffer(after, i);
        cr_assert_eq(a.size, b.size);
        cr_expect(a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
        cr_expect_eq((uintptr_t)b.data % 16, 0);
    }
    tb_subgraph_def graph = tb_model_subgraph(before, 0);
    for (size_t i = 0; i < graph.tensor_count; i++) {
        tb_tensor_def a = tb_model_tensor(before, 0, i), b = tb_model_tensor(after, 0, i);
        cr_expect_str_eq(a.name, b.name);
        cr_expect_eq(a.type, b.type);
        cr_expect_eq(a.is_variable, b.is_variable);
        cr_expect_eq(a.shape.count, b.shape.count);
    }
    tb_fb_union options = tb_schema_operator_builtin_options(tb_model_operator(after, 0, 0).table);
    cr_expect_eq(tb_schema_unidirectional_sequence_lstm_cell_clip(options.table), 8.0f);
    cr_expect_eq(tb_model_signature_count(after), 1);
    tb_model_release(before);
    tb_model_release(after);
    drop(file);
    drop(once);
    drop(twice);
}

enum { OUTSIDE_OFFSET = 1 << 16 };

/* Puts the last buffer's data behind the FlatBuffer. */
static bool move_out(void *context, tb_fbb *fb, tb_fb_table table, const tb_fb_table_def *def,
                     const tb_fb_field_def *field, tb_fbb_instead *instead)
{
    const tb_fb_table *moved = context;
    (void)fb;
    if (table.at != moved->at || strcmp(def->name, "Buffer") != 0)
        return false;
    *instead = (tb_fbb_instead){0};
    if (field->id == tb_schema_buffer_offset_id)
        *instead = (tb_fbb_instead){.is_scalar = true, .value = OUTSIDE_OFFSET};
    if (field->id == tb_schema_buffer_size_id)
        *instead = (tb_fbb_instead){.is_scalar = true,
                                    .value = tb_fb_bytes(table, tb_schema_buffer_data_id).size};
    return true;
}

Test(rewrite, data_behind_the_flatbuffer_is_taken_in)
{
    tb_bytes file = zoo_file("ds_cnn_mini");
    tb_error err = TB_ERROR_NONE;
    tb_fb_table root;
    cr_assert_eq(tb_fb_verify(file, TB_SCHEMA_IDENTIFIER, tb_schema_root(), &err, &root), TB_OK);
    tb_fb_tables buffers = tb_schema_model_buffers(root);
    tb_fb_table last = tb_fb_tables_get(buffers, buffers.count - 1);
    tb_bytes data = tb_fb_bytes(last, tb_schema_buffer_data_id);
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_ref copy = tb_fbb_copy_table(&fb, root, tb_schema_root(), move_out, &last);
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tb_fbb_finish_take(&fb, copy, TB_SCHEMA_IDENTIFIER, &err, &bytes, &size), TB_OK);
    cr_assert_lt(size, OUTSIDE_OFFSET);
    uint8_t *with_tail = calloc(1, OUTSIDE_OFFSET + data.size);
    memcpy(with_tail, bytes, size);
    memcpy(with_tail + OUTSIDE_OFFSET, data.data, data.size);

    tb_bytes changed = rewritten((tb_bytes){with_tail, OUTSIDE_OFFSET + data.size}, NULL, 0);
    tb_model *model = opened(changed);
    tb_bytes inside = tb_model_buffer(model, buffers.count - 1);
    cr_assert_eq(inside.size, data.size);
    cr_expect_eq(memcmp(inside.data, data.data, data.size), 0);
    cr_expect_lt(changed.size, OUTSIDE_OFFSET);
    tb_model_release(model);
    drop(changed);
    free(with_tail);
    free(bytes);
    drop(file);
}

Test(rewrite, what_is_not_there_is_refused)
{
    tb_bytes file = zoo_file("ds_cnn_mini");
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    int32_t tensor = 1000;
    cr_expect_eq(tb_rewrite_outputs(file, 0, &tensor, 1, &err, &bytes, &size), TB_USAGE);
    cr_expect_eq(strncmp(err.text, "rewrite model: there is no tensor 1000 among ", 45), 0);
    cr_expect_eq(tb_rewrite_outputs(file, 3, NULL, 0, &err, &bytes, &size), TB_USAGE);
    tb_bytes cut = {file.data, 100};
    cr_expect_eq(tb_rewrite_outputs(cut, 0, NULL, 0, &err, &bytes, &size), TB_CORRUPT);
    drop(file);
}
