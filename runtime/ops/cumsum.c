/* CUMSUM: running sums along one axis, forwards or backwards, with or without the element itself. */
#include "runtime/ops/common.h"

typedef void (*sum_line)(const void *in, void *out, size_t count, ptrdiff_t stride, bool exclusive);

/* `in` and `out` point at the line's first element in the order of summing. Integers wrap around. */
#define DEFINE_LINE(name, type)                                                                   \
    static void name(const void *in_, void *out_, size_t count, ptrdiff_t stride, bool exclusive) \
    {                                                                                             \
        const type *in = in_;                                                                     \
        type *out = out_;                                                                         \
        type sum = 0;                                                                             \
        for (size_t i = 0; i < count; i++) {                                                      \
            ptrdiff_t at = (ptrdiff_t)i * stride;                                                 \
            type next = sum + in[at];                                                             \
            out[at] = exclusive ? sum : next;                                                     \
            sum = next;                                                                           \
        }                                                                                         \
    }

DEFINE_LINE(sum_f32, float)
DEFINE_LINE(sum_i32, uint32_t)
DEFINE_LINE(sum_i64, uint64_t)

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *axis;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "axis", &axis));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt32) |
                                   TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_type(context, axis, "axis", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    if (tb_count(axis) != 1)
        return tb_op_fail(context, "has %zu axes, expected one", tb_count(axis));
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteCumsumParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    int rank = tb_tensor_rank(input), axis;
    TB_OP_TRY(tb_op_axis(context, tb_op_input(context, node, 1)->data.i32[0], rank, "axis", &axis));
    if (tb_count(input) == 0)
        return kTfLiteOk;
    sum_line line = input->type == kTfLiteFloat32 ? sum_f32
                    : input->type == kTfLiteInt32 ? sum_i32
                                                  : sum_i64;
    size_t outer = tb_dims_product(input, 0, axis), inner = tb_dims_product(input, axis + 1, rank);
    size_t count = (size_t)tb_tensor_dim(input, axis), bytes = tb_type_bytes(input->type);
    ptrdiff_t stride = params->reverse ? -(ptrdiff_t)inner : (ptrdiff_t)inner;
    for (size_t o = 0; o < outer && !tb_stopped(); o++)
        for (size_t i = 0; i < inner; i++) {
            size_t first = o * count * inner + i + (params->reverse ? (count - 1) * inner : 0);
            line(input->data.raw + first * bytes, output->data.raw + first * bytes, count, stride,
                 params->exclusive);
        }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_cumsum = {.prepare = prepare, .invoke = invoke};
