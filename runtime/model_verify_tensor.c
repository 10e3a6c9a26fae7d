/*
 * The checks of one tensor: type, shape, constant bytes, quantisation, sparsity. What TFLite checks
 * when it builds an interpreter (ParseTensors, ParseQuantization, ParseSparsity in
 * core/interpreter_builder.cc, SetTensorParameters... in core/subgraph.cc) and what its optional
 * verifier adds (core/tools/verifier.cc).
 */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/model_internal.h"
#include "runtime/schema.h"
#include "runtime/tensor.h"

enum {
    largest_sparse_rank = 32, /* dimensions and blocks together */
};

/* ---- constants --------------------------------------------------------------------------------- */

/* The alignment that elements want in memory; that of strings is their table's. */
static size_t element_alignment(TfLiteType type)
{
    switch (type) {
    case kTfLiteString:
        return sizeof(int32_t);
    case kTfLiteComplex64:
        return sizeof(float);
    case kTfLiteComplex128:
        return sizeof(double);
    default:
        return tb_type_bits(type) > 8 ? tb_type_bits(type) / 8 : 1;
    }
}

/* Gives the buffer an aligned copy, unless it has one. */
static tb_status move_buffer(tb_model *model, size_t buffer, tb_bytes bytes, tb_error *err)
{
    if (!model->moved)
        model->moved = TB_ARENA_NEW(&model->arena, tb_bytes, model->buffers.count);
    if (model->moved && model->moved[buffer].data)
        return TB_OK;
    uint8_t *copy = model->moved ? tb_arena_alloc(&model->arena, bytes.size, 64) : NULL;
    if (!copy)
        return tb_fail(err, TB_NO_MEMORY, "no memory to align the %zu bytes of buffer %zu",
                       bytes.size, buffer);
    model->moved[buffer] = (tb_bytes){memcpy(copy, bytes.data, bytes.size), bytes.size};
    return TB_OK;
}

static uint32_t load(tb_bytes bytes, size_t word)
{
    return tb_fb_load_u32(bytes.data + 4 * word);
}

/* TFLite's string table: the count, an offset for each string and one for the end, characters. */
static tb_status verify_strings(tb_bytes bytes, size_t elements, tb_error *err)
{
    size_t words = bytes.size / 4;
    if (words < 2 || load(bytes, 0) > words - 2)
        return tb_fail(err, TB_CORRUPT, "its string table of %zu bytes is cut off", bytes.size);
    size_t count = load(bytes, 0);
    if (count < elements)
        return tb_fail(err, TB_CORRUPT, "its string table has %zu strings, its shape %zu", count,
                       elements);
    size_t earlier = 4 * (count + 2);
    for (size_t k = 0; k <= count; k++) {
        size_t offset = load(bytes, 1 + k);
        if (offset < earlier || offset > bytes.size)
            return tb_fail(err, TB_CORRUPT,
                           "its string table puts string %zu at byte %zu, behind byte %zu of %zu",
                           k, offset, earlier, bytes.size);
        earlier = offset;
    }
    return TB_OK;
}

/* ---- sparsity ---------------------------------------------------------------------------------- */

/* `order` holds each of first .. first + count - 1 once. count <= largest_sparse_rank. */
static bool is_permutation(const int32_t *order, size_t first, size_t count)
{
    uint64_t seen = 0;
    for (size_t k = 0; k < count; k++) {
        if (order[k] < (int32_t)first || (size_t)order[k] >= first + count)
            return false;
        seen |= (uint64_t)1 << ((size_t)order[k] - first);
    }
    return seen == ((uint64_t)1 << count) - 1;
}

/* The largest of a list of indices; a negative one counts as larger than any. */
static uint32_t largest_index(const tb_sparse_index_def *list)
{
    uint32_t largest = 0;
    for (size_t k = 0; k < list->i32.count; k++)
        largest = (uint32_t)list->i32.data[k] > largest ? (uint32_t)list->i32.data[k] : largest;
    for (size_t k = 0; k < list->u16.count; k++)
        largest = list->u16.data[k] > largest ? list->u16.data[k] : largest;
    for (size_t k = 0; k < list->u8.size; k++)
        largest = list->u8.data[k] > largest ? list->u8.data[k] : largest;
    return largest;
}

