/* Resource tensors; see handle.h. */
#include "runtime/ops/handle.h"

#include <string.h>

TfLiteStatus tb_handle_check(TfLiteContext *context, const TfLiteTensor *tensor, uint32_t type_mask)
{
    TB_OP_TRY(tb_op_check_type(context, tensor, "resource", type_mask));
    if (tb_tensor_elements(tensor) == 1)
        return kTfLiteOk;
    return tb_op_fail(context, "resource has %zu elements, expected 1", tb_count(tensor));
}

TfLiteStatus tb_handle_read(TfLiteContext *context, const TfLiteTensor *tensor, int32_t *id)
{
    if (!tensor->data.raw || tensor->bytes < sizeof *id)
        return tb_op_fail(context, "the resource was not made by any operator");
    memcpy(id, tensor->data.raw, sizeof *id);
    return kTfLiteOk;
}

/* Not dynamic: the size is known, so what follows in the plan can be prepared. Beside the variables, as
   in TFLite: handles live long, and would each take an arena's unit. */
void tb_handle_place(TfLiteTensor *output)
{
    if (output->type != kTfLiteResource)
        return;
    if (tb_tensor_is_dynamic(output))
        TfLiteTensorDataFree(output);
    if (tb_tensor_is_dynamic(output) || output->allocation_type == kTfLiteArenaRw)
        output->allocation_type = kTfLiteArenaRwPersistent;
    output->bytes = sizeof(int32_t);
}

TfLiteStatus tb_handle_write(TfLiteContext *context, TfLiteTensor *output, int32_t id)
{
    if (!output->data.raw || output->bytes < sizeof id || tb_tensor_is_constant(output))
        return tb_op_fail(context, "its output has no place for a resource");
    memcpy(output->data.raw, &id, sizeof id);
    return kTfLiteOk;
}

TfLiteStatus tb_handle_find(TfLiteContext *context, int32_t id, const char *kind, tb_resource **out)
{
    *out = tb_resources_find(tb_op_resources(context), id);
    if (*out && (*out)->kind != kind)
        return tb_op_fail(context, "resource %d is a %s, expected a %s", id, (*out)->kind, kind);
    return kTfLiteOk;
}
