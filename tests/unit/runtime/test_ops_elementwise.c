/* Arithmetic, activations, functions of one element, reductions, quantisation. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>

#include "tests/unit/runtime/op_harness.h"

enum { RELU6 = 3 };

Test(ops_elementwise, addition_broadcasts)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinAdd, TB_OPTIONS_DEFAULT(add),
            OP_LIST(OP_FLOAT(2, 1, 3), OP_WITH(OP_FLOAT(2, 1), float, 10, 20)),
            OP_LIST(OP_FLOAT(1)));
    op_set(&run, 0, (float[]){1, 2, 3, 4, 5, 6}, 24);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2, 3),
                     TB_FLOATS(11, 12, 13, 21, 22, 23, 14, 15, 16, 24, 25, 26));
    op_resize_input(&run, 0, TB_INTS(3, 3));
    op_expect_refused(&run, "[3,3]");
    op_resize_input(&run, 0, TB_INTS(2, 0));
    op_invoke(&run);
    op_expect_shape(&run, 0, TB_INTS(2, 0));
    op_close(&run);
}

Test(ops_elementwise, fused_bounds_let_nan_through)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinMul,
            TB_OPTIONS_WITH(mul, TB_OPT_INT(mul, fused_activation_function, RELU6)),
            OP_LIST(OP_FLOAT(4), OP_WITH(OP_FLOAT(1), float, 2)), OP_LIST(OP_FLOAT(4)));
    op_set(&run, 0, (float[]){-1, 2, 100, NAN}, 16);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(4), TB_FLOATS(0, 4, 6, NAN));
    op_close(&run);
}

/* 1.5 + 1.5, -1 + 0.5, 63 + 32.25 in steps of 0.125 */
Test(ops_elementwise, quantised_addition_rescales)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinAdd, TB_OPTIONS_DEFAULT(add),
            OP_LIST(OP_QUANTIZED(kTfLiteInt8, 0.5f, 1, 3),
                    OP_WITH(OP_QUANTIZED(kTfLiteInt8, 0.25f, -2, 3), int8_t, 4, 0, 127)),
            OP_LIST(OP_QUANTIZED(kTfLiteInt8, 0.125f, 3, 3)));
    op_set(&run, 0, (int8_t[]){4, -1, 127}, 3);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(3 + 24, 3 - 4, 127));
    op_close(&run);
}

Test(ops_elementwise, integer_division_by_zero_is_an_error)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinDiv, TB_OPTIONS_DEFAULT(div),
            OP_LIST(OP_TENSOR(kTfLiteInt32, 2), OP_TENSOR(kTfLiteInt32, 2)),
            OP_LIST(OP_TENSOR(kTfLiteInt32, 2)));
    op_set(&run, 0, (int32_t[]){-7, INT32_MIN}, 8);
    op_set(&run, 1, (int32_t[]){2, 1}, 8);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(2), TB_LONGS(-3, INT32_MIN));
    op_set(&run, 1, (int32_t[]){2, -1}, 8); /* overflows: defined is enough */
    op_invoke(&run);
    op_expect_ok(&run);
    op_set(&run, 1, (int32_t[]){2, 0}, 8);
    op_invoke(&run);
    op_expect_refused(&run, "0");
    op_close(&run);
}

static void refuse_mul(tb_test_tensor a, tb_test_tensor b, tb_test_tensor out, const char *part)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinMul, TB_OPTIONS_DEFAULT(mul), OP_LIST(a, b), OP_LIST(out));
    op_expect_refused(&run, part);
    op_close(&run);
}

Test(ops_elementwise, quantisation_has_to_make_sense)
{
    const tb_test_tensor good = OP_QUANTIZED(kTfLiteInt8, 0.5f, 0, 2);
    const tb_test_tensor huge = OP_QUANTIZED(kTfLiteInt8, 1e15f, 0, 2);
    refuse_mul(OP_TENSOR(kTfLiteInt8, 2), good, good, "scale");
    refuse_mul(huge, huge, OP_QUANTIZED(kTfLiteInt8, 1e-15f, 0, 2), "scale");
    refuse_mul(OP_QUANTIZED(kTfLiteInt8, 0.5f, 300, 2), good, good, "300");
    refuse_mul(OP_QUANTIZED(kTfLiteInt8, INFINITY, 0, 2), good, good, "scale");
    refuse_mul(OP_FLOAT(2), OP_TENSOR(kTfLiteInt32, 2), OP_FLOAT(2), "INT32");
}

/* ---- functions of one element ------------------------------------------------------------------ */

