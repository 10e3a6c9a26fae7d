/* Sparse constant tensors: from the stored values and TfLiteSparsity to the dense form. */
#ifndef TB_RUNTIME_SPARSE_H
#define TB_RUNTIME_SPARSE_H

#include <stddef.h>

#include "runtime/base/status.h"
#include "runtime/tflite_abi/common.h"

/*
 * Writes the dense form of `tensor` (constant, with sparsity, elements of `element_bytes`) to `out`,
 * which has room for all its elements. Refuses metadata that is inconsistent with the shape, with
 * itself or with the number of values stored; `what` names the tensor in the message.
 *
 * The stored values are those of a tree over the dimensions in traversal order (block dimensions
 * after the original ones): a dense level has every index, a CSR level the indices between two
 * segment bounds.
 */
tb_status tb_densify(const TfLiteTensor *tensor, size_t element_bytes, const char *what,
                     tb_error *err, void *out);

#endif
