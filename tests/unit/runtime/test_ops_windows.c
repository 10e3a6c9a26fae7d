/* Operators that spread, reduce by windows, scatter and un-pool: by hand, and what does not fit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>

#include "runtime/tflite_abi/builtin_op_data.h"
#include "tests/unit/runtime/op_harness.h"

static const float counting[] = {1, 2, 3, 4, 5, 6};

/* ---- DILATE ------------------------------------------------------------------------------------ */

static void dilate(tb_test_tensor dilations, op_run *run)
{
    op_open(run, kTfLiteBuiltinDilate, TB_OPTIONS_ABSENT,
            OP_LIST(OP_FLOAT(2, 2), dilations, OP_WITH(OP_SCALAR(kTfLiteFloat32), float, 9)),
            OP_LIST(OP_FLOAT(1, 1)));
}

Test(ops_windows, dilation_puts_a_value_between)
{
    const float expected[] = {1, 9, 9, 2, 9, 9, 9, 9, 3, 9, 9, 4};
    op_run run;
    dilate(OP_INTS(2, 3), &run);
    op_set(&run, 0, counting, 16);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 4), expected);
    op_close(&run);
    dilate(OP_TENSOR(kTfLiteInt32, 2), &run); /* known at invoke alone */
    op_set(&run, 0, counting, 16);
    op_set(&run, 1, (int32_t[]){2, 3}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 4), expected);
    op_set(&run, 1, (int32_t[]){1, 1}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), counting);
    op_set(&run, 1, (int32_t[]){1, 0}, 8);
    op_invoke(&run);
    op_expect_refused(&run, "dilated by 0");
    op_close(&run);
}

Test(ops_windows, dilations_that_do_not_fit)
{
    op_run run;
    dilate(OP_INTS(2), &run);
    op_expect_refused(&run, "1 dilations for 2 dimensions");
    op_close(&run);
    dilate(OP_INTS(INT32_MAX, INT32_MAX), &run);
    op_expect_refused(&run, "");
    op_close(&run);
    dilate(OP_INTS(-1, 1), &run);
    op_expect_refused(&run, "dilated by -1");
    op_close(&run);
}

/* ---- STABLEHLO_REDUCE_WINDOW ------------------------------------------------------------------- */

typedef struct window {
    int64_t size, stride, spread, dilation, before, after;
} window;

static void reduce_window(int length, const window *w, TfLiteBuiltinOperator function,
                          float initial, op_run *run)
{
    const int64_t padding[] = {w->before, w->after};
    const tb_op_options options =
        TB_OPTIONS_WITH(stablehlo_reduce_window,
                        TB_OPT_VECTOR(stablehlo_reduce_window, window_dimensions, &w->size, 1),
                        TB_OPT_VECTOR(stablehlo_reduce_window, window_strides, &w->stride, 1),
                        TB_OPT_VECTOR(stablehlo_reduce_window, base_dilations, &w->spread, 1),
                        TB_OPT_VECTOR(stablehlo_reduce_window, window_dilations, &w->dilation, 1),
                        TB_OPT_VECTOR(stablehlo_reduce_window, padding, padding, 2),
                        TB_OPT_INT(stablehlo_reduce_window, body_subgraph_index, 1));
    const tb_test_tensor inputs[] = {OP_FLOAT(length),
                                     OP_WITH(OP_SCALAR(kTfLiteFloat32), float, initial)};
    const tb_test_tensor output = OP_FLOAT(1);
    op_open_test(run, &(tb_test_op){.code = kTfLiteBuiltinStablehloReduceWindow,
                                    .inputs = inputs,
                                    .input_count = 2,
                                    .outputs = &output,
                                    .output_count = 1,
                                    .options = options,
                                    .has_body = true,
                                    .body = &function,
                                    .body_count = 1});
}

