/* Convolutions, pooling, matrix products and recurrent cells on the portable kernels. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/unit/runtime/op_harness.h"

enum { SAME = 0, VALID = 1 };
enum { RELU = 1, TANH = 4 };

static tb_op_options conv_options(int padding, int stride, int dilation, int activation)
{
    static tb_op_option fields[6];
    const tb_op_option filled[] = {
        TB_OPT_INT(conv_2d, padding, padding),
        TB_OPT_INT(conv_2d, stride_w, stride),
        TB_OPT_INT(conv_2d, stride_h, stride),
        TB_OPT_INT(conv_2d, dilation_w_factor, dilation),
        TB_OPT_INT(conv_2d, dilation_h_factor, dilation),
        TB_OPT_INT(conv_2d, fused_activation_function, activation),
    };
    memcpy(fields, filled, sizeof fields);
    return (tb_op_options){TB_OPTIONS_conv_2d, 6, fields};
}

static const float counting[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

Test(ops_conv, a_convolution_slides_its_filter)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinConv2d, conv_options(VALID, 1, 1, 0),
            OP_LIST(OP_FLOAT(1, 3, 3, 1), OP_WITH(OP_FLOAT(1, 2, 2, 1), float, 1, 2, 3, 4),
                    OP_WITH(OP_FLOAT(1), float, 0.5f)),
            OP_LIST(OP_FLOAT(1, 2, 2, 1)));
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2, 2, 1), TB_FLOATS(37.5f, 47.5f, 67.5f, 77.5f));
    op_close(&run);
}

/* SAME pads more behind than in front where the sum is odd. */
Test(ops_conv, same_padding_and_strides)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinConv2d, conv_options(SAME, 2, 1, RELU),
            OP_LIST(OP_FLOAT(1, 3, 3, 1), OP_WITH(OP_FLOAT(1, 2, 2, 1), float, 1, 1, 1, 1),
                    OP_WITH(OP_FLOAT(1), float, -10)),
            OP_LIST(OP_FLOAT(1, 2, 2, 1)));
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2, 2, 1), TB_FLOATS(2, 0, 5, 0));
    op_close(&run);
}

/* (1 + 2 + 3 + 4) * 0.5 * {1, -2} + {0, 0.5} = {5, -9.5} */
Test(ops_conv, int8_filters_and_biases)
{
    static const int8_t weights[] = {10, 10, 10, 10, -20, -20, -20, -20};
    op_run run;
    op_open(&run, kTfLiteBuiltinConv2d, conv_options(VALID, 1, 1, 0),
            OP_LIST(OP_QUANTIZED(kTfLiteInt8, 0.5f, -1, 1, 2, 2, 1),
                    op_with(OP_QUANTIZED(kTfLiteInt8, 0.1f, 0, 2, 2, 2, 1), weights, 8),
                    OP_WITH(OP_QUANTIZED(kTfLiteInt32, 0.05f, 0, 2), int32_t, 0, 10)),
            OP_LIST(OP_QUANTIZED(kTfLiteInt8, 1.0f, 3, 1, 1, 1, 2)));
    op_set(&run, 0, (int8_t[]){0, 1, 2, 3}, 4);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(1, 1, 1, 2), TB_LONGS(8, -7));
    op_close(&run);
}

/* The input is quantised on the fly: exact here, where its largest value is 127. */
Test(ops_conv, float_inputs_meet_integer_filters)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinConv2d, conv_options(VALID, 1, 1, 0),
            OP_LIST(OP_FLOAT(1, 1, 1, 2),
                    OP_WITH(OP_QUANTIZED(kTfLiteInt8, 0.25f, 0, 1, 1, 1, 2), int8_t, 4, 8),
                    OP_WITH(OP_FLOAT(1), float, 1)),
            OP_LIST(OP_FLOAT(1, 1, 1, 1)));
    op_set(&run, 0, (float[]){127, -50}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 1, TB_INTS(1, 1, 1, 1), TB_FLOATS(28));
    op_close(&run);
}

