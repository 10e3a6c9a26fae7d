/* What is behind the opaque TfLiteOperator; made and filled by operator.c, called by node.c. */
#ifndef TB_RUNTIME_OPERATOR_INTERNAL_H
#define TB_RUNTIME_OPERATOR_INTERNAL_H

#include "runtime/tflite_abi/common.h"
#include "runtime/tflite_abi/operator.h"

struct TfLiteOperator {
    char *custom_name; /* owned; NULL for a builtin */
    int version;
    int32_t builtin_code;
    void *user_data;
    uint64_t inplace_operator;
    void *(*init)(TfLiteOpaqueContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteOpaqueContext *context, void *data);
    TfLiteStatus (*prepare)(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node);
    TfLiteStatus (*invoke)(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node);
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node);
    void *(*init_with_data)(void *user_data, TfLiteOpaqueContext *context, const char *buffer,
                            size_t length);
    void (*free_with_data)(void *user_data, TfLiteOpaqueContext *context, void *data);
    TfLiteStatus (*prepare_with_data)(void *user_data, TfLiteOpaqueContext *context,
                                      TfLiteOpaqueNode *node);
    TfLiteStatus (*invoke_with_data)(void *user_data, TfLiteOpaqueContext *context,
                                     TfLiteOpaqueNode *node);
    struct TfLiteAsyncKernel *(*async_kernel_with_data)(void *user_data,
                                                        TfLiteOpaqueContext *context,
                                                        TfLiteOpaqueNode *node);
};

/* The views of the opaque API: the same objects under another name. */
static inline TfLiteOpaqueContext *tb_opaque_context(TfLiteContext *context)
{
    return (TfLiteOpaqueContext *)context;
}

static inline TfLiteOpaqueNode *tb_opaque_node(TfLiteNode *node)
{
    return (TfLiteOpaqueNode *)node;
}

static inline TfLiteOpaqueTensor *tb_opaque_tensor(TfLiteTensor *tensor)
{
    return (TfLiteOpaqueTensor *)tensor;
}

/* A registration that calls the operator. Borrows its name. */
TfLiteRegistration tb_operator_registration(TfLiteOperator *operator_);

#endif
