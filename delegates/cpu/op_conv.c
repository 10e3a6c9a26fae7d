/* CONV_2D and FULLY_CONNECTED. */
#include "delegates/cpu/gemm.h"
#include "delegates/cpu/op_rows.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static bool takes_conv(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *filter = tb_query_input(query, 1);
    const TfLiteTensor *bias = tb_query_input(query, 2), *output = tb_query_output(query, 0);
    const TfLiteConvParams *params = query->node->builtin_data;
    if (!tb_query_same_type(query, input, output) || !tb_query_rank(query, input, "input", 4, 4) ||
        !tb_query_rank(query, filter, "filter", 4, 4) ||
        !tb_query_filter(query, input, filter, bias, 0) ||
        !tb_query_activation(query, params->activation))
        return false;
    const int32_t channels = output->dims->data[3], depth = filter->dims->data[3];
    const int32_t groups = depth > 0 ? input->dims->data[3] / depth : 0;
    if (depth != input->dims->data[3] &&
        !(query->any_groups && groups > 0 && groups * depth == input->dims->data[3] &&
          channels % groups == 0))
        return tb_query_no(query, "grouped: the filter has %d input channels, the input %d", depth,
                           input->dims->data[3]);
    if (filter->dims->data[0] != channels || (bias && tb_query_elements(bias) != (size_t)channels))
        return tb_query_no(query, "filter or bias do not have the output's %d channels", channels);
    const tb_window window = {.kh = filter->dims->data[1],
                              .kw = filter->dims->data[2],
                              .stride_h = params->stride_height,
                              .stride_w = params->stride_width,
                              .dilation_h = params->dilation_height_factor,
                              .dilation_w = params->dilation_width_factor};
    return tb_query_window(query, input, output, params->padding, &window);
}

/* Filter taps and what the operator's padding comes to. */
static void conv_window(const tb_plan *plan, const tb_cpu_op *op, tb_window *out)
{
    const TfLiteConvParams *params = op->params;
    const tb_value *in = &plan->values[op->in[0]], *filter = &plan->values[op->in[1]];
    *out = (tb_window){.kh = filter->dims[1],
                       .kw = filter->dims[2],
                       .stride_h = params->stride_height,
                       .stride_w = params->stride_width,
                       .dilation_h = params->dilation_height_factor,
                       .dilation_w = params->dilation_width_factor};
    tb_op_window_pad(op, in, params->padding, out);
}

static tb_status lower_conv(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteConvParams *params = op->params;
    const tb_value *in = &plan->values[op->in[0]], *filter = &plan->values[op->in[1]];
    const tb_value *out = &plan->values[op->out];
    const size_t k = (size_t)filter->dims[1] * (size_t)filter->dims[2] * (size_t)filter->dims[3];
    tb_gemm_spec spec = {.input = op->in[0],
                         .filter = op->in[1],
                         .bias = op->in_count > 2 ? op->in[2] : -1,
                         .weight_step_k = 1,
                         .weight_step_n = k,
                         .activation = params->activation,
                         .n = in->dims[0],
                         .in_h = in->dims[1],
                         .in_w = in->dims[2],
                         .in_c = in->dims[3],
                         .out_h = out->dims[1],
                         .out_w = out->dims[2],
                         .out_c = out->dims[3],
                         .name = "conv_2d"};
    conv_window(plan, op, &spec.window);
    return tb_gemm_lower(plan, op, &spec, err);
}

/* As TFLite, which quantises images symmetrically where the filter has one scale. */
static bool conv_is_asymmetric(const void *params, const TfLiteTensor *filter)
{
    (void)params;
    return tb_hybrid_scales_differ(filter);
}

/* Winograd's filtering has one distance for the output's and the residual's pixels. */
static bool conv_writes_apart(const tb_plan *plan, const tb_cpu_op *op)
{
    (void)plan;
    return op->residual < 0;
}

const tb_cpu_op_row tb_cpu_op_conv = {
    .traits = TB_OP_VIEWS | TB_OP_PADS | TB_OP_CLAMPS | TB_OP_RESIDUAL | TB_OP_SLOPE | TB_OP_UNARY |
              TB_OP_WINDOWED | TB_OP_HYBRID,
    .takes = takes_conv,
    .lower = lower_conv,
    .writes_apart = conv_writes_apart,
    .asymmetric = conv_is_asymmetric,
    .params_bytes = sizeof(TfLiteConvParams),
    .activation_offset = offsetof(TfLiteConvParams, activation),
    .window = conv_window,
};

/* ---- fully connected ------------------------------------------------------------------------------- */

static bool takes_fully_connected(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *filter = tb_query_input(query, 1);
    const TfLiteTensor *bias = tb_query_input(query, 2), *output = tb_query_output(query, 0);
    const TfLiteFullyConnectedParams *params = query->node->builtin_data;
    if (!tb_query_same_type(query, input, output) ||
        !tb_query_rank(query, filter, "filter", 2, 2) ||
        !tb_query_rank(query, input, "input", 1, TB_CPU_MAX_RANK) ||
        !tb_query_filter(query, input, filter, bias, 0) ||
        !tb_query_activation(query, params->activation))
        return false;
    if (query->node->outputs->size != 1)
        return tb_query_no(query, "has %d outputs", query->node->outputs->size);
    if (params->weights_format != kTfLiteFullyConnectedWeightsFormatDefault)
        return tb_query_no(query, "the filter is shuffled");
    const size_t outputs = (size_t)filter->dims->data[0], k = (size_t)filter->dims->data[1];
    const size_t inputs = tb_query_elements(input);
    if (k == 0 || inputs % k != 0 || tb_query_elements(output) != inputs / k * outputs ||
        (bias && tb_query_elements(bias) != outputs))
        return tb_query_no(query, "shapes of input, filter, bias and output do not fit");
    return true;
}

static tb_status lower_fully_connected(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteFullyConnectedParams *params = op->params;
    const tb_value *in = &plan->values[op->in[0]], *filter = &plan->values[op->in[1]];
    const int32_t k = filter->dims[1];
    const int32_t rows = k > 0 ? (int32_t)(in->elements / (size_t)k) : 0;
    tb_gemm_spec spec = {.input = op->in[0],
                         .filter = op->in[1],
                         .bias = op->in_count > 2 ? op->in[2] : -1,
                         .real_factors = true,
                         .weight_step_k = 1,
                         .weight_step_n = (size_t)k,
                         .activation = params->activation,
                         .window = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
                         .n = 1,
                         .in_h = 1,
                         .in_w = rows,
                         .in_c = k,
                         .out_h = 1,
                         .out_w = rows,
                         .out_c = filter->dims[0],
                         .name = "fully_connected"};
    return tb_gemm_lower(plan, op, &spec, err);
}

static bool rows_are_asymmetric(const void *params, const TfLiteTensor *filter)
{
    (void)filter;
    return ((const TfLiteFullyConnectedParams *)params)->asymmetric_quantize_inputs;
}

const tb_cpu_op_row tb_cpu_op_fully_connected = {
    .traits = TB_OP_CLAMPS | TB_OP_UNARY | TB_OP_HYBRID | TB_OP_HYBRID_ROWS,
    .asymmetric = rows_are_asymmetric,
    .params_bytes = sizeof(TfLiteFullyConnectedParams),
    .activation_offset = offsetof(TfLiteFullyConnectedParams, activation),
    .takes = takes_fully_connected,
    .lower = lower_fully_connected,
};
