/* Sparse constant tensors: from the stored values and TfLiteSparsity to the dense form. */
#ifndef TB_RUNTIME_OPS_SPARSE_H
#define TB_RUNTIME_OPS_SPARSE_H

#include "runtime/ops/common.h"

/*
 * Writes the dense form of `tensor` (constant, with sparsity, of a type of whole bytes) to `out`,
 * which has room for all its elements. Refuses metadata that is inconsistent with the shape, with
 * itself or with the number of values stored.
 *
 * The stored values are those of a tree over the dimensions in traversal order (block dimensions
 * after the original ones): a dense level has every index, a CSR level the indices between two
 * segment bounds.
 */
TfLiteStatus tb_sparse_densify(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                               void *out);

#endif
