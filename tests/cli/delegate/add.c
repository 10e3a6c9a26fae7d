/*
 * A delegate as somebody else would write one, knowing TFLite's C interface alone: it takes float ADD
 * of two tensors of one shape and computes it plainly. Options: `fault=N` makes every
 * third value of node N wrong; `only=N` takes that node alone; `decline=1` makes no
 * delegate at all.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"
#include "runtime/tflite_abi/common.h"
#include "runtime/tflite_abi/external_delegate.h"

TFL_CAPI_EXPORT TfLiteDelegate *
tflite_plugin_create_delegate(const char *const *keys, const char *const *values, size_t count,
                              void (*report_error)(const char *message));
TFL_CAPI_EXPORT void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate);

typedef struct settings {
    int fault, only; /* node; -1: none */
} settings;

/* The nodes of a partition, in order. */
typedef struct kernel {
    int count;
    struct addition {
        int left, right, out;
        TfLiteFusedActivation activation;
        int wrong;
    } additions[1024];
} kernel;

static int count_of(const TfLiteTensor *tensor)
{
    int count = 1;
    for (int k = 0; k < tensor->dims->size; k++)
        count *= tensor->dims->data[k];
    return count;
}

static void *init(TfLiteContext *context, const char *buffer, size_t length)
{
    (void)length;
    const TfLiteDelegateParams *params = (const TfLiteDelegateParams *)(const void *)buffer;
    const settings *set = params->delegate->data_;
    kernel *made = calloc(1, sizeof *made);
    for (int k = 0; made && k < params->nodes_to_replace->size && k < 1024; k++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        int index = params->nodes_to_replace->data[k];
        if (context->GetNodeAndRegistration(context, index, &node, &registration) != kTfLiteOk) {
            free(made);
            return NULL;
        }
        const TfLiteAddParams *add = node->builtin_data;
        made->additions[made->count++] =
            (struct addition){node->inputs->data[0], node->inputs->data[1], node->outputs->data[0],
                              add->activation, index == set->fault};
    }
    return made;
}

static void release(TfLiteContext *context, void *buffer)
{
    (void)context;
    free(buffer);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const kernel *k = node->user_data;
    for (int i = 0; k && i < k->count; i++) {
        TfLiteTensor *out = &context->tensors[k->additions[i].out];
        const TfLiteTensor *left = &context->tensors[k->additions[i].left];
        if (context->ResizeTensor(context, out, TfLiteIntArrayCopy(left->dims)) != kTfLiteOk)
            return kTfLiteError;
    }
    return k ? kTfLiteOk : kTfLiteError;
}

static float activate(float value, TfLiteFusedActivation activation)
{
    if (activation == kTfLiteActRelu || activation == kTfLiteActRelu6)
        value = value < 0 ? 0 : value;
    if (activation == kTfLiteActRelu6)
        value = value > 6 ? 6 : value;
    return value;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const kernel *k = node->user_data;
    for (int i = 0; i < k->count; i++) {
        const struct addition *a = &k->additions[i];
        const float *left = context->tensors[a->left].data.f;
        const float *right = context->tensors[a->right].data.f;
        float *out = context->tensors[a->out].data.f;
        int count = count_of(&context->tensors[a->out]);
        for (int e = 0; e < count; e++)
            out[e] = activate(left[e] + right[e], a->activation);
        for (int e = 0; a->wrong && e < count; e += 3)
            out[e] = out[e] * 1.5f + 1;
    }
    return kTfLiteOk;
}

static int fits(TfLiteContext *context, const TfLiteNode *node,
                const TfLiteRegistration *registration)
{
    if (registration->builtin_code != kTfLiteBuiltinAdd || node->inputs->size != 2)
        return 0;
    const TfLiteTensor *left = &context->tensors[node->inputs->data[0]];
    const TfLiteTensor *right = &context->tensors[node->inputs->data[1]];
    const TfLiteAddParams *add = node->builtin_data;
    return left->type == kTfLiteFloat32 && right->type == kTfLiteFloat32 && left->dims &&
           right->dims && TfLiteIntArrayEqual(left->dims, right->dims) && add &&
           add->activation <= kTfLiteActRelu6 && add->activation != kTfLiteActReluN1To1;
}

/* No node behind another that is taken: tensors inside a partition would be ours to allocate. */
static int follows(TfLiteContext *context, const TfLiteIntArray *wanted, const TfLiteNode *node)
{
    for (int k = 0; k < wanted->size; k++) {
        TfLiteNode *other;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, wanted->data[k], &other, &registration) !=
            kTfLiteOk)
            return 1;
        if (other->outputs->data[0] == node->inputs->data[0] ||
            other->outputs->data[0] == node->inputs->data[1])
            return 1;
    }
    return 0;
}

static TfLiteStatus take(TfLiteContext *context, TfLiteDelegate *delegate)
{
    const settings *set = delegate->data_;
    TfLiteIntArray *plan;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteError;
    TfLiteIntArray *wanted = TfLiteIntArrayCreate(plan->size);
    if (!wanted)
        return kTfLiteError;
    wanted->size = 0;
    for (int k = 0; k < plan->size; k++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, plan->data[k], &node, &registration) ==
                kTfLiteOk &&
            fits(context, node, registration) && !follows(context, wanted, node) &&
            (set->only < 0 || set->only == plan->data[k]))
            wanted->data[wanted->size++] = plan->data[k];
    }
    TfLiteRegistration registration = {.init = init,
                                       .free = release,
                                       .prepare = prepare,
                                       .invoke = invoke,
                                       .custom_name = "PlainAdd",
                                       .version = 1};
    TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, registration, wanted, delegate);
    TfLiteIntArrayFree(wanted);
    return status;
}

TfLiteDelegate *tflite_plugin_create_delegate(const char *const *keys, const char *const *values,
                                              size_t count,
                                              void (*report_error)(const char *message))
{
    settings set = {-1, -1};
    for (size_t k = 0; k < count; k++) {
        int number = atoi(values[k]);
        if (strcmp(keys[k], "fault") == 0)
            set.fault = number;
        else if (strcmp(keys[k], "only") == 0)
            set.only = number;
        else {
            if (report_error)
                report_error(strcmp(keys[k], "decline") == 0 ? "declined, as asked"
                                                             : "an option it does not know");
            return NULL;
        }
    }
    TfLiteDelegate *delegate = calloc(1, sizeof *delegate);
    settings *kept = malloc(sizeof *kept);
    if (!delegate || !kept) {
        free(delegate);
        free(kept);
        return NULL;
    }
    *kept = set;
    delegate->data_ = kept;
    delegate->Prepare = take;
    delegate->flags = kTfLiteDelegateFlagsNone;
    return delegate;
}

void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate)
{
    if (delegate)
        free(delegate->data_);
    free(delegate);
}
