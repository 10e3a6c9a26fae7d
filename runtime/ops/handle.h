/* Resource tensors: they hold the id of what tb_op_resources() keeps. */
#ifndef TB_RUNTIME_OPS_HANDLE_H
#define TB_RUNTIME_OPS_HANDLE_H

#include "runtime/ops/common.h"
#include "runtime/resources.h"

#define TB_TYPES_HANDLE (TB_TYPE_BIT(kTfLiteResource) | TB_TYPE_BIT(kTfLiteInt32))

/* At prepare: the tensor, of one element, is an input whose id invoke will read. */
TfLiteStatus tb_handle_check(TfLiteContext *context, const TfLiteTensor *tensor,
                             uint32_t type_mask);
/* At invoke. */
TfLiteStatus tb_handle_read(TfLiteContext *context, const TfLiteTensor *tensor, int32_t *id);

/* At prepare: a place for an id in an output, whose shape is left. */
void tb_handle_place(TfLiteTensor *output);
TfLiteStatus tb_handle_write(TfLiteContext *context, TfLiteTensor *output, int32_t id);

/* What is kept under the id, NULL for nothing yet; refuses where it is of another kind. */
TfLiteStatus tb_handle_find(TfLiteContext *context, int32_t id, const char *kind,
                            tb_resource **out);

#endif
