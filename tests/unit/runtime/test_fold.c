/* Folding: chains that compute a shape from a shape leave the graph static, at every input shape. */
#include <criterion/criterion.h>
#include <string.h>

#include "delegates/delegate.h"
#include "runtime/op.h"
#include "tests/unit/runtime/rt_fixture.h"

/* in -RELU- a -RESHAPE- b -LOGISTIC- out, and b's shape comes from a's: SHAPE, GATHER the first
   dimension, CONCATENATION with 6. */
typedef struct chain {
    fx_model fx;
    int shape, first, wanted, reshaped;
    int gather_node;
} chain;

static int ints(fx_model *fx, const char *name, int count)
{
    tb_draft_tensor tensor = {.name = name,
                              .type = kTfLiteInt32,
                              .rank = 1,
                              .shape = (int32_t[]){count},
                              .has_rank = true};
    return tb_draft_tensor_add(&fx->draft, 0, &tensor);
}

static void open_chain(chain *c)
{
    fx_model *fx = &c->fx;
    int32_t zero = 0, six = 6;
    fx_begin(fx);
    fx->options.resolver = NULL; /* the operators of ops.def */
    int in = fx_tensor(fx, "in", TB_INTS(2, 2, 3)), a = fx_tensor(fx, "a", TB_INTS(2, 2, 3));
    c->reshaped = fx_tensor(fx, "b", TB_INTS(2, 6));
    int out = fx_tensor(fx, "out", TB_INTS(2, 6));
    c->shape = ints(fx, "shape", 3), c->first = ints(fx, "first", 1);
    c->wanted = ints(fx, "wanted", 2);
    int at = fx_constant(fx, "at", kTfLiteInt32, TB_INTS(1), &zero, sizeof zero);
    int rest = fx_constant(fx, "rest", kTfLiteInt32, TB_INTS(1), &six, sizeof six);
    fx_op(fx, kTfLiteBuiltinRelu, TB_INTS(in), TB_INTS(a));
    tb_draft_op shape = {.code = kTfLiteBuiltinShape,
                         .version = 1,
                         .inputs = TB_INTS(a),
                         .outputs = TB_INTS(c->shape),
                         .options = TB_OPTIONS_WITH(shape, TB_OPT_INT(shape, out_type, 2))};
    tb_draft_op_add(&fx->draft, 0, &shape);
    c->gather_node = fx_op(fx, kTfLiteBuiltinGather, TB_INTS(c->shape, at), TB_INTS(c->first));
    tb_draft_op concatenation = {.code = kTfLiteBuiltinConcatenation,
                                 .version = 1,
                                 .inputs = TB_INTS(c->first, rest),
                                 .outputs = TB_INTS(c->wanted),
                                 .options = TB_OPTIONS_DEFAULT(concatenation)};
    tb_draft_op_add(&fx->draft, 0, &concatenation);
    fx_op(fx, kTfLiteBuiltinReshape, TB_INTS(a, c->wanted), TB_INTS(c->reshaped));
    fx_op(fx, kTfLiteBuiltinLogistic, TB_INTS(c->reshaped), TB_INTS(out));
    fx_edges(fx, TB_INTS(in), TB_INTS(out));
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(fx, &err), TB_OK, "%s", err.text);
}

static void expect_run(chain *c, int rows)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_allocate(c->fx.interpreter, &err), TB_OK, "%s", err.text);
    for (int k = 0; k < rows * 6; k++)
        fx_input(&c->fx, 0)[k] = k % 2 ? -1.0f : 0.0f;
    cr_assert_eq(tb_interpreter_invoke(c->fx.interpreter, &err), TB_OK, "%s", err.text);
    const TfLiteTensor *out = tb_interpreter_output(c->fx.interpreter, 0);
    cr_assert_eq(out->dims->size, 2);
    cr_expect_eq(out->dims->data[0], rows);
    cr_expect_eq(out->dims->data[1], 6);
    for (int k = 0; k < rows * 6; k++)
        cr_expect_float_eq(out->data.f[k], 0.5f, 1e-6f);
}

static void resize(chain *c, int rows)
{
    tb_error err = TB_ERROR_NONE;
    int dims[] = {rows, 2, 3};
    cr_assert_eq(tb_interpreter_resize_input(c->fx.interpreter, 0, 3, dims, false, &err), TB_OK,
                 "%s", err.text);
}

static const TfLiteTensor *tensor(const chain *c, int index)
{
    return tb_interpreter_tensor(c->fx.interpreter, 0, index);
}

