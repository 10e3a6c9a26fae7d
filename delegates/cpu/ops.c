/* The rows of ops.def, and what the operators' files share. */
#include "delegates/cpu/ops.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "delegates/cpu/op_rows.h"
#include "runtime/base/size.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_ops.h"

static const struct {
    int code;
    const tb_cpu_op_row *row;
} rows[] = {
#define TB_CPU_OP(builtin, name) {kTfLiteBuiltin##builtin, &tb_cpu_op_##name},
#include "delegates/cpu/ops.def"
#undef TB_CPU_OP
};

const tb_cpu_op_row *tb_cpu_op_find(int builtin_code)
{
    for (size_t i = 0; i < TB_COUNT_OF(rows); i++)
        if (rows[i].code == builtin_code)
            return rows[i].row;
    return NULL;
}

/* ---- asking about a node --------------------------------------------------------------------------- */

bool tb_query_no(tb_cpu_query *query, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(query->reason, sizeof query->reason, format, args);
    va_end(args);
    return false;
}

static const TfLiteTensor *tensor_of(const tb_cpu_query *query, const TfLiteIntArray *list, int k)
{
    return list && k < list->size && list->data[k] >= 0 ? &query->context->tensors[list->data[k]]
                                                        : NULL;
}

const TfLiteTensor *tb_query_input(const tb_cpu_query *query, int k)
{
    return tensor_of(query, query->node->inputs, k);
}

const TfLiteTensor *tb_query_output(const tb_cpu_query *query, int k)
{
    return tensor_of(query, query->node->outputs, k);
}

bool tb_query_is_constant(const tb_cpu_query *query, const TfLiteTensor *tensor)
{
    if (tensor->allocation_type == kTfLiteMmapRo)
        return tensor->data.raw_const != NULL;
    return tb_folds_get(query->folds, (int)(tensor - query->context->tensors)) != NULL;
}

bool tb_query_has_values(const TfLiteTensor *tensor)
{
    return (tensor->allocation_type == kTfLiteMmapRo ||
            tensor->allocation_type == kTfLitePersistentRo) &&
           tensor->data.raw_const;
}

bool tb_query_is_known(const tb_cpu_query *query, const TfLiteTensor *tensor)
{
    return tb_query_is_constant(query, tensor) || tb_query_has_values(tensor);
}

size_t tb_query_elements(const TfLiteTensor *tensor)
{
    size_t elements = 1;
    for (int i = 0; tensor->dims && i < tensor->dims->size; i++)
        elements *= (size_t)tensor->dims->data[i];
    return elements;
}

bool tb_query_same_type(tb_cpu_query *query, const TfLiteTensor *a, const TfLiteTensor *b)
{
    if (!a || !b)
        return tb_query_no(query, "an input or output is missing");
    if (a->type != b->type)
        return tb_query_no(query, "%s and %s together", TfLiteTypeGetName(a->type),
                           TfLiteTypeGetName(b->type));
    if (a->type != kTfLiteFloat32 && !tb_type_is_q8(a->type))
        return tb_query_no(query, "not done for %s", TfLiteTypeGetName(a->type));
    if (tb_type_is_q8(a->type) && !(a->params.scale > 0.0f && b->params.scale > 0.0f))
        return tb_query_no(query, "%s without a scale", TfLiteTypeGetName(a->type));
    return true;
}

bool tb_query_activation(tb_cpu_query *query, TfLiteFusedActivation activation)
{
    switch (activation) {
    case kTfLiteActNone:
    case kTfLiteActRelu:
    case kTfLiteActReluN1To1:
    case kTfLiteActRelu6:
        return true;
    default:
        return tb_query_no(query, "fused activation %d", (int)activation);
    }
}

bool tb_query_rank(tb_cpu_query *query, const TfLiteTensor *tensor, const char *what, int min,
                   int max)
{
    const int rank = tensor && tensor->dims ? tensor->dims->size : 0;
    if (!tensor || rank < min || rank > max)
        return tb_query_no(query, "%s has %d dimensions", what, rank);
    return true;
}

bool tb_query_filter(tb_cpu_query *query, const TfLiteTensor *input, const TfLiteTensor *filter,
                     const TfLiteTensor *bias, int axis)
{
    if (!query->any_filter && !tb_query_is_constant(query, filter))
        return tb_query_no(query, "the filter is computed, not a constant");
    if (filter->sparsity)
        return tb_query_no(query, "the filter is sparse");
    if (!query->any_filter && bias && !tb_query_is_constant(query, bias))
        return tb_query_no(query, "the bias is computed, not a constant");
    if (query->hybrid && tb_query_is_hybrid(input, filter))
        return tb_query_hybrid_filter(query, filter, bias, axis);
    if (filter->type != input->type)
        return tb_query_no(query, "input is %s and filter %s", TfLiteTypeGetName(input->type),
                           TfLiteTypeGetName(filter->type));
    const TfLiteType bias_type = input->type == kTfLiteFloat32 ? kTfLiteFloat32 : kTfLiteInt32;
    if (bias && bias->type != bias_type)
        return tb_query_no(query, "the bias is %s", TfLiteTypeGetName(bias->type));
    if (input->type == kTfLiteFloat32)
        return true;
    const TfLiteAffineQuantization *affine = filter->quantization.params;
    if (filter->quantization.type != kTfLiteAffineQuantization || !affine || !affine->scale ||
        affine->scale->size < 1)
        return tb_query_no(query, "the filter has no scale");
    const bool per_channel = affine->scale->size > 1;
    if (per_channel &&
        (affine->quantized_dimension != axis || affine->scale->size != filter->dims->data[axis]))
        return tb_query_no(query, "the filter is quantised along dimension %d",
                           affine->quantized_dimension);
    if (input->type == kTfLiteUInt8 && per_channel)
        return tb_query_no(query, "a UINT8 filter has a scale for each channel");
    const TfLiteIntArray *zeros = input->type == kTfLiteInt8 ? affine->zero_point : NULL;
    for (int i = 0; zeros && i < zeros->size; i++)
        if (zeros->data[i] != 0)
            return tb_query_no(query, "an INT8 filter has zero point %d", zeros->data[i]);
    return true;
}

