/* Sparse constant tensors made dense, for operators. */
#include "runtime/ops/sparse.h"

#include "runtime/sparse.h"

TfLiteStatus tb_sparse_densify(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                               void *out)
{
    const size_t element_bytes = tb_type_bytes(tensor->type);
    if (element_bytes == 0)
        return tb_op_fail(context, "%s is sparse and %s, expected a type of whole bytes", what,
                          TfLiteTypeGetName(tensor->type));
    tb_error err = TB_ERROR_NONE;
    if (tb_densify(tensor, element_bytes, what, &err, out) != TB_OK)
        return tb_op_fail(context, "%s", err.text);
    return kTfLiteOk;
}
