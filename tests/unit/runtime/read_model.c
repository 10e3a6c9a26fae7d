#include "tests/unit/runtime/read_model.h"

#include <string.h>

#include "runtime/op_params.h"

static size_t read_bytes(tb_bytes bytes)
{
    size_t sum = bytes.size;
    for (size_t k = 0; k < bytes.size; k++)
        sum += bytes.data[k];
    return sum;
}

static size_t read_ints(tb_i32s list)
{
    size_t sum = 0;
    for (size_t k = 0; k < list.count; k++)
        sum += (size_t)list.data[k];
    return sum;
}

static size_t read_quantization(const tb_quantization_def *q)
{
    size_t sum = read_ints(q->quantized_dimensions) + (size_t)q->type;
    for (size_t k = 0; k < q->scales.count; k++)
        sum += q->scales.data[k] > 0 && q->zero_points.data[k] > 0;
    return sum;
}

static size_t read_sparsity(const tb_sparsity_def *sparsity)
{
    size_t sum = read_ints(sparsity->traversal_order) + read_ints(sparsity->block_map);
    for (size_t k = 0; k < sparsity->dim_count; k++) {
        tb_sparse_dim_def dim = tb_sparsity_dim(sparsity, k);
        for (size_t i = 0; i < tb_sparse_index_count(&dim.segments); i++)
            sum += (size_t)tb_sparse_index_get(&dim.segments, i);
        for (size_t i = 0; i < tb_sparse_index_count(&dim.indices); i++)
            sum += (size_t)tb_sparse_index_get(&dim.indices, i);
    }
    return sum;
}

static size_t read_tensor(const tb_model *model, size_t subgraph, size_t index)
{
    tb_tensor_def t = tb_model_tensor(model, subgraph, index);
    size_t sum = strlen(t.name) + read_ints(t.shape) + read_ints(t.shape_signature);
    sum += read_bytes(t.constant) + read_quantization(&t.quantization);
    if (t.sparsity.present)
        sum += read_sparsity(&t.sparsity);
    if (t.is_external)
        sum += strlen(t.external.file) + strlen(t.external.packing);
    char place[200];
    return sum + strlen(tb_model_tensor_place(model, subgraph, index, sizeof place, place));
}

static size_t read_operator(const tb_model *model, size_t subgraph, size_t index, tb_arena *arena)
{
    tb_operator_def op = tb_model_operator(model, subgraph, index);
    size_t sum = read_ints(op.inputs) + read_ints(op.outputs) + read_ints(op.intermediates);
    sum += read_bytes(op.custom_options) + read_bytes(op.mutating_inputs);
    void *params;
    size_t size;
    tb_error err = TB_ERROR_NONE;
    if (tb_op_params_parse(&op, op.opcode.builtin_code, arena, &err, &params, &size) == TB_OK)
        sum += read_bytes((tb_bytes){params, size});
    char place[200];
    return sum + strlen(tb_model_operator_place(model, subgraph, index, sizeof place, place));
}

size_t tb_test_read_model(const tb_model *model)
{
    size_t sum = strlen(tb_model_description(model));
    tb_arena arena = {0};
    for (size_t k = 0; k < tb_model_note_count(model); k++)
        sum += strlen(tb_model_note(model, k));
    for (size_t k = 0; k < tb_model_buffer_count(model); k++)
        sum += read_bytes(tb_model_buffer(model, k));
    for (size_t s = 0; s < tb_model_subgraph_count(model); s++) {
        tb_subgraph_def graph = tb_model_subgraph(model, s);
        sum += read_ints(graph.inputs) + read_ints(graph.outputs) + strlen(graph.name);
        for (size_t k = 0; k < graph.tensor_count; k++)
            sum += read_tensor(model, s, k);
        for (size_t k = 0; k < graph.operator_count; k++)
            sum += read_operator(model, s, k, &arena);
    }
    for (size_t k = 0; k < tb_model_signature_count(model); k++) {
        tb_signature_def s = tb_model_signature(model, k);
        for (size_t i = 0; i < s.input_count; i++)
            sum += strlen(tb_signature_input_def(&s, i).name);
        for (size_t i = 0; i < s.output_count; i++)
            sum += strlen(tb_signature_output_def(&s, i).name);
    }
    for (size_t k = 0; k < tb_model_metadata_count(model); k++)
        sum += read_bytes(tb_model_metadata(model, k).bytes) +
               strlen(tb_model_metadata(model, k).name);
    tb_arena_free(&arena);
    return sum;
}
