/* Recurrent operators: steps worked out by hand, state from call to call, shapes that do not fit. */
#include <criterion/criterion.h>
#include <math.h>

#include "runtime/tflite_abi/builtin_op_data.h"
#include "tests/unit/runtime/op_harness.h"

static tb_test_tensor variable(tb_test_tensor tensor)
{
    tensor.is_variable = true;
    return tensor;
}

enum { RELU = 1, TANH = 4 }; /* as the schema numbers activations */

/* ---- RNN --------------------------------------------------------------------------------------- */

#define WEIGHTS   OP_WITH(OP_FLOAT(2, 2), float, 1, 0, 0, -1)
#define RECURRENT OP_WITH(OP_FLOAT(2, 2), float, 0, 1, 1, 0)
#define BIAS      OP_WITH(OP_FLOAT(2), float, 0.5f, 3)

/* relu(x0 + h1 + 1/2), relu(-x1 + h0 + 3) of x = 1, 2, twice */
Test(ops_recurrent, a_basic_cell_keeps_its_state)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinRnn,
            TB_OPTIONS_WITH(rnn, TB_OPT_INT(rnn, fused_activation_function, RELU)),
            OP_LIST(OP_FLOAT(1, 2), WEIGHTS, RECURRENT, BIAS, variable(OP_FLOAT(1, 2))),
            OP_LIST(OP_FLOAT(1, 2)));
    op_set(&run, 0, (float[]){1, 2}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2), TB_FLOATS(1.5f, 1));
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2), TB_FLOATS(2.5f, 2.5f));
    cr_assert_eq(tb_interpreter_reset_variables(run.interpreter, &run.err), TB_OK);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2), TB_FLOATS(1.5f, 1));
    op_close(&run);
}

static void sequence(bool time_major, tb_test_tensor input, int batches, op_run *run)
{
    op_open(run, kTfLiteBuiltinUnidirectionalSequenceRnn,
            TB_OPTIONS_WITH(sequence_rnn, TB_OPT_INT(sequence_rnn, time_major, time_major),
                            TB_OPT_INT(sequence_rnn, fused_activation_function, RELU)),
            OP_LIST(input, WEIGHTS, RECURRENT, BIAS, variable(OP_FLOAT(batches, 2))),
            OP_LIST(OP_FLOAT(1, 1, 2)));
}

/* The same cell over a sequence of two; a second batch with x = 0, 0: 1/2, 3 then 7/2, 7/2. */
Test(ops_recurrent, a_sequence_with_time_or_batches_first)
{
    op_run run;
    sequence(true, OP_FLOAT(2, 2, 2), 2, &run);
    op_set(&run, 0, (float[]){1, 2, 0, 0, 1, 2, 0, 0}, 32);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2, 2),
                     TB_FLOATS(1.5f, 1, 0.5f, 3, 2.5f, 2.5f, 3.5f, 3.5f));
    op_close(&run);
    sequence(false, OP_FLOAT(2, 2, 2), 2, &run);
    op_set(&run, 0, (float[]){1, 2, 1, 2, 0, 0, 0, 0}, 32);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2, 2, 2),
                     TB_FLOATS(1.5f, 1, 2.5f, 2.5f, 0.5f, 3, 3.5f, 3.5f));
    op_close(&run);
    sequence(true, OP_FLOAT(2, 3, 2), 2, &run);
    op_expect_refused(&run, "state is 2 by 2, expected 3 by 2");
    op_close(&run);
    sequence(true, OP_FLOAT(2, 2, 3), 2, &run);
    op_expect_refused(&run, "weights");
    op_close(&run);
}

Test(ops_recurrent, cells_that_do_not_fit)
{
    const tb_op_options options = TB_OPTIONS_DEFAULT(rnn);
    op_run run;
    op_open(&run, kTfLiteBuiltinRnn, options,
            OP_LIST(OP_FLOAT(1, 2), WEIGHTS, RECURRENT, BIAS, OP_FLOAT(1, 2)),
            OP_LIST(OP_FLOAT(1, 2)));
    op_expect_refused(&run, "state is missing or no variable");
    op_close(&run);
    op_open(&run, kTfLiteBuiltinRnn, options,
            OP_LIST(OP_FLOAT(1, 2), WEIGHTS, RECURRENT, OP_WITH(OP_FLOAT(3), float, 1, 2, 3),
                    variable(OP_FLOAT(1, 2))),
            OP_LIST(OP_FLOAT(1, 2)));
    op_expect_refused(&run, "bias has 3 elements, expected 2");
    op_close(&run);
    op_open(&run, kTfLiteBuiltinRnn, options,
            OP_LIST(OP_FLOAT(1, 2), WEIGHTS, OP_WITH(OP_FLOAT(2, 1), float, 1, 2), BIAS,
                    variable(OP_FLOAT(1, 2))),
            OP_LIST(OP_FLOAT(1, 2)));
    op_expect_refused(&run, "recurrent weights has 2 rows of 1");
    op_close(&run);
}

/* ---- SVDF -------------------------------------------------------------------------------------- */

static void svdf(int rank, tb_test_tensor state, op_run *run)
{
    op_open(run, kTfLiteBuiltinSvdf, TB_OPTIONS_WITH(svdf, TB_OPT_INT(svdf, rank, rank)),
            OP_LIST(OP_FLOAT(1, 1), OP_WITH(OP_FLOAT(2, 1), float, 1, 2),
                    OP_WITH(OP_FLOAT(2, 2), float, 10, 1, 100, 0), OP_ABSENT, state),
            OP_LIST(OP_FLOAT(1, 1)));
}

