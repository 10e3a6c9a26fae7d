/* Writing drafts; see writer.h. One function a table of the schema, leaves first. */
#include "models/writer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/fb_builder.h"
#include "models/op_version.h"
#include "runtime/schema.h"

#define BUFFER_ALIGNMENT 16
/* Codes from here on do not fit the operator code's original byte, which then holds this one. */
#define CODE_ESCAPE kTfLiteBuiltinPlaceholderForGreaterOpCodes

/* A field's id: FIELD(tensor, buffer). */
#define FIELD(table, field) tb_schema_##table##_##field##_id

/* One row of the file's operator codes. */
typedef struct op_code {
    TfLiteBuiltinOperator code;
    const char *custom;
    int32_t version;
} op_code;

typedef struct writer {
    const tb_draft *draft;
    tb_fbb fb;
    tb_arena arena;
    op_code *codes;
    size_t code_count, code_capacity;
    tb_error error; /* the first failure outside the builder */
} writer;

static bool fail(writer *w, tb_status status, const char *format, ...) TB_PRINTF(3, 4);
static bool fail(writer *w, tb_status status, const char *format, ...)
{
    if (w->error.status == TB_OK) {
        va_list args;
        va_start(args, format);
        tb_vfail(&w->error, status, format, args);
        va_end(args);
    }
    return false;
}

/* A list of integers; left out (TB_FBB_NONE) where it is empty and need not be there. */
static tb_fbb_ref put_ints(writer *w, tb_int_list list, bool even_if_empty)
{
    if (!list.count && !even_if_empty)
        return TB_FBB_NONE;
    return tb_fbb_vector(&w->fb, list.items, list.count, sizeof *list.items, 0);
}

/* ---- operators ----------------------------------------------------------------------------------- */

static void put_option(writer *w, const tb_op_option_spec *spec, const tb_op_option *option,
                       tb_fbb_ref ref)
{
    int64_t value = option->as.i;
    bool is_default = (double)value == spec->default_value;
    switch (spec->kind) {
    case TB_FB_BOOL:
    case TB_FB_I8:
    case TB_FB_U8:
        if (!is_default)
            tb_fbb_field_u8(&w->fb, spec->field, (uint8_t)value);
        return;
    case TB_FB_I32:
    case TB_FB_U32:
        if (!is_default)
            tb_fbb_field_u32(&w->fb, spec->field, (uint32_t)value);
        return;
    case TB_FB_I64:
    case TB_FB_U64:
        if (!is_default)
            tb_fbb_field_u64(&w->fb, spec->field, (uint64_t)value);
        return;
    case TB_FB_F32:
        if ((double)option->as.f != spec->default_value)
            tb_fbb_field_f32(&w->fb, spec->field, option->as.f);
        return;
    default: /* texts and vectors */
        tb_fbb_field_ref(&w->fb, spec->field, ref);
        return;
    }
}

/* The vectors and texts of options are written before their table. */
static tb_fbb_ref put_option_target(writer *w, const tb_op_option_spec *spec,
                                    const tb_op_option *option)
{
    if (spec->kind == TB_FB_STRING)
        return tb_fbb_string(&w->fb, option->as.text);
    size_t element_size = tb_op_option_element_size(spec->kind);
    if (!element_size)
        return TB_FBB_NONE;
    return tb_fbb_vector(&w->fb, option->as.vector.data, option->as.vector.count, element_size, 0);
}

