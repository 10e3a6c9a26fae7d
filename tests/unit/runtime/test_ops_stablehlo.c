/* StableHLO operators: by hand, after the specification's own rules, and numbers that do not fit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>

#include "tests/unit/runtime/op_harness.h"

static const float counting[] = {1, 2, 3, 4, 5, 6};

/* ---- elementwise ------------------------------------------------------------------------------- */

Test(ops_stablehlo, integers_wrap)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinStablehloAdd, TB_OPTIONS_ABSENT,
            OP_LIST(OP_TENSOR(kTfLiteInt8, 3), OP_TENSOR(kTfLiteInt8, 3)),
            OP_LIST(OP_TENSOR(kTfLiteInt8, 3)));
    op_set(&run, 0, (int8_t[]){127, -128, 5}, 3);
    op_set(&run, 1, (int8_t[]){1, -1, -7}, 3);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(-128, 127, -2));
    op_close(&run);
    op_open(&run, kTfLiteBuiltinStablehloMultiply, TB_OPTIONS_ABSENT,
            OP_LIST(OP_TENSOR(kTfLiteInt64, 2), OP_TENSOR(kTfLiteInt64, 2)),
            OP_LIST(OP_TENSOR(kTfLiteInt64, 2)));
    op_set(&run, 0, (int64_t[]){INT64_MIN, INT64_MAX}, 16);
    op_set(&run, 1, (int64_t[]){-1, 2}, 16);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(2), TB_LONGS(INT64_MIN, -2));
    op_close(&run);
    op_open(&run, kTfLiteBuiltinStablehloShiftLeft, TB_OPTIONS_ABSENT,
            OP_LIST(OP_TENSOR(kTfLiteInt32, 3), OP_TENSOR(kTfLiteInt32, 3)),
            OP_LIST(OP_TENSOR(kTfLiteInt32, 3)));
    op_set(&run, 0, (int32_t[]){1, -1, 3}, 12);
    op_set(&run, 1, (int32_t[]){31, 4, 32}, 12); /* 32 is 0, as the machine has it */
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(INT32_MIN, -16, 3));
    op_close(&run);
}

Test(ops_stablehlo, nothing_is_broadcast)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinStablehloMaximum, TB_OPTIONS_ABSENT,
            OP_LIST(OP_FLOAT(2, 3), OP_FLOAT(3)), OP_LIST(OP_FLOAT(2, 3)));
    op_expect_refused(&run, "expected one shape");
    op_close(&run);
    op_open(&run, kTfLiteBuiltinStablehloAnd, TB_OPTIONS_ABSENT, OP_LIST(OP_FLOAT(2), OP_FLOAT(2)),
            OP_LIST(OP_FLOAT(2)));
    op_expect_refused(&run, "first input");
    op_close(&run);
}

/* ---- STABLEHLO_PAD ----------------------------------------------------------------------------- */

static void pad(const int64_t *low, const int64_t *high, const int64_t *between, size_t count,
                op_run *run)
{
    op_open(run, kTfLiteBuiltinStablehloPad,
            TB_OPTIONS_WITH(stablehlo_pad,
                            TB_OPT_VECTOR(stablehlo_pad, edge_padding_low, low, count),
                            TB_OPT_VECTOR(stablehlo_pad, edge_padding_high, high, count),
                            TB_OPT_VECTOR(stablehlo_pad, interior_padding, between, count)),
            OP_LIST(OP_FLOAT(2, 3), OP_WITH(OP_SCALAR(kTfLiteFloat32), float, 9)),
            OP_LIST(OP_FLOAT(1, 1)));
}

#define LONGS2(a, b) ((const int64_t[]){a, b})

Test(ops_stablehlo, padding_before_behind_and_between)
{
    op_run run;
    pad(LONGS2(0, 1), LONGS2(1, 0), LONGS2(1, 0), 2, &run);
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(4, 4),
                     TB_FLOATS(9, 1, 2, 3, 9, 9, 9, 9, 9, 4, 5, 6, 9, 9, 9, 9));
    op_close(&run);
    pad(LONGS2(-1, -1), LONGS2(0, 1), LONGS2(0, 1), 2, &run); /* crops after it spread */
    op_set(&run, 0, counting, sizeof counting);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 5), TB_FLOATS(9, 5, 9, 6, 9));
    op_close(&run);
}

