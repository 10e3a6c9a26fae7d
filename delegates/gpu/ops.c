/* The rows of ops.def, and what the operators' files share. */
#include "delegates/gpu/ops.h"

#include <math.h>

#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_ops.h"

#define TB_GPU_OP(builtin, name, types) extern const tb_gpu_op_row tb_gpu_op_##name;
#include "delegates/gpu/ops.def"
#undef TB_GPU_OP

static const struct {
    int code;
    const tb_gpu_op_row *row;
    uint32_t types;
} rows[] = {
#define TB_GPU_OP(builtin, name, types) {kTfLiteBuiltin##builtin, &tb_gpu_op_##name, types},
#include "delegates/gpu/ops.def"
#undef TB_GPU_OP
};

const tb_gpu_op_row *tb_gpu_op_find(int builtin_code, uint32_t *types)
{
    for (size_t i = 0; i < TB_COUNT_OF(rows); i++)
        if (rows[i].code == builtin_code) {
            *types = rows[i].types;
            return rows[i].row;
        }
    return NULL;
}

static const struct {
    TfLiteType type;
    uint32_t bit;
} type_bits[] = {
    {kTfLiteFloat32, TB_GPU_FLOAT}, {kTfLiteInt8, TB_GPU_INT8},   {kTfLiteUInt8, TB_GPU_UINT8},
    {kTfLiteInt16, TB_GPU_INT16},   {kTfLiteInt32, TB_GPU_INT32}, {kTfLiteInt64, TB_GPU_INT64},
    {kTfLiteBool, TB_GPU_BOOLEAN},
};

static uint32_t type_bit(TfLiteType type)
{
    for (size_t i = 0; i < TB_COUNT_OF(type_bits); i++)
        if (type_bits[i].type == type)
            return type_bits[i].bit;
    return 0;
}

bool tb_gpu_op_list(int index, int *builtin_code, uint32_t *types)
{
    if (index < 0 || (size_t)index >= TB_COUNT_OF(rows))
        return false;
    *builtin_code = rows[index].code;
    *types = 0;
    for (size_t i = 0; i < TB_COUNT_OF(type_bits); i++)
        *types |= rows[index].types & type_bits[i].bit ? 1u << type_bits[i].type : 0;
    return true;
}

/* Tensors that a plan can hold: of known, not too many elements. */
static bool holds(tb_cpu_query *query, const TfLiteIntArray *list)
{
    for (int i = 0; i < list->size; i++) {
        const int index = list->data[i];
        if (index < 0)
            continue;
        const TfLiteTensor *tensor = &query->context->tensors[index];
        if (tensor->allocation_type == kTfLiteDynamic)
            return tb_query_no(query, "tensor %d has no fixed shape", index);
        if (tensor->is_variable)
            return tb_query_no(query, "tensor %d is a variable", index);
        if (!tb_query_rank(query, tensor, "a tensor", 0, TB_GPU_MAX_RANK))
            return false;
        size_t elements = 1;
        for (int k = 0; tensor->dims && k < tensor->dims->size; k++) {
            if (tensor->dims->data[k] < 1)
                return tb_query_no(query, "tensor %d has no elements", index);
            if (!tb_mul_size(elements, (size_t)tensor->dims->data[k], &elements) ||
                elements > INT32_MAX / 8)
                return tb_query_no(query, "tensor %d is too large", index);
        }
    }
    return true;
}

bool tb_gpu_op_takes(tb_cpu_query *query, int builtin_code)
{
    uint32_t types = 0;
    const tb_gpu_op_row *row = tb_gpu_op_find(builtin_code, &types);
    if (!row)
        return tb_query_no(query, "the gpu delegate has no kernel for this operator");
    const TfLiteTensor *subject =
        types & TB_GPU_OF_OUTPUT ? tb_query_output(query, 0) : tb_query_input(query, 0);
    if (!subject || query->node->outputs->size < 1)
        return tb_query_no(query, "has no input or no output");
    if (!(types & type_bit(subject->type)))
        return tb_query_no(query, "the gpu delegate does not do it for %s",
                           TfLiteTypeGetName(subject->type));
    if (!holds(query, query->node->inputs) || !holds(query, query->node->outputs))
        return false;
    if (row->takes)
        return row->takes(query);
    const tb_cpu_op_row *rule = tb_cpu_op_find(builtin_code);
    return rule ? rule->takes(query) : tb_query_no(query, "no rule says when it is done");
}

/* ---- shared by the operators ------------------------------------------------------------------------- */

void tb_gpu_bounds(const tb_gpu_op *op, TfLiteFusedActivation activation, float *min, float *max)
{
    tb_float_bounds(activation, min, max);
    if (!op->has_clamp)
        return;
    *min = fmaxf(*min, op->clamp_min);
    *max = fminf(*max, op->clamp_max);
}

int32_t tb_gpu_pad_before(TfLitePadding padding, int32_t input, int32_t output, int32_t taps,
                          int32_t stride, int32_t dilation)
{
    if (padding != kTfLitePaddingSame)
        return 0;
    const int64_t total =
        (int64_t)(output - 1) * stride + (int64_t)(taps - 1) * dilation + 1 - input;
    return total > 0 ? (int32_t)(total / 2) : 0;
}