/* One compressed dimension of `size`, `rows` times over; *elements gets what it stores. */
static tb_status verify_sparse_dim(const tb_sparse_dim_def *dim, int64_t size, size_t rows,
                                   tb_error *err, size_t *elements)
{
    size_t segments = tb_sparse_index_count(&dim->segments);
    size_t indices = tb_sparse_index_count(&dim->indices);
    if (segments == 0 || segments - 1 != rows)
        return tb_fail(err, TB_CORRUPT, "it has %zu segment bounds for %zu rows", segments, rows);
    int32_t earlier = 0;
    for (size_t k = 0; k < segments; k++) {
        int32_t bound = tb_sparse_index_get(&dim->segments, k);
        if (bound < earlier)
            return tb_fail(err, TB_CORRUPT, "segment bound %zu is %d, the one before is %d", k,
                           bound, earlier);
        earlier = bound;
    }
    if ((size_t)earlier != indices)
        return tb_fail(err, TB_CORRUPT, "its segments end at %d, it has %zu indices", earlier,
                       indices);
    if (indices && largest_index(&dim->indices) >= size)
        return tb_fail(err, TB_CORRUPT, "its largest index is %d in a dimension of %lld",
                       (int32_t)largest_index(&dim->indices), (long long)size);
    *elements = indices;
    return TB_OK;
}

/* The sizes of the dimensions, each divided by its blocks, and those of the blocks behind them. */
static tb_status expand_dims(const tb_sparsity_def *sparsity, tb_i32s shape, tb_error *err,
                             int64_t *sizes)
{
    for (size_t k = 0; k < shape.count; k++)
        sizes[k] = shape.data[k];
    for (size_t k = 0; k < sparsity->block_map.count; k++) {
        size_t block = (size_t)sparsity->traversal_order.data[shape.count + k];
        int64_t size = tb_sparsity_dim(sparsity, shape.count + k).dense_size;
        int32_t mapped = sparsity->block_map.data[k];
        if (mapped < 0 || (size_t)mapped >= shape.count)
            return tb_fail(err, TB_CORRUPT, "block %zu lies in dimension %d of %zu", k, mapped,
                           shape.count);
        if (size <= 0 || sizes[mapped] % size)
            return tb_fail(err, TB_CORRUPT, "blocks of %lld do not divide dimension %d of %lld",
                           (long long)size, mapped, (long long)sizes[mapped]);
        sizes[block] = size;
        sizes[mapped] /= size;
    }
    return TB_OK;
}

/* *elements: how many values the constant stores. */
static tb_status verify_sparsity(const tb_sparsity_def *sparsity, tb_i32s shape, tb_error *err,
                                 size_t *elements)
{
    size_t rank = shape.count;
    size_t blocks = sparsity->block_map.count;
    size_t levels = sparsity->traversal_order.count;
    if (levels > largest_sparse_rank)
        return tb_fail(err, TB_UNSUPPORTED, "sparsity has %zu levels, at most %d are supported",
                       levels, largest_sparse_rank);
    if (levels == 0 || rank > levels)
        return tb_fail(err, TB_CORRUPT, "sparsity has %zu levels for %zu dimensions", levels, rank);
    if (levels != rank + blocks || levels != sparsity->dim_count)
        return tb_fail(err, TB_CORRUPT,
                       "sparsity has a traversal order of %zu, %zu dimensions, %zu blocks and "
                       "metadata of %zu, which do not agree",
                       levels, rank, blocks, sparsity->dim_count);
    if (!is_permutation(sparsity->traversal_order.data, 0, rank) ||
        !is_permutation(sparsity->traversal_order.data + rank, rank, blocks))
        return tb_fail(err, TB_CORRUPT,
                       "sparsity's traversal order is no permutation of %zu dimensions and %zu "
                       "blocks",
                       rank, blocks);
    int64_t sizes[largest_sparse_rank];
    tb_status status = expand_dims(sparsity, shape, err, sizes);
    if (status != TB_OK)
        return tb_in(err, "sparsity");
    size_t count = 1;
    for (size_t level = 0; level < levels; level++) {
        tb_sparse_dim_def dim = tb_sparsity_dim(sparsity, level);
        int64_t size = sizes[sparsity->traversal_order.data[level]];
        if (dim.format == kTfLiteDimSparseCSR) {
            status = verify_sparse_dim(&dim, size, count, err, &count);
        } else if (dim.format != kTfLiteDimDense) {
            status = tb_fail(err, TB_CORRUPT, "its format is %d, dense is 0, CSR is 1", dim.format);
        } else if (dim.dense_size != size) {
            status = tb_fail(err, TB_CORRUPT, "its size is %d, the shape makes it %lld",
                             dim.dense_size, (long long)size);
        } else if (!tb_mul_size(count, (size_t)size, &count)) {
            status = tb_fail(err, TB_CORRUPT, "it makes for too many values");
        }
        if (status != TB_OK)
            return tb_in(err, "sparsity level %zu", level);
    }
    *elements = count;
    return TB_OK;
}

