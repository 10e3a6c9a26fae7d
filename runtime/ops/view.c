/* The skeleton of operators that only move elements; see view.h. */
#include "runtime/ops/view.h"

void tb_row_strides(const TfLiteTensor *tensor, ptrdiff_t *strides)
{
    ptrdiff_t stride = 1;
    for (int d = tb_tensor_rank(tensor) - 1; d >= 0; d--) {
        strides[d] = stride;
        stride *= tb_tensor_dim(tensor, d);
    }
}

TfLiteStatus tb_view_prepare(TfLiteContext *context, TfLiteNode *node, int inputs, uint32_t types,
                             tb_view_maker make)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, inputs, inputs));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", types));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    bool known = true;
    for (int k = 1; k < inputs; k++) {
        const TfLiteTensor *tensor;
        TB_OP_TRY(tb_op_get_input(context, node, k, "position", &tensor));
        known &= tb_tensor_is_constant(tensor);
    }
    tb_strided *view = tb_op_make_data(context, node, sizeof *view);
    if (!view)
        return kTfLiteError;
    if (known)
        return make(context, node, view);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

TfLiteStatus tb_view_invoke(TfLiteContext *context, TfLiteNode *node, tb_view_maker make)
{
    tb_strided *view = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    /* A string output is always dynamic; one with a rank has its view. */
    if (tb_tensor_is_dynamic(output)) {
        *view = (tb_strided){.rank = 0};
        TB_OP_TRY(make(context, node, view));
    }
    return tb_strided_copy_tensor(context, view, tb_op_input(context, node, 0), output);
}
