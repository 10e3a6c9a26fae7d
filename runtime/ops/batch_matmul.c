/*
 * BATCH_MATMUL: output[..., i, j] = sum over k of lhs[..., i, k] * rhs[..., k, j], where batch
 * dimensions broadcast. Every product is taken of rows: operands that lie the other way round are
 * transposed first, a constant one at prepare.
 *
 * After TFLite's reference/batch_matmul.h. A float lhs under an INT8 rhs ("hybrid") is quantised row
 * by row.
 */
#include "runtime/ops/dot.h"
#include "runtime/ops/filter.h"
#include "runtime/ops/strided.h"

#define MIN_RANK   2
#define MAX_RANK   5
#define BATCH_DIMS (MAX_RANK - 2)

typedef struct matmul_data matmul_data;

/* One product of matrices; both have their rows of `depth` elements next to each other. */
typedef struct matmul_job {
    const void *lhs;
    const void *rhs;
    void *output;
    const float *scales; /* hybrid: of the rows of lhs */
    const int32_t *zero_points;
    const int8_t *summed; /* hybrid: the matrix whose row sums go with the zero points */
} matmul_job;

typedef void (*matmul_kernel)(const matmul_data *data, const matmul_job *job);

/* An operand made of rows. */
typedef struct matmul_operand {
    size_t batches;
    size_t rows;
    size_t stride[BATCH_DIMS]; /* matrices; 0 where broadcast */
    size_t element_bytes;
    bool transposes;
    tb_strided view; /* where it does */
    const void *constant;
    int scratch;
} matmul_operand;

struct matmul_data {
    matmul_kernel kernel;
    size_t batch[BATCH_DIMS];
    matmul_operand lhs;
    matmul_operand rhs;
    size_t depth;
    size_t output_bytes; /* of an element */

    bool is_hybrid;
    tb_hybrid hybrid;
    const float *rhs_scales;
    size_t rhs_scale_step; /* 1 where there is one a column, else 0 */

    int32_t lhs_offset;
    int32_t rhs_offset;
    int32_t output_offset;
    tb_multiplier multiplier;
};

/* ---- kernels ----------------------------------------------------------------------------------- */

#define DEFINE_MATMUL(name, lhs_t, rhs_t, out_t, sum_t, DOT, FINISH)                 \
    static void name(const matmul_data *data, const matmul_job *job)                 \
    {                                                                                \
        const lhs_t *lhs = job->lhs;                                                 \
        const size_t depth = data->depth, columns = data->rhs.rows;                  \
        out_t *output = job->output;                                                 \
        for (size_t i = 0; i < data->lhs.rows && !tb_stopped(); i++, lhs += depth) { \
            const rhs_t *rhs = job->rhs;                                             \
            for (size_t j = 0; j < columns; j++, rhs += depth) {                     \
                sum_t sum = DOT(lhs, rhs);                                           \
                *output++ = FINISH(sum);                                             \
            }                                                                        \
        }                                                                            \
    }

static int32_t finish(const matmul_data *data, int32_t scaled, int32_t min, int32_t max)
{
    return tb_clamp(tb_wrap_add(scaled, data->output_offset), min, max);
}

#define DOT_F32(a, b)    tb_dot_f32(0.0f, a, b, depth)
#define DOT_I8(a, b)     tb_dot_i8(0, a, data->lhs_offset, b, data->rhs_offset, depth)
#define DOT_PLAIN(a, b)  tb_dot_i8(0, a, 0, b, 0, depth)
#define DOT_I16(a, b)    tb_dot_i16_wide(0, a, 0, b, 0, depth)
#define DOT_I16_I8(a, b) tb_dot_i16_i8_wide(0, a, 0, b, 0, depth)
#define AS_IT_IS(sum)    sum
#define FINISH_I8(sum)   (int8_t) finish(data, tb_multiply(sum, data->multiplier), -128, 127)
#define FINISH_I16(sum)  (int16_t) finish(data, tb_multiply64(sum, data->multiplier), -32768, 32767)

