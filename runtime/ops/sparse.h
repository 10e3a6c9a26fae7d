/* Sparse constant tensors: from the stored values and TfLiteSparsity to the dense form. */
#ifndef TB_RUNTIME_OPS_SPARSE_H
#define TB_RUNTIME_OPS_SPARSE_H

#include "runtime/ops/common.h"

/* tb_densify (runtime/sparse.h), with a refusal in the node's name. */
TfLiteStatus tb_sparse_densify(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                               void *out);

#endif