static void expect_reduced(int length, window w, TfLiteBuiltinOperator function, float initial,
                           tb_int_list shape, const float *expected)
{
    op_run run;
    reduce_window(length, &w, function, initial, &run);
    op_set(&run, 0, counting, (size_t)length * sizeof(float));
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, shape, expected);
    op_close(&run);
}

Test(ops_windows, windows_are_reduced_from_the_initial_value_on)
{
    const TfLiteBuiltinOperator add = kTfLiteBuiltinStablehloAdd;
    expect_reduced(6, (window){2, 2, 1, 1, 0, 0}, add, 0, TB_INTS(3), TB_FLOATS(3, 7, 11));
    /* the initial value takes part in each, and in the places that are filled */
    expect_reduced(2, (window){3, 1, 2, 1, 0, 0}, add, 10, TB_INTS(1), TB_FLOATS(23));
    expect_reduced(3, (window){2, 1, 1, 1, 1, 1}, kTfLiteBuiltinMul, 2, TB_INTS(4),
                   TB_FLOATS(4, 4, 12, 12));
    expect_reduced(3, (window){2, 1, 1, 2, 0, 0}, kTfLiteBuiltinStablehloMaximum, 0, TB_INTS(1),
                   TB_FLOATS(3));
    expect_reduced(4, (window){1, 1, 1, 1, -1, -1}, add, 0, TB_INTS(2), TB_FLOATS(2, 3));
    expect_reduced(4, (window){1, 1, 1, 1, -6, 4}, add, 7, TB_INTS(2), TB_FLOATS(14, 14));
    expect_reduced(3, (window){3, 1, 1, 1, 0, 0}, kTfLiteBuiltinLogicalOr, 0, TB_INTS(1),
                   TB_FLOATS(1));
}

Test(ops_windows, windows_larger_than_the_input_are_none)
{
    op_run run;
    const window larger[] = {
        {7, 1, 1, 1, 0, 0}, {2, 1, 1, INT64_MAX, 0, 0}, {INT64_MAX, 1, 1, INT64_MAX, 0, 0}};
    for (int i = 0; i < 3; i++) {
        reduce_window(6, &larger[i], kTfLiteBuiltinAdd, 0, &run);
        op_invoke(&run);
        op_expect_shape(&run, 0, TB_INTS(0));
        op_close(&run);
    }
    /* only a position matters: a stride is not walked when there is one window */
    reduce_window(6, &(window){1, INT64_MAX, 1, INT64_MAX, 0, 0}, kTfLiteBuiltinAdd, 0, &run);
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1), TB_FLOATS(1));
    op_close(&run);
}

Test(ops_windows, windows_that_do_not_fit)
{
    static const window broken[] = {
        {0, 1, 1, 1, 0, 0},         {1, 0, 1, 1, 0, 0},         {1, 1, -1, 1, 0, 0},
        {1, 1, 1, INT64_MIN, 0, 0}, {1, 1, 1, 1, -3, -3},       {1, 1, INT64_MAX, 1, 0, 0},
        {1, 1, 1, 1, INT64_MAX, 1}, {1, 1, 1, 1, INT64_MIN, 0}, {1, 1, 1, 1, INT64_MIN, INT64_MAX},
    };
    op_run run;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        reduce_window(6, &broken[i], kTfLiteBuiltinAdd, 0, &run);
        op_expect_refused(&run, "dimension 0");
        op_close(&run);
    }
    reduce_window(6, &(window){1, 1, 1, 1, 0, 0}, kTfLiteBuiltinSub, 0, &run);
    op_expect_refused(&run, "its body is operator 41");
    op_close(&run);
}