DEFINE_MATMUL(matmul_f32, float, float, float, float, DOT_F32, AS_IT_IS)
DEFINE_MATMUL(matmul_i8, int8_t, int8_t, int8_t, int32_t, DOT_I8, FINISH_I8)
DEFINE_MATMUL(matmul_i8_to_i32, int8_t, int8_t, int32_t, int32_t, DOT_PLAIN, AS_IT_IS)
DEFINE_MATMUL(matmul_i16, int16_t, int16_t, int16_t, int64_t, DOT_I16, FINISH_I16)
DEFINE_MATMUL(matmul_i16_i8, int16_t, int8_t, int16_t, int64_t, DOT_I16_I8, FINISH_I16)

/* The zero point's share is taken off in float and the result cut to an integer, as in TFLite. */
static int32_t take_off(int32_t sum, int32_t row_sum, int32_t zero_point)
{
    float rest = (float)sum - (float)row_sum * (float)zero_point;
    if (rest >= 2147483648.0f)
        return INT32_MAX;
    return rest < -2147483648.0f ? INT32_MIN : (int32_t)rest;
}

static void matmul_hybrid(const matmul_data *data, const matmul_job *job)
{
    const size_t depth = data->depth, columns = data->rhs.rows;
    float *output = job->output;
    for (size_t j = 0; j < columns && !tb_stopped(); j++) {
        const int8_t *lhs = job->lhs, *rhs = (const int8_t *)job->rhs + j * depth;
        int32_t row_sum = 0;
        if (data->hybrid.asymmetric)
            for (size_t k = 0; k < depth; k++)
                row_sum = tb_wrap_add(row_sum, job->summed[j * depth + k]);
        for (size_t i = 0; i < data->lhs.rows; i++, lhs += depth) {
            int32_t sum = tb_dot_i8(0, lhs, 0, rhs, 0, depth);
            float scale = job->scales[i] * data->rhs_scales[j * data->rhs_scale_step];
            output[i * columns + j] = scale * (float)take_off(sum, row_sum, job->zero_points[i]);
        }
    }
}

/* ---- prepare ----------------------------------------------------------------------------------- */

/* The tensor as matrices of rows; `by_columns` where the wanted rows are its columns. */
static TfLiteStatus prepare_operand(TfLiteContext *context, const TfLiteTensor *tensor,
                                    bool by_columns, matmul_operand *out)
{
    int rank = tb_tensor_rank(tensor);
    size_t height = (size_t)tb_tensor_dim(tensor, rank - 2);
    size_t width = (size_t)tb_tensor_dim(tensor, rank - 1);
    out->batches = tb_dims_product(tensor, 0, rank - 2);
    out->rows = by_columns ? width : height;
    out->element_bytes = tb_type_bytes(tensor->type);
    out->transposes = by_columns;
    size_t stride = 1;
    for (int d = 0; d < rank - 2; d++) {
        size_t dim = (size_t)tb_tensor_dim(tensor, rank - 3 - d);
        out->stride[BATCH_DIMS - 1 - d] = dim == 1 ? 0 : stride;
        stride *= dim;
    }
    if (!by_columns)
        return kTfLiteOk;
    tb_strided_add(&out->view, out->batches, (ptrdiff_t)(height * width));
    tb_strided_add(&out->view, width, 1);
    tb_strided_add(&out->view, height, (ptrdiff_t)width);
    if (!tb_tensor_is_constant(tensor))
        return tb_op_request_scratch(context, tensor->bytes, &out->scratch);
    void *memory = tb_op_persistent_array(context, tensor->bytes, 1);
    if (!memory)
        return kTfLiteError;
    tb_strided_copy(&out->view, out->element_bytes, tensor->data.raw, memory);
    out->constant = memory;
    return kTfLiteOk;
}

