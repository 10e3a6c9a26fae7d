/* What kernels call; see op.h. */
#include "runtime/op.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/quant.h"
#include "runtime/tensor.h"

/* ---- tensors of a node ------------------------------------------------------------------------ */

static TfLiteTensor *tensor_in(const TfLiteContext *context, const TfLiteIntArray *list, int k)
{
    if (!list || k < 0 || k >= list->size)
        return NULL;
    int index = list->data[k];
    if (index < 0 || (size_t)index >= context->tensors_size)
        return NULL;
    return &context->tensors[index];
}

const TfLiteTensor *tb_op_input(const TfLiteContext *context, const TfLiteNode *node, int k)
{
    return tensor_in(context, node->inputs, k);
}

TfLiteTensor *tb_op_output(const TfLiteContext *context, const TfLiteNode *node, int k)
{
    return tensor_in(context, node->outputs, k);
}

TfLiteTensor *tb_op_variable(const TfLiteContext *context, const TfLiteNode *node, int k)
{
    TfLiteTensor *tensor = tensor_in(context, node->inputs, k);
    return tensor && tensor->is_variable ? tensor : NULL;
}

TfLiteTensor *tb_op_temporary(const TfLiteContext *context, const TfLiteNode *node, int k)
{
    return tensor_in(context, node->temporaries, k);
}

TfLiteTensor *tb_op_intermediate(const TfLiteContext *context, const TfLiteNode *node, int k)
{
    return tensor_in(context, node->intermediates, k);
}

bool tb_tensor_is_constant(const TfLiteTensor *tensor)
{
    return tensor->allocation_type == kTfLiteMmapRo ||
           tensor->allocation_type == kTfLitePersistentRo;
}

int64_t tb_tensor_elements(const TfLiteTensor *tensor)
{
    int64_t elements = 1;
    for (int k = 0; k < tb_tensor_rank(tensor); k++)
        elements *= tensor->dims->data[k];
    return elements;
}

/* ---- refusing --------------------------------------------------------------------------------- */

TfLiteStatus tb_op_fail(TfLiteContext *context, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    context->ReportError(context, "%s", text);
    return kTfLiteError;
}

TfLiteStatus tb_op_check_inputs(TfLiteContext *context, const TfLiteNode *node, int min, int max)
{
    int count = node->inputs->size;
    if (count >= min && count <= max)
        return kTfLiteOk;
    if (min == max)
        return tb_op_fail(context, "has %d inputs, expected %d", count, min);
    return tb_op_fail(context, "has %d inputs, expected %d to %d", count, min, max);
}

TfLiteStatus tb_op_check_outputs(TfLiteContext *context, const TfLiteNode *node, int count)
{
    if (node->outputs->size != count)
        return tb_op_fail(context, "has %d outputs, expected %d", node->outputs->size, count);
    for (int k = 0; k < count; k++) {
        int tensor = node->outputs->data[k];
        for (int i = 0; tensor >= 0 && i < node->inputs->size; i++)
            if (node->inputs->data[i] == tensor)
                return tb_op_fail(context, "tensor %d is both input %d and output %d", tensor, i,
                                  k);
        for (int i = 0; tensor >= 0 && i < k; i++)
            if (node->outputs->data[i] == tensor)
                return tb_op_fail(context, "tensor %d is both output %d and output %d", tensor, i,
                                  k);
    }
    return kTfLiteOk;
}

/* "FLOAT32, INT8 or UINT8" */
static void type_list(uint32_t mask, size_t capacity, char *out)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned type = 0; type < 32 && used < capacity; type++) {
        if (!(mask & TB_TYPE_BIT(type)))
            continue;
        uint32_t rest = mask & ~((TB_TYPE_BIT(type) << 1) - 1);
        const char *separator = used == 0 ? "" : rest ? ", " : " or ";
        int written = snprintf(out + used, capacity - used, "%s%s", separator,
                               TfLiteTypeGetName((TfLiteType)type));
        if (written < 0)
            return;
        used += (size_t)written;
    }
}

