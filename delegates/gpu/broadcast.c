/* Walking operands that are repeated; see broadcast.h. */
#include "delegates/gpu/broadcast.h"

static bool goes_on(const tb_gpu_broadcast *b, const int32_t *along)
{
    const int at = b->rank - 1;
    for (int i = 0; i < b->operands; i++)
        if (at < 0 || along[i] != b->stride[i][at] * b->extent[at])
            return false;
    return true;
}

void tb_gpu_broadcast_make(const tb_gpu_value *out, const tb_gpu_value *const *operands, int count,
                           tb_gpu_broadcast *b)
{
    int32_t stride[TB_GPU_OPERANDS] = {1, 1, 1};
    *b = (tb_gpu_broadcast){.operands = count};
    for (int k = 1; k <= out->rank; k++) { /* innermost first */
        const int32_t extent = out->dims[out->rank - k];
        int32_t along[TB_GPU_OPERANDS];
        for (int i = 0; i < count; i++) {
            const tb_gpu_value *v = operands[i];
            const int32_t size = k <= v->rank ? v->dims[v->rank - k] : 1;
            along[i] = size > 1 ? stride[i] : 0;
            stride[i] *= size;
        }
        if (extent == 1)
            continue;
        if (goes_on(b, along)) {
            b->extent[b->rank - 1] *= extent;
            continue;
        }
        b->extent[b->rank] = extent;
        for (int i = 0; i < count; i++)
            b->stride[i][b->rank] = along[i];
        b->rank++;
    }
}

void tb_gpu_broadcast_args(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_broadcast *b)
{
    for (int k = TB_GPU_MAX_RANK - 1; k >= 0; k--)
        tb_gpu_arg_int(plan, step, k < b->rank ? b->extent[k] : 1);
    for (int i = 0; i < b->operands; i++)
        for (int k = TB_GPU_MAX_RANK - 1; k >= 0; k--)
            tb_gpu_arg_int(plan, step, k < b->rank ? b->stride[i][k] : 0);
}

tb_status tb_gpu_broadcast_end(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_broadcast *b)
{
    size_t outer = 1;
    for (int k = 2; k < b->rank; k++)
        outer *= (size_t)b->extent[k];
    return tb_gpu_step_end(plan, step, b->rank > 0 ? (size_t)b->extent[0] : 1,
                           b->rank > 1 ? (size_t)b->extent[1] : 1, outer);
}

bool tb_gpu_query_fits(tb_cpu_query *query, const TfLiteTensor *operand, const TfLiteTensor *output)
{
    const int rank = operand->dims->size, out_rank = output->dims->size;
    if (rank > out_rank)
        return tb_query_no(query, "an operand has more dimensions than the output");
    for (int k = 1; k <= rank; k++) {
        const int32_t size = operand->dims->data[rank - k];
        if (size != 1 && size != output->dims->data[out_rank - k])
            return tb_query_no(query, "an operand's shape does not go into the output's");
    }
    return true;
}
