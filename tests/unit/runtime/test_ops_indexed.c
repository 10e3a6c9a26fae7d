/* Operators whose positions are data: segments, scattered and looked-up elements, spectra. Positions
   that lead outside are refused, or dropped where TFLite drops them. */
#include <criterion/criterion.h>
#include <stdint.h>

#include "tests/unit/runtime/op_harness.h"

static const float counting[] = {1, 2, 3, 4, 5, 6};

/* ---- segments ---------------------------------------------------------------------------------- */

static void segment_sum(int ids, op_run *run)
{
    op_open(run, kTfLiteBuiltinSegmentSum, TB_OPTIONS_ABSENT,
            OP_LIST(OP_FLOAT(3, 2), OP_TENSOR(kTfLiteInt32, ids)), OP_LIST(OP_FLOAT(1, 1)));
}

Test(ops_indexed, sorted_segments)
{
    op_run run;
    segment_sum(3, &run);
    op_set(&run, 0, counting, sizeof counting);
    op_set(&run, 1, (int32_t[]){0, 0, 1}, 12);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), TB_FLOATS(4, 6, 5, 6));
    op_close(&run);
    const int32_t broken[][3] = {{1, 1, 1},  {0, 2, 2},         {0, 1, 0},
                                 {-1, 0, 1}, {0, 0, INT32_MAX}, {INT32_MIN, 0, 1}};
    for (int i = 0; i < 6; i++) {
        segment_sum(3, &run);
        op_set(&run, 1, broken[i], 12);
        op_invoke(&run);
        op_expect_refused(&run, "expected ids from 0 on");
        op_close(&run);
    }
    segment_sum(2, &run);
    op_expect_refused(&run, "2 for the ids, 3 for the data");
    op_close(&run);
}

static void unsorted(TfLiteBuiltinOperator code, const int32_t *ids, int32_t segments, op_run *run)
{
    op_open(run, code, TB_OPTIONS_ABSENT,
            OP_LIST(OP_FLOAT(3, 2), OP_TENSOR(kTfLiteInt32, 3),
                    OP_WITH(OP_SCALAR(kTfLiteInt32), int32_t, segments)),
            OP_LIST(OP_FLOAT(1, 1)));
    if (run->status != TB_OK)
        return;
    op_set(run, 0, counting, sizeof counting);
    op_set(run, 1, ids, 12);
    op_invoke(run);
}

Test(ops_indexed, unsorted_segments)
{
    const int32_t ids[] = {1, -1, 1}; /* a negative one drops its row */
    op_run run;
    unsorted(kTfLiteBuiltinUnsortedSegmentSum, ids, 2, &run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), TB_FLOATS(0, 0, 6, 8));
    op_close(&run);
    unsorted(kTfLiteBuiltinUnsortedSegmentProd, ids, 2, &run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), TB_FLOATS(1, 1, 5, 12));
    op_close(&run);
    unsorted(kTfLiteBuiltinUnsortedSegmentMax, (int32_t[]){0, 0, 0}, 1, &run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2), TB_FLOATS(5, 6));
    op_close(&run);
    unsorted(kTfLiteBuiltinUnsortedSegmentMin, (int32_t[]){0, 0, 0}, 1, &run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2), TB_FLOATS(1, 2));
    op_close(&run);
    unsorted(kTfLiteBuiltinUnsortedSegmentSum, (int32_t[]){0, 2, 1}, 2, &run);
    op_expect_refused(&run, "id 1 is 2, expected less than 2");
    op_close(&run);
    unsorted(kTfLiteBuiltinUnsortedSegmentSum, ids, -1, &run);
    op_expect_refused(&run, "-1 segments");
    op_close(&run);
}

/* ---- scattered and gathered elements ----------------------------------------------------------- */

Test(ops_indexed, gather_nd_looks_at_every_coordinate)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinGatherNd, TB_OPTIONS_ABSENT,
            OP_LIST(OP_FLOAT(2, 3), OP_TENSOR(kTfLiteInt32, 2, 2)), OP_LIST(OP_FLOAT(1)));
    op_set(&run, 0, counting, sizeof counting);
    op_set(&run, 1, (int32_t[]){1, 2, 0, 1}, 16);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2), TB_FLOATS(6, 2));
    op_set(&run, 1, (int32_t[]){1, 2, 0, 3}, 16);
    op_invoke(&run);
    op_expect_refused(&run, "coordinate 1 of position 1 is 3, expected 0 to 2");
    op_close(&run);
    op_open(&run, kTfLiteBuiltinGatherNd, TB_OPTIONS_ABSENT,
            OP_LIST(OP_FLOAT(2, 3), OP_TENSOR(kTfLiteInt32, 1, 3)), OP_LIST(OP_FLOAT(1)));
    op_expect_refused(&run, "positions have 3 coordinates, input 2 dimensions");
    op_close(&run);
}

static void scatter_nd(const int32_t *positions, tb_test_tensor shape, op_run *run)
{
    op_open(run, kTfLiteBuiltinScatterNd, TB_OPTIONS_ABSENT,
            OP_LIST(OP_TENSOR(kTfLiteInt32, 2, 1), OP_FLOAT(2, 2), shape), OP_LIST(OP_FLOAT(1, 1)));
    if (run->status != TB_OK)
        return;
    op_set(run, 0, positions, 8);
    op_set(run, 1, counting, 16);
    op_invoke(run);
}

