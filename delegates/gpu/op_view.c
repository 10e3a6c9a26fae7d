/* Operators whose output is the input's bytes under another shape. */
#include "delegates/gpu/ops.h"

static bool takes(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!output || input->type != output->type ||
        tb_query_elements(input) != tb_query_elements(output))
        return tb_query_no(query, "the output has not the input's elements");
    return true;
}

const tb_gpu_op_row tb_gpu_op_reshape = {.traits = TB_GPU_IS_VIEW, .takes = takes};
const tb_gpu_op_row tb_gpu_op_squeeze = {.traits = TB_GPU_IS_VIEW, .takes = takes};
const tb_gpu_op_row tb_gpu_op_expand_dims = {.traits = TB_GPU_IS_VIEW, .takes = takes};