Test(ops_conv, empty_images_give_empty_results)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinConv2d, conv_options(SAME, 1, 1, 0),
            OP_LIST(OP_FLOAT(1, 3, 3, 1), OP_WITH(OP_FLOAT(1, 1, 1, 1), float, 2),
                    OP_WITH(OP_FLOAT(1), float, 0)),
            OP_LIST(OP_FLOAT(1, 3, 3, 1)));
    op_resize_input(&run, 0, TB_INTS(0, 3, 3, 1));
    op_invoke(&run);
    op_expect_shape(&run, 0, TB_INTS(0, 3, 3, 1));
    op_resize_input(&run, 0, TB_INTS(1, 1, 2, 1));
    op_set(&run, 0, (float[]){3, 4}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1, 2, 1), TB_FLOATS(6, 8));
    op_close(&run);
}

static void refuse_conv(tb_op_options options, tb_test_tensor input, tb_test_tensor filter,
                        const char *part)
{
    static const float zero[1];
    const tb_test_tensor bias = op_with(
        OP_TENSOR(input.type == kTfLiteFloat32 ? kTfLiteFloat32 : kTfLiteInt32, 1), zero, 4);
    op_run run;
    op_open(&run, kTfLiteBuiltinConv2d, options, OP_LIST(input, filter, bias),
            OP_LIST(OP_TENSOR(input.type, 1)));
    op_expect_refused(&run, part);
    op_close(&run);
}

Test(ops_conv, convolutions_that_make_no_sense_are_refused)
{
    static const float weights[64];
    const tb_test_tensor image = OP_FLOAT(1, 3, 3, 2);
    const tb_test_tensor filter = op_with(OP_FLOAT(1, 2, 2, 2), weights, 32);
    refuse_conv(conv_options(VALID, 0, 1, 0), image, filter, "stride");
    refuse_conv(conv_options(VALID, -3, 1, 0), image, filter, "stride");
    refuse_conv(conv_options(VALID, 1, 0, 0), image, filter, "dilation");
    refuse_conv(conv_options(VALID, 1, 1, 0), OP_FLOAT(3, 3, 2), filter, "dimensions");
    refuse_conv(conv_options(VALID, 1, 1, 0), OP_FLOAT(1, 3, 3, 3), filter, "channels");
    refuse_conv(conv_options(VALID, 1, 1, 0), image, op_with(OP_FLOAT(1, 8, 2, 2), weights, 128),
                "filter");
    refuse_conv(conv_options(VALID, 1, 1, 0), OP_TENSOR(kTfLiteInt8, 1, 3, 3, 2),
                op_with(OP_TENSOR(kTfLiteInt8, 1, 2, 2, 2), weights, 8), "scale");
    refuse_conv(conv_options(9, 1, 1, 0), image, filter, "padding");
}

Test(ops_conv, depthwise_multiplies_channels)
{
    op_run run;
    op_open(
        &run, kTfLiteBuiltinDepthwiseConv2d,
        TB_OPTIONS_WITH(depthwise_conv_2d, TB_OPT_INT(depthwise_conv_2d, padding, VALID),
                        TB_OPT_INT(depthwise_conv_2d, stride_w, 1),
                        TB_OPT_INT(depthwise_conv_2d, stride_h, 1),
                        TB_OPT_INT(depthwise_conv_2d, depth_multiplier, 2)),
        OP_LIST(OP_FLOAT(1, 1, 2, 2), OP_WITH(OP_FLOAT(1, 1, 2, 4), float, 1, 2, 3, 4, 5, 6, 7, 8)),
        OP_LIST(OP_FLOAT(1, 1, 1, 4)));
    op_set(&run, 0, (float[]){1, 10, 2, 20}, 16);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1, 1, 4), TB_FLOATS(11, 14, 170, 200));
    op_close(&run);
}