static TfLiteStatus set_shape(TfLiteContext *context, const TfLiteTensor *lhs,
                              const TfLiteTensor *rhs, TfLiteTensor *output, matmul_data *data)
{
    int lhs_rank = tb_tensor_rank(lhs), rhs_rank = tb_tensor_rank(rhs);
    int rank = TB_MAX(lhs_rank, rhs_rank), dims[MAX_RANK];
    for (int d = 0; d < BATCH_DIMS; d++)
        data->batch[d] = 1;
    for (int d = 0; d < rank - 2; d++) {
        int l = d - (rank - lhs_rank), r = d - (rank - rhs_rank);
        int lhs_dim = l >= 0 ? tb_tensor_dim(lhs, l) : 1;
        int rhs_dim = r >= 0 ? tb_tensor_dim(rhs, r) : 1;
        if (lhs_dim != rhs_dim && lhs_dim != 1 && rhs_dim != 1)
            return tb_op_fail(context, "batch dimension %d is %d in lhs and %d in rhs", d, lhs_dim,
                              rhs_dim);
        dims[d] = lhs_dim == 1 ? rhs_dim : lhs_dim;
        data->batch[BATCH_DIMS - (rank - 2) + d] = (size_t)dims[d];
    }
    dims[rank - 2] = (int)data->lhs.rows;
    dims[rank - 1] = (int)data->rhs.rows;
    return tb_op_resize(context, output, rank, dims);
}

static TfLiteStatus prepare_hybrid(TfLiteContext *context, const TfLiteBatchMatMulParams *params,
                                   const TfLiteTensor *rhs, matmul_data *data)
{
    int count, axis = tb_tensor_rank(rhs) - (params->adj_y ? 2 : 1);
    TB_OP_TRY(tb_filter_scales(context, rhs, (int)data->rhs.rows, axis, false, &data->rhs_scales,
                               &count));
    data->rhs_scale_step = count > 1;
    data->is_hybrid = true;
    data->kernel = TB_TYPED(Float32, matmul_hybrid);
    return tb_hybrid_prepare(context, data->lhs.batches * data->lhs.rows, data->depth,
                             params->asymmetric_quantize_inputs, &data->hybrid);
}

static TfLiteStatus prepare_integer(TfLiteContext *context, const TfLiteTensor *lhs,
                                    const TfLiteTensor *rhs, const TfLiteTensor *output,
                                    matmul_data *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, lhs, "lhs"));
    TB_OP_TRY(tb_op_check_quantized(context, rhs, "rhs"));
    TB_OP_TRY(tb_op_check_quantized(context, output, "output"));
    if (lhs->type == kTfLiteInt8) {
        data->kernel = TB_TYPED(Int8, matmul_i8);
    } else {
        TB_OP_TRY(tb_op_check_symmetric(context, lhs, "lhs"));
        TB_OP_TRY(tb_op_check_symmetric(context, rhs, "rhs"));
        TB_OP_TRY(tb_op_check_symmetric(context, output, "output"));
        data->kernel = TB_TYPED(Int16, rhs->type == kTfLiteInt8 ? matmul_i16_i8 : matmul_i16);
    }
    data->lhs_offset = -lhs->params.zero_point;
    data->rhs_offset = -rhs->params.zero_point;
    data->output_offset = output->params.zero_point;
    double factor;
    TB_OP_TRY(tb_filter_factor(context, lhs, rhs, NULL, output, &factor));
    return tb_op_multiplier(context, factor, "lhs scale * rhs scale / output scale",
                            &data->multiplier);
}

/* The types that may meet, by that of lhs. */
static TfLiteStatus check_types(TfLiteContext *context, const TfLiteTensor *lhs,
                                const TfLiteTensor *rhs, const TfLiteTensor *output)
{
    uint32_t rhs_types = TB_TYPE_BIT(lhs->type), output_types = TB_TYPE_BIT(lhs->type);
    TB_OP_TRY(tb_op_check_type(context, lhs, "lhs",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt8) |
                                   TB_TYPE_BIT(kTfLiteInt16)));
    if (lhs->type == kTfLiteInt8)
        output_types |= TB_TYPE_BIT(kTfLiteInt32);
    else
        rhs_types |= TB_TYPE_BIT(kTfLiteInt8);
    TB_OP_TRY(tb_op_check_type(context, rhs, "rhs", rhs_types));
    return tb_op_check_type(context, output, "output", output_types);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteBatchMatMulParams *params = node->builtin_data;
    const TfLiteTensor *lhs, *rhs;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "lhs", &lhs));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "rhs", &rhs));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(check_types(context, lhs, rhs, output));
    TB_OP_TRY(tb_op_check_rank(context, lhs, "lhs", MIN_RANK, MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, rhs, "rhs", MIN_RANK, MAX_RANK));
    int lhs_depth = tb_tensor_dim(lhs, tb_tensor_rank(lhs) - (params->adj_x ? 2 : 1));
    int rhs_depth = tb_tensor_dim(rhs, tb_tensor_rank(rhs) - (params->adj_y ? 1 : 2));
    if (lhs_depth != rhs_depth)
        return tb_op_fail(context, "lhs has %d columns, rhs %d rows", lhs_depth, rhs_depth);

    matmul_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->depth = (size_t)lhs_depth;
    data->output_bytes = tb_type_bytes(output->type);
    TB_OP_TRY(prepare_operand(context, lhs, params->adj_x, &data->lhs));
    TB_OP_TRY(prepare_operand(context, rhs, !params->adj_y, &data->rhs));
    TB_OP_TRY(set_shape(context, lhs, rhs, output, data));
    if (lhs->type == kTfLiteFloat32 && rhs->type == kTfLiteInt8)
        return prepare_hybrid(context, params, rhs, data);
    if (output->type == lhs->type && lhs->type != kTfLiteFloat32)
        return prepare_integer(context, lhs, rhs, output, data);
    if (lhs->type == kTfLiteFloat32)
        data->kernel = TB_TYPED(Float32, matmul_f32);
    else
        data->kernel = TB_TYPED(Int8, matmul_i8_to_i32);
    return kTfLiteOk;
}

