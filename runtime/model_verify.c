/*
 * What a structurally sound file has to fulfil to be a model: versions, indices, ranges. The
 * checks of a tensor are in model_verify_tensor.c, those of calls in model_verify_calls.c.
 *
 * Rules follow TFLite's InterpreterBuilder (core/interpreter_builder.cc) and are stricter where it
 * would only fail, or crash, later.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/base/size.h"
#include "runtime/model_internal.h"
#include "runtime/schema.h"
#include "runtime/tflite_abi/builtin_ops.h"

enum {
    /* Copies of misaligned constants may together be as large as the file, and a bit for indices. */
    arena_allowance_bytes = 1 << 20,
    place_size = 256,
};

/* ---- parts of the model ------------------------------------------------------------------------ */

static tb_status verify_opcodes(const tb_model *model, tb_error *err)
{
    for (size_t k = 0; k < model->opcodes.count; k++) {
        tb_opcode_def opcode = tb_model_opcode(model, k);
        if (opcode.builtin_code == kTfLiteBuiltinCustom && !opcode.custom_name)
            return tb_fail(err, TB_CORRUPT, "operator code %zu is CUSTOM and has no name", k);
    }
    return TB_OK;
}

static tb_status verify_buffers(const tb_model *model, tb_error *err)
{
    for (size_t k = 0; k < model->buffers.count; k++) {
        tb_bytes bytes;
        if (tb_model_raw_buffer(model, k, &bytes))
            continue;
        tb_fb_table table = tb_fb_tables_get(model->buffers, k);
        return tb_fail(err, TB_CORRUPT,
                       "buffer %zu: %llu bytes at offset %llu lie outside the file's %zu bytes", k,
                       (unsigned long long)tb_schema_buffer_size(table),
                       (unsigned long long)tb_schema_buffer_offset(table), model->file.size);
    }
    return TB_OK;
}

static int compare_ids(const void *a, const void *b, void *tables)
{
    const tb_fb_tables *all = tables;
    uint32_t x = tb_schema_external_buffer_id(tb_fb_tables_get(*all, *(const uint32_t *)a));
    uint32_t y = tb_schema_external_buffer_id(tb_fb_tables_get(*all, *(const uint32_t *)b));
    return x < y ? -1 : x > y;
}

/* Checks external buffers and sorts them, so that a tensor finds its own without a search. */
static tb_status index_externals(tb_model *model, tb_error *err)
{
    tb_fb_tables all = tb_schema_model_external_buffers(model->root);
    size_t groups = tb_schema_model_external_buffer_groups(model->root).count;
    if (!all.count)
        return TB_OK;
    model->externals = TB_ARENA_NEW(&model->arena, uint32_t, all.count);
    if (!model->externals)
        return tb_fail(err, TB_NO_MEMORY, "no memory for %zu external buffers", all.count);
    for (size_t k = 0; k < all.count; k++) {
        uint32_t group = tb_schema_external_buffer_group(tb_fb_tables_get(all, k));
        if (group >= groups)
            return tb_fail(err, TB_CORRUPT,
                           "external buffer %zu is in group %u, the model has %zu groups", k, group,
                           groups);
        model->externals[k] = (uint32_t)k;
    }
    qsort_r(model->externals, all.count, sizeof model->externals[0], compare_ids, &all);
    model->external_count = all.count;
    return TB_OK;
}

/* `least` is 0, or -1 where an entry may be left out. */
static tb_status verify_indices(tb_i32s indices, int32_t least, size_t tensors, const char *what,
                                tb_error *err)
{
    for (size_t k = 0; k < indices.count; k++)
        if (indices.data[k] < least || (indices.data[k] >= 0 && (size_t)indices.data[k] >= tensors))
            return tb_fail(err, TB_CORRUPT, "%s %zu is tensor %d, the subgraph has %zu tensors",
                           what, k, indices.data[k], tensors);
    return TB_OK;
}

static tb_status verify_operator(const tb_model *model, tb_fb_table table, size_t tensors,
                                 tb_error *err)
{
    uint32_t opcode = tb_schema_operator_opcode_index(table);
    if (opcode >= model->opcodes.count)
        return tb_fail(err, TB_CORRUPT, "operator code %u does not exist, the model has %zu",
                       opcode, model->opcodes.count);
    tb_status status = verify_indices(tb_schema_operator_inputs(table), -1, tensors, "input", err);
    if (status == TB_OK)
        status = verify_indices(tb_schema_operator_outputs(table), 0, tensors, "output", err);
    if (status == TB_OK)
        status = verify_indices(tb_schema_operator_intermediates(table), -1, tensors,
                                "intermediate", err);
    if (status != TB_OK)
        return status;
    uint64_t offset = tb_schema_operator_large_custom_options_offset(table);
    uint64_t size = tb_schema_operator_large_custom_options_size(table);
    if (offset > 1 && !tb_schema_operator_custom_options(table).data &&
        (offset > model->file.size || size > model->file.size - offset))
        return tb_fail(err, TB_CORRUPT,
                       "%llu bytes of custom options at offset %llu lie outside the file's %zu "
                       "bytes",
                       (unsigned long long)size, (unsigned long long)offset, model->file.size);
    return TB_OK;
}