/* The gradient's way round: each input element stamps the filter. */
Test(ops_conv, transposed_convolution_stamps)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinTransposeConv,
            TB_OPTIONS_WITH(transpose_conv, TB_OPT_INT(transpose_conv, padding, VALID),
                            TB_OPT_INT(transpose_conv, stride_w, 2),
                            TB_OPT_INT(transpose_conv, stride_h, 2)),
            OP_LIST(OP_INTS(1, 1, 5, 1), OP_WITH(OP_FLOAT(1, 1, 3, 1), float, 1, 2, 3),
                    OP_FLOAT(1, 1, 2, 1)),
            OP_LIST(OP_FLOAT(1, 1, 5, 1)));
    op_set(&run, 0, (float[]){1, 10}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1, 5, 1), TB_FLOATS(1, 2, 13, 20, 30));
    op_close(&run);
}

static void pool(TfLiteBuiltinOperator code, int padding, int filter, int stride, op_run *run)
{
    op_open(run, code,
            TB_OPTIONS_WITH(pool_2d, TB_OPT_INT(pool_2d, padding, padding),
                            TB_OPT_INT(pool_2d, stride_w, stride),
                            TB_OPT_INT(pool_2d, stride_h, stride),
                            TB_OPT_INT(pool_2d, filter_width, filter),
                            TB_OPT_INT(pool_2d, filter_height, filter)),
            OP_LIST(OP_FLOAT(1, 3, 3, 1)), OP_LIST(OP_FLOAT(1, 1, 1, 1)));
}

Test(ops_conv, pools)
{
    op_run run;
    pool(kTfLiteBuiltinMaxPool2d, SAME, 2, 2, &run);
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2, 2, 1), TB_FLOATS(5, 6, 8, 9));
    op_close(&run);
    /* Padding does not count. */
    pool(kTfLiteBuiltinAveragePool2d, SAME, 2, 2, &run);
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2, 2, 1), TB_FLOATS(3, 4.5f, 7.5f, 9));
    op_close(&run);
    pool(kTfLiteBuiltinMaxPool2d, SAME, 0, 1, &run);
    op_expect_refused(&run, "filter");
    op_close(&run);
    pool(kTfLiteBuiltinAveragePool2d, VALID, 2, 0, &run);
    op_expect_refused(&run, "stride");
    op_close(&run);
}

/* ---- matrix products --------------------------------------------------------------------------- */

Test(ops_conv, fully_connected_takes_rows)
{
    const tb_test_tensor weights = OP_WITH(OP_FLOAT(2, 3), float, 1, 2, 3, -1, -2, -3);
    op_run run;
    op_open(&run, kTfLiteBuiltinFullyConnected,
            TB_OPTIONS_WITH(fully_connected, TB_OPT_INT(fully_connected, keep_num_dims, 1),
                            TB_OPT_INT(fully_connected, fused_activation_function, RELU)),
            OP_LIST(OP_FLOAT(1, 2, 3), weights, OP_WITH(OP_FLOAT(2), float, 1, 100)),
            OP_LIST(OP_FLOAT(1, 2, 2)));
    op_set(&run, 0, (float[]){1, 1, 1, 0, 0, -10}, 24);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2, 2), TB_FLOATS(7, 94, 0, 130));
    op_close(&run);
    op_open(&run, kTfLiteBuiltinFullyConnected, TB_OPTIONS_DEFAULT(fully_connected),
            OP_LIST(OP_FLOAT(1, 2, 3), weights, OP_WITH(OP_FLOAT(3), float, 1, 2, 3)),
            OP_LIST(OP_FLOAT(2, 2)));
    op_expect_refused(&run, "bias has 3 elements");
    op_close(&run);
}

static tb_op_options matmul_options(bool adj_x, bool adj_y)
{
    static tb_op_option fields[2];
    const tb_op_option filled[] = {TB_OPT_INT(batch_matmul, adj_x, adj_x),
                                   TB_OPT_INT(batch_matmul, adj_y, adj_y)};
    memcpy(fields, filled, sizeof fields);
    return (tb_op_options){TB_OPTIONS_batch_matmul, 2, fields};
}