TfLiteStatus tb_op_check_type(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                              uint32_t type_mask)
{
    if (!tensor)
        return tb_op_fail(context, "%s is missing", what);
    if ((unsigned)tensor->type < 32 && (type_mask & TB_TYPE_BIT(tensor->type)))
        return kTfLiteOk;
    char types[320];
    type_list(type_mask, sizeof types, types);
    return tb_op_fail(context, "%s is %s, expected %s", what, TfLiteTypeGetName(tensor->type),
                      types);
}

TfLiteStatus tb_op_check_same_type(TfLiteContext *context, const TfLiteTensor *a,
                                   const char *a_name, const TfLiteTensor *b, const char *b_name)
{
    if (!a || !b)
        return tb_op_fail(context, "%s is missing", a ? b_name : a_name);
    if (a->type == b->type)
        return kTfLiteOk;
    return tb_op_fail(context, "%s is %s, %s is %s; expected the same type", a_name,
                      TfLiteTypeGetName(a->type), b_name, TfLiteTypeGetName(b->type));
}

TfLiteStatus tb_op_check_rank(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                              int min, int max)
{
    if (!tensor)
        return tb_op_fail(context, "%s is missing", what);
    int rank = tb_tensor_rank(tensor);
    if (rank >= min && rank <= max)
        return kTfLiteOk;
    char shape[TB_SHAPE_TEXT_SIZE];
    if (min == max)
        return tb_op_fail(context, "%s has %d dimensions %s, expected %d", what, rank,
                          tb_shape_text(tensor->dims, shape), min);
    return tb_op_fail(context, "%s has %d dimensions %s, expected %d to %d", what, rank,
                      tb_shape_text(tensor->dims, shape), min, max);
}

TfLiteStatus tb_op_check_quantized(TfLiteContext *context, const TfLiteTensor *tensor,
                                   const char *what)
{
    if (!tensor)
        return tb_op_fail(context, "%s is missing", what);
    int32_t min, max;
    if (!tb_quant_limits(tensor->type, &min, &max))
        return tb_op_fail(context, "%s is %s, expected a quantised type", what,
                          TfLiteTypeGetName(tensor->type));
    if (tensor->quantization.type == kTfLiteAffineQuantization) {
        const TfLiteAffineQuantization *affine = tensor->quantization.params;
        if (affine && affine->scale && affine->scale->size > 1)
            return tb_op_fail(context, "%s has %d scales, expected one for the whole tensor", what,
                              affine->scale->size);
    }
    double scale = (double)tensor->params.scale;
    if (!(scale > 0) || !isfinite(scale))
        return tb_op_fail(context, "%s has scale %g, expected a finite positive one", what, scale);
    int32_t zero_point = tensor->params.zero_point;
    if (zero_point < min || zero_point > max)
        return tb_op_fail(context, "%s has zero point %d, expected %d to %d for %s", what,
                          zero_point, min, max, TfLiteTypeGetName(tensor->type));
    return kTfLiteOk;
}

/* ---- shaping ---------------------------------------------------------------------------------- */

TfLiteStatus tb_op_resize(TfLiteContext *context, TfLiteTensor *tensor, int rank, const int *dims)
{
    return context->ResizeTensorExplicit(context, tensor, rank, dims);
}

TfLiteStatus tb_op_resize_like(TfLiteContext *context, TfLiteTensor *tensor,
                               const TfLiteTensor *like)
{
    int rank = tb_tensor_rank(like);
    return tb_op_resize(context, tensor, rank, rank ? like->dims->data : NULL);
}

void tb_op_set_dynamic(TfLiteTensor *tensor)
{
    if (tensor->allocation_type == kTfLiteDynamic)
        return;
    TfLiteTensorDataFree(tensor);
    tensor->allocation_type = kTfLiteDynamic;
    tensor->data.raw = NULL;
}

/* ---- scratch ---------------------------------------------------------------------------------- */

void *tb_op_persistent(TfLiteContext *context, size_t bytes)
{
    return context->AllocatePersistentBuffer(context, bytes);
}

TfLiteStatus tb_op_request_scratch(TfLiteContext *context, size_t bytes, int *index)
{
    return context->RequestScratchBufferInArena(context, bytes, index);
}

void *tb_op_scratch(TfLiteContext *context, int index)
{
    return context->GetScratchBuffer(context, index);
}