/* Two filters: x and 2 x, of which the first weighs now 1 and before 10, the second 0 and 100. */
Test(ops_recurrent, svdf_remembers_what_filters_saw)
{
    op_run run;
    svdf(2, variable(OP_FLOAT(1, 4)), &run); /* both are one output */
    op_set(&run, 0, (float[]){3}, 4);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1), TB_FLOATS(3));
    op_set(&run, 0, (float[]){5}, 4);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1), TB_FLOATS(5 + 30 + 600));
    op_close(&run);
    svdf(1, variable(OP_FLOAT(1, 4)), &run); /* one each */
    op_set(&run, 0, (float[]){3}, 4);
    op_invoke(&run);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 2), TB_FLOATS(33, 600));
    op_close(&run);
    svdf(3, variable(OP_FLOAT(1, 4)), &run);
    op_expect_refused(&run, "2 filters for a rank of 3");
    op_close(&run);
    svdf(0, variable(OP_FLOAT(1, 4)), &run);
    op_expect_refused(&run, "rank");
    op_close(&run);
    svdf(1, variable(OP_FLOAT(1, 3)), &run);
    op_expect_refused(&run, "state is 1 by 3");
    op_close(&run);
    svdf(1, OP_FLOAT(1, 4), &run);
    op_expect_refused(&run, "no variable");
    op_close(&run);
}

/* ---- LSTM -------------------------------------------------------------------------------------- */

/* One cell whose weights are all 0: the gates are functions of their biases. */
#define ZERO  OP_WITH(OP_FLOAT(1, 1), float, 0)
#define ONE_1 OP_WITH(OP_FLOAT(1), float, 1)
#define NONE  OP_WITH(OP_FLOAT(1), float, 0)

static void lstm(float clip, tb_test_tensor input_weights, tb_test_tensor input_bias,
                 tb_test_tensor cell_state, op_run *run)
{
    const tb_test_tensor recurrent = input_weights.is_absent ? OP_ABSENT : ZERO;
    op_open(run, kTfLiteBuiltinLstm,
            TB_OPTIONS_WITH(lstm, TB_OPT_INT(lstm, fused_activation_function, TANH),
                            TB_OPT_FLOAT(lstm, cell_clip, clip)),
            OP_LIST(OP_FLOAT(1, 1), input_weights, ZERO, ZERO, ZERO, recurrent, ZERO, ZERO, ZERO,
                    OP_ABSENT, OP_ABSENT, OP_ABSENT, input_bias, NONE, ONE_1, NONE, OP_ABSENT,
                    OP_ABSENT, variable(OP_FLOAT(1, 1)), cell_state),
            OP_LIST(OP_FLOAT(1, 1)));
}

/* c = c / 2 + tanh(1) / 2, h = tanh(c) / 2 */
Test(ops_recurrent, an_lstm_cell_of_biases)
{
    const double first = tanh(1) / 2, second = first / 2 + tanh(1) / 2;
    op_run run;
    for (int coupled = 0; coupled < 2; coupled++) { /* 1 - 1/2 admits as much as a gate of 0 */
        lstm(0, coupled ? OP_ABSENT : ZERO, coupled ? OP_ABSENT : NONE, variable(OP_FLOAT(1, 1)),
             &run);
        op_invoke(&run);
        op_expect_floats(&run, 0, 2, TB_INTS(1, 1), TB_FLOATS((float)(tanh(first) / 2)));
        op_invoke(&run);
        op_expect_floats(&run, 0, 2, TB_INTS(1, 1), TB_FLOATS((float)(tanh(second) / 2)));
        op_close(&run);
    }
    lstm(0.25f, ZERO, NONE, variable(OP_FLOAT(1, 1)), &run);
    op_invoke(&run);
    op_expect_floats(&run, 0, 2, TB_INTS(1, 1), TB_FLOATS((float)(tanh(0.25) / 2)));
    op_close(&run);
}

Test(ops_recurrent, lstm_cells_that_do_not_fit)
{
    op_run run;
    lstm(0, ZERO, OP_ABSENT, variable(OP_FLOAT(1, 1)), &run);
    op_expect_refused(&run, "bias");
    op_close(&run);
    lstm(0, OP_ABSENT, NONE, variable(OP_FLOAT(1, 1)), &run);
    op_expect_refused(&run, "input gate without weights");
    op_close(&run);
    lstm(0, ZERO, NONE, OP_FLOAT(1, 1), &run);
    op_expect_refused(&run, "cell state is missing or no variable");
    op_close(&run);
    lstm(0, ZERO, NONE, variable(OP_FLOAT(1, 2)), &run);
    op_expect_refused(&run, "cell state has 2 elements");
    op_close(&run);
    lstm(-1, ZERO, NONE, variable(OP_FLOAT(1, 1)), &run);
    op_expect_refused(&run, "clips at -1");
    op_close(&run);
    lstm(NAN, ZERO, NONE, variable(OP_FLOAT(1, 1)), &run);
    op_expect_refused(&run, "clips at");
    op_close(&run);
    lstm(0, OP_WITH(OP_FLOAT(1, 2), float, 0, 0), NONE, variable(OP_FLOAT(1, 1)), &run);
    op_expect_refused(&run, "input gate's weights");
    op_close(&run);
}