/* Of a tensor: the last operator so far that reads it and the one that writes it, each as its node + 1;
   0: none. */
typedef struct tensor_use {
    uint32_t reader;
    uint32_t writer;
} tensor_use;

/*
 * A tensor is written by one operator: type, allocation and size of an output are its kernel's, and a
 * second one would change them behind its back. And no builtin operator works in place: kernels read
 * inputs while they write outputs. Custom ones may, and then write what somebody wrote before. (TFLite
 * lets builtin ones without params work in place, too, and does not look at the number of writers.)
 * `uses` has an entry per tensor, and so the work is linear.
 */
static tb_status verify_writes(const tb_model *model, tb_fb_table table, uint32_t mark,
                               tensor_use *uses, tb_error *err)
{
    size_t opcode = tb_schema_operator_opcode_index(table);
    bool custom = tb_model_opcode(model, opcode).builtin_code == kTfLiteBuiltinCustom;
    tb_i32s inputs = tb_schema_operator_inputs(table);
    tb_i32s outputs = tb_schema_operator_outputs(table);
    for (size_t k = 0; k < inputs.count; k++)
        if (inputs.data[k] >= 0)
            uses[inputs.data[k]].reader = mark;
    for (size_t k = 0; k < outputs.count; k++) {
        int32_t tensor = outputs.data[k];
        tensor_use *use = &uses[tensor];
        bool in_place = use->reader == mark;
        if (in_place && !custom)
            return tb_fail(err, TB_CORRUPT, "tensor %d is both an input and output %zu", tensor, k);
        if (use->writer == mark || (use->writer != 0 && !in_place))
            return tb_fail(err, TB_CORRUPT, "output %zu is tensor %d, which node %u writes already",
                           k, tensor, use->writer - 1);
        use->writer = mark;
    }
    return TB_OK;
}

static bool is_constant(const tb_model *model, tb_fb_tables tensors, size_t index)
{
    tb_fb_table tensor = tb_fb_tables_get(tensors, index);
    if (tb_schema_tensor_external_buffer(tensor))
        return true;
    return tb_model_buffer(model, tb_schema_tensor_buffer(tensor)).data;
}

/* Whoever runs a subgraph writes its inputs; a constant lies in pages that cannot be written. */
static tb_status verify_inputs(const tb_model *model, const tb_subgraph_def *subgraph,
                               tb_error *err)
{
    for (size_t k = 0; k < subgraph->inputs.count; k++)
        if (is_constant(model, subgraph->tensors, (size_t)subgraph->inputs.data[k]))
            return tb_fail(err, TB_CORRUPT,
                           "input %zu is tensor %d, a constant, which nobody can "
                           "write",
                           k, subgraph->inputs.data[k]);
    return TB_OK;
}

/* A sparse constant has fewer bytes than its shape says, which few kernels know. */
static bool is_sparse_constant(const tb_model *model, tb_fb_tables tensors, int32_t index)
{
    if (index < 0)
        return false;
    tb_fb_table tensor = tb_fb_tables_get(tensors, (size_t)index);
    return tb_fb_present(tb_schema_tensor_sparsity(tensor)) &&
           is_constant(model, tensors, (size_t)index);
}

/* Of the full kernel: the gates' weights and recurrent weights, and the projection. */
enum { lstm_full_inputs = 20 };
static bool is_lstm_matrix(size_t input)
{
    return (input >= 1 && input <= 8) || input == 16;
}

