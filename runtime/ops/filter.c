/* Filters of quantised and hybrid operators. */
#include "runtime/ops/filter.h"

#include <math.h>

/* ---- storage ----------------------------------------------------------------------------------- */

static void unpack(const TfLiteTensor *tensor, int8_t *out)
{
    if (tensor->type == kTfLiteInt4)
        tb_unpack_int4(tensor->data.raw, tb_count(tensor), out);
    else
        tb_unpack_int2(tensor->data.raw, tb_count(tensor), out);
}

TfLiteStatus tb_filter_prepare(TfLiteContext *context, const TfLiteTensor *tensor, tb_filter *out)
{
    *out = (tb_filter){.unpacked = NULL, .scratch = -1};
    out->is_packed = tensor->type == kTfLiteInt4 || tensor->type == kTfLiteInt2;
    if (!out->is_packed)
        return kTfLiteOk;
    if (!tb_tensor_is_constant(tensor))
        return tb_op_request_scratch(context, tb_count(tensor), &out->scratch);
    int8_t *memory = tb_op_persistent_array(context, tb_count(tensor), 1);
    if (!memory)
        return kTfLiteError;
    unpack(tensor, memory);
    out->unpacked = memory;
    return kTfLiteOk;
}

const int8_t *tb_filter_data(TfLiteContext *context, const tb_filter *filter,
                             const TfLiteTensor *tensor)
{
    if (!filter->is_packed)
        return tensor->data.int8;
    if (filter->unpacked)
        return filter->unpacked;
    int8_t *scratch = tb_op_scratch(context, filter->scratch);
    unpack(tensor, scratch);
    return scratch;
}

/* ---- scales ------------------------------------------------------------------------------------ */

TfLiteStatus tb_filter_scales(TfLiteContext *context, const TfLiteTensor *filter, int channels,
                              int axis, bool zero_points_zero, const float **scales, int *count)
{
    const TfLiteAffineQuantization *affine = tb_quant_affine(filter);
    if (!affine || !affine->scale || affine->scale->size < 1)
        return tb_op_fail(context, "filter is %s without a scale", TfLiteTypeGetName(filter->type));
    *scales = affine->scale->data;
    *count = affine->scale->size;
    if (*count > 1 && *count != channels)
        return tb_op_fail(context, "filter has %d scales, expected 1 or %d", *count, channels);
    if (*count > 1 && affine->quantized_dimension != axis)
        return tb_op_fail(context, "filter is quantised along dimension %d, expected %d",
                          affine->quantized_dimension, axis);
    for (int c = 0; c < *count; c++)
        if (!((*scales)[c] >= 0.0f) || !isfinite((*scales)[c]))
            return tb_op_fail(context, "filter has scale %g for channel %d", (double)(*scales)[c],
                              c);
    if (!zero_points_zero || !affine->zero_point)
        return kTfLiteOk;
    for (int c = 0; c < affine->zero_point->size; c++)
        if (affine->zero_point->data[c] != 0)
            return tb_op_fail(context, "filter has zero point %d for channel %d, expected 0",
                              affine->zero_point->data[c], c);
    return kTfLiteOk;
}

TfLiteStatus tb_filter_multipliers(TfLiteContext *context, const TfLiteTensor *input,
                                   const float *scales, int count, int channels,
                                   const TfLiteTensor *output, const tb_multiplier **out)
{
    tb_multiplier *multipliers =
        tb_op_persistent_array(context, (size_t)channels, sizeof *multipliers);
    if (!multipliers)
        return kTfLiteError;
    for (int c = 0; c < channels; c++) {
        double scale = (double)scales[count > 1 ? c : 0];
        double factor = (double)input->params.scale * scale / (double)output->params.scale;
        TB_OP_TRY(tb_op_multiplier(context, factor, "input scale * filter scale / output scale",
                                   &multipliers[c]));
    }
    *out = multipliers;
    return kTfLiteOk;
}

TfLiteStatus tb_filter_factor(TfLiteContext *context, const TfLiteTensor *input,
                              const TfLiteTensor *filter, const TfLiteTensor *bias,
                              const TfLiteTensor *output, double *out)
{
    double output_scale = (double)output->params.scale;
    if (bias) {
        double product = (double)input->params.scale * (double)filter->params.scale;
        double steps = fabs(product - (double)bias->params.scale) / output_scale;
        if (!(steps <= 0.02))
            return tb_op_fail(context, "bias has scale %g, expected input scale * filter scale, %g",
                              (double)bias->params.scale, product);
    }
    *out = (double)(input->params.scale * filter->params.scale) / output_scale;
    return kTfLiteOk;
}

/* ---- hybrid ------------------------------------------------------------------------------------ */

TfLiteStatus tb_hybrid_prepare(TfLiteContext *context, size_t rows, size_t columns, bool asymmetric,
                               tb_hybrid *out)
{
    *out = (tb_hybrid){.rows = rows, .columns = columns, .asymmetric = asymmetric};
    size_t elements;
    if (!tb_mul_size(rows, columns, &elements))
        return tb_op_fail(context, "input has %zu rows of %zu: too many", rows, columns);
    TB_OP_TRY(tb_op_request_scratch(context, elements, &out->values));
    TB_OP_TRY(tb_op_scratch_array(context, rows, sizeof(float), &out->scales));
    return tb_op_scratch_array(context, rows, sizeof(int32_t), &out->zero_points);
}

void tb_hybrid_quantize(TfLiteContext *context, const tb_hybrid *hybrid, const float *input,
                        tb_hybrid_rows *out)
{
    int8_t *values = tb_op_scratch(context, hybrid->values);
    float *scales = tb_op_scratch(context, hybrid->scales);
    int32_t *zero_points = tb_op_scratch(context, hybrid->zero_points);
    for (size_t row = 0; row < hybrid->rows && !tb_stopped(); row++) {
        const float *from = input + row * hybrid->columns;
        int8_t *to = values + row * hybrid->columns;
        zero_points[row] = 0;
        scales[row] = hybrid->asymmetric
                          ? tb_quantize_row_asymmetric(from, hybrid->columns, to, &zero_points[row])
                          : tb_quantize_row_symmetric(from, hybrid->columns, to);
    }
    *out = (tb_hybrid_rows){values, scales, zero_points};
}
