/* Operators that move elements: shapes known at prepare and at invoke, indices that do not fit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>

#include "tests/unit/runtime/op_harness.h"

static const float counting[] = {1, 2, 3, 4, 5, 6};

Test(ops_shape, reshape_finds_the_missing_dimension)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinReshape, TB_OPTIONS_DEFAULT(reshape),
            OP_LIST(OP_FLOAT(2, 3), OP_INTS(3, -1)), OP_LIST(OP_FLOAT(3, 2)));
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 2), counting);
    op_resize_input(&run, 0, TB_INTS(3, 4));
    op_expect_shape(&run, 0, TB_INTS(3, 4));
    op_resize_input(&run, 0, TB_INTS(2, 2));
    op_expect_refused(&run, "4 elements");
    op_close(&run);
}

/* The shape is an input: the output's is known at invoke. */
Test(ops_shape, reshape_by_a_computed_shape)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinReshape, TB_OPTIONS_DEFAULT(reshape),
            OP_LIST(OP_FLOAT(2, 3), OP_TENSOR(kTfLiteInt32, 2)), OP_LIST(OP_FLOAT(1)));
    op_set(&run, 0, counting, sizeof counting);
    op_set(&run, 1, (int32_t[]){-1, 1}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(6, 1), counting);
    op_set(&run, 1, (int32_t[]){4, 4}, 8);
    op_invoke(&run);
    op_expect_refused(&run, "6");
    op_close(&run);
}

Test(ops_shape, concatenation_counts_its_axis_from_behind)
{
    op_run run;
    tb_op_options options = TB_OPTIONS_WITH(concatenation, TB_OPT_INT(concatenation, axis, -1));
    op_open(&run, kTfLiteBuiltinConcatenation, options,
            OP_LIST(OP_FLOAT(2, 1), OP_WITH(OP_FLOAT(2, 2), float, 10, 20, 30, 40)),
            OP_LIST(OP_FLOAT(2, 3)));
    op_set(&run, 0, counting, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 3), TB_FLOATS(1, 10, 20, 2, 30, 40));
    op_close(&run);
    op_open(&run, kTfLiteBuiltinConcatenation, options, OP_LIST(OP_FLOAT(3, 1), OP_FLOAT(2, 2)),
            OP_LIST(OP_FLOAT(2, 3)));
    op_expect_refused(&run, "beside axis 1");
    op_close(&run);
}

static void transpose(tb_test_tensor permutation, op_run *run)
{
    op_open(run, kTfLiteBuiltinTranspose, TB_OPTIONS_DEFAULT(TransposeOptions),
            OP_LIST(OP_FLOAT(2, 3), permutation), OP_LIST(OP_FLOAT(3, 2)));
}

Test(ops_shape, transpositions)
{
    op_run run;
    transpose(OP_INTS(1, 0), &run);
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 2), TB_FLOATS(1, 4, 2, 5, 3, 6));
    op_close(&run);
    transpose(OP_INTS(1, 1), &run);
    op_expect_refused(&run, "twice");
    op_close(&run);
    transpose(OP_INTS(0, 2), &run);
    op_expect_refused(&run, "permutation entry");
    op_close(&run);
}

static void slice(tb_test_tensor begin, tb_test_tensor size, op_run *run)
{
    op_open(run, kTfLiteBuiltinSlice, TB_OPTIONS_DEFAULT(SliceOptions),
            OP_LIST(OP_FLOAT(2, 3), begin, size), OP_LIST(OP_FLOAT(1, 1)));
}

Test(ops_shape, slices_stay_inside)
{
    op_run run;
    slice(OP_INTS(1, 1), OP_INTS(1, -1), &run);
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2), TB_FLOATS(5, 6));
    op_close(&run);
    slice(OP_INTS(1, 1), OP_INTS(2, 1), &run);
    op_expect_refused(&run, "dimension 0");
    op_close(&run);
    slice(OP_INTS(-1, 0), OP_INTS(1, 1), &run);
    op_expect_refused(&run, "dimension 0");
    op_close(&run);
    slice(OP_INTS(0, INT32_MAX), OP_INTS(1, INT32_MAX), &run);
    op_expect_refused(&run, "dimension 1");
    op_close(&run);
    slice(OP_INTS(2, 0), OP_INTS(0, 3), &run); /* nothing, from the end */
    op_expect_shape(&run, 0, TB_INTS(0, 3));
    op_close(&run);
}

