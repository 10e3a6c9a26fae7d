/*
 * L2_NORMALIZATION over the last dimension and LOCAL_RESPONSE_NORMALIZATION over neighbouring
 * channels. The latter follows TFLite's optimised kernel: its running sum over the window, and its
 * short forms for exponents of 1 and 1/2.
 */
#include "runtime/fixed_point.h"
#include "runtime/math.h"
#include "runtime/ops/common.h"

#include <math.h>

/* ---- L2_NORMALIZATION -------------------------------------------------------------------------- */

static TfLiteStatus prepare_l2(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteL2NormParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteUInt8) |
                                   TB_TYPE_BIT(kTfLiteInt8)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    if (params && params->activation != kTfLiteActNone)
        return tb_op_fail(context, "has fused activation %d, expected none",
                          (int)params->activation);
    if (input->type != kTfLiteFloat32) {
        int32_t min, max, zero_point = input->type == kTfLiteUInt8 ? 128 : 0;
        if (output->params.scale != 1.0f / 128 || output->params.zero_point != zero_point)
            return tb_op_fail(context,
                              "output has scale %g and zero point %d, expected 1/128 "
                              "and %d",
                              (double)output->params.scale, output->params.zero_point, zero_point);
        tb_quant_limits(input->type, &min, &max);
        if (input->params.zero_point < min || input->params.zero_point > max)
            return tb_op_fail(context, "input has zero point %d, expected %d to %d",
                              input->params.zero_point, min, max);
    }
    return tb_op_resize_like(context, output, input);
}

static void l2_f32(const float *in, float *out, size_t depth)
{
    float sum = 0.0f;
    for (size_t c = 0; c < depth; c++)
        sum += in[c] * in[c];
    float norm = sqrtf(sum);
    norm = norm < 1e-6f ? 1e-6f : norm;
    for (size_t c = 0; c < depth; c++)
        out[c] = in[c] / norm;
}

#define OUTPUT_SCALE_BITS 7

/* The unsigned form multiplies before, the signed one in, the multiplier's shift. */
#define DEFINE_L2(name, type, RESCALE, zero, low, high)                           \
    static void name(const type *in, int32_t zero_point, type *out, size_t depth) \
    {                                                                             \
        int32_t sum = 0;                                                          \
        for (size_t c = 0; c < depth; c++) {                                      \
            const int32_t x = in[c] - zero_point;                                 \
            sum = tb_wrap_add(sum, x * x);                                        \
        }                                                                         \
        const tb_multiplier m = tb_fx_inverse_sqrt(sum);                          \
        for (size_t c = 0; c < depth; c++) {                                      \
            const int32_t x = in[c] - zero_point;                                 \
            out[c] = (type)tb_clamp(tb_wrap_add(RESCALE, zero), low, high);       \
        }                                                                         \
    }

DEFINE_L2(l2_u8, uint8_t, tb_multiply(x *(1 << OUTPUT_SCALE_BITS), m), 128, 0, UINT8_MAX)
DEFINE_L2(l2_i8, int8_t, tb_multiply(x, ((tb_multiplier){m.mantissa, m.shift + OUTPUT_SCALE_BITS})),
          0, INT8_MIN, INT8_MAX)

static TfLiteStatus invoke_l2(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    int rank = tb_tensor_rank(input);
    size_t rows = tb_dims_product(input, 0, rank - 1),
           depth = (size_t)tb_tensor_dim(input, rank - 1);
    int32_t zero_point = input->params.zero_point;
    for (size_t row = 0; row < rows && !tb_stopped(); row++) {
        size_t at = row * depth;
        if (input->type == kTfLiteFloat32)
            l2_f32(input->data.f + at, output->data.f + at, depth);
        else if (input->type == kTfLiteUInt8)
            l2_u8(input->data.uint8 + at, zero_point, output->data.uint8 + at, depth);
        else
            l2_i8(input->data.int8 + at, zero_point, output->data.int8 + at, depth);
    }
    return kTfLiteOk;
}

/* ---- LOCAL_RESPONSE_NORMALIZATION -------------------------------------------------------------- */

static TfLiteStatus prepare_local(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteLocalResponseNormParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 4, 4));
    if (!params || params->radius < 0)
        return tb_op_fail(context, "has radius %d, expected 0 or more",
                          params ? params->radius : -1);
    return tb_op_resize_like(context, output, input);
}

static float scaled_square(const float *in, size_t c, float alpha)
{
    return in[c] * in[c] * alpha;
}

static void local_row(const TfLiteLocalResponseNormParams *params, const float *in, float *out,
                      size_t depth)
{
    const size_t radius = (size_t)params->radius;
    float sum = 0.0f;
    for (size_t c = 0; c < radius && c < depth; c++)
        sum += scaled_square(in, c, params->alpha);
    for (size_t c = 0; c < depth; c++) {
        if (c + radius < depth)
            sum += scaled_square(in, c + radius, params->alpha);
        const float scale = params->bias + sum;
        if (params->beta == 1.0f)
            out[c] = in[c] * (1.0f / scale);
        else if (params->beta == 0.5f)
            out[c] = in[c] * (1.0f / sqrtf(scale));
        else
            out[c] = in[c] * tb_powf(scale, -params->beta);
        if (c >= radius)
            sum -= scaled_square(in, c - radius, params->alpha);
    }
}

static TfLiteStatus invoke_local(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    size_t rows = tb_dims_product(input, 0, 3), depth = (size_t)tb_tensor_dim(input, 3);
    for (size_t row = 0; row < rows && !tb_stopped(); row++)
        local_row(node->builtin_data, input->data.f + row * depth, output->data.f + row * depth,
                  depth);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_l2_normalization = {.prepare = prepare_l2, .invoke = invoke_l2};
const TfLiteRegistration tb_op_local_response_normalization = {.prepare = prepare_local,
                                                               .invoke = invoke_local};
