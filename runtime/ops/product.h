/*
 * Weight matrices that rows of floats are multiplied with, in float or, where the weights are 8-bit
 * integers, with rows quantised one by one ("hybrid"); for recurrent operators.
 */
#ifndef TB_RUNTIME_OPS_PRODUCT_H
#define TB_RUNTIME_OPS_PRODUCT_H

#include "runtime/ops/filter.h"

/* ---- rows -------------------------------------------------------------------------------------- */

/* Rows that meet one matrix or several. */
typedef struct tb_product_rows {
    const float *values;
    tb_hybrid_rows quantized; /* hybrid */
    size_t count;
    size_t size; /* elements of a row; 0: nothing */
    bool is_hybrid;
    bool are_zero; /* and therefore left out */
} tb_product_rows;

/* Quantises the rows where `hybrid`, prepared for so many rows of that size, is not NULL. With
   skips_zero, rows that are all zeros count as nothing: TFLite leaves them out, which shows where
   weights are infinite; and they have no scale worth quantising with. */
void tb_product_rows_make(TfLiteContext *context, const tb_hybrid *hybrid, const float *values,
                          size_t count, size_t size, bool skips_zero, tb_product_rows *out);

/* sums[batch, row] += matrix[row] . v[batch], for a matrix of `rows` rows. */
void tb_product_rows_add(const tb_product_rows *v, const TfLiteTensor *matrix, size_t rows,
                         float *sums);

/* ---- one matrix -------------------------------------------------------------------------------- */

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