Test(ops_windows, reduce_window_takes_its_window_from_tensors)
{
    const tb_op_options add =
        TB_OPTIONS_WITH(reduce_window, TB_OPT_INT(reduce_window, reduce_function, 1));
    op_run run;
#define WINDOW(a, b) OP_WITH(OP_TENSOR(kTfLiteInt64, 2), int64_t, a, b)
#define OPEN(shape, strides, dilations)                                                    \
    op_open(&run, kTfLiteBuiltinReduceWindow, add,                                         \
            OP_LIST(OP_FLOAT(2, 3), OP_WITH(OP_SCALAR(kTfLiteFloat32), float, 100), shape, \
                    strides, dilations),                                                   \
            OP_LIST(OP_FLOAT(1, 1)))
    OPEN(WINDOW(2, 2), WINDOW(1, 1), WINDOW(1, 1));
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2), TB_FLOATS(112, 116));
    op_close(&run);
    OPEN(WINDOW(1, 2), WINDOW(1, 1), WINDOW(1, 2));
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 1), TB_FLOATS(104, 110));
    op_close(&run);
    OPEN(OP_WITH(OP_TENSOR(kTfLiteInt64, 1), int64_t, 2), WINDOW(1, 1), WINDOW(1, 1));
    op_expect_refused(&run, "window shape has 1 numbers for 2 dimensions");
    op_close(&run);
    OPEN(WINDOW(2, 2), OP_TENSOR(kTfLiteInt64, 2), WINDOW(1, 1));
    op_expect_refused(&run, "window strides is not constant");
    op_close(&run);
    OPEN(WINDOW(2, 2), WINDOW(1, 0), WINDOW(1, 1));
    op_expect_refused(&run, "stride 0");
    op_close(&run);
}

/* ---- STABLEHLO_SCATTER ------------------------------------------------------------------------- */

typedef struct dimension_numbers {
    int64_t window, inserted, to_operand, vector;
} dimension_numbers;

/* Rows of [3, 2] at two places. */
static void scatter(dimension_numbers n, TfLiteType index_type, const TfLiteBuiltinOperator *body,
                    size_t body_count, op_run *run)
{
    const tb_op_options options = TB_OPTIONS_WITH(
        stablehlo_scatter, TB_OPT_VECTOR(stablehlo_scatter, update_window_dims, &n.window, 1),
        TB_OPT_VECTOR(stablehlo_scatter, inserted_window_dims, &n.inserted, 1),
        TB_OPT_VECTOR(stablehlo_scatter, scatter_dims_to_operand_dims, &n.to_operand, 1),
        TB_OPT_INT(stablehlo_scatter, index_vector_dim, n.vector),
        TB_OPT_INT(stablehlo_scatter, update_computation_subgraph_index, 1));
    const tb_test_tensor inputs[] = {OP_FLOAT(3, 2), OP_TENSOR(index_type, 2, 1), OP_FLOAT(2, 2)};
    const tb_test_tensor output = OP_FLOAT(3, 2);
    op_open_test(run, &(tb_test_op){.code = kTfLiteBuiltinStablehloScatter,
                                    .inputs = inputs,
                                    .input_count = 3,
                                    .outputs = &output,
                                    .output_count = 1,
                                    .options = options,
                                    .has_body = true,
                                    .body = body,
                                    .body_count = body_count});
}

static const dimension_numbers rows = {.window = 1, .inserted = 0, .to_operand = 0, .vector = 1};

Test(ops_windows, scattered_rows_replace_or_add)
{
    const float updates[] = {10, 20, 30, 40};
    const TfLiteBuiltinOperator add = kTfLiteBuiltinStablehloAdd;
    op_run run;
    scatter(rows, kTfLiteInt32, NULL, 0, &run);
    op_set(&run, 0, counting, sizeof counting);
    op_set(&run, 1, (int32_t[]){2, 0}, 8);
    op_set(&run, 2, updates, sizeof updates);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 2), TB_FLOATS(30, 40, 3, 4, 10, 20));
    op_close(&run);
    scatter(rows, kTfLiteInt64, &add, 1, &run);
    op_set(&run, 0, counting, sizeof counting);
    op_set(&run, 1, (int64_t[]){1, 1}, 16);
    op_set(&run, 2, updates, sizeof updates);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 2), TB_FLOATS(1, 2, 43, 64, 5, 6));
    op_close(&run);
}