/* ---- quantisation ------------------------------------------------------------------------------ */

static tb_status verify_tensor_index(int index, int least, size_t tensors, const char *what,
                                     tb_error *err)
{
    if (index >= least && (index < 0 || (size_t)index < tensors))
        return TB_OK;
    return tb_fail(err, TB_CORRUPT, "%s lie in tensor %d, the subgraph has %zu tensors", what,
                   index, tensors);
}

/* Scales that are other tensors of the subgraph. */
static tb_status verify_quantization_tensors(const tb_quantization_def *q, size_t rank,
                                             size_t tensors, tb_error *err)
{
    bool blockwise = q->type == kTfLiteBlockwiseQuantization;
    tb_status status = verify_tensor_index(q->scale_tensor, 0, tensors, "scales", err);
    if (status == TB_OK)
        status = verify_tensor_index(q->zero_point_tensor, -1, tensors, "zero points", err);
    if (status != TB_OK)
        return status;
    if (q->block_size < (blockwise ? 1 : 0))
        return tb_fail(err, TB_CORRUPT, "its blocks have %d elements", q->block_size);
    if (blockwise)
        return TB_OK;
    if (!q->quantized_dimensions.count)
        return tb_fail(err, TB_CORRUPT, "it has no quantized_dimensions");
    for (size_t k = 0; k < q->quantized_dimensions.count; k++) {
        int32_t dimension = q->quantized_dimensions.data[k];
        if (dimension < 0 || (rank && (size_t)dimension >= rank))
            return tb_fail(err, TB_CORRUPT, "quantized_dimensions %zu is %d, the rank is %zu", k,
                           dimension, rank);
    }
    return TB_OK;
}

/* Zero points are values of the tensor's type; of types that are not quantised, small enough that
   kernels may add and negate them as int32. */
static void zero_point_range(TfLiteType type, int64_t *low, int64_t *high)
{
    unsigned bits = tb_type_bits(type);
    bool is_unsigned = type == kTfLiteUInt8 || type == kTfLiteUInt16 || type == kTfLiteUInt4;
    bool is_narrow = is_unsigned || type == kTfLiteInt8 || type == kTfLiteInt16 ||
                     type == kTfLiteInt4 || type == kTfLiteInt2;
    unsigned magnitude = is_narrow ? bits - !is_unsigned : 30;
    *high = ((int64_t)1 << magnitude) - 1;
    *low = is_unsigned ? 0 : -((int64_t)1 << magnitude);
}

static tb_status verify_affine(tb_model *model, const tb_tensor_def *tensor, int stored_dimension,
                               tb_error *err)
{
    const tb_quantization_def *q = &tensor->quantization;
    tb_i32s shape = tensor->shape;
    int64_t low, high;
    zero_point_range(tensor->type, &low, &high);
    if (q->scales.count != q->zero_points.count)
        return tb_fail(err, TB_CORRUPT, "it has %zu scales and %zu zero points", q->scales.count,
                       q->zero_points.count);
    for (size_t k = 0; k < q->scales.count; k++) {
        if (!isfinite(q->scales.data[k]))
            return tb_fail(err, TB_CORRUPT, "scale %zu is %g", k, (double)q->scales.data[k]);
        if (q->zero_points.data[k] < low || q->zero_points.data[k] > high)
            return tb_fail(err, TB_CORRUPT,
                           "zero point %zu is %lld, one of %s lies in %lld .. %lld", k,
                           (long long)q->zero_points.data[k], TfLiteTypeGetName(tensor->type),
                           (long long)low, (long long)high);
    }
    bool outside = stored_dimension < 0 || (shape.count && (size_t)stored_dimension >= shape.count);
    int dimension = outside ? 0 : stored_dimension;
    model->odd_dimensions += outside;
    if (q->scales.count == 1)
        return TB_OK;
    /* Writers for microcontrollers gave a bias the dimension of its filter; there is no doubt which
       one is meant. */
    if (outside && shape.count > 1)
        return tb_fail(err, TB_CORRUPT, "quantized_dimension is %d, the rank is %zu",
                       stored_dimension, shape.count);
    if (shape.count && q->scales.count != (size_t)shape.data[dimension])
        return tb_fail(err, TB_CORRUPT, "it has %zu scales for dimension %d of size %d",
                       q->scales.count, dimension, shape.data[dimension]);
    return TB_OK;
}

static tb_status verify_quantization(tb_model *model, tb_fb_table table,
                                     const tb_tensor_def *tensor, size_t tensors, tb_error *err)
{
    const tb_quantization_def *q = &tensor->quantization;
    switch (q->type) {
    case kTfLiteNoQuantization:
        return TB_OK;
    case kTfLiteAffineQuantization:
        return verify_affine(model, tensor, tb_schema_quantization_quantized_dimension(table), err);
    default:
        return verify_quantization_tensors(q, tensor->shape.count, tensors, err);
    }
}