static tb_status verify_sparse_inputs(const tb_model *model, tb_fb_tables tensors, tb_fb_table op,
                                      tb_error *err)
{
    int code = tb_model_opcode(model, tb_schema_operator_opcode_index(op)).builtin_code;
    tb_i32s inputs = tb_schema_operator_inputs(op);
    for (size_t k = 0; k < inputs.count && code != kTfLiteBuiltinCustom; k++) {
        bool may_be =
            (code == kTfLiteBuiltinDensify && k == 0) ||
            (code == kTfLiteBuiltinFullyConnected && k == 1) ||
            (code == kTfLiteBuiltinLstm && inputs.count >= lstm_full_inputs && is_lstm_matrix(k));
        if (!may_be && is_sparse_constant(model, tensors, inputs.data[k]))
            return tb_fail(
                err, TB_UNSUPPORTED,
                "input %zu, tensor %d, is a sparse constant; only that of DENSIFY, the filter "
                "of FULLY_CONNECTED and the matrices of LSTM may be",
                k, inputs.data[k]);
    }
    return TB_OK;
}

static tb_status verify_sparse_outputs(const tb_model *model, const tb_subgraph_def *subgraph,
                                       tb_error *err)
{
    for (size_t k = 0; k < subgraph->outputs.count; k++)
        if (is_sparse_constant(model, subgraph->tensors, subgraph->outputs.data[k]))
            return tb_fail(err, TB_UNSUPPORTED, "output %zu, tensor %d, is a sparse constant", k,
                           subgraph->outputs.data[k]);
    return TB_OK;
}

static tb_status verify_operators(const tb_model *model, size_t index, tb_error *err)
{
    tb_subgraph_def subgraph = tb_model_subgraph(model, index);
    tensor_use *uses = calloc(subgraph.tensor_count + 1, sizeof *uses);
    if (!uses)
        return tb_fail(err, TB_NO_MEMORY, "no memory to check the nodes of subgraph %zu", index);
    tb_status status = TB_OK;
    for (size_t k = 0; k < subgraph.operator_count && status == TB_OK; k++) {
        tb_fb_table table = tb_fb_tables_get(subgraph.operators, k);
        status = verify_operator(model, table, subgraph.tensor_count, err);
        if (status == TB_OK)
            status = verify_writes(model, table, (uint32_t)k + 1, uses, err);
        if (status == TB_OK && model->has_sparse)
            status = verify_sparse_inputs(model, subgraph.tensors, table, err);
        char place[place_size];
        if (status != TB_OK)
            tb_in(err, "%s", tb_model_operator_place(model, index, k, sizeof place, place));
    }
    free(uses);
    return status;
}

static tb_status verify_subgraph(tb_model *model, size_t index, tb_error *err)
{
    tb_subgraph_def subgraph = tb_model_subgraph(model, index);
    if (!subgraph.tensors.offsets)
        return tb_fail(err, TB_CORRUPT, "subgraph %zu has no list of tensors", index);
    if (subgraph.tensor_count > INT_MAX || subgraph.operator_count > INT_MAX)
        return tb_fail(err, TB_UNSUPPORTED, "subgraph %zu has %zu tensors and %zu nodes", index,
                       subgraph.tensor_count, subgraph.operator_count);
    tb_status status = verify_indices(subgraph.inputs, 0, subgraph.tensor_count, "input", err);
    if (status == TB_OK)
        status = verify_indices(subgraph.outputs, 0, subgraph.tensor_count, "output", err);
    if (status != TB_OK)
        return tb_in(err, "subgraph %zu", index);
    char place[place_size];
    for (size_t k = 0; k < subgraph.tensor_count && status == TB_OK; k++) {
        status = tb_model_verify_tensor(model, index, k, err);
        if (status != TB_OK)
            tb_in(err, "%s", tb_model_tensor_place(model, index, k, sizeof place, place));
    }
    if (status == TB_OK) {
        status = verify_inputs(model, &subgraph, err);
        if (status != TB_OK)
            return tb_in(err, "subgraph %zu", index);
    }
    if (status == TB_OK)
        status = verify_operators(model, index, err);
    if (status == TB_OK && model->has_sparse) {
        status = verify_sparse_outputs(model, &subgraph, err);
        if (status != TB_OK)
            tb_in(err, "subgraph %zu", index);
    }
    return status;
}

static tb_status verify_tensor_maps(tb_fb_tables maps, const char *what, size_t tensors,
                                    tb_error *err)
{
    for (size_t k = 0; k < maps.count; k++) {
        tb_fb_table map = tb_fb_tables_get(maps, k);
        uint32_t tensor = tb_schema_tensor_map_tensor_index(map);
        if (!tb_schema_tensor_map_name(map))
            return tb_fail(err, TB_CORRUPT, "%s %zu has no name", what, k);
        if (tensor >= tensors)
            return tb_fail(err, TB_CORRUPT, "%s '%s' is tensor %u, its subgraph has %zu tensors",
                           what, tb_schema_tensor_map_name(map), tensor, tensors);
    }
    return TB_OK;
}

