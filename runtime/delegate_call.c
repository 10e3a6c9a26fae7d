/* Calling a delegate in either of its forms; see delegate_call.h. */
#include "runtime/delegate_call.h"

#include "runtime/operator_internal.h"

bool tb_delegate_is_opaque(const TfLiteDelegate *delegate)
{
    return delegate && delegate->opaque_delegate_builder && !delegate->Prepare &&
           !delegate->CopyFromBufferHandle && !delegate->FreeBufferHandle;
}

int64_t tb_delegate_flags(const TfLiteDelegate *delegate)
{
    return tb_delegate_is_opaque(delegate) ? delegate->opaque_delegate_builder->flags
                                           : delegate->flags;
}

TfLiteStatus tb_delegate_prepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    if (tb_delegate_is_opaque(delegate)) {
        TfLiteOpaqueDelegateBuilder *builder = delegate->opaque_delegate_builder;
        if (!builder->Prepare)
            return kTfLiteDelegateError;
        return builder->Prepare(tb_opaque_context(context), delegate, builder->data);
    }
    return delegate->Prepare ? delegate->Prepare(context, delegate) : kTfLiteDelegateError;
}

TfLiteStatus tb_delegate_copy_from_handle(TfLiteContext *context, TfLiteDelegate *delegate,
                                          TfLiteTensor *tensor)
{
    if (tb_delegate_is_opaque(delegate)) {
        TfLiteOpaqueDelegateBuilder *builder = delegate->opaque_delegate_builder;
        if (!builder->CopyFromBufferHandle)
            return kTfLiteError;
        return builder->CopyFromBufferHandle(tb_opaque_context(context), delegate, builder->data,
                                             tensor->buffer_handle, tb_opaque_tensor(tensor));
    }
    if (!delegate->CopyFromBufferHandle)
        return kTfLiteError;
    return delegate->CopyFromBufferHandle(context, delegate, tensor->buffer_handle, tensor);
}

void tb_delegate_free_handle(TfLiteContext *context, TfLiteDelegate *delegate,
                             TfLiteBufferHandle *handle)
{
    if (tb_delegate_is_opaque(delegate)) {
        TfLiteOpaqueDelegateBuilder *builder = delegate->opaque_delegate_builder;
        if (builder->FreeBufferHandle)
            builder->FreeBufferHandle(tb_opaque_context(context), delegate, builder->data, handle);
    } else if (delegate->FreeBufferHandle) {
        delegate->FreeBufferHandle(context, delegate, handle);
    }
    *handle = kTfLiteNullBufferHandle;
}
