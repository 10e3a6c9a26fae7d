/* Opening a model, and reading what the checks have found sound. */
#include "runtime/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/builtin_names.h"
#include "runtime/model_internal.h"
#include "runtime/schema.h"
#include "runtime/tflite_abi/builtin_ops.h"

enum {
    file_alignment = 16, /* what offsets inside the file are aligned relative to */
};

/* ---- opening and closing ----------------------------------------------------------------------- */

static void destroy(tb_model *model)
{
    void *shared = atomic_load(&model->shared);
    if (shared)
        model->destroy_shared(shared);
    tb_arena_free(&model->arena);
    tb_model_close_external(model);
    tb_os_unmap(&model->mapping);
    free(model->copy);
    free(model->path);
    free(model);
}

static tb_status create(const char *path, tb_error *err, tb_model **out)
{
    tb_model *model = calloc(1, sizeof *model);
    char *copy = strdup(path);
    if (!model || !copy) {
        free(model);
        free(copy);
        return tb_fail(err, TB_NO_MEMORY, "%s: no memory to open it", path);
    }
    atomic_init(&model->references, 1);
    model->path = copy;
    const char *slash = strrchr(copy, '/');
    model->name = slash ? slash + 1 : copy;
    *out = model;
    return TB_OK;
}

/* Checks model->file. On failure the model is gone. */
static tb_status check(tb_model *model, tb_error *err, tb_model **out)
{
    tb_status status =
        tb_fb_verify(model->file, TB_SCHEMA_IDENTIFIER, tb_schema_root(), err, &model->root);
    if (status == TB_OK)
        status = tb_model_verify(model, err);
    if (status != TB_OK) {
        tb_in(err, "%s", model->path);
        destroy(model);
        return status;
    }
    *out = model;
    return TB_OK;
}

tb_status tb_model_open(const char *path, tb_error *err, tb_model **out)
{
    tb_model *model;
    tb_status status = create(path, err, &model);
    if (status != TB_OK)
        return status;
    status = tb_os_map_file(path, err, &model->mapping);
    if (status != TB_OK) {
        destroy(model);
        return status;
    }
    model->file = (tb_bytes){model->mapping.data, model->mapping.size};
    return check(model, err, out);
}

tb_status tb_model_from_memory(const void *data, size_t size, const char *name, tb_error *err,
                               tb_model **out)
{
    tb_model *model;
    tb_status status = create(name, err, &model);
    if (status != TB_OK)
        return status;
    model->file = (tb_bytes){data, size};
    if ((uintptr_t)data % file_alignment && size) {
        size_t rounded;
        if (tb_add_size(size, file_alignment - 1, &rounded))
            model->copy = aligned_alloc(file_alignment, tb_align_up(size, file_alignment));
        if (!model->copy) {
            destroy(model);
            return tb_fail(err, TB_NO_MEMORY, "%s: no memory to align its %zu bytes", name, size);
        }
        model->file.data = memcpy(model->copy, data, size);
    }
    return check(model, err, out);
}

static bool lies_in(const tb_mapping *mapping, const void *data, size_t size)
{
    const uintptr_t first = (uintptr_t)mapping->data, at = (uintptr_t)data;
    return mapping->data && at >= first && at - first <= mapping->size &&
           size <= mapping->size - (at - first);
}

void tb_model_release_pages(const tb_model *model, const void *data, size_t size)
{
    bool mapped = lies_in(&model->mapping, data, size);
    const size_t groups =
        model->external_files ? tb_schema_model_external_buffer_groups(model->root).count : 0;
    for (size_t k = 0; k < groups && !mapped; k++)
        mapped = lies_in(&model->external_files[k], data, size);
    if (mapped)
        tb_os_release_pages(data, size);
}

tb_model *tb_model_retain(tb_model *model)
{
    atomic_fetch_add_explicit(&model->references, 1, memory_order_relaxed);
    return model;
}

void tb_model_release(tb_model *model)
{
    /* Whoever frees sees everything that other threads did with the model before. */
    if (model && atomic_fetch_sub_explicit(&model->references, 1, memory_order_acq_rel) == 1)
        destroy(model);
}

void *tb_model_shared(tb_model *model, void *(*make)(void), void (*end)(void *object))
{
    void *shared = atomic_load(&model->shared);
    if (shared)
        return shared;
    void *fresh = make();
    if (!fresh)
        return NULL;
    /* Everybody writes the same function, before the object can be seen. */
    atomic_store(&model->destroy_shared, end);
    if (atomic_compare_exchange_strong(&model->shared, &shared, fresh))
        return fresh;
    end(fresh); /* another thread was first */
    return shared;
}

/* ---- the file as a whole ----------------------------------------------------------------------- */

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