static tb_status verify_signature_inputs(const tb_model *model, const tb_subgraph_def *subgraph,
                                         tb_fb_tables maps, tb_error *err)
{
    for (size_t k = 0; k < maps.count; k++) {
        tb_fb_table map = tb_fb_tables_get(maps, k);
        uint32_t tensor = tb_schema_tensor_map_tensor_index(map);
        if (is_constant(model, subgraph->tensors, tensor))
            return tb_fail(err, TB_CORRUPT,
                           "input '%s' is tensor %u, a constant, which nobody can "
                           "write",
                           tb_schema_tensor_map_name(map), tensor);
    }
    return TB_OK;
}

static tb_status verify_signature(const tb_model *model, size_t index, tb_error *err)
{
    tb_signature_def signature = tb_model_signature(model, index);
    if (!signature.key)
        return tb_fail(err, TB_CORRUPT, "signature %zu has no key", index);
    tb_status status = TB_OK;
    if (signature.subgraph >= model->subgraphs.count) {
        status = tb_fail(err, TB_CORRUPT, "subgraph %zu does not exist, the model has %zu",
                         signature.subgraph, model->subgraphs.count);
    } else {
        tb_subgraph_def subgraph = tb_model_subgraph(model, signature.subgraph);
        status = verify_tensor_maps(signature.inputs, "input", subgraph.tensor_count, err);
        if (status == TB_OK)
            status = verify_tensor_maps(signature.outputs, "output", subgraph.tensor_count, err);
        if (status == TB_OK)
            status = verify_signature_inputs(model, &subgraph, signature.inputs, err);
    }
    return status == TB_OK ? TB_OK : tb_in(err, "signature %zu '%s'", index, signature.key);
}

static tb_status verify_metadata(const tb_model *model, tb_error *err)
{
    for (size_t k = 0; k < model->metadata.count; k++) {
        tb_fb_table table = tb_fb_tables_get(model->metadata, k);
        uint32_t buffer = tb_schema_metadata_buffer(table);
        const char *name = tb_schema_metadata_name(table);
        if (buffer >= model->buffers.count)
            return tb_fail(err, TB_CORRUPT, "metadata %zu '%s' is in buffer %u, the model has %zu",
                           k, name ? name : "", buffer, model->buffers.count);
    }
    return TB_OK;
}

/* ---- the whole --------------------------------------------------------------------------------- */

/* What was tolerated, as a sentence; a note that finds no memory is not worth an error. */
static void write_note(tb_model *model)
{
    if (!model->odd_dimensions)
        return;
    char text[160];
    int size =
        snprintf(text, sizeof text,
                 "%zu tensors have a quantized_dimension outside their shape, where 0 or none "
                 "can be meant",
                 model->odd_dimensions);
    if (size > 0)
        model->note = tb_arena_text(&model->arena, text, (size_t)size);
}

tb_status tb_model_verify(tb_model *model, tb_error *err)
{
    uint32_t version = tb_schema_model_version(model->root);
    if (version != TB_SCHEMA_VERSION)
        return tb_fail(err, TB_UNSUPPORTED, "schema version %u, only %d is supported", version,
                       TB_SCHEMA_VERSION);
    model->opcodes = tb_schema_model_operator_codes(model->root);
    model->subgraphs = tb_schema_model_subgraphs(model->root);
    model->buffers = tb_schema_model_buffers(model->root);
    model->metadata = tb_schema_model_metadata(model->root);
    model->signatures = tb_schema_model_signature_defs(model->root);
    if (!model->subgraphs.count)
        return tb_fail(err, TB_CORRUPT, "the model has no subgraph");
    if (!model->buffers.offsets)
        return tb_fail(err, TB_CORRUPT, "the model has no list of buffers");
    size_t limit;
    if (!tb_add_size(model->file.size, arena_allowance_bytes, &limit))
        limit = SIZE_MAX;
    tb_arena_init(&model->arena, limit);

    tb_status status = verify_opcodes(model, err);
    if (status == TB_OK)
        status = verify_buffers(model, err);
    if (status == TB_OK)
        status = index_externals(model, err);
    for (size_t k = 0; k < model->subgraphs.count && status == TB_OK; k++)
        status = verify_subgraph(model, k, err);
    if (status == TB_OK)
        status = tb_model_verify_calls(model, err);
    for (size_t k = 0; k < model->signatures.count && status == TB_OK; k++)
        status = verify_signature(model, k, err);
    if (status == TB_OK)
        status = verify_metadata(model, err);
    write_note(model);
    return status;
}