/* ---- windows --------------------------------------------------------------------------------------- */

/* Padding before and after so that `output` windows, as TFLite counts them, have their taps. */
static int64_t pad_axis(TfLitePadding padding, int64_t input, int64_t taps, int64_t stride,
                        int64_t dilation, int32_t *before, int32_t *after)
{
    const int64_t reach = (taps - 1) * dilation + 1;
    int64_t output, total = 0;
    if (padding == kTfLitePaddingSame) {
        output = (input + stride - 1) / stride;
        total = (output - 1) * stride + reach - input;
        total = total > 0 ? total : 0;
    } else {
        output = input >= reach ? (input - reach) / stride + 1 : 0;
    }
    *before = (int32_t)(total / 2);
    *after = (int32_t)(total - total / 2);
    return output;
}

void tb_op_window_pad(const tb_cpu_op *op, const tb_value *in, TfLitePadding padding, tb_window *w)
{
    const int32_t h = in->dims[1] + op->pad_top + op->pad_bottom;
    const int32_t width = in->dims[2] + op->pad_left + op->pad_right;
    pad_axis(padding, h, w->kh, w->stride_h, w->dilation_h, &w->top, &w->bottom);
    pad_axis(padding, width, w->kw, w->stride_w, w->dilation_w, &w->left, &w->right);
    w->top += op->pad_top;
    w->bottom += op->pad_bottom;
    w->left += op->pad_left;
    w->right += op->pad_right;
}

bool tb_query_window(tb_cpu_query *query, const TfLiteTensor *input, const TfLiteTensor *output,
                     TfLitePadding padding, const tb_window *w)
{
    const int32_t least[] = {w->kh, w->kw, w->stride_h, w->stride_w, w->dilation_h, w->dilation_w};
    for (size_t i = 0; i < TB_COUNT_OF(least); i++)
        if (least[i] < 1 || least[i] > 1 << 15)
            return tb_query_no(query, "a window with a side, stride or dilation of %d", least[i]);
    if (padding != kTfLitePaddingSame && padding != kTfLitePaddingValid)
        return tb_query_no(query, "padding %d", (int)padding);
    if (!tb_query_rank(query, output, "output", 4, 4))
        return false;
    int32_t before, after;
    const int64_t h =
        pad_axis(padding, input->dims->data[1], w->kh, w->stride_h, w->dilation_h, &before, &after);
    const int64_t width =
        pad_axis(padding, input->dims->data[2], w->kw, w->stride_w, w->dilation_w, &before, &after);
    if (output->dims->data[0] != input->dims->data[0] || output->dims->data[1] != h ||
        output->dims->data[2] != width)
        return tb_query_no(query, "the output is not of the window's size");
    return true;
}

/* ---- bounds ---------------------------------------------------------------------------------------- */

void tb_float_bounds(TfLiteFusedActivation activation, float *min, float *max)
{
    *min = activation == kTfLiteActRelu || activation == kTfLiteActRelu6 ? 0.0f : -INFINITY;
    *max = activation == kTfLiteActRelu6 ? 6.0f : INFINITY;
    if (activation == kTfLiteActReluN1To1) {
        *min = -1.0f;
        *max = 1.0f;
    }
}

tb_status tb_quantized_bounds(const tb_value *value, TfLiteFusedActivation activation,
                              tb_error *err, int32_t *min, int32_t *max)
{
    if (!tb_quant_activation_range(activation, value->type, value->scale, value->zero_point, min,
                                   max))
        return tb_fail(err, TB_UNSUPPORTED, "the activation's bounds do not fit scale %g",
                       (double)value->scale);
    return TB_OK;
}

/* ---- steps ----------------------------------------------------------------------------------------- */

void *tb_step_new(tb_plan *plan, tb_cpu_op *op, size_t size, const char *name, const char *kernel,
                  void (*run)(const tb_cpu_step *, const tb_run *))
{
    tb_cpu_step *step = tb_arena_alloc(&plan->arena, size, _Alignof(max_align_t));
    if (!step)
        return NULL;
    step->info = (tb_step){name, kernel, op->nodes, op->node_count};
    step->wait = (tb_step){"wait for threads", NULL, op->nodes, op->node_count};
    step->run = run;
    op->step = step;
    return step;
}
