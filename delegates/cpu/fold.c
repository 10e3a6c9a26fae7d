/* Finds and unpacks constants that the model computes. */
#include "delegates/cpu/fold.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/quant.h"
#include "runtime/sparse.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* ---- finding --------------------------------------------------------------------------------------- */

static size_t bytes_of(TfLiteType type)
{
    switch (type) {
    case kTfLiteFloat32:
        return 4;
    case kTfLiteFloat16:
        return 2;
    case kTfLiteInt8:
    case kTfLiteUInt8:
        return 1;
    default:
        return 0;
    }
}

static bool count_of(const TfLiteTensor *tensor, size_t *count)
{
    *count = 1;
    for (int i = 0; tensor->dims && i < tensor->dims->size; i++)
        if (tensor->dims->data[i] < 1 || !tb_mul_size(*count, (size_t)tensor->dims->data[i], count))
            return false;
    return *count <= INT32_MAX / 8;
}

static bool same_shape(const TfLiteTensor *a, const TfLiteTensor *b)
{
    return a->dims && b->dims && TfLiteIntArrayEqual(a->dims, b->dims);
}

/* A scale for the tensor, or for each element along one dimension. */
static bool has_scales(const TfLiteTensor *tensor)
{
    const TfLiteAffineQuantization *affine = tensor->quantization.params;
    if (tensor->quantization.type != kTfLiteAffineQuantization || !affine || !affine->scale ||
        affine->scale->size < 1 || !affine->zero_point || affine->zero_point->size < 1)
        return false;
    const int axis = affine->quantized_dimension, scales = affine->scale->size;
    return scales == 1 ||
           (axis >= 0 && axis < tensor->dims->size && tensor->dims->data[axis] == scales &&
            (affine->zero_point->size == 1 || affine->zero_point->size == scales));
}

static bool is_fold(const TfLiteContext *context, const TfLiteNode *node, int code,
                    const tb_cpu_folds *before, tb_cpu_fold *out)
{
    if ((code != kTfLiteBuiltinDequantize && code != kTfLiteBuiltinDensify) ||
        node->inputs->size != 1 || node->outputs->size != 1 || node->inputs->data[0] < 0 ||
        node->outputs->data[0] < 0)
        return false;
    out->from = node->inputs->data[0];
    out->tensor = node->outputs->data[0];
    const TfLiteTensor *from = &context->tensors[out->from], *to = &context->tensors[out->tensor];
    const tb_cpu_fold *dense = tb_folds_get(before, out->from);
    out->source = dense ? dense->source : out->from;
    const TfLiteTensor *source = &context->tensors[out->source];
    size_t count;
    if (source->allocation_type != kTfLiteMmapRo || !source->data.raw_const ||
        !count_of(to, &count) || !same_shape(from, to) || !same_shape(source, to) ||
        to->is_variable || to->allocation_type == kTfLiteDynamic)
        return false;
    if (code == kTfLiteBuiltinDensify)
        return !dense && source->sparsity && from->type == to->type && bytes_of(to->type) > 0;
    if (to->type != kTfLiteFloat32 || (!dense && from->sparsity) ||
        (!source->sparsity && source->bytes != count * bytes_of(source->type)))
        return false;
    return from->type == kTfLiteFloat16 ||
           ((from->type == kTfLiteInt8 || from->type == kTfLiteUInt8) && has_scales(from));
}

tb_status tb_folds_find(TfLiteContext *context, const TfLiteIntArray *order, tb_error *err,
                        tb_cpu_folds *out)
{
    *out = (tb_cpu_folds){NULL, 0};
    int capacity = 0;
    for (int i = 0; i < order->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        tb_cpu_fold fold = {.node = order->data[i]};
        if (context->GetNodeAndRegistration(context, fold.node, &node, &registration) !=
                kTfLiteOk ||
            !is_fold(context, node, registration->builtin_code, out, &fold))
            continue;
        if (out->count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            tb_cpu_fold *grown = realloc(out->items, (size_t)capacity * sizeof *grown);
            if (!grown) {
                tb_folds_free(out);
                return tb_fail(err, TB_NO_MEMORY, "listing computed constants");
            }
            out->items = grown;
        }
        out->items[out->count++] = fold;
    }
    return TB_OK;
}

bool tb_folds_copy(const tb_cpu_folds *from, tb_cpu_folds *to)
{
    if (!from || from->count == 0)
        return true;
    to->items = malloc((size_t)from->count * sizeof *to->items);
    if (!to->items)
        return false;
    memcpy(to->items, from->items, (size_t)from->count * sizeof *to->items);
    to->count = from->count;
    return true;
}

void tb_folds_free(tb_cpu_folds *folds)
{
    free(folds->items);
    *folds = (tb_cpu_folds){NULL, 0};
}

const tb_cpu_fold *tb_folds_get(const tb_cpu_folds *folds, int tensor)
{
    for (int i = 0; i < folds->count; i++)
        if (folds->items[i].tensor == tensor)
            return &folds->items[i];
    return NULL;
}

/* ---- unpacking ------------------------------------------------------------------------------------- */

