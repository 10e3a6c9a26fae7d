/* Calling a delegate, whether it is plain or was made from a TfLiteOpaqueDelegateBuilder. */
#ifndef TB_RUNTIME_DELEGATE_CALL_H
#define TB_RUNTIME_DELEGATE_CALL_H

#include <stdbool.h>

#include "runtime/tflite_abi/common.h"

/* True where it has the builder and none of the plain functions. */
bool tb_delegate_is_opaque(const TfLiteDelegate *delegate);
int64_t tb_delegate_flags(const TfLiteDelegate *delegate);
TfLiteStatus tb_delegate_prepare(TfLiteContext *context, TfLiteDelegate *delegate);
/* kTfLiteError, without a message, where the delegate has no such function. */
TfLiteStatus tb_delegate_copy_from_handle(TfLiteContext *context, TfLiteDelegate *delegate,
                                          TfLiteTensor *tensor);
void tb_delegate_free_handle(TfLiteContext *context, TfLiteDelegate *delegate,
                             TfLiteBufferHandle *handle);

#endif