static void strided_slice(tb_test_tensor begin, tb_test_tensor end, tb_test_tensor strides,
                          int end_mask, int shrink_mask, op_run *run)
{
    op_open(run, kTfLiteBuiltinStridedSlice,
            TB_OPTIONS_WITH(strided_slice, TB_OPT_INT(strided_slice, end_mask, end_mask),
                            TB_OPT_INT(strided_slice, shrink_axis_mask, shrink_mask)),
            OP_LIST(OP_FLOAT(2, 3), begin, end, strides), OP_LIST(OP_FLOAT(1)));
}

Test(ops_shape, strided_slices)
{
    op_run run;
    strided_slice(OP_INTS(0, 2), OP_INTS(1, 0), OP_INTS(1, -1), 3, 0, &run); /* to the ends */
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 3), TB_FLOATS(3, 2, 1, 6, 5, 4));
    op_close(&run);
    strided_slice(OP_INTS(-1, 0), OP_INTS(0, 3), OP_INTS(1, 2), 0, 1, &run); /* the last row */
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2), TB_FLOATS(4, 6));
    op_close(&run);
    strided_slice(OP_INTS(0, 0), OP_INTS(1, 1), OP_INTS(1, 0), 0, 0, &run);
    op_expect_refused(&run, "stride is 0");
    op_close(&run);
    strided_slice(OP_INTS(7, 0), OP_INTS(8, 1), OP_INTS(1, 1), 0, 1, &run);
    op_expect_refused(&run, "outside");
    op_close(&run);
    strided_slice(OP_INTS(0, 0, 0), OP_INTS(1, 1, 1), OP_INTS(1, 1, 1), 0, 0, &run);
    op_expect_refused(&run, "3 dimensions");
    op_close(&run);
}

/* What is gathered is known at invoke alone. */
Test(ops_shape, gather_looks_at_its_positions)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinGather, TB_OPTIONS_WITH(gather, TB_OPT_INT(gather, axis, 1)),
            OP_LIST(OP_FLOAT(2, 3), OP_TENSOR(kTfLiteInt32, 2)), OP_LIST(OP_FLOAT(2, 2)));
    op_set(&run, 0, counting, sizeof counting);
    op_set(&run, 1, (int32_t[]){2, 0}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), TB_FLOATS(3, 1, 6, 4));
    op_set(&run, 1, (int32_t[]){2, 3}, 8);
    op_invoke(&run);
    op_expect_refused(&run, "3");
    op_close(&run);
}

Test(ops_shape, splits)
{
    op_run run;
    const tb_op_options thirds = TB_OPTIONS_WITH(split, TB_OPT_INT(split, num_splits, 3));
    op_open(&run, kTfLiteBuiltinSplit, thirds,
            OP_LIST(OP_WITH(OP_SCALAR(kTfLiteInt32), int32_t, 1), OP_FLOAT(2, 3)),
            OP_LIST(OP_FLOAT(2, 1), OP_FLOAT(2, 1), OP_FLOAT(2, 1)));
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 1), TB_FLOATS(1, 4));
    op_expect_floats(&run, 2, 0, TB_INTS(2, 1), TB_FLOATS(3, 6));
    op_resize_input(&run, 0, TB_INTS(2, 4));
    op_expect_refused(&run, "4");
    op_close(&run);
    op_open(&run, kTfLiteBuiltinSplit, thirds,
            OP_LIST(OP_WITH(OP_SCALAR(kTfLiteInt32), int32_t, 1), OP_FLOAT(2, 3)),
            OP_LIST(OP_FLOAT(2, 1), OP_FLOAT(2, 1)));
    op_expect_refused(&run, "has 2 outputs, expected 3");
    op_close(&run);
    op_open(&run, kTfLiteBuiltinSplitV,
            TB_OPTIONS_WITH(split_v, TB_OPT_INT(split_v, num_splits, 2)),
            OP_LIST(OP_FLOAT(2, 3), OP_INTS(-1, 1), OP_WITH(OP_SCALAR(kTfLiteInt32), int32_t, -1)),
            OP_LIST(OP_FLOAT(2, 2), OP_FLOAT(2, 1)));
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), TB_FLOATS(1, 2, 4, 5));
    op_close(&run);
}