const char *tb_model_path(const tb_model *model)
{
    return model->path;
}

const char *tb_model_name(const tb_model *model)
{
    return model->name;
}

tb_bytes tb_model_bytes(const tb_model *model)
{
    return model->file;
}

uint32_t tb_model_schema_version(const tb_model *model)
{
    return tb_schema_model_version(model->root);
}

const char *tb_model_description(const tb_model *model)
{
    return text_or_empty(tb_schema_model_description(model->root));
}

size_t tb_model_note_count(const tb_model *model)
{
    return model->note != NULL;
}

const char *tb_model_note(const tb_model *model, size_t index)
{
    (void)index;
    return model->note;
}

/* ---- operator codes and buffers ---------------------------------------------------------------- */

size_t tb_model_opcode_count(const tb_model *model)
{
    return model->opcodes.count;
}

tb_opcode_def tb_model_opcode(const tb_model *model, size_t index)
{
    tb_fb_table table = tb_fb_tables_get(model->opcodes, index);
    int code = tb_schema_builtin_code(table);
    return (tb_opcode_def){
        .builtin_code = code,
        .custom_name =
            code == kTfLiteBuiltinCustom ? tb_schema_operator_code_custom_code(table) : NULL,
        .version = tb_schema_operator_code_version(table),
    };
}

size_t tb_model_buffer_count(const tb_model *model)
{
    return model->buffers.count;
}

bool tb_model_raw_buffer(const tb_model *model, size_t index, tb_bytes *out)
{
    *out = (tb_bytes){NULL, 0};
    if (index == 0)
        return true;
    tb_fb_table table = tb_fb_tables_get(model->buffers, index);
    *out = tb_schema_buffer_data(table);
    uint64_t offset = tb_schema_buffer_offset(table);
    if (out->data || offset <= 1)
        return true;
    uint64_t size = tb_schema_buffer_size(table);
    if (offset > model->file.size || size > model->file.size - offset)
        return false;
    *out = (tb_bytes){model->file.data + offset, (size_t)size};
    return true;
}

tb_bytes tb_model_buffer(const tb_model *model, size_t index)
{
    if (model->moved && model->moved[index].data)
        return model->moved[index];
    tb_bytes bytes;
    tb_model_raw_buffer(model, index, &bytes);
    return bytes;
}

tb_fb_table tb_model_external(const tb_model *model, uint32_t id)
{
    tb_fb_tables all = tb_schema_model_external_buffers(model->root);
    size_t low = 0;
    size_t high = model->external_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        tb_fb_table table = tb_fb_tables_get(all, model->externals[middle]);
        uint32_t found = tb_schema_external_buffer_id(table);
        if (found == id)
            return table;
        if (found < id)
            low = middle + 1;
        else
            high = middle;
    }
    return tb_fb_absent();
}

/* ---- subgraphs --------------------------------------------------------------------------------- */

size_t tb_model_subgraph_count(const tb_model *model)
{
    return model->subgraphs.count;
}

tb_subgraph_def tb_model_subgraph(const tb_model *model, size_t index)
{
    tb_fb_table table = tb_fb_tables_get(model->subgraphs, index);
    tb_fb_tables tensors = tb_schema_subgraph_tensors(table);
    tb_fb_tables operators = tb_schema_subgraph_operators(table);
    return (tb_subgraph_def){
        .name = text_or_empty(tb_schema_subgraph_name(table)),
        .tensor_count = tensors.count,
        .operator_count = operators.count,
        .inputs = tb_schema_subgraph_inputs(table),
        .outputs = tb_schema_subgraph_outputs(table),
        .tensors = tensors,
        .operators = operators,
    };
}

static tb_fb_table tensor_table(const tb_model *model, size_t subgraph, size_t index)
{
    tb_fb_table table = tb_fb_tables_get(model->subgraphs, subgraph);
    return tb_fb_tables_get(tb_schema_subgraph_tensors(table), index);
}

static tb_fb_table operator_table(const tb_model *model, size_t subgraph, size_t index)
{
    tb_fb_table table = tb_fb_tables_get(model->subgraphs, subgraph);
    return tb_fb_tables_get(tb_schema_subgraph_operators(table), index);
}

/* ---- tensors ----------------------------------------------------------------------------------- */

