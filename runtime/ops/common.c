/* What the kernels share beyond op.h. */
#include "runtime/ops/common.h"

#include <float.h>
#include <string.h>

void *tb_op_make_data(TfLiteContext *context, TfLiteNode *node, size_t bytes)
{
    node->user_data = tb_op_persistent(context, bytes);
    if (!node->user_data)
        tb_op_fail(context, "no memory for %zu bytes of kernel data", bytes);
    else
        memset(node->user_data, 0, bytes);
    return node->user_data;
}

void *tb_op_persistent_array(TfLiteContext *context, size_t count, size_t element_bytes)
{
    size_t bytes;
    if (!tb_mul_size(count, element_bytes, &bytes)) {
        tb_op_fail(context, "needs %zu elements of %zu bytes: too many", count, element_bytes);
        return NULL;
    }
    void *memory = tb_op_persistent(context, bytes ? bytes : 1);
    if (!memory)
        tb_op_fail(context, "no memory for %zu bytes of kernel data", bytes);
    return memory;
}

void *tb_op_invoke_array(TfLiteContext *context, size_t count, size_t element_bytes)
{
    size_t bytes;
    void *memory = NULL;
    if (!tb_mul_size(count, element_bytes, &bytes)) {
        tb_op_fail(context, "needs %zu elements of %zu bytes: too many", count, element_bytes);
        return NULL;
    }
    return context->AllocateBufferForEval(context, bytes, &memory) == kTfLiteOk ? memory : NULL;
}

TfLiteStatus tb_op_scratch_array(TfLiteContext *context, size_t count, size_t element_bytes,
                                 int *index)
{
    size_t bytes;
    if (!tb_mul_size(count, element_bytes, &bytes))
        return tb_op_fail(context, "needs %zu elements of %zu bytes: too many", count,
                          element_bytes);
    return tb_op_request_scratch(context, bytes, index);
}

TfLiteStatus tb_op_get_input(TfLiteContext *context, const TfLiteNode *node, int k,
                             const char *what, const TfLiteTensor **out)
{
    *out = tb_op_input(context, node, k);
    if (*out)
        return kTfLiteOk;
    return tb_op_fail(context, "%s (input %d) is missing", what, k);
}

TfLiteStatus tb_op_get_output(TfLiteContext *context, const TfLiteNode *node, int k,
                              TfLiteTensor **out)
{
    *out = tb_op_output(context, node, k);
    if (*out)
        return kTfLiteOk;
    return tb_op_fail(context, "output %d is missing", k);
}

TfLiteStatus tb_op_unary(TfLiteContext *context, const TfLiteNode *node, const TfLiteTensor **input,
                         TfLiteTensor **output)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, 1));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", input));
    return tb_op_get_output(context, node, 0, output);
}

/* ---- shapes ------------------------------------------------------------------------------------ */

void tb_op_set_constant(TfLiteTensor *output)
{
    if (output->allocation_type == kTfLitePersistentRo)
        return;
    TfLiteTensorDataFree(output);
    output->data.raw = NULL;
    output->allocation_type = kTfLitePersistentRo;
}

bool tb_same_shape(const TfLiteTensor *a, const TfLiteTensor *b)
{
    return TfLiteIntArrayEqual(a->dims, b->dims) != 0;
}

size_t tb_dims_product(const TfLiteTensor *tensor, int from, int to)
{
    size_t product = 1;
    for (int axis = from; axis < to; axis++)
        product *= (size_t)tb_tensor_dim(tensor, axis);
    return product;
}

TfLiteStatus tb_op_axis(TfLiteContext *context, int64_t axis, int rank, const char *what, int *out)
{
    if (axis < -rank || axis >= rank)
        return tb_op_fail(context, "%s is %lld, expected %d to %d", what, (long long)axis, -rank,
                          rank - 1);
    *out = (int)(axis < 0 ? axis + rank : axis);
    return kTfLiteOk;
}

/* ---- small integer tensors --------------------------------------------------------------------- */

static int64_t int_element(const TfLiteTensor *tensor, size_t i)
{
    switch (tensor->type) {
    case kTfLiteInt8:
        return tensor->data.int8[i];
    case kTfLiteUInt8:
        return tensor->data.uint8[i];
    case kTfLiteBool:
        return tensor->data.uint8[i] != 0;
    case kTfLiteInt16:
        return tensor->data.i16[i];
    case kTfLiteUInt32:
        return tensor->data.u32[i];
    case kTfLiteInt64:
        return tensor->data.i64[i];
    default:
        return tensor->data.i32[i];
    }
}

TfLiteStatus tb_op_read_ints(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                             int capacity, int32_t *out, int *count)
{
    TB_OP_TRY(tb_op_check_type(context, tensor, what,
                               TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteUInt8) |
                                   TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteInt16) |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteUInt32) |
                                   TB_TYPE_BIT(kTfLiteInt64)));
    int64_t elements = tb_tensor_elements(tensor);
    if (elements > capacity)
        return tb_op_fail(context, "%s has %lld elements, expected at most %d", what,
                          (long long)elements, capacity);
    if (elements > 0 && !tensor->data.raw)
        return tb_op_fail(context, "%s has no values", what);
    for (size_t i = 0; i < (size_t)elements; i++) {
        int64_t value = int_element(tensor, i);
        if (value < INT32_MIN || value > INT32_MAX)
            return tb_op_fail(context, "%s has element %lld, which does not fit 32 bits", what,
                              (long long)value);
        out[i] = (int32_t)value;
    }
    *count = (int)elements;
    return kTfLiteOk;
}