Test(ops_stablehlo, padding_that_does_not_fit)
{
    op_run run;
    pad(LONGS2(0, INT64_MAX), LONGS2(0, 1), LONGS2(0, 0), 2, &run);
    op_expect_refused(&run, "dimension 1");
    op_close(&run);
    pad(LONGS2(0, 0), LONGS2(0, 0), LONGS2(-1, 0), 2, &run);
    op_expect_refused(&run, "dimension 0");
    op_close(&run);
    pad(LONGS2(0, 0), LONGS2(0, 0), LONGS2(0, INT64_MAX), 2, &run);
    op_expect_refused(&run, "dimension 1");
    op_close(&run);
    pad(LONGS2(-2, 0), LONGS2(-2, 0), LONGS2(0, 0), 2, &run); /* nothing is left */
    op_expect_shape(&run, 0, TB_INTS(0, 0));
    op_close(&run);
}

/* ---- STABLEHLO_GATHER -------------------------------------------------------------------------- */

typedef struct gather_numbers {
    int64_t offset, collapsed, start, vector, sizes[2];
} gather_numbers;

static void gather(gather_numbers n, op_run *run)
{
    op_open(run, kTfLiteBuiltinStablehloGather,
            TB_OPTIONS_WITH(stablehlo_gather,
                            TB_OPT_VECTOR(stablehlo_gather, offset_dims, &n.offset, 1),
                            TB_OPT_VECTOR(stablehlo_gather, collapsed_slice_dims, &n.collapsed, 1),
                            TB_OPT_VECTOR(stablehlo_gather, start_index_map, &n.start, 1),
                            TB_OPT_INT(stablehlo_gather, index_vector_dim, n.vector),
                            TB_OPT_VECTOR(stablehlo_gather, slice_sizes, n.sizes, 2)),
            OP_LIST(OP_FLOAT(3, 2), OP_TENSOR(kTfLiteInt64, 3, 1)), OP_LIST(OP_FLOAT(1, 1)));
}

/* Rows; starts outside are moved inside. */
Test(ops_stablehlo, gathered_rows)
{
    op_run run;
    gather((gather_numbers){1, 0, 0, 1, {1, 2}}, &run);
    op_set(&run, 0, counting, sizeof counting);
    op_set(&run, 1, (int64_t[]){1, INT64_MAX, INT64_MIN}, 24);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3, 2), TB_FLOATS(3, 4, 5, 6, 1, 2));
    op_close(&run);
}

Test(ops_stablehlo, gathers_that_do_not_fit)
{
    const gather_numbers broken[] = {
        {1, 0, 0, 1, {4, 2}},  {1, 0, 0, 1, {1, -1}}, {1, 0, 2, 1, {1, 2}}, {1, 0, -1, 1, {1, 2}},
        {1, 0, 0, -1, {1, 2}}, {1, 0, 0, 3, {1, 2}},  {9, 0, 0, 1, {1, 2}}, {1, 0, 0, 1, {2, 2}},
    };
    op_run run;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        gather(broken[i], &run);
        op_expect_refused(&run, "");
        op_close(&run);
    }
}

/* ---- STABLEHLO_RNG_BIT_GENERATOR --------------------------------------------------------------- */

/* The same state gives the same bits; the new state goes on from there. */
Test(ops_stablehlo, random_bits_follow_from_the_state)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinStablehloRngBitGenerator,
            TB_OPTIONS_WITH(stablehlo_rng_bit_generator,
                            TB_OPT_INT(stablehlo_rng_bit_generator, algorithm, 2)),
            OP_LIST(OP_TENSOR(kTfLiteUInt64, 2)),
            OP_LIST(OP_TENSOR(kTfLiteUInt64, 2), OP_TENSOR(kTfLiteInt64, 4)));
    uint64_t state[] = {1, 2};
    int64_t first[4];
    op_set(&run, 0, state, 16);
    op_invoke(&run);
    op_expect_ok(&run);
    for (int i = 0; i < 4; i++)
        first[i] = tb_interpreter_output(run.interpreter, 1)->data.i64[i];
    op_set(&run, 0, state, 16);
    op_invoke(&run);
    op_expect_ints(&run, 1, TB_INTS(4), first);
    const uint64_t *next = tb_interpreter_output(run.interpreter, 0)->data.u64;
    cr_expect(next[0] != state[0] || next[1] != state[1]);
    uint64_t moved[] = {next[0], next[1]};
    op_set(&run, 0, moved, 16);
    op_invoke(&run);
    op_expect_ok(&run);
    bool same = true;
    for (int i = 0; i < 4; i++)
        same &= tb_interpreter_output(run.interpreter, 1)->data.i64[i] == first[i];
    cr_expect_not(same);
    op_close(&run);
}