/* ---- the tensor -------------------------------------------------------------------------------- */

static tb_status verify_constant(tb_model *model, const tb_tensor_def *tensor, size_t bytes,
                                 tb_error *err)
{
    tb_bytes constant = tensor->constant;
    tb_status status = TB_OK;
    if (tensor->is_variable)
        return tb_fail(err, TB_CORRUPT, "it is a variable and has the constant buffer %zu",
                       tensor->buffer);
    if (tensor->type == kTfLiteString) {
        int64_t elements = 0;
        tb_shape_elements((int)tensor->shape.count, tensor->shape.data, &elements);
        status = verify_strings(constant, (size_t)elements, err);
    } else if (tensor->sparsity.present) {
        model->has_sparse = true;
        size_t elements = 0;
        status = verify_sparsity(&tensor->sparsity, tensor->shape, err, &elements);
        if (status == TB_OK && !tb_mul_size(elements, tb_type_bits(tensor->type), &bytes))
            status = tb_fail(err, TB_CORRUPT, "its %zu values are too many", elements);
        bytes = bytes / 8 + (bytes % 8 != 0);
    }
    if (status == TB_OK && bytes > constant.size)
        status = tb_fail(err, TB_CORRUPT, "it needs %zu bytes, its constant buffer %zu has %zu",
                         bytes, tensor->buffer, constant.size);
    bool misaligned = (uintptr_t)constant.data % element_alignment(tensor->type);
    if (status == TB_OK && misaligned && tensor->is_external)
        status = tb_fail(err, TB_UNSUPPORTED,
                         "its bytes begin at offset %llu of '%s', which is not a multiple of %zu",
                         (unsigned long long)tensor->external.offset, tensor->external.file,
                         element_alignment(tensor->type));
    else if (status == TB_OK && misaligned)
        status = move_buffer(model, tensor->buffer, constant, err);
    return status;
}

tb_status tb_model_verify_tensor(tb_model *model, size_t subgraph, size_t index, tb_error *err)
{
    tb_fb_table owner = tb_fb_tables_get(model->subgraphs, subgraph);
    tb_fb_tables tensors = tb_schema_subgraph_tensors(owner);
    tb_fb_table table = tb_fb_tables_get(tensors, index);
    TfLiteType type;
    if (!tb_schema_abi_type(tb_schema_tensor_type(table), &type))
        return tb_fail(err, TB_UNSUPPORTED, "its type is %d, which is none of the schema's",
                       tb_schema_tensor_type(table));
    uint32_t buffer = tb_schema_tensor_buffer(table);
    if (buffer && buffer >= model->buffers.count)
        return tb_fail(err, TB_CORRUPT, "its buffer %u does not exist, the model has %zu", buffer,
                       model->buffers.count);
    uint32_t external = tb_schema_tensor_external_buffer(table);
    if (external && !tb_fb_present(tb_model_external(model, external)))
        return tb_fail(err, TB_CORRUPT, "its external buffer %u does not exist", external);
    if (external && tb_model_buffer(model, buffer).data)
        return tb_fail(err, TB_CORRUPT, "it has the buffer %u and the external buffer %u", buffer,
                       external);
    if (external) {
        tb_status loaded = tb_model_load_external(model, external, err);
        if (loaded != TB_OK)
            return loaded;
    }

    tb_tensor_def tensor = tb_model_tensor(model, subgraph, index);
    size_t bytes;
    for (size_t k = 0; k < tensor.shape.count; k++)
        if (tensor.shape.data[k] < 0)
            return tb_fail(err, TB_CORRUPT, "dimension %zu of its shape is %d", k,
                           tensor.shape.data[k]);
    if (tensor.shape.count > INT_MAX ||
        !tb_shape_bytes(type, (int)tensor.shape.count, tensor.shape.data, &bytes))
        return tb_fail(err, TB_CORRUPT, "its size in bytes overflows");
    if (tensor.is_variable && tb_type_is_unsized(type))
        return tb_fail(err, TB_UNSUPPORTED, "it is a variable of type %s", TfLiteTypeGetName(type));
    tb_status status = TB_OK;
    if (tensor.constant.data)
        status = verify_constant(model, &tensor, bytes, err);
    if (status == TB_OK) {
        status = verify_quantization(model, tb_schema_tensor_quantization(table), &tensor,
                                     tensors.count, err);
        if (status != TB_OK)
            tb_in(err, "quantization");
    }
    return status;
}
