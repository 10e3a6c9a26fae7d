/* What convolutions share around their loops. */
#include "runtime/ops/conv_stage.h"

static TfLiteStatus check_bias(TfLiteContext *context, const tb_conv_tensors *t, uint32_t types)
{
    if (!t->bias)
        return kTfLiteOk;
    TB_OP_TRY(tb_op_check_type(context, t->bias, "bias", types));
    int channels = tb_tensor_dim(t->filter, t->channel_axis);
    if (tb_tensor_elements(t->bias) != channels)
        return tb_op_fail(context, "bias has %lld elements, filter has %d outputs",
                          (long long)tb_tensor_elements(t->bias), channels);
    if (t->bias->type == kTfLiteFloat32 || t->input->type == kTfLiteUInt8)
        return kTfLiteOk;
    return tb_op_check_symmetric(context, t->bias, "bias");
}

static TfLiteStatus prepare_float(TfLiteContext *context, const tb_conv_tensors *t,
                                  TfLiteFusedActivation activation, const tb_conv_types *types,
                                  tb_conv_stage *stage)
{
    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter",
                               TB_TYPE_BIT(kTfLiteFloat32) | types->hybrid_filters));
    TB_OP_TRY(check_bias(context, t, TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_float_range(context, activation, &stage->float_min, &stage->float_max));
    stage->kind = TB_CONV_F32;
    if (t->filter->type == kTfLiteFloat32)
        return kTfLiteOk;

    stage->kind = TB_CONV_HYBRID;
    int count;
    TB_OP_TRY(tb_filter_scales(context, t->filter, tb_tensor_dim(t->filter, t->channel_axis),
                               t->channel_axis, false, &stage->filter_scales, &count));
    for (int c = 1; c < count; c++)
        stage->filter_scale_per_channel |= stage->filter_scales[c] != stage->filter_scales[0];
    bool asymmetric = types->hybrid_is_asymmetric || stage->filter_scale_per_channel;
    size_t image = tb_dims_product(t->input, 1, tb_tensor_rank(t->input));
    return tb_hybrid_prepare(context, (size_t)tb_tensor_dim(t->input, 0), image, asymmetric,
                             &stage->hybrid);
}

/* The multipliers of a UINT8 convolution, whose filter has a zero point and one scale. */
static TfLiteStatus prepare_uint8(TfLiteContext *context, const tb_conv_tensors *t,
                                  tb_conv_stage *stage)
{
    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter", TB_TYPE_BIT(kTfLiteUInt8)));
    TB_OP_TRY(tb_op_check_quantized(context, t->filter, "filter"));
    TB_OP_TRY(check_bias(context, t, TB_TYPE_BIT(kTfLiteInt32)));
    stage->kind = TB_CONV_U8;
    stage->filter_offset = -t->filter->params.zero_point;
    double factor;
    TB_OP_TRY(tb_filter_factor(context, t->input, t->filter, t->bias, t->output, &factor));
    size_t channels = (size_t)tb_tensor_dim(t->filter, t->channel_axis);
    tb_multiplier *multipliers = tb_op_persistent_array(context, channels, sizeof *multipliers);
    if (!multipliers)
        return kTfLiteError;
    for (size_t c = 0; c < channels; c++)
        TB_OP_TRY(tb_op_multiplier(context, factor, "input scale * filter scale / output scale",
                                   &multipliers[c]));
    stage->multipliers = multipliers;
    return kTfLiteOk;
}

static TfLiteStatus prepare_quantized(TfLiteContext *context, const tb_conv_tensors *t,
                                      TfLiteFusedActivation activation, const tb_conv_types *types,
                                      tb_conv_stage *stage)
{
    TB_OP_TRY(tb_op_check_quantized(context, t->input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->output, "output"));
    TB_OP_TRY(tb_op_quantized_range(context, activation, t->output, &stage->min, &stage->max));
    stage->input_offset = -t->input->params.zero_point;
    stage->output_offset = t->output->params.zero_point;
    if (t->input->type == kTfLiteUInt8)
        return prepare_uint8(context, t, stage);

    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter", types->int8_filters));
    if (t->input->type == kTfLiteInt8) {
        TB_OP_TRY(check_bias(context, t, TB_TYPE_BIT(kTfLiteInt32)));
        stage->kind = TB_CONV_I8;
    } else {
        TB_OP_TRY(tb_op_check_symmetric(context, t->input, "input"));
        TB_OP_TRY(tb_op_check_symmetric(context, t->output, "output"));
        TB_OP_TRY(check_bias(context, t, types->int16_biases));
        TfLiteType bias_type = t->bias ? t->bias->type : types->no_bias_type;
        stage->kind = bias_type == kTfLiteInt32 ? TB_CONV_I16 : TB_CONV_I16_WIDE;
    }
    const float *scales;
    int count, channels = tb_tensor_dim(t->filter, t->channel_axis);
    TB_OP_TRY(tb_filter_scales(context, t->filter, channels, t->channel_axis,
                               types->filter_symmetric, &scales, &count));
    return tb_filter_multipliers(context, t->input, scales, count, channels, t->output,
                                 &stage->multipliers);
}

TfLiteStatus tb_conv_stage_prepare(TfLiteContext *context, const tb_conv_tensors *tensors,
                                   TfLiteFusedActivation activation, const tb_conv_types *types,
                                   tb_conv_stage *out)
{
    *out = (tb_conv_stage){.kind = TB_CONV_F32};
    TB_OP_TRY(tb_op_check_type(context, tensors->input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPES_QUANTIZED));
    TB_OP_TRY(tb_op_check_same_type(context, tensors->input, "input", tensors->output, "output"));
    if (tensors->input->type == kTfLiteFloat32)
        TB_OP_TRY(prepare_float(context, tensors, activation, types, out));
    else
        TB_OP_TRY(prepare_quantized(context, tensors, activation, types, out));
    return tb_filter_prepare(context, tensors->filter, &out->filter);
}

const void *tb_conv_stage_input(TfLiteContext *context, tb_conv_stage *stage,
                                const TfLiteTensor *input)
{
    if (stage->kind != TB_CONV_HYBRID)
        return input->data.raw;
    tb_hybrid_quantize(context, &stage->hybrid, input->data.f, &stage->rows);
    return stage->rows.values;
}
