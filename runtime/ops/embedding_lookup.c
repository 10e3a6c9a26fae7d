/*
 * EMBEDDING_LOOKUP: rows of a table by their numbers. Where the output is float and the table
 * quantised, elements are scaled, by the table's scale, that of the row, or that of a block of a
 * row. EMBEDDING_LOOKUP_SPARSE sums weighted rows into the place that coordinates name.
 */
#include "runtime/ops/common.h"

#include <math.h>
#include <string.h>

typedef struct lookup_data {
    size_t rows;
    size_t columns;
    unsigned bits; /* of a table's element */
    bool scaled;   /* the output is float, the table quantised */
    size_t block;  /* elements with a scale of their own; columns: the row */
    float factor;  /* by which elements count: sub-byte ones are taken from a byte's high end */
    const float *row_scales; /* NULL: one scale */
    float scale;
    int scale_tensor; /* of blocks, halves; -1: none */
} lookup_data;

static TfLiteStatus check_scales(TfLiteContext *context, const TfLiteTensor *table,
                                 const TfLiteTensor *output, lookup_data *data)
{
    const TfLiteAffineQuantization *affine = tb_quant_affine(table);
    bool is_float = output->type == kTfLiteFloat32 || output->type == kTfLiteFloat16;
    data->scale = table->params.scale;
    data->scale_tensor = -1;
    data->block = data->columns;
    if (table->quantization.type == kTfLiteBlockwiseQuantization) {
        const TfLiteBlockwiseQuantization *blocks = table->quantization.params;
        if (!data->scaled || data->bits > 4 || tb_tensor_rank(table) != 2 || !blocks ||
            blocks->blocksize < 1 || data->columns % (size_t)blocks->blocksize ||
            (size_t)blocks->blocksize * data->bits % 8)
            return tb_op_fail(context,
                              "table is quantised in blocks of %d, expected a divisor of "
                              "its %zu columns of INT4 or INT2",
                              blocks ? blocks->blocksize : 0, data->columns);
        data->block = (size_t)blocks->blocksize;
        data->scale_tensor = blocks->scale;
        size_t tensors = context->tensors_size;
        if (blocks->scale < 0 || (size_t)blocks->scale >= tensors)
            return tb_op_fail(context, "scales are tensor %d of %zu", blocks->scale, tensors);
        const TfLiteTensor *scales = &context->tensors[blocks->scale];
        if (scales->type != kTfLiteFloat16 || !scales->data.raw ||
            tb_count(scales) < data->rows * (data->columns / data->block))
            return tb_op_fail(context,
                              "scales of the blocks are %s with %zu elements, expected "
                              "%zu of FLOAT16",
                              TfLiteTypeGetName(scales->type), tb_count(scales),
                              data->rows * (data->columns / data->block));
        return kTfLiteOk;
    }
    if (!affine || !affine->scale)
        return kTfLiteOk;
    if (data->scaled && output->type == kTfLiteFloat32 && affine->zero_point &&
        affine->zero_point->size > 0 && affine->zero_point->data[0] != 0)
        return tb_op_fail(context, "table has zero point %d, expected 0",
                          affine->zero_point->data[0]);
    if (affine->scale->size > 1) {
        if (!data->scaled || !is_float || affine->quantized_dimension != 0 ||
            (size_t)affine->scale->size != data->rows)
            return tb_op_fail(context,
                              "table has %d scales along dimension %d, expected one for "
                              "each of %zu rows",
                              affine->scale->size, affine->quantized_dimension, data->rows);
        data->row_scales = affine->scale->data;
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare_lookup(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *positions, *table;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "positions", &positions));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "table", &table));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, positions, "positions", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, positions, "positions", 1, 1));
    TB_OP_TRY(tb_op_check_rank(context, table, "table", 2, TB_MAX_RANK));
    lookup_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->rows = (size_t)tb_tensor_dim(table, 0);
    data->columns = tb_dims_product(table, 1, tb_tensor_rank(table));
    data->bits = tb_type_bits(table->type);
    const uint32_t quantized = TB_TYPE_BIT(kTfLiteUInt8) | TB_TYPE_BIT(kTfLiteInt8) |
                               TB_TYPE_BIT(kTfLiteInt4) | TB_TYPE_BIT(kTfLiteInt2);
    if (table->type != output->type) {
        TB_OP_TRY(tb_op_check_type(context, output, "output",
                                   TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16)));
        TB_OP_TRY(tb_op_check_type(context, table, "table of a float output", quantized));
        data->scaled = true;
    }
    /* A scaled row of INT4 or INT2 begins in the byte that its first element falls into. */
    if (data->bits == 0 || (!data->scaled && data->columns * data->bits % 8))
        return tb_op_fail(context, "rows of %zu %s are no whole bytes", data->columns,
                          TfLiteTypeGetName(table->type));
    data->factor = data->bits < 8 ? 1.0f / (float)(1 << (8 - data->bits)) : 1.0f;
    TB_OP_TRY(check_scales(context, table, output, data));
    int dims[TB_MAX_RANK], rank = tb_tensor_rank(table);
    memcpy(dims, table->dims->data, (size_t)rank * sizeof dims[0]);
    dims[0] = tb_tensor_dim(positions, 0);
    return tb_op_resize(context, output, rank, dims);
}