static void run_unary(TfLiteBuiltinOperator code, tb_op_options options, const float *in,
                      const float *out, int ulps)
{
    op_run run;
    op_open(&run, code, options, OP_LIST(OP_FLOAT(4)), OP_LIST(OP_FLOAT(4)));
    op_set(&run, 0, in, 16);
    op_invoke(&run);
    op_expect_floats(&run, 0, ulps, TB_INTS(4), out);
    op_close(&run);
}

Test(ops_elementwise, activations)
{
    static const float in[] = {-2, -0.5f, 0.5f, 7};
    const tb_op_options none = TB_OPTIONS_ABSENT;
    run_unary(kTfLiteBuiltinRelu, none, in, TB_FLOATS(0, 0, 0.5f, 7), 0);
    run_unary(kTfLiteBuiltinRelu6, none, in, TB_FLOATS(0, 0, 0.5f, 6), 0);
    run_unary(kTfLiteBuiltinReluN1To1, none, in, TB_FLOATS(-1, -0.5f, 0.5f, 1), 0);
    run_unary(kTfLiteBuiltinLeakyRelu,
              TB_OPTIONS_WITH(leaky_relu, TB_OPT_FLOAT(leaky_relu, alpha, 0.25f)), in,
              TB_FLOATS(-0.5f, -0.125f, 0.5f, 7), 0);
    run_unary(kTfLiteBuiltinHardSwish, TB_OPTIONS_DEFAULT(HardSwishOptions), in,
              TB_FLOATS(-1.0f / 3, -0.5f * 2.5f / 6, 0.5f * 3.5f / 6, 7), 1);
    run_unary(kTfLiteBuiltinTanh, none, in,
              TB_FLOATS(tanhf(-2), tanhf(-0.5f), tanhf(0.5f), tanhf(7)), 1);
    run_unary(kTfLiteBuiltinElu, none, in, TB_FLOATS(expm1f(-2), expm1f(-0.5f), 0.5f, 7), 1);
    run_unary(kTfLiteBuiltinLogistic, none, in,
              TB_FLOATS(1 / (1 + expf(2)), 1 / (1 + expf(0.5f)), 1 / (1 + expf(-0.5f)),
                        1 / (1 + expf(-7))),
              2);
}

Test(ops_elementwise, functions_of_one_element)
{
    static const float in[] = {0.25f, 1, 4, 2.5f};
    const tb_op_options none = TB_OPTIONS_ABSENT;
    run_unary(kTfLiteBuiltinRsqrt, none, in, TB_FLOATS(2, 1, 0.5f, 0.632455532f), 1);
    run_unary(kTfLiteBuiltinSquare, TB_OPTIONS_DEFAULT(SquareOptions), in,
              TB_FLOATS(0.0625f, 1, 16, 6.25f), 0);
    run_unary(kTfLiteBuiltinRound, none, in, TB_FLOATS(0, 1, 4, 2), 0); /* to even */
    run_unary(kTfLiteBuiltinLog, none, in, TB_FLOATS(logf(0.25f), 0, logf(4), logf(2.5f)), 1);
    run_unary(kTfLiteBuiltinNeg, TB_OPTIONS_DEFAULT(NegOptions), in,
              TB_FLOATS(-0.25f, -1, -4, -2.5f), 0);
}

/* There is no root of a value below zero in integers. */
Test(ops_elementwise, quantised_roots)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinRsqrt, TB_OPTIONS_ABSENT,
            OP_LIST(OP_QUANTIZED(kTfLiteInt8, 0.25f, -3, 3)),
            OP_LIST(OP_QUANTIZED(kTfLiteInt8, 0.125f, 0, 3)));
    op_set(&run, 0, (int8_t[]){1, 13, -3}, 3);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(8, 4, 127)); /* of 1, 4 and 0 */
    op_set(&run, 0, (int8_t[]){1, -4, 0}, 3);
    op_invoke(&run);
    op_expect_refused(&run, "element 1 of input is -4");
    op_close(&run);
}

Test(ops_elementwise, prelu_keeps_its_inputs_shape)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinPrelu, TB_OPTIONS_ABSENT,
            OP_LIST(OP_FLOAT(2, 2), OP_WITH(OP_FLOAT(2), float, 0.5f, 0.25f)),
            OP_LIST(OP_FLOAT(2, 2)));
    op_set(&run, 0, (float[]){-4, -4, 4, -8}, 16);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), TB_FLOATS(-2, -1, 4, -2));
    op_resize_input(&run, 0, TB_INTS(1));
    op_expect_refused(&run, "alpha [2] does not broadcast to input [1]");
    op_close(&run);
}

/* ---- reductions -------------------------------------------------------------------------------- */

static void reduce(TfLiteBuiltinOperator code, bool keep, tb_test_tensor axes, op_run *run)
{
    op_open(run, code, TB_OPTIONS_WITH(reducer, TB_OPT_INT(reducer, keep_dims, keep)),
            OP_LIST(OP_FLOAT(2, 3), axes), OP_LIST(OP_FLOAT(1)));
    if (run->status == TB_OK)
        op_set(run, 0, (float[]){1, 2, 3, 4, 5, 9}, 24);
}

