/* Sparse constant tensors made dense. */
#include "runtime/ops/sparse.h"

#include <string.h>

#define MAX_LEVELS (2 * TB_MAX_RANK)

typedef struct sparse_walk {
    TfLiteContext *context;
    const TfLiteTensor *tensor;
    const TfLiteSparsity *sparsity;
    const char *what;
    int rank;
    int levels; /* dimensions with block dimensions */
    size_t element_bytes;
    size_t stored; /* values in the tensor's buffer */
    size_t next;   /* the one to place next */
    size_t strides[TB_MAX_RANK];
    int block_size[TB_MAX_RANK]; /* of each block dimension */
    int index[MAX_LEVELS];       /* by level */
    char *out;
} sparse_walk;

static TfLiteStatus place(sparse_walk *w)
{
    int64_t position[TB_MAX_RANK] = {0};
    for (int level = 0; level < w->levels; level++) {
        int dimension = w->sparsity->traversal_order->data[level];
        if (dimension < w->rank)
            position[dimension] += w->index[level];
    }
    for (int level = 0; level < w->levels; level++) {
        int block = w->sparsity->traversal_order->data[level] - w->rank;
        if (block < 0)
            continue;
        int dimension = w->sparsity->block_map->data[block];
        position[dimension] = position[dimension] * w->block_size[block] + w->index[level];
    }
    size_t offset = 0;
    for (int d = 0; d < w->rank; d++) {
        if (position[d] < 0 || position[d] >= tb_tensor_dim(w->tensor, d))
            return tb_op_fail(w->context, "%s stores a value at %lld along dimension %d of %d",
                              w->what, (long long)position[d], d, tb_tensor_dim(w->tensor, d));
        offset += (size_t)position[d] * w->strides[d];
    }
    if (w->next >= w->stored)
        return tb_op_fail(w->context, "%s stores %zu values, its sparsity lists more", w->what,
                          w->stored);
    memcpy(w->out + offset * w->element_bytes, w->tensor->data.raw + w->next * w->element_bytes,
           w->element_bytes);
    w->next++;
    return kTfLiteOk;
}

/* Recursion is as deep as there are levels. */
static TfLiteStatus walk(sparse_walk *w, int level, int64_t parent)
{
    if (level == w->levels)
        return place(w);
    const TfLiteDimensionMetadata *metadata = &w->sparsity->dim_metadata[level];
    if (metadata->format == kTfLiteDimDense) {
        for (int i = 0; i < metadata->dense_size; i++) {
            w->index[level] = i;
            TB_OP_TRY(walk(w, level + 1, parent * metadata->dense_size + i));
        }
        return kTfLiteOk;
    }
    const TfLiteIntArray *segments = metadata->array_segments, *indices = metadata->array_indices;
    if (!segments || !indices || parent + 1 >= segments->size)
        return tb_op_fail(w->context, "%s has too few segments at level %d", w->what, level);
    int first = segments->data[parent], end = segments->data[parent + 1];
    if (first < 0 || end < first || end > indices->size)
        return tb_op_fail(w->context, "%s has segment %d to %d at level %d, which has %d indices",
                          w->what, first, end, level, indices->size);
    for (int i = first; i < end; i++) {
        w->index[level] = indices->data[i];
        TB_OP_TRY(walk(w, level + 1, i));
    }
    return kTfLiteOk;
}

/* The traversal order is a permutation of the dimensions and blocks, and blocks divide what they
   belong to. */
static TfLiteStatus check_order(sparse_walk *w)
{
    const TfLiteSparsity *s = w->sparsity;
    const TfLiteIntArray *order = s->traversal_order;
    int blocks = s->block_map ? s->block_map->size : 0;
    if (!order || w->rank < 1 || w->rank > TB_MAX_RANK || blocks > w->rank ||
        order->size != w->rank + blocks || s->dim_metadata_size != order->size)
        return tb_op_fail(w->context,
                          "%s of %d dimensions has %d blocks, %d levels and metadata for %d",
                          w->what, w->rank, blocks, order ? order->size : 0, s->dim_metadata_size);
    w->levels = order->size;
    int level_of[MAX_LEVELS];
    for (int d = 0; d < MAX_LEVELS; d++)
        level_of[d] = -1;
    for (int level = 0; level < w->levels; level++) {
        int d = order->data[level];
        if (d < 0 || d >= w->levels || level_of[d] >= 0)
            return tb_op_fail(w->context, "%s has traversal order entry %d", w->what, d);
        level_of[d] = level;
    }
    for (int b = 0; b < blocks; b++) {
        int d = s->block_map->data[b];
        const TfLiteDimensionMetadata *metadata = &s->dim_metadata[level_of[w->rank + b]];
        if (d < 0 || d >= w->rank || metadata->format != kTfLiteDimDense ||
            metadata->dense_size < 1)
            return tb_op_fail(w->context, "%s has a block of %d along dimension %d", w->what,
                              metadata->dense_size, d);
        w->block_size[b] = metadata->dense_size;
    }
    return kTfLiteOk;
}

TfLiteStatus tb_sparse_densify(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                               void *out)
{
    sparse_walk w = {.context = context,
                     .tensor = tensor,
                     .sparsity = tensor->sparsity,
                     .what = what,
                     .rank = tb_tensor_rank(tensor),
                     .element_bytes = tb_type_bytes(tensor->type),
                     .out = out};
    if (w.element_bytes == 0)
        return tb_op_fail(context, "%s is sparse and %s, expected a type of whole bytes", what,
                          TfLiteTypeGetName(tensor->type));
    w.stored = tensor->bytes / w.element_bytes;
    TB_OP_TRY(check_order(&w));
    size_t stride = 1;
    for (int d = w.rank - 1; d >= 0; d--) {
        w.strides[d] = stride;
        stride *= (size_t)tb_tensor_dim(tensor, d);
    }
    tb_zero_bytes(out, stride * w.element_bytes);
    return walk(&w, 0, 0);
}