TfLiteStatus tb_op_read_int(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                            int32_t *out)
{
    int count = 0;
    TB_OP_TRY(tb_op_read_ints(context, tensor, what, 1, out, &count));
    if (count != 1)
        return tb_op_fail(context, "%s is empty, expected one element", what);
    return kTfLiteOk;
}

/* ---- quantisation ------------------------------------------------------------------------------ */

TfLiteStatus tb_op_multiplier(TfLiteContext *context, double factor, const char *what,
                              tb_multiplier *out)
{
    if (tb_multiplier_from_real(factor, out))
        return kTfLiteOk;
    return tb_op_fail(context, "%s is %g, expected a finite factor below 2^31", what, factor);
}

TfLiteStatus tb_op_check_symmetric(TfLiteContext *context, const TfLiteTensor *tensor,
                                   const char *what)
{
    if (tensor->params.zero_point == 0)
        return kTfLiteOk;
    return tb_op_fail(context, "%s has zero point %d, expected 0 for %s", what,
                      tensor->params.zero_point, TfLiteTypeGetName(tensor->type));
}

TfLiteStatus tb_op_check_same_quantization(TfLiteContext *context, const TfLiteTensor *a,
                                           const char *a_name, const TfLiteTensor *b,
                                           const char *b_name)
{
    if (a->params.scale == b->params.scale && a->params.zero_point == b->params.zero_point)
        return kTfLiteOk;
    return tb_op_fail(context,
                      "%s has scale %g and zero point %d, %s has %g and %d; expected the same",
                      a_name, (double)a->params.scale, a->params.zero_point, b_name,
                      (double)b->params.scale, b->params.zero_point);
}

/* ---- fused activations ------------------------------------------------------------------------- */

static const char *activation_name(TfLiteFusedActivation activation)
{
    static const char *const names[] = {"NONE", "RELU",     "RELU_N1_TO_1", "RELU6",
                                        "TANH", "SIGN_BIT", "SIGMOID"};
    return (unsigned)activation < TB_COUNT_OF(names) ? names[activation] : "unknown";
}

/* The bounds as real numbers; `lowest` and `highest` stand for none. */
static TfLiteStatus clamping_bounds(TfLiteContext *context, TfLiteFusedActivation activation,
                                    double lowest, double highest, double *min, double *max)
{
    *min = lowest;
    *max = highest;
    switch (activation) {
    case kTfLiteActNone:
    case kTfLiteActTanh: /* TFLite's kernels that clamp pass over these three */
    case kTfLiteActSignBit:
    case kTfLiteActSigmoid:
        return kTfLiteOk;
    case kTfLiteActRelu:
        *min = 0;
        return kTfLiteOk;
    case kTfLiteActRelu6:
        *min = 0;
        *max = 6;
        return kTfLiteOk;
    case kTfLiteActReluN1To1:
        *min = -1;
        *max = 1;
        return kTfLiteOk;
    default:
        return tb_op_fail(context, "fused activation is %d, there is none of that number",
                          (int)activation);
    }
}

TfLiteStatus tb_op_float_range(TfLiteContext *context, TfLiteFusedActivation activation, float *min,
                               float *max)
{
    double low, high;
    TB_OP_TRY(clamping_bounds(context, activation, -(double)FLT_MAX, (double)FLT_MAX, &low, &high));
    *min = (float)low;
    *max = (float)high;
    return kTfLiteOk;
}

TfLiteStatus tb_op_int_range(TfLiteContext *context, TfLiteFusedActivation activation,
                             TfLiteType type, int64_t *min, int64_t *max)
{
    double low, high;
    TB_OP_TRY(clamping_bounds(context, activation, -10, 10, &low, &high));
    int64_t lowest = type == kTfLiteInt64    ? INT64_MIN
                     : type == kTfLiteInt16  ? INT16_MIN
                     : type == kTfLiteUInt32 ? 0
                                             : INT32_MIN;
    int64_t highest = type == kTfLiteInt64    ? INT64_MAX
                      : type == kTfLiteInt16  ? INT16_MAX
                      : type == kTfLiteUInt32 ? (int64_t)UINT32_MAX
                                              : INT32_MAX;
    *min = low == -10 ? lowest : (int64_t)low;
    *max = high == 10 ? highest : (int64_t)high;
    return kTfLiteOk;
}

TfLiteStatus tb_op_quantized_range(TfLiteContext *context, TfLiteFusedActivation activation,
                                   const TfLiteTensor *output, int32_t *min, int32_t *max)
{
    float low, high;
    TB_OP_TRY(tb_op_float_range(context, activation, &low, &high));
    if (!tb_quant_activation_range(activation, output->type, output->params.scale,
                                   output->params.zero_point, min, max))
        return tb_op_fail(context, "fused activation %s does not fit output scale %g",
                          activation_name(activation), (double)output->params.scale);
    return kTfLiteOk;
}