Test(fold, a_shape_computed_from_a_shape_is_known_in_prepare)
{
    chain c;
    open_chain(&c);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_allocate(c.fx.interpreter, &err), TB_OK, "%s", err.text);
    cr_expect_eq(tensor(&c, c.reshaped)->allocation_type, kTfLiteArenaRw);
    cr_expect_eq(tensor(&c, c.first)->allocation_type, kTfLitePersistentRo);
    cr_expect_eq(tensor(&c, c.wanted)->data.i32[0], 2);
    cr_expect_eq(tensor(&c, c.wanted)->data.i32[1], 6);
    expect_run(&c, 2);
    fx_end(&c.fx);
}

Test(fold, every_shape_gets_values_of_its_own)
{
    chain c;
    open_chain(&c);
    expect_run(&c, 2);
    for (int rows = 5; rows > 0; rows -= 2) {
        resize(&c, rows);
        expect_run(&c, rows);
        cr_expect_eq(tensor(&c, c.wanted)->data.i32[0], rows);
    }
    /* What folded values hold is counted, and given back. */
    tb_memory_account memory;
    tb_interpreter_memory(c.fx.interpreter, &memory);
    cr_expect_eq(memory.current_bytes[TB_MEMORY_DYNAMIC], (3 + 1 + 2) * sizeof(int32_t), "%llu",
                 (unsigned long long)memory.current_bytes[TB_MEMORY_DYNAMIC]);
    fx_end(&c.fx);
}

Test(fold, a_delegate_sees_the_graph_without_the_chain)
{
    chain c;
    open_chain(&c);
    const tb_delegate_row *row = tb_delegate_find("cpu");
    TfLiteDelegate *delegate;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(row->create(NULL, 0, 1, &err, &delegate), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_apply_delegate(c.fx.interpreter, delegate, row->bind, &err), TB_OK,
                 "%s", err.text);
    for (int rows = 2; rows < 5; rows++) {
        expect_run(&c, rows);
        int count;
        tb_interpreter_execution_plan(c.fx.interpreter, 0, &count);
        cr_expect_eq(count, 1, "%d nodes in the plan", count);
        tb_node_info info;
        cr_assert(tb_interpreter_node(c.fx.interpreter, 0, c.gather_node, &info));
        cr_expect_eq(info.delegated_to, -1);
        cr_expect_not_null(strstr(info.reason, "shapes"), "%s", info.reason);
        resize(&c, rows + 1);
    }
    fx_end(&c.fx);
    row->destroy(delegate);
}

Test(fold, an_applications_own_kernel_runs_when_it_is_invoked)
{
    float two[] = {2, 2}, one = 1;
    fx_model fx;
    fx_begin(&fx); /* fx_add is none of ours */
    int a = fx_constant(&fx, "a", kTfLiteFloat32, TB_INTS(2), two, sizeof two);
    int b = fx_constant(&fx, "b", kTfLiteFloat32, TB_INTS(1), &one, sizeof one);
    int sum = fx_tensor(&fx, "sum", TB_INTS(2)), out = fx_tensor(&fx, "out", TB_INTS(2));
    fx_op(&fx, kTfLiteBuiltinAdd, TB_INTS(a, b), TB_INTS(sum));
    fx_op(&fx, kTfLiteBuiltinRelu, TB_INTS(sum), TB_INTS(out));
    fx_edges(&fx, (tb_int_list){0, NULL}, TB_INTS(out));
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK, "%s", err.text);
    cr_expect_eq(tb_interpreter_tensor(fx.interpreter, 0, sum)->allocation_type, kTfLiteArenaRw);
    fx_end(&fx);
}

static void expect_weights(bool large)
{
    enum { MANY = 2048 };
    int32_t values[MANY] = {1, 2, 3}, count = large ? MANY : 3;
    fx_model fx;
    fx_begin(&fx);
    fx.options.resolver = NULL;
    int a = fx_constant(&fx, "a", kTfLiteInt32, TB_INTS(count), values,
                        (size_t)count * sizeof values[0]);
    int folded = ints(&fx, "neg", count), out = ints(&fx, "out", count);
    fx_op(&fx, kTfLiteBuiltinNeg, TB_INTS(a), TB_INTS(folded));
    fx_op(&fx, kTfLiteBuiltinNeg, TB_INTS(folded), TB_INTS(out));
    fx_edges(&fx, (tb_int_list){0, NULL}, TB_INTS(out));
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK, "%s", err.text);
    cr_expect_eq(tb_interpreter_tensor(fx.interpreter, 0, folded)->allocation_type,
                 large ? kTfLiteArenaRw : kTfLitePersistentRo);
    /* Outputs of the model are written when it is invoked. */
    cr_expect_eq(tb_interpreter_tensor(fx.interpreter, 0, out)->allocation_type, kTfLiteArenaRw);
    cr_assert_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_OK, "%s", err.text);
    cr_expect_eq(tb_interpreter_output(fx.interpreter, 0)->data.i32[2], 3);
    fx_end(&fx);
}

Test(fold, small_constants_and_no_weights)
{
    expect_weights(false);
    expect_weights(true);
}
