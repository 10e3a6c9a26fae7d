/*
 * RFFT2D: the discrete Fourier transform of real matrices, the last two dimensions, cut or filled up
 * with zeros to lengths that are powers of two. The last dimension keeps its length / 2 + 1
 * frequencies that are not mirrored. Computed in double.
 */
#include <string.h>

#include "runtime/ops/common.h"
#include "runtime/ops/fft.h"

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
    if (tb_tensor_is_constant(lengths))
        return shape_output(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

typedef struct matrix {
    const float *in;
    size_t in_rows;
    size_t in_columns;
    size_t rows;
    size_t columns;
} matrix;

/* `row` has room for a row, `kept` for the frequencies of all rows. */
static void transform_matrix(const matrix *m, tb_complex *row, tb_complex *kept, float *out)
{
    const size_t frequencies = m->columns / 2 + 1;
    for (size_t y = 0; y < m->rows && !tb_stopped(); y++) {
        for (size_t x = 0; x < m->columns; x++) {
            bool inside = y < m->in_rows && x < m->in_columns;
            row[x] = (tb_complex){inside ? (double)m->in[y * m->in_columns + x] : 0.0, 0.0};
        }
        tb_fft(row, m->columns, 1);
        memcpy(kept + y * frequencies, row, frequencies * sizeof *row);
    }
    for (size_t x = 0; x < frequencies && !tb_stopped(); x++)
        tb_fft(kept + x, m->rows, frequencies);
    for (size_t i = 0; i < m->rows * frequencies; i++) {
        out[2 * i] = (float)kept[i].real;
        out[2 * i + 1] = (float)kept[i].imaginary;
    }
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
    matrix m = {.in = input->data.f,
                .in_rows = (size_t)tb_tensor_dim(input, rank - 2),
                .in_columns = (size_t)tb_tensor_dim(input, rank - 1),
                .rows = (size_t)lengths[0],
                .columns = (size_t)lengths[1]};
    const size_t frequencies = m.columns / 2 + 1, batches = tb_dims_product(input, 0, rank - 2);
    size_t values;
    if (!tb_mul_size(m.rows, frequencies, &values) || !tb_add_size(values, m.columns, &values))
        return tb_op_fail(context, "a transform of %zu by %zu is too large", m.rows, m.columns);
    tb_complex *work = tb_op_invoke_array(context, values, sizeof *work);
    if (!work)
        return kTfLiteError;
    float *out = output->data.f;
    for (size_t batch = 0; batch < batches && !tb_stopped(); batch++) {
        transform_matrix(&m, work, work + m.columns, out);
        m.in += m.in_rows * m.in_columns;
        out += 2 * m.rows * frequencies;
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_rfft2d = {.prepare = prepare, .invoke = invoke};
