/*
 * A weight matrix that rows of floats are multiplied with, in float or, where the weights are 8-bit
 * integers, with rows quantised one by one ("hybrid"); for recurrent operators.
 */
#ifndef TB_RUNTIME_OPS_PRODUCT_H
#define TB_RUNTIME_OPS_PRODUCT_H

#include "runtime/ops/filter.h"

typedef struct tb_product {
    const TfLiteTensor *matrix; /* [rows, columns]; NULL: an absent one, which adds nothing */
    size_t rows;
    size_t columns;
    size_t batches;
    bool is_hybrid;
    tb_hybrid hybrid;
} tb_product;

/* A matrix of FLOAT32, INT8 or UINT8 (read as INT8) with `columns` columns, and `rows` rows; the
   number of columns or rows may be given as SIZE_MAX: whatever it has. */
TfLiteStatus tb_product_prepare(TfLiteContext *context, const TfLiteTensor *matrix,
                                const char *what, size_t rows, size_t columns, size_t batches,
                                bool asymmetric, tb_product *out);

/* sums[batch, row] += matrix[row] . values[batch] */
void tb_product_add(TfLiteContext *context, const tb_product *product, const float *values,
                    float *sums);

#endif
