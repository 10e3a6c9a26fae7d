/*
 * A custom operator as users have them, compiled by itself against the ABI's headers: Count adds its
 * first input to a variable and puts the sum out. How it is exported is chosen when it is compiled.
 */
#include "runtime/tflite_abi/common.h"

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *out = &context->tensors[node->outputs->data[0]];
    const TfLiteTensor *in = &context->tensors[node->inputs->data[0]];
    return context->ResizeTensor(context, out, TfLiteIntArrayCopy(in->dims));
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *in = &context->tensors[node->inputs->data[0]];
    TfLiteTensor *state = &context->tensors[node->inputs->data[1]];
    TfLiteTensor *out = &context->tensors[node->outputs->data[0]];
    for (size_t k = 0; k < in->bytes / sizeof(float); k++)
        out->data.f[k] = state->data.f[k] += in->data.f[k];
    return kTfLiteOk;
}

static TfLiteRegistration registration = {
    .prepare = prepare, .invoke = invoke, .custom_name = "Count", .version = 1};

#ifdef AS_LIST
const TfLiteRegistration *const *tflbench_custom_ops(int *count);
const TfLiteRegistration *const *tflbench_custom_ops(int *count)
{
    static const TfLiteRegistration *const all[] = {&registration};
    *count = 1;
    return all;
}
#else
TfLiteRegistration *NAME(void);
TfLiteRegistration *NAME(void)
{
#ifdef BROKEN
    registration.invoke = NULL;
#endif
    return &registration;
}
#endif