static tb_fbb_ref put_options(writer *w, const tb_op_options *options)
{
    if (options->table == TB_OPTIONS_NONE)
        return TB_FBB_NONE;
    tb_fbb_ref *targets = tb_fbb_scratch(&w->fb, options->count);
    if (!targets)
        return TB_FBB_NONE;
    for (size_t i = 0; i < options->count; i++) {
        const tb_op_option_spec *spec = tb_op_option_find(options->table, options->fields[i].field);
        if (!spec) {
            fail(w, TB_USAGE, "write model: options table %s has no field %u",
                 tb_op_options_name(options->table), options->fields[i].field);
            return TB_FBB_NONE;
        }
        targets[i] = put_option_target(w, spec, &options->fields[i]);
    }
    tb_fbb_table_begin(&w->fb);
    for (size_t i = 0; i < options->count; i++)
        put_option(w, tb_op_option_find(options->table, options->fields[i].field),
                   &options->fields[i], targets[i]);
    return tb_fbb_table_end(&w->fb);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The row of the file's operator codes that this node needs, made where it is new. */
static uint32_t find_code(writer *w, const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    op_code wanted = {op->code, op->code == kTfLiteBuiltinCustom ? op->custom_code : NULL,
                      op->version ? op->version : tb_op_version(graph, op)};
    for (size_t i = 0; i < w->code_count; i++)
        if (w->codes[i].code == wanted.code && w->codes[i].version == wanted.version &&
            same_text(w->codes[i].custom, wanted.custom))
            return (uint32_t)i;
    if (w->code_count == w->code_capacity) {
        size_t capacity = w->code_capacity ? 2 * w->code_capacity : 16;
        op_code *codes = TB_ARENA_NEW(&w->arena, op_code, capacity);
        if (!codes) {
            fail(w, TB_NO_MEMORY, "write model: cannot hold %zu operator codes", capacity);
            return 0;
        }
        if (w->code_count)
            memcpy(codes, w->codes, w->code_count * sizeof *codes);
        w->codes = codes;
        w->code_capacity = capacity;
    }
    w->codes[w->code_count] = wanted;
    return (uint32_t)w->code_count++;
}

/* One boolean an input, true for those that the operator writes. */
static tb_fbb_ref put_mutating(writer *w, const tb_draft_op *op)
{
    if (!op->mutating.count)
        return TB_FBB_NONE;
    uint8_t *flags = TB_ARENA_NEW(&w->arena, uint8_t, op->inputs.count);
    if (!flags) {
        fail(w, TB_NO_MEMORY, "write model: cannot hold %zu flags", op->inputs.count);
        return TB_FBB_NONE;
    }
    for (size_t i = 0; i < op->mutating.count; i++) {
        int32_t position = op->mutating.items[i];
        if (position < 0 || (size_t)position >= op->inputs.count) {
            fail(w, TB_USAGE, "write model: input %d is to be mutable, the operator has %zu",
                 position, op->inputs.count);
            return TB_FBB_NONE;
        }
        flags[position] = 1;
    }
    return tb_fbb_vector(&w->fb, flags, op->inputs.count, 1, 0);
}

static tb_fbb_ref put_op(writer *w, const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    uint32_t code = find_code(w, graph, op);
    tb_fbb_ref inputs = put_ints(w, op->inputs, true);
    tb_fbb_ref outputs = put_ints(w, op->outputs, true);
    tb_fbb_ref intermediates = put_ints(w, op->intermediates, false);
    tb_fbb_ref mutating = put_mutating(w, op);
    tb_fbb_ref options = put_options(w, &op->options);
    tb_fbb_ref custom = op->custom_options ? tb_fbb_vector(&w->fb, op->custom_options,
                                                           op->custom_options_size, 1, 0)
                                           : TB_FBB_NONE;
    unsigned union_id = TB_OPTIONS_UNION(op->options.table) == 2
                            ? FIELD(operator, builtin_options_2)
                            : FIELD(operator, builtin_options);

    tb_fbb_table_begin(&w->fb);
    if (code)
        tb_fbb_field_u32(&w->fb, FIELD(operator, opcode_index), code);
    tb_fbb_field_ref(&w->fb, FIELD(operator, inputs), inputs);
    tb_fbb_field_ref(&w->fb, FIELD(operator, outputs), outputs);
    if (options != TB_FBB_NONE) {
        tb_fbb_field_u8(&w->fb, union_id, (uint8_t)TB_OPTIONS_MEMBER(op->options.table));
        tb_fbb_field_ref(&w->fb, union_id + 1, options);
    }
    tb_fbb_field_ref(&w->fb, FIELD(operator, custom_options), custom);
    tb_fbb_field_ref(&w->fb, FIELD(operator, mutating_variable_inputs), mutating);
    tb_fbb_field_ref(&w->fb, FIELD(operator, intermediates), intermediates);
    return tb_fbb_table_end(&w->fb);
}

static tb_fbb_ref put_code(writer *w, const op_code *code)
{
    tb_fbb_ref custom = tb_fbb_string(&w->fb, code->custom);
    tb_fbb_table_begin(&w->fb);
    if (code->code)
        tb_fbb_field_u8(&w->fb, FIELD(operator_code, deprecated_builtin_code),
                        (uint8_t)(code->code < CODE_ESCAPE ? code->code : CODE_ESCAPE));
    tb_fbb_field_ref(&w->fb, FIELD(operator_code, custom_code), custom);
    if (code->version != 1)
        tb_fbb_field_i32(&w->fb, FIELD(operator_code, version), code->version);
    if (code->code)
        tb_fbb_field_i32(&w->fb, FIELD(operator_code, builtin_code), (int32_t)code->code);
    return tb_fbb_table_end(&w->fb);
}

/* ---- tensors ------------------------------------------------------------------------------------- */

static tb_fbb_ref put_quant(writer *w, const tb_draft_quant *quant)
{
    if (!quant)
        return TB_FBB_NONE;
    tb_fbb_ref scale = tb_fbb_vector(&w->fb, quant->scale, quant->count, sizeof(float), 0);
    tb_fbb_ref zero = tb_fbb_vector(&w->fb, quant->zero_point, quant->count, sizeof(int64_t), 0);
    tb_fbb_table_begin(&w->fb);
    tb_fbb_field_ref(&w->fb, FIELD(quantization, scale), scale);
    tb_fbb_field_ref(&w->fb, FIELD(quantization, zero_point), zero);
    if (quant->axis)
        tb_fbb_field_i32(&w->fb, FIELD(quantization, quantized_dimension), quant->axis);
    return tb_fbb_table_end(&w->fb);
}

/* The schema's number for an element type; -1 where it has none. */
static int schema_type(TfLiteType type)
{
    TfLiteType candidate;
    for (int8_t code = 0; tb_schema_abi_type(code, &candidate); code++)
        if (candidate == type)
            return code;
    return -1;
}

static tb_fbb_ref put_tensor(writer *w, const tb_draft_tensor *tensor)
{
    size_t rank = tensor->rank > 0 ? (size_t)tensor->rank : 0;
    int code = schema_type(tensor->type);
    if (code < 0) {
        fail(w, TB_USAGE, "write model: tensor '%s' has element type %d, which the format lacks",
             tensor->name ? tensor->name : "", (int)tensor->type);
        return TB_FBB_NONE;
    }
    tb_fbb_ref name = tb_fbb_string(&w->fb, tensor->name);
    tb_fbb_ref shape = put_ints(w, (tb_int_list){rank, tensor->shape}, true);
    tb_fbb_ref signature = tensor->shape_signature
                               ? put_ints(w, (tb_int_list){rank, tensor->shape_signature}, false)
                               : TB_FBB_NONE;
    tb_fbb_ref quant = put_quant(w, tensor->quant);

    tb_fbb_table_begin(&w->fb);
    tb_fbb_field_ref(&w->fb, FIELD(tensor, shape), shape);
    if (code)
        tb_fbb_field_u8(&w->fb, FIELD(tensor, type), (uint8_t)code);
    if (tensor->buffer)
        tb_fbb_field_u32(&w->fb, FIELD(tensor, buffer), tensor->buffer);
    tb_fbb_field_ref(&w->fb, FIELD(tensor, name), name);
    tb_fbb_field_ref(&w->fb, FIELD(tensor, quantization), quant);
    if (tensor->is_variable)
        tb_fbb_field_u8(&w->fb, FIELD(tensor, is_variable), 1);
    tb_fbb_field_ref(&w->fb, FIELD(tensor, shape_signature), signature);
    if (tensor->has_rank)
        tb_fbb_field_u8(&w->fb, FIELD(tensor, has_rank), 1);
    return tb_fbb_table_end(&w->fb);
}

/* ---- the model ------------------------------------------------------------------------------------ */

static tb_fbb_ref put_subgraph(writer *w, const tb_draft_subgraph *graph)
{
    tb_fbb_ref *tensors = tb_fbb_scratch(&w->fb, graph->tensor_count);
    tb_fbb_ref *ops = tb_fbb_scratch(&w->fb, graph->op_count);
    if (!tensors || !ops)
        return TB_FBB_NONE;
    for (size_t i = 0; i < graph->tensor_count; i++)
        tensors[i] = put_tensor(w, &graph->tensors[i]);
    for (size_t i = 0; i < graph->op_count; i++)
        ops[i] = put_op(w, graph, &graph->ops[i]);
    if (w->error.status != TB_OK)
        return TB_FBB_NONE;
    tb_fbb_ref name = tb_fbb_string(&w->fb, graph->name);
    tb_fbb_ref inputs = put_ints(w, graph->inputs, true);
    tb_fbb_ref outputs = put_ints(w, graph->outputs, true);
    tb_fbb_ref op_vector = tb_fbb_ref_vector(&w->fb, ops, graph->op_count);
    tb_fbb_ref tensor_vector = tb_fbb_ref_vector(&w->fb, tensors, graph->tensor_count);

    tb_fbb_table_begin(&w->fb);
    tb_fbb_field_ref(&w->fb, FIELD(subgraph, tensors), tensor_vector);
    tb_fbb_field_ref(&w->fb, FIELD(subgraph, inputs), inputs);
    tb_fbb_field_ref(&w->fb, FIELD(subgraph, outputs), outputs);
    tb_fbb_field_ref(&w->fb, FIELD(subgraph, operators), op_vector);
    tb_fbb_field_ref(&w->fb, FIELD(subgraph, name), name);
    return tb_fbb_table_end(&w->fb);
}

static tb_fbb_ref put_buffer(writer *w, const tb_draft_buffer *buffer)
{
    tb_fbb_ref data = buffer->data
                          ? tb_fbb_vector(&w->fb, buffer->data, buffer->size, 1, BUFFER_ALIGNMENT)
                          : TB_FBB_NONE;
    tb_fbb_table_begin(&w->fb);
    tb_fbb_field_ref(&w->fb, FIELD(buffer, data), data);
    if (!buffer->data && buffer->offset) {
        tb_fbb_field_u64(&w->fb, FIELD(buffer, offset), buffer->offset);
        tb_fbb_field_u64(&w->fb, FIELD(buffer, size), buffer->size);
    }
    return tb_fbb_table_end(&w->fb);
}

static tb_fbb_ref put_metadata(writer *w, const tb_draft_metadata *metadata)
{
    tb_fbb_ref name = tb_fbb_string(&w->fb, metadata->name);
    tb_fbb_table_begin(&w->fb);
    tb_fbb_field_ref(&w->fb, FIELD(metadata, name), name);
    if (metadata->buffer)
        tb_fbb_field_u32(&w->fb, FIELD(metadata, buffer), metadata->buffer);
    return tb_fbb_table_end(&w->fb);
}

static tb_fbb_ref put_bindings(writer *w, const tb_draft_binding *bindings, size_t count)
{
    tb_fbb_ref *refs = tb_fbb_scratch(&w->fb, count);
    if (!refs)
        return TB_FBB_NONE;
    for (size_t i = 0; i < count; i++) {
        tb_fbb_ref name = tb_fbb_string(&w->fb, bindings[i].name);
        tb_fbb_table_begin(&w->fb);
        tb_fbb_field_ref(&w->fb, FIELD(tensor_map, name), name);
        if (bindings[i].tensor)
            tb_fbb_field_u32(&w->fb, FIELD(tensor_map, tensor_index), bindings[i].tensor);
        refs[i] = tb_fbb_table_end(&w->fb);
    }
    return tb_fbb_ref_vector(&w->fb, refs, count);
}

static tb_fbb_ref put_signature(writer *w, const tb_draft_signature *signature)
{
    tb_fbb_ref key = tb_fbb_string(&w->fb, signature->key);
    tb_fbb_ref inputs = put_bindings(w, signature->inputs, signature->input_count);
    tb_fbb_ref outputs = put_bindings(w, signature->outputs, signature->output_count);
    tb_fbb_table_begin(&w->fb);
    tb_fbb_field_ref(&w->fb, FIELD(signature, inputs), inputs);
    tb_fbb_field_ref(&w->fb, FIELD(signature, outputs), outputs);
    tb_fbb_field_ref(&w->fb, FIELD(signature, signature_key), key);
    if (signature->subgraph)
        tb_fbb_field_u32(&w->fb, FIELD(signature, subgraph_index), signature->subgraph);
    return tb_fbb_table_end(&w->fb);
}

/* A vector of tables, one an item: `put(w, &items[i])` for each. */
#define PUT_EACH(w, put, items, count, out)                          \
    do {                                                             \
        tb_fbb_ref *each_refs = tb_fbb_scratch(&(w)->fb, (count));   \
        for (size_t each = 0; each_refs && each < (count); each++)   \
            each_refs[each] = put((w), &(items)[each]);              \
        if (each_refs && (w)->error.status == TB_OK)                 \
            (out) = tb_fbb_ref_vector(&(w)->fb, each_refs, (count)); \
    } while (0)

/* Buffers come first, so that they lie at the file's end and the tables close together in front. */
static tb_fbb_ref put_model(writer *w)
{
    const tb_draft *d = w->draft;
    tb_fbb_ref buffers = 0, subgraphs = 0, codes = 0, metadata = 0, signatures = 0;
    PUT_EACH(w, put_buffer, d->buffers, d->buffer_count, buffers);
    if (d->metadata_count)
        PUT_EACH(w, put_metadata, d->metadata, d->metadata_count, metadata);
    if (d->signature_count)
        PUT_EACH(w, put_signature, d->signatures, d->signature_count, signatures);
    PUT_EACH(w, put_subgraph, d->subgraphs, d->subgraph_count, subgraphs);
    PUT_EACH(w, put_code, w->codes, w->code_count, codes);
    tb_fbb_ref description = tb_fbb_string(&w->fb, d->description);

    tb_fbb_table_begin(&w->fb);
    tb_fbb_field_u32(&w->fb, FIELD(model, version), TB_SCHEMA_VERSION);
    tb_fbb_field_ref(&w->fb, FIELD(model, operator_codes), codes);
    tb_fbb_field_ref(&w->fb, FIELD(model, subgraphs), subgraphs);
    tb_fbb_field_ref(&w->fb, FIELD(model, description), description);
    tb_fbb_field_ref(&w->fb, FIELD(model, buffers), buffers);
    tb_fbb_field_ref(&w->fb, FIELD(model, metadata), metadata);
    tb_fbb_field_ref(&w->fb, FIELD(model, signature_defs), signatures);
    return tb_fbb_table_end(&w->fb);
}

tb_status tb_draft_write(const tb_draft *draft, tb_error *err, uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    if (draft->error.status != TB_OK) {
        if (err)
            *err = draft->error;
        return draft->error.status;
    }
    writer w = {.draft = draft};
    tb_fbb_init(&w.fb);
    tb_fbb_ref model = put_model(&w);
    tb_status status = w.error.status;
    if (status == TB_OK)
        status = tb_fbb_finish_take(&w.fb, model, TB_SCHEMA_IDENTIFIER, err, bytes, size);
    else if (err)
        *err = w.error;
    tb_fbb_free(&w.fb);
    tb_arena_free(&w.arena);
    return status;
}

tb_status tb_model_bytes_save(const char *path, const uint8_t *bytes, size_t size, tb_error *err)
{
    size_t room = strlen(path) + sizeof ".partial";
    char *partial = malloc(room);
    if (!partial)
        return tb_fail(err, TB_NO_MEMORY, "write %s: cannot allocate %zu bytes", path, room);
    snprintf(partial, room, "%s.partial", path);

    tb_status status = TB_OK;
    FILE *file = fopen(partial, "wb");
    if (!file) {
        status = tb_fail_errno(err, "write %s", path);
        goto done;
    }
    bool written = fwrite(bytes, 1, size, file) == size;
    bool closed = fclose(file) == 0;
    if (!written || !closed || rename(partial, path) != 0) {
        status = tb_fail_errno(err, "write %s", path);
        unlink(partial);
    }
done:
    free(partial);
    return status;
}