Test(ops_shape, packs_and_unpacks)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinPack,
            TB_OPTIONS_WITH(pack, TB_OPT_INT(pack, values_count, 2), TB_OPT_INT(pack, axis, 1)),
            OP_LIST(OP_FLOAT(3), OP_WITH(OP_FLOAT(3), float, 7, 8, 9)), OP_LIST(OP_FLOAT(3, 2)));
    op_set(&run, 0, counting, 12);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 2), TB_FLOATS(1, 7, 2, 8, 3, 9));
    op_close(&run);
    op_open(&run, kTfLiteBuiltinUnpack,
            TB_OPTIONS_WITH(unpack, TB_OPT_INT(unpack, num, 2), TB_OPT_INT(unpack, axis, 0)),
            OP_LIST(OP_FLOAT(2, 3)), OP_LIST(OP_FLOAT(3), OP_FLOAT(3)));
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 1, 0, TB_INTS(3), TB_FLOATS(4, 5, 6));
    op_close(&run);
}

static void pad(int32_t a, int32_t b, int32_t c, int32_t d, op_run *run)
{
    op_open(run, kTfLiteBuiltinPadv2, TB_OPTIONS_DEFAULT(PadV2Options),
            OP_LIST(OP_FLOAT(1, 2), OP_WITH(OP_TENSOR(kTfLiteInt32, 2, 2), int32_t, a, b, c, d),
                    OP_WITH(OP_FLOAT(1), float, 9)),
            OP_LIST(OP_FLOAT(2, 3)));
}

Test(ops_shape, padding)
{
    op_run run;
    pad(0, 1, 1, 0, &run);
    op_set(&run, 0, counting, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 3), TB_FLOATS(9, 1, 2, 9, 9, 9));
    op_close(&run);
    pad(0, -1, 1, 0, &run);
    op_expect_refused(&run, "-1");
    op_close(&run);
    pad(INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, &run);
    op_expect_refused(&run, "dimension 0");
    op_close(&run);
}

Test(ops_shape, a_shape_is_known_before_anything_runs)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinShape,
            TB_OPTIONS_WITH(shape, TB_OPT_INT(shape, out_type, kTfLiteInt64)),
            OP_LIST(OP_FLOAT(2, 3)), OP_LIST(OP_TENSOR(kTfLiteInt64, 2)));
    op_expect_ints(&run, 0, TB_INTS(2), TB_LONGS(2, 3));
    op_resize_input(&run, 0, TB_INTS(5, 0, 1));
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(5, 0, 1));
    op_close(&run);
}

Test(ops_shape, casts_of_floats_cut_and_those_of_integers_wrap)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinCast, TB_OPTIONS_DEFAULT(cast), OP_LIST(OP_FLOAT(3)),
            OP_LIST(OP_TENSOR(kTfLiteInt32, 3)));
    op_set(&run, 0, (float[]){-1.9f, 2.5f, -0.0f}, 12);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(-1, 2, 0));
    op_set(&run, 0, (float[]){1e20f, -INFINITY, NAN}, 12); /* defined is enough */
    op_invoke(&run);
    op_expect_ok(&run);
    op_close(&run);
    op_open(&run, kTfLiteBuiltinCast, TB_OPTIONS_DEFAULT(cast), OP_LIST(OP_TENSOR(kTfLiteInt32, 3)),
            OP_LIST(OP_TENSOR(kTfLiteInt8, 3)));
    op_set(&run, 0, (int32_t[]){127, 128, -1}, 12);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(127, -128, -1));
    op_close(&run);
}
