/* Cases as models of a sweep; see case_model.h. */
#include "bench/case_model.h"

#include <string.h>

#include "bench/outputs.h"
#include "runtime/base/buf.h"

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "cases: out of memory");
}

/* A printed text's copy in the arena; NULL: out of memory. Empties the buffer. */
static const char *keep(tb_arena *arena, tb_buf *text)
{
    const char *kept = text->failed ? NULL : tb_arena_text(arena, tb_buf_text(text), text->size);
    tb_buf_clear(text);
    return kept;
}

/* Inputs go by name where all have one, else in the model's order. */
static bool all_named(const tb_case *parsed)
{
    for (int k = 0; k < parsed->input_count; k++)
        if (!*parsed->inputs[k].name)
            return false;
    return true;
}

static tb_status list_inputs(const tb_case *parsed, const char *folder, tb_arena *arena,
                             tb_error *err, tb_case_model *out)
{
    size_t count = (size_t)parsed->input_count;
    const char **inputs = TB_ARENA_NEW(arena, const char *, count + 1);
    const char **shapes = TB_ARENA_NEW(arena, const char *, count + 1);
    if (!inputs || !shapes)
        return no_memory(err);
    bool named = all_named(parsed);
    tb_buf text = {0};
    tb_status status = TB_OK;
    for (int k = 0; k < parsed->input_count && status == TB_OK; k++) {
        const tb_case_blob *blob = &parsed->steps[0].inputs[k];
        const tb_case_tensor *tensor = &parsed->inputs[k];
        if (named)
            tb_buf_printf(&text, "%s=", tensor->name);
        tb_buf_printf(&text, "%s/%s", folder, blob->file);
        inputs[k] = keep(arena, &text);
        if (named)
            tb_buf_printf(&text, "%s=", tensor->name);
        else
            tb_buf_printf(&text, "%d=", tensor->position);
        for (int i = 0; i < blob->rank; i++)
            tb_buf_printf(&text, "%s%d", i ? "," : "", blob->dims[i]);
        shapes[k] = keep(arena, &text);
        status = inputs[k] && shapes[k] ? TB_OK : no_memory(err);
    }
    tb_buf_free(&text);
    out->inputs = (tb_text_list){inputs, parsed->input_count};
    out->shapes = (tb_text_list){shapes, parsed->input_count};
    return status;
}

static tb_status read_parsed(const tb_case *parsed, tb_arena *arena, tb_error *err,
                             tb_case_model *out)
{
    if (parsed->signature)
        out->signature = tb_arena_text(arena, parsed->signature, strlen(parsed->signature));
    if (parsed->signature && !out->signature)
        return no_memory(err);
    /* A signature's outputs have an order of their own, which the case does not know. */
    out->has_outputs =
        parsed->expect == TB_EXPECT_OK && parsed->step_count > 0 && !parsed->signature;
    return parsed->step_count > 0
               ? list_inputs(parsed, tb_suite_place(out->suite, out->k), arena, err, out)
               : TB_OK;
}

tb_status tb_case_model_read(const tb_suite *suite, int k, tb_arena *arena, tb_error *err,
                             tb_case_model *out)
{
    *out = (tb_case_model){.suite = suite, .k = k, .name = tb_suite_name(suite, k)};
    tb_suite_model model;
    tb_case parsed;
    tb_status status = tb_suite_model_open(suite, k, err, &model);
    if (status != TB_OK)
        return status;
    out->path = tb_arena_text(arena, model.path, strlen(model.path));
    tb_suite_model_close(&model);
    if (!out->path)
        return no_memory(err);
    status = tb_suite_case(suite, k, err, &parsed);
    if (status != TB_OK)
        return status;
    status = read_parsed(&parsed, arena, err, out);
    tb_case_free(&parsed);
    return status;
}

static tb_status put_outputs(const tb_case_model *from, const tb_case *parsed, FILE *file,
                             tb_error *err)
{
    tb_outputs_begin(file);
    for (int k = 0; k < parsed->output_count; k++) {
        const tb_case_tensor *tensor = &parsed->outputs[k];
        const tb_case_blob *blob = &parsed->steps[0].outputs[k];
        tb_suite_file bytes;
        tb_status status = tb_suite_read(from->suite, from->k, blob->file, err, &bytes);
        if (status != TB_OK)
            return status;
        tb_io io = {.type = tensor->type,
                    .rank = blob->rank,
                    .data = (void *)(uintptr_t)bytes.data,
                    .bytes = bytes.size};
        memcpy(io.dims, blob->dims, sizeof io.dims);
        tb_outputs_put(file, tensor->position, &io, &tensor->rule,
                       tensor->has_lenient_rule ? &tensor->lenient_rule : NULL);
        tb_suite_release(&bytes);
    }
    return TB_OK;
}

tb_status tb_case_model_write_outputs(const tb_case_model *from, FILE *file, tb_error *err)
{
    tb_case parsed;
    tb_status status = tb_suite_case(from->suite, from->k, err, &parsed);
    if (status != TB_OK)
        return status;
    status = put_outputs(from, &parsed, file, err);
    tb_case_free(&parsed);
    return status;
}