/* A quantised element; those of less than a byte at a byte's high end. As TFLite, unsigned bytes are
   read as signed. */
static float element_at(const int8_t *row, size_t i, unsigned bits)
{
    if (bits == 8)
        return (float)row[i];
    unsigned byte = (uint8_t)row[i * bits / 8], shift = (unsigned)(i * bits % 8);
    return (float)(int8_t)(uint8_t)(byte >> shift << (8 - bits));
}

static void scale_row(const TfLiteContext *context, const lookup_data *data, const int8_t *table,
                      size_t row, TfLiteTensor *output, size_t to)
{
    const int8_t *from = table + row * data->columns * data->bits / 8;
    size_t blocks = data->columns / data->block;
    for (size_t b = 0; b < blocks; b++) {
        float scale = data->row_scales ? data->row_scales[row] : data->scale;
        if (data->scale_tensor >= 0) {
            const TfLiteTensor *scales = &context->tensors[data->scale_tensor];
            scale = tb_float_from_half(scales->data.ui16[row * blocks + b]);
        }
        scale *= data->factor;
        for (size_t i = b * data->block; i < (b + 1) * data->block; i++) {
            const float value = element_at(from, i, data->bits);
            if (output->type == kTfLiteFloat32)
                output->data.f[to + i] = value * scale;
            else
                output->data.ui16[to + i] = tb_half_from_float(value * scale);
        }
    }
}

static TfLiteStatus invoke_lookup(TfLiteContext *context, TfLiteNode *node)
{
    const lookup_data *data = node->user_data;
    const TfLiteTensor *positions = tb_op_input(context, node, 0);
    const TfLiteTensor *table = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    size_t count = data->rows && data->columns ? tb_count(positions) : 0;
    size_t row_bytes = data->columns * data->bits / 8;
    for (size_t i = 0; i < count; i++) {
        int32_t row = positions->data.i32[i];
        if (row < 0 || (size_t)row >= data->rows)
            return tb_op_fail(context, "position %zu is %d, expected 0 to %zu", i, row,
                              data->rows - 1);
        if (data->scaled)
            scale_row(context, data, table->data.int8, (size_t)row, output, i * data->columns);
        else
            memcpy(output->data.raw + i * row_bytes, table->data.raw + (size_t)row * row_bytes,
                   row_bytes);
    }
    return kTfLiteOk;
}

/* ---- EMBEDDING_LOOKUP_SPARSE ------------------------------------------------------------------- */

enum { IDS, COORDINATES, SHAPE, WEIGHTS, TABLE, SPARSE_INPUTS };

static TfLiteStatus prepare_sparse(TfLiteContext *context, TfLiteNode *node)
{
    static const struct {
        const char *name;
        TfLiteType type;
        int min_rank, max_rank;
    } expected[SPARSE_INPUTS] = {
        {"ids", kTfLiteInt32, 1, 1},
        {"coordinates", kTfLiteInt32, 2, 2},
        {"dense shape", kTfLiteInt32, 1, 1},
        {"weights", kTfLiteFloat32, 1, 1},
        {"table", kTfLiteFloat32, 2, TB_MAX_RANK},
    };
    const TfLiteTensor *in[SPARSE_INPUTS];
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, SPARSE_INPUTS, SPARSE_INPUTS));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    for (int k = 0; k < SPARSE_INPUTS; k++) {
        const char *name = expected[k].name;
        TB_OP_TRY(tb_op_get_input(context, node, k, name, &in[k]));
        TB_OP_TRY(tb_op_check_type(context, in[k], name, TB_TYPE_BIT(expected[k].type)));
        TB_OP_TRY(
            tb_op_check_rank(context, in[k], name, expected[k].min_rank, expected[k].max_rank));
    }
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteFloat32)));
    int lookups = tb_tensor_dim(in[IDS], 0), rank = tb_tensor_dim(in[COORDINATES], 1);
    if (tb_tensor_dim(in[COORDINATES], 0) != lookups || tb_tensor_dim(in[WEIGHTS], 0) != lookups)
        return tb_op_fail(context, "%d ids have %d coordinates and %d weights", lookups,
                          tb_tensor_dim(in[COORDINATES], 0), tb_tensor_dim(in[WEIGHTS], 0));
    if (rank < 1 || rank > TB_MAX_RANK || tb_tensor_dim(in[SHAPE], 0) != rank)
        return tb_op_fail(context,
                          "dense shape has %d dimensions, coordinates %d, expected the "
                          "same and 1 to %d",
                          tb_tensor_dim(in[SHAPE], 0), rank, TB_MAX_RANK);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