static int32_t element_at(const TfLiteTensor *tensor, const void *bytes, size_t i)
{
    return tensor->type == kTfLiteInt8 ? ((const int8_t *)bytes)[i] : ((const uint8_t *)bytes)[i];
}

/* As the portable kernel: in double per tensor, in float per channel. */
static void dequantize(const TfLiteTensor *from, const void *bytes, size_t count, float *out)
{
    if (from->type == kTfLiteFloat16) {
        const uint16_t *halves = bytes;
        for (size_t i = 0; i < count; i++)
            out[i] = tb_float_from_half(halves[i]);
        return;
    }
    const TfLiteAffineQuantization *affine = from->quantization.params;
    const int scales = affine->scale->size;
    if (scales == 1) {
        const double scale = (double)from->params.scale;
        for (size_t i = 0; i < count; i++)
            out[i] =
                (float)(scale * (double)(element_at(from, bytes, i) - from->params.zero_point));
        return;
    }
    size_t run = 1;
    for (int d = affine->quantized_dimension + 1; d < from->dims->size; d++)
        run *= (size_t)from->dims->data[d];
    for (size_t i = 0; i < count; i++) {
        const size_t channel = i / run % (size_t)scales;
        const int32_t zero =
            affine->zero_point->data[affine->zero_point->size > 1 ? channel : (size_t)0];
        out[i] = affine->scale->data[channel] * (float)(element_at(from, bytes, i) - zero);
    }
}

typedef struct fold_key {
    const void *source;
    uint32_t kind; /* of tb_packs' keys: no packing of weights is of this size */
    uint32_t type;
} fold_key;

tb_status tb_fold_values(TfLiteContext *context, const tb_cpu_fold *fold, tb_packs *packs,
                         tb_error *err, const void **out)
{
    const TfLiteTensor *source = &context->tensors[fold->source];
    const TfLiteTensor *from = &context->tensors[fold->from], *to = &context->tensors[fold->tensor];
    fold_key key;
    memset(&key, 0, sizeof key);
    key.source = source->data.raw_const;
    key.kind = 0xF01Du;
    key.type = (uint32_t)to->type;
    *out = tb_packs_find(packs, &key, sizeof key);
    if (*out)
        return TB_OK;
    size_t count, bytes;
    if (!count_of(to, &count) || !tb_mul_size(count, sizeof(float), &bytes))
        return tb_fail(err, TB_UNSUPPORTED, "tensor %d is too large to be unpacked", fold->tensor);
    const bool convert = from->type != to->type;
    void *values, *dense = NULL;
    const void *stored = source->data.raw_const;
    tb_status status = tb_packs_alloc(packs, bytes, err, &values);
    if (status != TB_OK)
        return tb_in(err, "unpacking tensor %d", fold->tensor);
    if (convert && source->sparsity && !(dense = malloc(bytes))) {
        status = tb_fail(err, TB_NO_MEMORY, "unpacking tensor %d: %zu bytes", fold->tensor, bytes);
        goto fail;
    }
    if (source->sparsity) {
        void *to_dense = convert ? dense : values;
        status = tb_densify(source, bytes_of(source->type), "weights", err, to_dense);
        if (status != TB_OK)
            goto fail;
        stored = dense;
    }
    if (convert)
        dequantize(from, stored, count, values);
    free(dense);
    tb_packs_release(packs, source->data.raw_const, source->bytes);
    *out = tb_packs_publish(packs, &key, sizeof key, values);
    return *out ? TB_OK : tb_fail(err, TB_NO_MEMORY, "keeping tensor %d", fold->tensor);

fail:
    free(dense);
    tb_packs_drop(packs, values);
    return status;
}

tb_status tb_fold_weights(const TfLiteTensor *filter, tb_packs *packs, tb_error *err,
                          const void **out)
{
    fold_key key;
    memset(&key, 0, sizeof key);
    key.source = filter->data.raw_const;
    key.kind = 0xF01Eu;
    key.type = (uint32_t)filter->type;
    *out = tb_packs_find(packs, &key, sizeof key);
    if (*out)
        return TB_OK;
    size_t count, bytes;
    if (!count_of(filter, &count) || !tb_mul_size(count, sizeof(float), &bytes))
        return tb_fail(err, TB_UNSUPPORTED, "the weights are too large to be unpacked");
    void *block;
    tb_status status = tb_packs_alloc(packs, bytes, err, &block);
    if (status != TB_OK)
        return status;
    float *values = block;
    int8_t *unpacked = filter->type == kTfLiteInt4 ? malloc(count) : NULL;
    if (filter->type == kTfLiteInt4 && !unpacked) {
        tb_packs_drop(packs, block);
        return tb_fail(err, TB_NO_MEMORY, "unpacking %zu weights", count);
    }
    if (unpacked)
        tb_unpack_int4(filter->data.raw_const, count, unpacked);
    const int8_t *from = unpacked ? unpacked : filter->data.int8;
    for (size_t i = 0; i < count; i++)
        values[i] = (float)from[i];
    free(unpacked);
    tb_packs_release(packs, filter->data.raw_const, filter->bytes);
    *out = tb_packs_publish(packs, &key, sizeof key, values);
    return *out ? TB_OK : tb_fail(err, TB_NO_MEMORY, "keeping unpacked weights");
}