Test(ops_elementwise, reductions)
{
    op_run run;
    reduce(kTfLiteBuiltinMean, true, OP_INTS(-1), &run);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 1), TB_FLOATS(2, 6));
    op_close(&run);
    reduce(kTfLiteBuiltinSum, false, OP_INTS(0, -2, 0), &run); /* one axis, thrice */
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3), TB_FLOATS(5, 7, 12));
    op_close(&run);
    reduce(kTfLiteBuiltinReduceMax, false, OP_INTS(0, 1), &run);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, (tb_int_list){0, NULL}, TB_FLOATS(9));
    op_close(&run);
    reduce(kTfLiteBuiltinReduceProd, false, OP_INTS(2), &run);
    op_expect_refused(&run, "axis");
    op_close(&run);
}

Test(ops_elementwise, nothing_sums_to_zero)
{
    op_run run;
    reduce(kTfLiteBuiltinSum, false, OP_INTS(0), &run);
    op_resize_input(&run, 0, TB_INTS(0, 2));
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2), TB_FLOATS(0, 0));
    op_close(&run);
}

Test(ops_elementwise, the_first_of_equal_ones_is_the_largest)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinArgMax,
            TB_OPTIONS_WITH(arg_max, TB_OPT_INT(arg_max, output_type, kTfLiteInt64)),
            OP_LIST(OP_FLOAT(2, 3), OP_WITH(OP_SCALAR(kTfLiteInt32), int32_t, -1)),
            OP_LIST(OP_TENSOR(kTfLiteInt64, 2)));
    op_set(&run, 0, (float[]){1, 7, 7, 3, 2, 3}, 24);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(2), TB_LONGS(1, 0));
    op_close(&run);
}

Test(ops_elementwise, softmax_survives_large_numbers)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinSoftmax, TB_OPTIONS_WITH(softmax, TB_OPT_FLOAT(softmax, beta, 1)),
            OP_LIST(OP_FLOAT(1, 4)), OP_LIST(OP_FLOAT(1, 4)));
    op_set(&run, 0, (float[]){1000, 999, 998, -1e30f}, 16);
    op_invoke(&run);
    const double total = 1 + exp(-1) + exp(-2);
    op_expect_floats(
        &run, 0, 2, TB_INTS(1, 4),
        TB_FLOATS((float)(1 / total), (float)(exp(-1) / total), (float)(exp(-2) / total), 0));
    op_close(&run);
}

/* ---- quantisation and images ------------------------------------------------------------------- */

Test(ops_elementwise, quantise_and_back)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinQuantize, TB_OPTIONS_DEFAULT(QuantizeOptions), OP_LIST(OP_FLOAT(4)),
            OP_LIST(OP_QUANTIZED(kTfLiteUInt8, 0.5f, 10, 4)));
    op_set(&run, 0, (float[]){0.25f, -100, 1000, 3.1f}, 16);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(4), TB_LONGS(11, 0, 255, 16));
    op_close(&run);
    op_open(&run, kTfLiteBuiltinDequantize, TB_OPTIONS_DEFAULT(DequantizeOptions),
            OP_LIST(OP_QUANTIZED(kTfLiteInt8, 0.5f, -3, 3)), OP_LIST(OP_FLOAT(3)));
    op_set(&run, 0, (int8_t[]){-3, 0, 127}, 3);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3), TB_FLOATS(0, 1.5f, 65));
    op_close(&run);
    op_open(&run, kTfLiteBuiltinQuantize, TB_OPTIONS_DEFAULT(QuantizeOptions), OP_LIST(OP_FLOAT(4)),
            OP_LIST(OP_TENSOR(kTfLiteUInt8, 4)));
    op_expect_refused(&run, "scale");
    op_close(&run);
}

Test(ops_elementwise, resize_checks_its_size)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinResizeBilinear,
            TB_OPTIONS_WITH(resize_bilinear, TB_OPT_INT(resize_bilinear, half_pixel_centers, 1)),
            OP_LIST(OP_FLOAT(1, 1, 2, 1), OP_TENSOR(kTfLiteInt32, 2)),
            OP_LIST(OP_FLOAT(1, 1, 4, 1)));
    op_set(&run, 0, (float[]){0, 4}, 8);
    op_set(&run, 1, (int32_t[]){1, 4}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1, 4, 1), TB_FLOATS(0, 1, 3, 4));
    op_set(&run, 1, (int32_t[]){1, -4}, 8);
    op_invoke(&run);
    op_expect_refused(&run, "-4");
    op_close(&run);
}