/* ---- invoke ------------------------------------------------------------------------------------ */

static const char *rows_of(TfLiteContext *context, const matmul_operand *operand,
                           const TfLiteTensor *tensor)
{
    if (!operand->transposes)
        return tensor->data.raw;
    if (operand->constant)
        return operand->constant;
    void *rows = tb_op_scratch(context, operand->scratch);
    tb_strided_copy(&operand->view, operand->element_bytes, tensor->data.raw, rows);
    return rows;
}

static size_t matrix_at(const matmul_operand *operand, const size_t index[BATCH_DIMS])
{
    return index[0] * operand->stride[0] + index[1] * operand->stride[1] +
           index[2] * operand->stride[2];
}

/* TFLite finds the scales, zero points and row sums that go with a matrix at the sum of its batch
   indices, which is its number only where there is one batch dimension. */
static size_t hybrid_matrix_at(const matmul_operand *operand, const size_t index[BATCH_DIMS])
{
    size_t at = 0;
    for (int d = 0; d < BATCH_DIMS; d++)
        at += operand->stride[d] ? index[d] : 0;
    return at;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const matmul_data *data = node->user_data;
    const char *lhs = rows_of(context, &data->lhs, tb_op_input(context, node, 0));
    const char *rhs = rows_of(context, &data->rhs, tb_op_input(context, node, 1));
    char *output = tb_op_output(context, node, 0)->data.raw;
    size_t lhs_bytes = data->lhs.rows * data->depth * data->lhs.element_bytes;
    size_t rhs_bytes = data->rhs.rows * data->depth * data->rhs.element_bytes;
    tb_hybrid_rows rows = {0};
    if (data->is_hybrid) {
        tb_hybrid_quantize(context, &data->hybrid, (const float *)(const void *)lhs, &rows);
        lhs = (const char *)rows.values;
        lhs_bytes = data->lhs.rows * data->depth;
    }
    size_t i[BATCH_DIMS];
    for (i[0] = 0; i[0] < data->batch[0]; i[0]++)
        for (i[1] = 0; i[1] < data->batch[1]; i[1]++)
            for (i[2] = 0; i[2] < data->batch[2] && !tb_stopped(); i[2]++) {
                matmul_job job = {.lhs = lhs + matrix_at(&data->lhs, i) * lhs_bytes,
                                  .rhs = rhs + matrix_at(&data->rhs, i) * rhs_bytes,
                                  .output = output};
                if (data->is_hybrid) {
                    size_t first = hybrid_matrix_at(&data->lhs, i) * data->lhs.rows;
                    job.scales = rows.scales + first;
                    job.zero_points = rows.zero_points + first;
                    job.summed = (const int8_t *)rhs + hybrid_matrix_at(&data->rhs, i) * rhs_bytes;
                }
                data->kernel(data, &job);
                output += data->lhs.rows * data->rhs.rows * data->output_bytes;
            }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_batch_matmul = {.prepare = prepare, .invoke = invoke};
