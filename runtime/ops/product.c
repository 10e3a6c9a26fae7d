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

void tb_product_add(TfLiteContext *context, const tb_product *product, const float *values,
                    float *sums)
{
    const size_t columns = product->columns;
    const TfLiteTensor *matrix = product->matrix;
    if (!matrix)
        return;
    if (!product->is_hybrid) {
        for (size_t batch = 0; batch < product->batches; batch++)
            for (size_t row = 0; row < product->rows; row++)
                *sums++ += tb_dot_f32(0.0f, matrix->data.f + row * columns,
                                      values + batch * columns, columns);
        return;
    }
    /* Nothing but zeros has no scale worth quantising with. */
    if (all_zero(values, product->batches * columns))
        return;
    tb_hybrid_rows rows;
    tb_hybrid_quantize(context, &product->hybrid, values, &rows);
    for (size_t batch = 0; batch < product->batches; batch++)
        for (size_t row = 0; row < product->rows; row++) {
            int32_t sum = tb_dot_i8(0, rows.values + batch * columns, -rows.zero_points[batch],
                                    matrix->data.int8 + row * columns, 0, columns);
            *sums++ += (float)sum * (matrix->params.scale * rows.scales[batch]);
        }
}