Test(ops_windows, what_is_scattered_outside_is_dropped)
{
    const int64_t outside[][2] = {{3, -1}, {INT64_MAX, INT64_MIN}};
    op_run run;
    scatter(rows, kTfLiteInt64, NULL, 0, &run);
    for (int i = 0; i < 2; i++) {
        op_set(&run, 0, counting, sizeof counting);
        op_set(&run, 1, outside[i], 16);
        op_set(&run, 2, counting, 16);
        op_invoke(&run);
        op_expect_floats(&run, 0, 0, TB_INTS(3, 2), counting);
    }
    op_close(&run);
}

Test(ops_windows, scatters_that_do_not_fit)
{
    const TfLiteBuiltinOperator two[] = {kTfLiteBuiltinStablehloAdd, kTfLiteBuiltinStablehloAdd};
    const TfLiteBuiltinOperator abs = kTfLiteBuiltinSub;
    op_run run;
    scatter(rows, kTfLiteInt32, two, 2, &run);
    op_expect_refused(&run, "its body has 2 operators");
    op_close(&run);
    scatter(rows, kTfLiteInt32, &abs, 1, &run);
    op_expect_refused(&run, "its body is operator 41");
    op_close(&run);
    const dimension_numbers broken[] = {
        {2, 0, 0, 1},  {-1, 0, 0, 1}, {1, 2, 0, 1},         {1, -1, 0, 1},
        {1, 0, 2, 1},  {1, 0, -1, 1}, {1, 0, INT64_MAX, 1}, {1, 0, 0, 2},
        {1, 0, 0, -1}, {1, 0, 0, 3},  {1, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        scatter(broken[i], kTfLiteInt32, NULL, 0, &run);
        op_expect_refused(&run, "dimension");
        op_close(&run);
    }
    scatter(rows, kTfLiteFloat32, NULL, 0, &run);
    op_expect_refused(&run, "indices");
    op_close(&run);
}

/* ---- MediaPipe's operators --------------------------------------------------------------------- */

static void open_custom(const char *name, const void *options, size_t bytes,
                        const tb_test_tensor *inputs, size_t input_count,
                        const tb_test_tensor *outputs, size_t output_count, op_run *run)
{
    op_open_test(run, &(tb_test_op){.code = kTfLiteBuiltinCustom,
                                    .custom_code = name,
                                    .version = 1,
                                    .inputs = inputs,
                                    .input_count = input_count,
                                    .outputs = outputs,
                                    .output_count = output_count,
                                    .custom_options = options,
                                    .custom_options_size = bytes});
}

/* padding, strides, filter (widths first), activation */
static const int32_t two_by_two[] = {kTfLitePaddingSame, 2, 2, 2, 2, kTfLiteActNone};

Test(ops_windows, pooling_tells_where_and_unpooling_puts_back)
{
    op_run run;
    open_custom("MaxPoolingWithArgmax2D", two_by_two, sizeof two_by_two,
                OP_LIST(OP_FLOAT(1, 2, 4, 1)), OP_LIST(OP_FLOAT(1, 1, 2, 1), OP_FLOAT(1, 1, 2, 1)),
                &run);
    op_set(&run, 0, (float[]){1, 5, 2, 0, 3, 4, 8, 7}, 32);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1, 2, 1), TB_FLOATS(5, 8));
    op_expect_floats(&run, 1, 0, TB_INTS(1, 1, 2, 1), TB_FLOATS(1.1f, 2.1f));
    op_close(&run);
    open_custom("MaxUnpooling2D", two_by_two, sizeof two_by_two,
                OP_LIST(OP_FLOAT(1, 1, 2, 1), OP_FLOAT(1, 1, 2, 1)), OP_LIST(OP_FLOAT(1, 2, 4, 1)),
                &run);
    op_set(&run, 0, (float[]){5, 8}, 8);
    op_set(&run, 1, (float[]){1.1f, 2.1f}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2, 4, 1), TB_FLOATS(0, 5, 0, 0, 0, 0, 8, 0));
    const float outside[] = {4.1f, -1.0f, NAN, INFINITY, 3e9f};
    for (int i = 0; i < 5; i++) {
        op_run again;
        open_custom("MaxUnpooling2D", two_by_two, sizeof two_by_two,
                    OP_LIST(OP_FLOAT(1, 1, 1, 1), OP_FLOAT(1, 1, 1, 1)),
                    OP_LIST(OP_FLOAT(1, 2, 2, 1)), &again);
        op_set(&again, 1, &outside[i], 4);
        op_invoke(&again);
        op_expect_refused(&again, "outside the output");
        op_close(&again);
    }
    op_close(&run);
}

