/*
 * aeq.hadamard_rotation: the orthonormal Walsh-Hadamard transform of every run of "hadamard_size"
 * features, a power of two; what is left at the end of the tensor stays as it is.
 */
#include <math.h>
#include <string.h>

#include "runtime/ops/common.h"
#include "runtime/ops/flex.h"

typedef struct rotation {
    size_t size;
    size_t runs;
} rotation;

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 2, 3));
    tb_flex_map map;
    if (node->custom_initial_data_size < 1 ||
        !tb_flex_open_map(node->custom_initial_data, (size_t)node->custom_initial_data_size, &map))
        return tb_op_fail(context, "its options are no map");
    int64_t size = tb_flex_int(&map, "hadamard_size", 0);
    if (size < 1 || size > INT32_MAX || (size & (size - 1)) != 0)
        return tb_op_fail(context, "hadamard_size is %lld, expected a power of two",
                          (long long)size);
    rotation *r = tb_op_make_data(context, node, sizeof *r);
    if (!r)
        return kTfLiteError;
    int last = tb_tensor_rank(input) - 1;
    r->size = (size_t)size;
    r->runs = tb_dims_product(input, 0, last) * ((size_t)tb_tensor_dim(input, last) / r->size);
    return tb_op_resize_like(context, output, input);
}

static void transform(float *values, size_t size)
{
    for (size_t half = 1; half < size; half *= 2)
        for (size_t i = 0; i < size; i += 2 * half)
            for (size_t j = i; j < i + half; j++) {
                float a = values[j], b = values[j + half];
                values[j] = a + b;
                values[j + half] = a - b;
            }
    const float factor = 1.0f / sqrtf((float)size);
    for (size_t i = 0; i < size; i++)
        values[i] *= factor;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const rotation *r = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (input->bytes > 0)
        memcpy(output->data.raw, input->data.raw, input->bytes);
    for (size_t i = 0; i < r->runs && !tb_stopped(); i++)
        transform(output->data.f + i * r->size, r->size);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_hadamard_rotation = {.prepare = prepare, .invoke = invoke};
