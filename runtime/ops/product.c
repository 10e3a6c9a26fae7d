/* Products of weights and rows of floats; see product.h. */
#include "runtime/ops/product.h"

#include "runtime/ops/dot.h"

TfLiteStatus tb_product_prepare(TfLiteContext *context, const TfLiteTensor *matrix,
                                const char *what, size_t rows, size_t columns, size_t batches,
                                bool asymmetric, tb_product *out)
{
    TB_OP_TRY(tb_op_check_type(context, matrix, what,
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt8) |
                                   TB_TYPE_BIT(kTfLiteUInt8)));
    TB_OP_TRY(tb_op_check_rank(context, matrix, what, 2, 2));
    *out = (tb_product){.matrix = matrix,
                        .rows = (size_t)tb_tensor_dim(matrix, 0),
                        .columns = (size_t)tb_tensor_dim(matrix, 1),
                        .batches = batches,
                        .is_hybrid = matrix->type != kTfLiteFloat32};
    if ((rows != SIZE_MAX && out->rows != rows) || (columns != SIZE_MAX && out->columns != columns))
        return tb_op_fail(context, "%s has %zu rows of %zu, expected %zu of %zu", what, out->rows,
                          out->columns, rows == SIZE_MAX ? out->rows : rows,
                          columns == SIZE_MAX ? out->columns : columns);
    if (!out->is_hybrid)
        return kTfLiteOk;
    TB_OP_TRY(tb_op_check_quantized(context, matrix, what));
    return tb_hybrid_prepare(context, batches, out->columns, asymmetric, &out->hybrid);
}

static bool all_zero(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] != 0.0f)
            return false;
    return true;
}

void tb_product_rows_make(TfLiteContext *context, const tb_hybrid *hybrid, const float *values,
                          size_t count, size_t size, bool skips_zero, tb_product_rows *out)
{
    *out = (tb_product_rows){
        .values = values, .count = count, .size = size, .is_hybrid = hybrid != NULL};
    out->are_zero = skips_zero && all_zero(values, count * size);
    if (hybrid && !out->are_zero && size)
        tb_hybrid_quantize(context, hybrid, values, &out->quantized);
}

void tb_product_rows_add(const tb_product_rows *v, const TfLiteTensor *matrix, size_t rows,
                         float *sums)
{
    if (v->are_zero)
        return;
    for (size_t batch = 0; batch < v->count && !tb_stopped(); batch++)
        for (size_t r = 0; r < rows; r++, sums++) {
            size_t at = r * v->size, from = batch * v->size;
            if (!v->is_hybrid) {
                *sums += tb_dot_f32(0.0f, matrix->data.f + at, v->values + from, v->size);
                continue;
            }
            int32_t sum = tb_dot_i8(0, v->quantized.values + from, -v->quantized.zero_points[batch],
                                    matrix->data.int8 + at, 0, v->size);
            *sums += (float)sum * (matrix->params.scale * v->quantized.scales[batch]);
        }
}

void tb_product_add(TfLiteContext *context, const tb_product *product, const float *values,
                    float *sums)
{
    if (!product->matrix)
        return;
    tb_product_rows rows;
    tb_product_rows_make(context, product->is_hybrid ? &product->hybrid : NULL, values,
                         product->batches, product->columns, product->is_hybrid, &rows);
    tb_product_rows_add(&rows, product->matrix, product->rows, sums);
}