Test(ops_windows, pooling_options_that_do_not_fit)
{
    static const int32_t broken[][6] = {
        {7, 2, 2, 2, 2, 0}, {1, 0, 2, 2, 2, 0}, {1, 2, 2, -2, 2, 0}, {1, 2, 2, 2, INT32_MIN, 0}};
    op_run run;
    for (int i = 0; i < 4; i++) {
        open_custom("MaxPoolingWithArgmax2D", broken[i], sizeof broken[i],
                    OP_LIST(OP_FLOAT(1, 2, 4, 1)), OP_LIST(OP_FLOAT(1), OP_FLOAT(1)), &run);
        op_expect_refused(&run, "expected");
        op_close(&run);
        if (i == 0) /* it has no padding */
            continue;
        open_custom("MaxUnpooling2D", broken[i], sizeof broken[i],
                    OP_LIST(OP_FLOAT(1, 2, 4, 1), OP_FLOAT(1, 2, 4, 1)), OP_LIST(OP_FLOAT(1)),
                    &run);
        op_expect_refused(&run, "expected at least 1");
        op_close(&run);
    }
    open_custom("MaxUnpooling2D", two_by_two, 20,
                OP_LIST(OP_FLOAT(1, 1, 2, 1), OP_FLOAT(1, 1, 2, 1)), OP_LIST(OP_FLOAT(1)), &run);
    op_expect_refused(&run, "20 bytes");
    op_close(&run);
}

Test(ops_windows, transposed_convolution_with_bias)
{
    static const int32_t valid[] = {kTfLitePaddingValid, 2, 1}, same[] = {kTfLitePaddingSame, 2, 1};
    static const int32_t no_stride[] = {kTfLitePaddingSame, 0, 1};
    op_run run;
#define OPEN_BIAS(options, bias)                                                               \
    open_custom(                                                                               \
        "Convolution2DTransposeBias", options, sizeof options,                                 \
        OP_LIST(OP_FLOAT(1, 1, 2, 1), OP_WITH(OP_FLOAT(1, 1, 3, 1), float, 1, 10, 100), bias), \
        OP_LIST(OP_FLOAT(1, 1, 5, 1)), &run)
    OPEN_BIAS(valid, OP_WITH(OP_FLOAT(1), float, 0.5f));
    op_set(&run, 0, counting, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1, 5, 1),
                     TB_FLOATS(1.5f, 10.5f, 102.5f, 20.5f, 200.5f));
    op_close(&run);
    OPEN_BIAS(same, OP_WITH(OP_FLOAT(1), float, 0.5f));
    op_set(&run, 0, counting, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1, 4, 1), TB_FLOATS(1.5f, 10.5f, 102.5f, 20.5f));
    op_close(&run);
    OPEN_BIAS(no_stride, OP_WITH(OP_FLOAT(1), float, 0.5f));
    op_expect_refused(&run, "stride along width is 0");
    op_close(&run);
    OPEN_BIAS(same, OP_WITH(OP_FLOAT(2), float, 0.5f, 1));
    op_expect_refused(&run, "bias 2");
    op_close(&run);
}