/* The sum of one place over its weight, or the root of that of their squares. */
static void finish_place(TfLiteCombinerType combiner, float weight, float squares, float *out,
                         size_t columns)
{
    const float divisor = combiner == kTfLiteCombinerTypeMean    ? weight
                          : combiner == kTfLiteCombinerTypeSqrtn ? sqrtf(squares)
                                                                 : 1.0f;
    for (size_t c = 0; c < columns; c++)
        out[c] /= divisor;
}

static TfLiteStatus invoke_sparse(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteEmbeddingLookupSparseParams *params = node->builtin_data;
    const TfLiteCombinerType combiner = params ? params->combiner : kTfLiteCombinerTypeSum;
    const TfLiteTensor *in[SPARSE_INPUTS];
    for (int k = 0; k < SPARSE_INPUTS; k++)
        in[k] = tb_op_input(context, node, k);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    const int32_t *shape = in[SHAPE]->data.i32;
    int rank = tb_tensor_dim(in[COORDINATES], 1), dims[2 * TB_MAX_RANK], out_rank = 0;
    size_t places = 1;
    for (int d = 0; d < rank - 1; d++)
        dims[out_rank++] = shape[d];
    for (int d = 1; d < tb_tensor_rank(in[TABLE]); d++)
        dims[out_rank++] = tb_tensor_dim(in[TABLE], d);
    TB_OP_TRY(tb_op_resize(context, output, out_rank, dims));
    for (int d = 0; d < rank - 1; d++)
        places *= (size_t)shape[d];
    if (output->bytes == 0)
        return kTfLiteOk;
    memset(output->data.raw, 0, output->bytes);
    size_t columns = tb_dims_product(in[TABLE], 1, tb_tensor_rank(in[TABLE]));
    size_t lookups = tb_count(in[IDS]), current = 0, summed = 0;
    float weight = 0.0f, squares = 0.0f;
    for (size_t i = 0; i < lookups && !tb_stopped(); i++) {
        int32_t id = in[IDS]->data.i32[i];
        if (id < 0 || id >= tb_tensor_dim(in[TABLE], 0))
            return tb_op_fail(context, "id %zu is %d, expected 0 to %d", i, id,
                              tb_tensor_dim(in[TABLE], 0) - 1);
        size_t place = 0;
        for (int d = 0; d < rank - 1; d++) {
            int32_t at = in[COORDINATES]->data.i32[i * (size_t)rank + (size_t)d];
            if (at < 0 || at >= shape[d])
                return tb_op_fail(context,
                                  "id %zu has coordinate %d in dimension %d, expected 0 "
                                  "to %d",
                                  i, at, d, shape[d] - 1);
            place = place * (size_t)shape[d] + (size_t)at;
        }
        if (place != current) {
            if (summed > 0)
                finish_place(combiner, weight, squares, output->data.f + current * columns,
                             columns);
            current = place;
            summed = 0;
            weight = squares = 0.0f;
        }
        summed++;
        const float w = in[WEIGHTS]->data.f[i];
        squares += w * w;
        weight += w;
        const float *row = in[TABLE]->data.f + (size_t)id * columns;
        for (size_t c = 0; c < columns; c++)
            output->data.f[place * columns + c] += row[c] * w;
    }
    if (summed > 0 && current < places)
        finish_place(combiner, weight, squares, output->data.f + current * columns, columns);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_embedding_lookup = {.prepare = prepare_lookup,
                                                   .invoke = invoke_lookup};
const TfLiteRegistration tb_op_embedding_lookup_sparse = {.prepare = prepare_sparse,
                                                          .invoke = invoke_sparse};