/* The same product with the operands in each of the four layouts. */
Test(ops_conv, batched_products_in_every_layout)
{
    static const float a[] = {1, 2, 3, 4, 5, 6}, a_adjoint[] = {1, 4, 2, 5, 3, 6};
    static const float b[] = {1, 0, 0, 1, 2, 2}, b_adjoint[] = {1, 0, 2, 0, 1, 2};
    for (int layout = 0; layout < 4; layout++) {
        bool adj_x = layout & 1, adj_y = layout & 2;
        op_run run;
        op_open(&run, kTfLiteBuiltinBatchMatmul, matmul_options(adj_x, adj_y),
                OP_LIST(adj_x ? OP_FLOAT(1, 3, 2) : OP_FLOAT(1, 2, 3),
                        adj_y ? OP_FLOAT(2, 3) : OP_FLOAT(3, 2)),
                OP_LIST(OP_FLOAT(1, 2, 2)));
        op_set(&run, 0, adj_x ? a_adjoint : a, sizeof a);
        op_set(&run, 1, adj_y ? b_adjoint : b, sizeof b);
        op_invoke(&run);
        op_expect_floats(&run, 0, 0, TB_INTS(1, 2, 2), TB_FLOATS(7, 8, 16, 17));
        op_close(&run);
    }
}

Test(ops_conv, batches_broadcast)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinBatchMatmul, matmul_options(false, false),
            OP_LIST(OP_FLOAT(2, 1, 1, 1), OP_WITH(OP_FLOAT(3, 1, 1), float, 1, 2, 3)),
            OP_LIST(OP_FLOAT(2, 3, 1, 1)));
    op_set(&run, 0, (float[]){1, 10}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 3, 1, 1), TB_FLOATS(1, 2, 3, 10, 20, 30));
    op_resize_input(&run, 0, TB_INTS(2, 2, 1, 1));
    op_expect_refused(&run, "batch dimension 1");
    op_resize_input(&run, 0, TB_INTS(1, 1, 1, 2));
    op_expect_refused(&run, "lhs has 2 columns, rhs 1 rows");
    op_close(&run);
}

/* ---- LSTM -------------------------------------------------------------------------------------- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

#define W(value) OP_WITH(OP_FLOAT(1, 1), float, value)
#define B(value) OP_WITH(OP_FLOAT(1), float, value)

/* One cell of one input: the formulas by hand, over two calls, so that the state lives on. */
Test(ops_conv, an_lstm_keeps_its_state)
{
    const tb_test_tensor absent = OP_ABSENT;
    const tb_test_tensor state = {
        .type = kTfLiteFloat32, .shape = TB_INTS(1, 1), .is_variable = true};
    op_run run;
    op_open(
        &run, kTfLiteBuiltinUnidirectionalSequenceLstm,
        TB_OPTIONS_WITH(unidirectional_sequence_lstm,
                        TB_OPT_INT(unidirectional_sequence_lstm, time_major, 1),
                        TB_OPT_INT(unidirectional_sequence_lstm, fused_activation_function, TANH)),
        OP_LIST(OP_FLOAT(2, 1, 1), W(0.5f), W(0.25f), W(1), W(-0.5f), W(0.1f), W(0.2f), W(0.3f),
                W(0.4f), absent, absent, absent, B(0.1f), B(1), B(-0.1f), B(0.2f), absent, absent,
                state, state),
        OP_LIST(OP_FLOAT(2, 1, 1)));
    double h = 0, c = 0;
    for (int call = 0; call < 2; call++) {
        const float in[] = {0.7f - (float)call, -0.3f};
        float expected[2];
        for (int t = 0; t < 2; t++) {
            double x = (double)in[t], i = sigmoid(0.5 * x + 0.1 * h + 0.1);
            double f = sigmoid(0.25 * x + 0.2 * h + 1), o = sigmoid(-0.5 * x + 0.4 * h + 0.2);
            c = f * c + i * tanh(x + 0.3 * h - 0.1);
            h = o * tanh(c);
            expected[t] = (float)h;
        }
        op_set(&run, 0, in, sizeof in);
        op_invoke(&run);
        op_expect_floats(&run, 0, 8, TB_INTS(2, 1, 1), expected);
    }
    op_close(&run);
}
