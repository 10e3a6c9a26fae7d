/* MATRIX_DIAG and MATRIX_SET_DIAG: vectors on the diagonals of matrices, which are zero elsewhere or
   another input. */
#include "runtime/ops/view.h"

#include <string.h>

#define DIAG_TYPES (TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteComplex128))

static TfLiteStatus prepare_diag(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", DIAG_TYPES));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK - 1));
    int dims[TB_MAX_RANK], rank = tb_tensor_rank(input);
    memcpy(dims, input->dims->data, (size_t)rank * sizeof dims[0]);
    dims[rank] = dims[rank - 1];
    output->type = input->type;
    return tb_op_resize(context, output, rank + 1, dims);
}

static TfLiteStatus prepare_set_diag(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *diagonal;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "diagonal", &diagonal));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", DIAG_TYPES));
    TB_OP_TRY(tb_op_check_same_type(context, diagonal, "diagonal", input, "input"));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 2, TB_MAX_RANK));
    int rank = tb_tensor_rank(input);
    size_t shorter = (size_t)TB_MIN(tb_tensor_dim(input, rank - 2), tb_tensor_dim(input, rank - 1));
    size_t needed = tb_dims_product(input, 0, rank - 2) * shorter;
    if (tb_count(diagonal) < needed)
        return tb_op_fail(context, "diagonal has %zu elements, expected %zu", tb_count(diagonal),
                          needed);
    output->type = input->type;
    return tb_op_resize_like(context, output, input);
}

/* The diagonals of output, in order, from `diagonal`. */
static void set_diagonals(const TfLiteTensor *diagonal, TfLiteTensor *output)
{
    int rank = tb_tensor_rank(output);
    size_t matrices = tb_dims_product(output, 0, rank - 2), bytes = tb_type_bytes(output->type);
    size_t rows = (size_t)tb_tensor_dim(output, rank - 2);
    size_t columns = (size_t)tb_tensor_dim(output, rank - 1), from = 0;
    for (size_t m = 0; m < matrices; m++)
        for (size_t i = 0; i < rows && i < columns; i++, from++)
            memcpy(output->data.raw + ((m * rows + i) * columns + i) * bytes,
                   diagonal->data.raw + from * bytes, bytes);
}

static TfLiteStatus invoke_diag(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (output->bytes > 0)
        memset(output->data.raw, 0, output->bytes);
    set_diagonals(tb_op_input(context, node, 0), output);
    return kTfLiteOk;
}

static TfLiteStatus invoke_set_diag(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (output->bytes > 0)
        memcpy(output->data.raw, input->data.raw, output->bytes);
    set_diagonals(tb_op_input(context, node, 1), output);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_matrix_diag = {.prepare = prepare_diag, .invoke = invoke_diag};
const TfLiteRegistration tb_op_matrix_set_diag = {.prepare = prepare_set_diag,
                                                  .invoke = invoke_set_diag};