static tb_quantization_def quantization(tb_fb_table table, size_t rank)
{
    tb_quantization_def q = {.type = kTfLiteNoQuantization, .zero_point_tensor = -1};
    int dimension = tb_schema_quantization_quantized_dimension(table);
    tb_fb_union details = tb_schema_quantization_details(table);
    tb_f32s scales = tb_schema_quantization_scale(table);
    if (details.type == tb_schema_quantization_kind_multi_axis_quantization) {
        q.type = kTfLiteMultiAxisQuantization;
        q.scale_tensor = tb_schema_multi_axis_quantization_scales(details.table);
        q.zero_point_tensor = tb_schema_multi_axis_quantization_zero_points(details.table);
        q.block_size = tb_schema_multi_axis_quantization_block_size(details.table);
        q.quantized_dimensions =
            tb_schema_multi_axis_quantization_quantized_dimensions(details.table);
    } else if (details.type == tb_schema_quantization_kind_blockwise_quantization) {
        q.type = kTfLiteBlockwiseQuantization;
        q.scale_tensor = tb_schema_blockwise_quantization_scales(details.table);
        q.zero_point_tensor = tb_schema_blockwise_quantization_zero_points(details.table);
        q.block_size = tb_schema_blockwise_quantization_block_size(details.table);
        q.quantized_dimension = dimension;
    } else if (scales.count) {
        q.type = kTfLiteAffineQuantization;
        q.scales = scales;
        q.zero_points = tb_schema_quantization_zero_point(table);
        /* One outside the shape was accepted where it does not matter or only 0 can be meant. */
        q.quantized_dimension = (size_t)dimension < rank ? dimension : 0;
    }
    return q;
}

static tb_external_buffer_def external_buffer(const tb_model *model, uint32_t id)
{
    tb_fb_table table = tb_model_external(model, id);
    tb_fb_tables groups = tb_schema_model_external_buffer_groups(model->root);
    tb_fb_table group = tb_fb_tables_get(groups, tb_schema_external_buffer_group(table));
    return (tb_external_buffer_def){
        .file = text_or_empty(tb_schema_external_buffer_group_name(group)),
        .offset = tb_schema_external_buffer_offset(table),
        .size = tb_schema_external_buffer_length(table),
        .packing = text_or_empty(tb_schema_external_buffer_packing(table)),
    };
}

tb_tensor_def tb_model_tensor(const tb_model *model, size_t subgraph, size_t index)
{
    tb_fb_table table = tensor_table(model, subgraph, index);
    tb_tensor_def tensor = {
        .name = text_or_empty(tb_schema_tensor_name(table)),
        .shape = tb_schema_tensor_shape(table),
        .shape_signature = tb_schema_tensor_shape_signature(table),
        .has_rank = tb_schema_tensor_has_rank(table),
        .is_variable = tb_schema_tensor_is_variable(table),
        .buffer = tb_schema_tensor_buffer(table),
        .variant_count = tb_schema_tensor_variant_tensors(table).count,
    };
    tb_schema_abi_type(tb_schema_tensor_type(table), &tensor.type);
    uint32_t external = tb_schema_tensor_external_buffer(table);
    tensor.constant =
        external ? tb_model_external_bytes(model, external) : tb_model_buffer(model, tensor.buffer);
    if (external) {
        tensor.is_external = true;
        tensor.external = external_buffer(model, external);
    }
    tensor.quantization = quantization(tb_schema_tensor_quantization(table), tensor.shape.count);
    tb_fb_table sparsity = tb_schema_tensor_sparsity(table);
    if (tensor.constant.data && tb_fb_present(sparsity)) {
        tb_fb_tables dims = tb_schema_sparsity_dim_metadata(sparsity);
        tensor.sparsity = (tb_sparsity_def){
            .present = true,
            .traversal_order = tb_schema_sparsity_traversal_order(sparsity),
            .block_map = tb_schema_sparsity_block_map(sparsity),
            .dim_count = dims.count,
            .dims = dims,
        };
    }
    return tensor;
}

static tb_sparse_index_def sparse_index(tb_fb_union list)
{
    switch (list.type) {
    case tb_schema_sparse_index_vector_int32_vector:
        return (tb_sparse_index_def){.i32 = tb_schema_int32_vector_values(list.table)};
    case tb_schema_sparse_index_vector_uint16_vector:
        return (tb_sparse_index_def){.u16 = tb_schema_uint16_vector_values(list.table)};
    case tb_schema_sparse_index_vector_uint8_vector:
        return (tb_sparse_index_def){.u8 = tb_schema_uint8_vector_values(list.table)};
    default:
        return (tb_sparse_index_def){0};
    }
}

tb_sparse_dim_def tb_sparsity_dim(const tb_sparsity_def *sparsity, size_t k)
{
    tb_fb_table table = tb_fb_tables_get(sparsity->dims, k);
    return (tb_sparse_dim_def){
        .format = (TfLiteDimensionType)tb_schema_sparse_dim_format(table),
        .dense_size = tb_schema_sparse_dim_dense_size(table),
        .segments = sparse_index(tb_schema_sparse_dim_array_segments(table)),
        .indices = sparse_index(tb_schema_sparse_dim_array_indices(table)),
    };
}

