/*
 * RFFT2D: the discrete Fourier transform of real matrices, the last two dimensions, cut or filled up
 * with zeros to lengths that are powers of two. The last dimension keeps its length / 2 + 1
 * frequencies that are not mirrored. Computed in double.
 */
#include <string.h>

#include "runtime/ops/common.h"
#include "runtime/ops/fft.h"

/* Longer ones get their tables when they run, where that may be stopped. */
#define MOST_PREPARED 65536

typedef struct rfft_data {
    tb_fft_plan columns, rows; /* count 0: to be made */
} rfft_data;

/* The lengths, and the output's shape. */
static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int32_t lengths[2];
    int count, rank = tb_tensor_rank(input), dims[TB_MAX_RANK];
    TB_OP_TRY(
        tb_op_read_ints(context, tb_op_input(context, node, 1), "FFT lengths", 2, lengths, &count));
    for (int i = 0; i < 2; i++)
        if (lengths[i] < 1 || (lengths[i] & (lengths[i] - 1)) != 0)
            return tb_op_fail(context, "FFT length %d is %d, expected a power of two", i,
                              lengths[i]);
    for (int i = 0; i < rank; i++)
        dims[i] = tb_tensor_dim(input, i);
    dims[rank - 2] = lengths[0];
    dims[rank - 1] = lengths[1] / 2 + 1;
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

/* Without effect where it is made, or long. */
static TfLiteStatus prepare_plan(TfLiteContext *context, int32_t count, tb_fft_plan *plan)
{
    size_t bytes;
    if (count > MOST_PREPARED || !tb_fft_plan_bytes((size_t)count, &bytes))
        return kTfLiteOk;
    void *memory = tb_op_persistent_array(context, bytes, 1);
    if (!memory)
        return kTfLiteError;
    tb_fft_plan_fill((size_t)count, memory, plan);
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *lengths;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "FFT lengths", &lengths));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 2, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, lengths, "FFT lengths", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, lengths, "FFT lengths", 1, 1));
    if (tb_tensor_dim(lengths, 0) != 2)
        return tb_op_fail(context, "has %d FFT lengths, expected 2", tb_tensor_dim(lengths, 0));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteComplex64)));
    rfft_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    if (!tb_tensor_is_constant(lengths)) {
        tb_op_set_dynamic(output);
        return kTfLiteOk;
    }
    TB_OP_TRY(shape_output(context, node));
    TB_OP_TRY(prepare_plan(context, lengths->data.i32[1], &data->columns));
    return prepare_plan(context, lengths->data.i32[0], &data->rows);
}

typedef struct matrix {
    const float *in;
    size_t in_rows;
    size_t in_columns;
    tb_fft_plan rows;
    tb_fft_plan columns;
    double *work;
    tb_complex *kept; /* the frequencies of all rows, where there are several */
} matrix;

/* The frequencies of `rows` rows that lie `step` values apart. */
static void transform_rows(const matrix *m, size_t rows, size_t step, float *out)
{
    const tb_rfft job = {.plan = &m->columns,
                         .given = TB_MIN(m->in_columns, m->columns.count),
                         .rows = rows,
                         .in = m->in,
                         .in_step = step,
                         .out = out,
                         .exact = m->kept,
                         .out_step = m->columns.count / 2 + 1,
                         .work = m->work};
    tb_rfft_portable(&job);
}

/* Rows past the input's are zeros, and so are their frequencies. */
static void transform_matrix(const matrix *m, float *out)
{
    const size_t frequencies = m->columns.count / 2 + 1, rows = m->rows.count;
    const size_t given = TB_MIN(m->in_rows, rows);
    transform_rows(m, given, m->in_columns, out);
    memset(m->kept + given * frequencies, 0, (rows - given) * frequencies * sizeof *m->kept);
    for (size_t x = 0; x < frequencies && !tb_stopped(); x++)
        tb_fft(&m->rows, m->kept + x, frequencies);
    for (size_t i = 0; i < rows * frequencies; i++) {
        out[2 * i] = (float)m->kept[i].real;
        out[2 * i + 1] = (float)m->kept[i].imaginary;
    }
}

/* The plan that was prepared, or one for this invoke. */
static TfLiteStatus get_plan(TfLiteContext *context, const tb_fft_plan *prepared, int32_t count,
                             tb_fft_plan *out)
{
    size_t bytes;
    *out = *prepared;
    if (out->count == (size_t)count)
        return kTfLiteOk;
    if (!tb_fft_plan_bytes((size_t)count, &bytes))
        return tb_op_fail(context, "a transform of %d values is too large", count);
    void *memory = tb_op_invoke_array(context, bytes, 1);
    if (!memory)
        return kTfLiteError;
    tb_fft_plan_fill((size_t)count, memory, out);
    return tb_stopped() ? kTfLiteCancelled : kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node));
    int32_t lengths[2];
    int count, rank = tb_tensor_rank(input);
    TB_OP_TRY(
        tb_op_read_ints(context, tb_op_input(context, node, 1), "FFT lengths", 2, lengths, &count));
    const rfft_data *data = node->user_data;
    matrix m = {.in = input->data.f,
                .in_rows = (size_t)tb_tensor_dim(input, rank - 2),
                .in_columns = (size_t)tb_tensor_dim(input, rank - 1)};
    TB_OP_TRY(get_plan(context, &data->rows, lengths[0], &m.rows));
    TB_OP_TRY(get_plan(context, &data->columns, lengths[1], &m.columns));
    const size_t frequencies = m.columns.count / 2 + 1;
    const size_t batches = tb_dims_product(input, 0, rank - 2);
    size_t values;
    if (!tb_mul_size(m.rows.count, frequencies, &values))
        return tb_op_fail(context, "a transform of %d by %d is too large", lengths[0], lengths[1]);
    m.work =
        tb_op_invoke_array(context, TB_RFFT_WORK(m.columns.count, TB_RFFT_LANES), sizeof *m.work);
    const bool kept = m.rows.count > 1 || m.in_rows == 0;
    m.kept = kept ? tb_op_invoke_array(context, values, sizeof *m.kept) : NULL;
    if (!m.work || (kept && !m.kept))
        return kTfLiteError;
    float *out = output->data.f;
    if (m.rows.count == 1 && m.in_rows > 0) {
        transform_rows(&m, batches, m.in_rows * m.in_columns, out);
        return kTfLiteOk;
    }
    for (size_t batch = 0; batch < batches && !tb_stopped(); batch++) {
        transform_matrix(&m, out);
        m.in += m.in_rows * m.in_columns;
        out += 2 * m.rows.count * frequencies;
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_rfft2d = {.prepare = prepare, .invoke = invoke};