Test(ops_indexed, scatter_nd_adds_where_rows_meet)
{
    op_run run;
    scatter_nd((int32_t[]){2, 0}, OP_INTS(3, 2), &run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 2), TB_FLOATS(3, 4, 0, 0, 1, 2));
    op_close(&run);
    scatter_nd((int32_t[]){1, 1}, OP_INTS(2, 2), &run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), TB_FLOATS(0, 0, 4, 6));
    op_close(&run);
    const int32_t broken[][2] = {{0, 3}, {-1, 0}, {INT32_MIN, INT32_MAX}};
    for (int i = 0; i < 3; i++) {
        scatter_nd(broken[i], OP_INTS(3, 2), &run);
        op_expect_refused(&run, "expected 0 to 2");
        op_close(&run);
    }
    scatter_nd((int32_t[]){0, 0}, OP_INTS(3, 3), &run);
    op_expect_refused(&run, "dimension 1 of the updates has 2, expected 3");
    op_close(&run);
    scatter_nd((int32_t[]){0, 0}, OP_INTS(-3, 2), &run);
    op_expect_refused(&run, "-3");
    op_close(&run);
}

Test(ops_indexed, unique_elements_in_order_of_their_first)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinUnique,
            TB_OPTIONS_WITH(unique, TB_OPT_INT(unique, idx_out_type, kTfLiteInt32)),
            OP_LIST(OP_TENSOR(kTfLiteInt64, 5)),
            OP_LIST(OP_TENSOR(kTfLiteInt64, 1), OP_TENSOR(kTfLiteInt32, 5)));
    op_set(&run, 0, (int64_t[]){7, INT64_MIN, 7, 3, INT64_MIN}, 40);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(7, INT64_MIN, 3));
    op_expect_ints(&run, 1, TB_INTS(5), TB_LONGS(0, 1, 0, 2, 1));
    op_close(&run);
}

/* ---- looked up --------------------------------------------------------------------------------- */

Test(ops_indexed, hashtable_lookup_tells_what_it_found)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinHashtableLookup, TB_OPTIONS_ABSENT,
            OP_LIST(OP_TENSOR(kTfLiteInt32, 3), OP_WITH(OP_TENSOR(kTfLiteInt32, 2), int32_t, -5, 9),
                    OP_WITH(OP_FLOAT(2, 2), float, 1, 2, 3, 4)),
            OP_LIST(OP_FLOAT(3, 2), OP_TENSOR(kTfLiteUInt8, 3)));
    op_set(&run, 0, (int32_t[]){9, 0, -5}, 12);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 2), TB_FLOATS(3, 4, 0, 0, 1, 2));
    op_expect_ints(&run, 1, TB_INTS(3), TB_LONGS(1, 0, 1));
    op_close(&run);
    op_open(&run, kTfLiteBuiltinHashtableLookup, TB_OPTIONS_ABSENT,
            OP_LIST(OP_TENSOR(kTfLiteInt32, 3), OP_WITH(OP_TENSOR(kTfLiteInt32, 1), int32_t, 1),
                    OP_WITH(OP_FLOAT(2, 2), float, 1, 2, 3, 4)),
            OP_LIST(OP_FLOAT(3, 2), OP_TENSOR(kTfLiteUInt8, 3)));
    op_expect_refused(&run, "1 keys and 2 rows");
    op_close(&run);
}

Test(ops_indexed, embedding_lookup_stays_in_its_table)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinEmbeddingLookup, TB_OPTIONS_ABSENT,
            OP_LIST(OP_TENSOR(kTfLiteInt32, 2), OP_WITH(OP_FLOAT(3, 2), float, 1, 2, 3, 4, 5, 6)),
            OP_LIST(OP_FLOAT(2, 2)));
    op_set(&run, 0, (int32_t[]){2, 0}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2), TB_FLOATS(5, 6, 1, 2));
    op_set(&run, 0, (int32_t[]){2, -1}, 8);
    op_invoke(&run);
    op_expect_refused(&run, "position 1 is -1, expected 0 to 2");
    op_close(&run);
}

/* ---- RFFT2D ------------------------------------------------------------------------------------ */

/* 1 2 / 3 4: the sum, the difference of the columns, then of the rows, and of both. */
Test(ops_indexed, the_transform_of_a_small_matrix)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinRfft2d, TB_OPTIONS_ABSENT, OP_LIST(OP_FLOAT(2, 2), OP_INTS(2, 2)),
            OP_LIST(OP_TENSOR(kTfLiteComplex64, 1, 1)));
    op_set(&run, 0, counting, 16);
    op_invoke(&run);
    op_expect_shape(&run, 0, TB_INTS(2, 2));
    const float expected[] = {10, 0, -2, 0, -4, 0, 0, 0};
    const TfLiteTensor *output = tb_interpreter_output(run.interpreter, 0);
    for (int i = 0; i < 8; i++)
        cr_expect_float_eq(output->data.f[i], expected[i], 1e-6f, "part %d is %g", i,
                           (double)output->data.f[i]);
    op_close(&run);
    const int32_t broken[] = {0, -2, 3, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        op_open(&run, kTfLiteBuiltinRfft2d, TB_OPTIONS_ABSENT,
                OP_LIST(OP_FLOAT(2, 2), OP_INTS(2, broken[i])),
                OP_LIST(OP_TENSOR(kTfLiteComplex64, 1, 1)));
        op_expect_refused(&run, "expected a power of two");
        op_close(&run);
    }
}