/* ---- operators --------------------------------------------------------------------------------- */

static tb_bytes custom_options(const tb_model *model, tb_fb_table table)
{
    tb_bytes options = tb_schema_operator_custom_options(table);
    uint64_t offset = tb_schema_operator_large_custom_options_offset(table);
    if (options.data || offset <= 1)
        return options;
    return (tb_bytes){model->file.data + offset,
                      (size_t)tb_schema_operator_large_custom_options_size(table)};
}

tb_operator_def tb_model_operator(const tb_model *model, size_t subgraph, size_t index)
{
    tb_fb_table table = operator_table(model, subgraph, index);
    size_t opcode = tb_schema_operator_opcode_index(table);
    return (tb_operator_def){
        .opcode_index = opcode,
        .opcode = tb_model_opcode(model, opcode),
        .inputs = tb_schema_operator_inputs(table),
        .outputs = tb_schema_operator_outputs(table),
        .intermediates = tb_schema_operator_intermediates(table),
        .mutating_inputs = tb_schema_operator_mutating_variable_inputs(table),
        .custom_options = custom_options(model, table),
        .debug_metadata_index = tb_schema_operator_debug_metadata_index(table),
        .table = table,
    };
}

/* ---- signatures and metadata ------------------------------------------------------------------- */

size_t tb_model_signature_count(const tb_model *model)
{
    return model->signatures.count;
}

tb_signature_def tb_model_signature(const tb_model *model, size_t index)
{
    tb_fb_table table = tb_fb_tables_get(model->signatures, index);
    tb_fb_tables inputs = tb_schema_signature_inputs(table);
    tb_fb_tables outputs = tb_schema_signature_outputs(table);
    return (tb_signature_def){
        .key = tb_schema_signature_signature_key(table),
        .subgraph = tb_schema_signature_subgraph_index(table),
        .input_count = inputs.count,
        .output_count = outputs.count,
        .inputs = inputs,
        .outputs = outputs,
    };
}

static tb_signature_tensor_def signature_tensor(tb_fb_tables maps, size_t k)
{
    tb_fb_table map = tb_fb_tables_get(maps, k);
    return (tb_signature_tensor_def){tb_schema_tensor_map_name(map),
                                     tb_schema_tensor_map_tensor_index(map)};
}

tb_signature_tensor_def tb_signature_input_def(const tb_signature_def *signature, size_t k)
{
    return signature_tensor(signature->inputs, k);
}

tb_signature_tensor_def tb_signature_output_def(const tb_signature_def *signature, size_t k)
{
    return signature_tensor(signature->outputs, k);
}

size_t tb_model_metadata_count(const tb_model *model)
{
    return model->metadata.count;
}

tb_metadata_def tb_model_metadata(const tb_model *model, size_t index)
{
    tb_fb_table table = tb_fb_tables_get(model->metadata, index);
    return (tb_metadata_def){text_or_empty(tb_schema_metadata_name(table)),
                             tb_model_buffer(model, tb_schema_metadata_buffer(table))};
}

bool tb_model_find_metadata(const tb_model *model, const char *name, tb_bytes *out)
{
    for (size_t k = 0; k < model->metadata.count; k++) {
        tb_metadata_def metadata = tb_model_metadata(model, k);
        if (strcmp(metadata.name, name) == 0) {
            *out = metadata.bytes;
            return true;
        }
    }
    return false;
}

/* ---- names for messages ------------------------------------------------------------------------ */

const char *tb_model_operator_place(const tb_model *model, size_t subgraph, size_t index,
                                    size_t capacity, char *out)
{
    /* Also asked while the checks still run: the operator code may be any. */
    size_t opcode = tb_schema_operator_opcode_index(operator_table(model, subgraph, index));
    const char *name = "of no operator code";
    if (opcode < model->opcodes.count) {
        tb_opcode_def def = tb_model_opcode(model, opcode);
        name = def.custom_name ? def.custom_name : tb_builtin_name(def.builtin_code);
    }
    snprintf(out, capacity, "subgraph %zu, node %zu %s", subgraph, index, name);
    return out;
}

const char *tb_model_tensor_place(const tb_model *model, size_t subgraph, size_t index,
                                  size_t capacity, char *out)
{
    const char *name = tb_schema_tensor_name(tensor_table(model, subgraph, index));
    if (name && name[0])
        snprintf(out, capacity, "subgraph %zu, tensor %zu '%s'", subgraph, index, name);
    else
        snprintf(out, capacity, "subgraph %zu, tensor %zu", subgraph, index);
    return out;
}
