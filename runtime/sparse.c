/* Sparse constant tensors made dense. */
#include "runtime/sparse.h"

#include <string.h>

enum { MAX_RANK = 8, MAX_LEVELS = 2 * MAX_RANK };

typedef struct sparse_walk {
    const TfLiteTensor *tensor;
    const TfLiteSparsity *sparsity;
    const char *what;
    tb_error *err;
    int rank;
    int levels; /* dimensions with block dimensions */
    size_t element_bytes;
    size_t stored; /* values in the tensor's buffer */
    size_t next;   /* the one to place next */
    size_t strides[MAX_RANK];
    int block_size[MAX_RANK]; /* of each block dimension */
    int index[MAX_LEVELS];    /* by level */
    char *out;
} sparse_walk;

static tb_status place(sparse_walk *w)
{
    int64_t position[MAX_RANK] = {0};
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
        if (position[d] < 0 || position[d] >= w->tensor->dims->data[d])
            return tb_fail(w->err, TB_CORRUPT, "%s stores a value at %lld along dimension %d of %d",
                           w->what, (long long)position[d], d, w->tensor->dims->data[d]);
        offset += (size_t)position[d] * w->strides[d];
    }
    if (w->next >= w->stored)
        return tb_fail(w->err, TB_CORRUPT, "%s stores %zu values, its sparsity lists more", w->what,
                       w->stored);
    memcpy(w->out + offset * w->element_bytes, w->tensor->data.raw + w->next * w->element_bytes,
           w->element_bytes);
    w->next++;
    return TB_OK;
}

/* Recursion is as deep as there are levels. */
static tb_status walk(sparse_walk *w, int level, int64_t parent)
{
    if (level == w->levels)
        return place(w);
    const TfLiteDimensionMetadata *metadata = &w->sparsity->dim_metadata[level];
    if (metadata->format == kTfLiteDimDense) {
        for (int i = 0; i < metadata->dense_size; i++) {
            w->index[level] = i;
            tb_status status = walk(w, level + 1, parent * metadata->dense_size + i);
            if (status != TB_OK)
                return status;
        }
        return TB_OK;
    }
    const TfLiteIntArray *segments = metadata->array_segments, *indices = metadata->array_indices;
    if (!segments || !indices || parent + 1 >= segments->size)
        return tb_fail(w->err, TB_CORRUPT, "%s has too few segments at level %d", w->what, level);
    int first = segments->data[parent], end = segments->data[parent + 1];
    if (first < 0 || end < first || end > indices->size)
        return tb_fail(w->err, TB_CORRUPT,
                       "%s has segment %d to %d at level %d, which has %d indices", w->what, first,
                       end, level, indices->size);
    for (int i = first; i < end; i++) {
        w->index[level] = indices->data[i];
        tb_status status = walk(w, level + 1, i);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

/* The traversal order is a permutation of the dimensions and blocks, and blocks divide what they
   belong to. */
static tb_status check_order(sparse_walk *w)
{
    const TfLiteSparsity *s = w->sparsity;
    const TfLiteIntArray *order = s->traversal_order;
    int blocks = s->block_map ? s->block_map->size : 0;
    if (!order || w->rank < 1 || w->rank > MAX_RANK || blocks > w->rank ||
        order->size != w->rank + blocks || s->dim_metadata_size != order->size)
        return tb_fail(w->err, TB_CORRUPT,
                       "%s of %d dimensions has %d blocks, %d levels and metadata for %d", w->what,
                       w->rank, blocks, order ? order->size : 0, s->dim_metadata_size);
    w->levels = order->size;
    int level_of[MAX_LEVELS];
    for (int d = 0; d < MAX_LEVELS; d++)
        level_of[d] = -1;
    for (int level = 0; level < w->levels; level++) {
        int d = order->data[level];
        if (d < 0 || d >= w->levels || level_of[d] >= 0)
            return tb_fail(w->err, TB_CORRUPT, "%s has traversal order entry %d", w->what, d);
        level_of[d] = level;
    }
    for (int b = 0; b < blocks; b++) {
        int d = s->block_map->data[b];
        const TfLiteDimensionMetadata *metadata = &s->dim_metadata[level_of[w->rank + b]];
        if (d < 0 || d >= w->rank || metadata->format != kTfLiteDimDense ||
            metadata->dense_size < 1)
            return tb_fail(w->err, TB_CORRUPT, "%s has a block of %d along dimension %d", w->what,
                           metadata->dense_size, d);
        w->block_size[b] = metadata->dense_size;
    }
    return TB_OK;
}

tb_status tb_densify(const TfLiteTensor *tensor, size_t element_bytes, const char *what,
                     tb_error *err, void *out)
{
    sparse_walk w = {.tensor = tensor,
                     .sparsity = tensor->sparsity,
                     .what = what,
                     .err = err,
                     .rank = tensor->dims ? tensor->dims->size : 0,
                     .element_bytes = element_bytes,
                     .out = out};
    w.stored = tensor->bytes / element_bytes;
    tb_status status = check_order(&w);
    if (status != TB_OK)
        return status;
    size_t stride = 1;
    for (int d = w.rank - 1; d >= 0; d--) {
        w.strides[d] = stride;
        stride *= (size_t)tensor->dims->data[d];
    }
    if (stride > 0)
        memset(out, 0, stride * element_bytes);
    return walk(&w, 0, 0);
}
