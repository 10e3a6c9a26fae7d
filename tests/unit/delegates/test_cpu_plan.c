/* What the cpu delegate makes of a graph: what it fuses, what it must not, what it leaves behind. */
#include <criterion/criterion.h>
#include <string.h>

#include "delegates/delegate.h"
#include "tests/unit/delegates/net.h"

#define SAME_CONV                                                                               \
    TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, 0), TB_OPT_INT(conv_2d, stride_w, 1), \
                    TB_OPT_INT(conv_2d, stride_h, 1))
#define VALID_CONV                                                                              \
    TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, 1), TB_OPT_INT(conv_2d, stride_w, 1), \
                    TB_OPT_INT(conv_2d, stride_h, 1))

typedef struct under_test {
    net net;
    TfLiteDelegate *delegate;
} under_test;

static void apply(under_test *u, tb_int_list inputs, tb_int_list outputs)
{
    tb_error err = TB_ERROR_NONE;
    const tb_delegate_row *row = tb_delegate_find("cpu");
    cr_assert_not_null(row);
    net_open(&u->net, inputs, outputs, 1);
    cr_assert_eq(row->create(NULL, 0, 1, &err, &u->delegate), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_apply_delegate(u->net.interpreter, u->delegate, row->bind, &err),
                 TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(u->net.interpreter, &err), TB_OK, "%s", err.text);
}

static void end(under_test *u)
{
    net_end(&u->net);
    tb_delegate_find("cpu")->destroy(u->delegate);
}

static int step_count(const under_test *u)
{
    int count = 0;
    const char *text = tb_interpreter_plan_text(u->net.interpreter, 0);
    for (const char *at = text; at && *at; at++)
        count += *at == '\n';
    return count;
}

static void invoke(under_test *u, float input)
{
    tb_error err = TB_ERROR_NONE;
    TfLiteTensor *in = tb_interpreter_input(u->net.interpreter, 0);
    for (size_t i = 0; i < in->bytes / sizeof(float); i++)
        in->data.f[i] = input;
    cr_assert_eq(tb_interpreter_invoke(u->net.interpreter, &err), TB_OK, "%s", err.text);
}

/* A 1x1 convolution of 4 channels, all weights `weight`, bias 0. */
static int32_t conv(under_test *u, int32_t in, float weight)
{
    net *n = &u->net;
    int32_t out = net_tensor(n, TB_INTS(1, 3, 3, 4), NULL);
    int32_t filter = net_filled(n, TB_INTS(4, 1, 1, 4), weight);
    net_op(n, kTfLiteBuiltinConv2d, TB_INTS(in, filter, net_filled(n, TB_INTS(4), 0.0f)), out,
           SAME_CONV);
    return out;
}

Test(cpu_plan, pad_relu_and_residual_go_into_the_convolution)
{
    under_test u;
    net_begin(&u.net);
    static const int32_t pads[] = {0, 0, 1, 1, 1, 1, 0, 0};
    int32_t in = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t pad = net_ints(&u.net, TB_INTS(4, 2), pads, 8);
    int32_t padded = net_tensor(&u.net, TB_INTS(1, 5, 5, 4), NULL);
    int32_t filter = net_filled(&u.net, TB_INTS(4, 3, 3, 4), 1.0f);
    int32_t product = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t sum = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t out = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    net_op(&u.net, kTfLiteBuiltinPad, TB_INTS(in, pad), padded, TB_OPTIONS_DEFAULT(PadOptions));
    net_op(&u.net, kTfLiteBuiltinConv2d,
           TB_INTS(padded, filter, net_filled(&u.net, TB_INTS(4), 0.0f)), product, VALID_CONV);
    net_op(&u.net, kTfLiteBuiltinAdd, TB_INTS(product, in), sum, TB_OPTIONS_DEFAULT(add));
    net_op(&u.net, kTfLiteBuiltinRelu, TB_INTS(sum), out, TB_OPTIONS_ABSENT);
    apply(&u, TB_INTS(in), TB_INTS(out));
    cr_expect_eq(step_count(&u), 1, "%s", tb_interpreter_plan_text(u.net.interpreter, 0));
    invoke(&u, 2.0f);
    const float *got = tb_interpreter_output(u.net.interpreter, 0)->data.f;
    cr_expect_float_eq(got[0], 4 * 4 * 2.0f + 2.0f, 1e-5);     /* a corner meets four pixels, */
    cr_expect_float_eq(got[4 * 4], 9 * 4 * 2.0f + 2.0f, 1e-5); /* the middle nine */
    invoke(&u, -1.0f);
    cr_expect_float_eq(got[0], 0.0f, 0.0);
    end(&u);
}

Test(cpu_plan, a_value_that_somebody_else_reads_is_kept)
{
    under_test u;
    net_begin(&u.net);
    int32_t in = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t product = conv(&u, in, 1.0f);
    int32_t relu = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t out = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    net_op(&u.net, kTfLiteBuiltinRelu, TB_INTS(product), relu, TB_OPTIONS_ABSENT);
    net_op(&u.net, kTfLiteBuiltinMul, TB_INTS(relu, product), out, TB_OPTIONS_DEFAULT(mul));
    apply(&u, TB_INTS(in), TB_INTS(out));
    cr_expect_eq(step_count(&u), 3);
    invoke(&u, 2.0f);
    cr_expect_float_eq(tb_interpreter_output(u.net.interpreter, 0)->data.f[5], 64.0f, 1e-4);
    end(&u);
}

Test(cpu_plan, an_output_of_the_graph_is_kept)
{
    under_test u;
    net_begin(&u.net);
    int32_t in = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t product = conv(&u, in, -1.0f);
    int32_t relu = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    net_op(&u.net, kTfLiteBuiltinRelu, TB_INTS(product), relu, TB_OPTIONS_ABSENT);
    apply(&u, TB_INTS(in), TB_INTS(product, relu));
    invoke(&u, 1.0f);
    cr_expect_float_eq(tb_interpreter_output(u.net.interpreter, 0)->data.f[7], -4.0f, 1e-5);
    cr_expect_float_eq(tb_interpreter_output(u.net.interpreter, 1)->data.f[7], 0.0f, 0.0);
    end(&u);
}

/* x + conv(conv(x)): the sum goes into the second convolution; into the first it could not, whose
   operand is not there yet. */
Test(cpu_plan, a_residual_that_is_not_there_yet_waits)
{
    under_test u;
    net_begin(&u.net);
    int32_t in = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t first = conv(&u, in, 1.0f), second = conv(&u, in, 0.5f);
    int32_t out = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    net_op(&u.net, kTfLiteBuiltinAdd, TB_INTS(first, second), out, TB_OPTIONS_DEFAULT(add));
    apply(&u, TB_INTS(in), TB_INTS(out));
    cr_expect_eq(step_count(&u), 2);
    invoke(&u, 1.0f);
    cr_expect_float_eq(tb_interpreter_output(u.net.interpreter, 0)->data.f[0], 6.0f, 1e-5);
    end(&u);
}

Test(cpu_plan, reshapes_cost_nothing)
{
    under_test u;
    net_begin(&u.net);
    static const int32_t shape[] = {1, 36};
    int32_t in = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t product = conv(&u, in, 1.0f);
    int32_t wanted = net_ints(&u.net, TB_INTS(2), shape, 2);
    int32_t flat = net_tensor(&u.net, TB_INTS(1, 36), NULL);
    int32_t filter = net_filled(&u.net, TB_INTS(2, 36), 1.0f);
    int32_t out = net_tensor(&u.net, TB_INTS(1, 2), NULL);
    net_op(&u.net, kTfLiteBuiltinReshape, TB_INTS(product, wanted), flat,
           TB_OPTIONS_DEFAULT(reshape));
    net_op(&u.net, kTfLiteBuiltinFullyConnected, TB_INTS(flat, filter, -1), out,
           TB_OPTIONS_DEFAULT(fully_connected));
    apply(&u, TB_INTS(in), TB_INTS(out));
    cr_expect_eq(step_count(&u), 2);
    invoke(&u, 1.0f);
    cr_expect_float_eq(tb_interpreter_output(u.net.interpreter, 0)->data.f[1], 144.0f, 1e-3);
    end(&u);
}

Test(cpu_plan, a_new_shape_is_planned_anew)
{
    under_test u;
    net_begin(&u.net);
    int32_t in = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t out = conv(&u, in, 1.0f);
    apply(&u, TB_INTS(in), TB_INTS(out));
    invoke(&u, 1.0f);
    tb_error err = TB_ERROR_NONE;
    const int dims[] = {2, 5, 7, 4};
    cr_assert_eq(tb_interpreter_resize_input(u.net.interpreter, 0, 4, dims, false, &err), TB_OK,
                 "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(u.net.interpreter, &err), TB_OK, "%s", err.text);
    invoke(&u, 3.0f);
    const TfLiteTensor *output = tb_interpreter_output(u.net.interpreter, 0);
    cr_assert_eq(output->bytes, 2 * 5 * 7 * 4 * sizeof(float));
    for (int i = 0; i < 2 * 5 * 7 * 4; i++)
        cr_expect_float_eq(output->data.f[i], 12.0f, 1e-5);
    cr_expect_eq(step_count(&u), 1);
    end(&u);
}

Test(cpu_plan, what_is_left_behind_has_a_reason)
{
    under_test u;
    net_begin(&u.net);
    int32_t in = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    int32_t filter = net_tensor(&u.net, TB_INTS(4, 1, 1, 4), NULL); /* an input, not a constant */
    int32_t out = net_tensor(&u.net, TB_INTS(1, 3, 3, 4), NULL);
    net_op(&u.net, kTfLiteBuiltinConv2d, TB_INTS(in, filter, net_filled(&u.net, TB_INTS(4), 0.0f)),
           out, SAME_CONV);
    apply(&u, TB_INTS(in, filter), TB_INTS(out));
    tb_node_info info;
    cr_assert(tb_interpreter_node(u.net.interpreter, 0, 0, &info));
    cr_expect_eq(info.delegated_to, -1);
    cr_assert_not_null(info.reason);
    cr_expect_str_eq(info.reason, "the filter is computed, not a constant");
    end(&u);
}

Test(cpu_plan, options_that_are_not_known_are_refused)
{
    tb_error err = TB_ERROR_NONE;
    TfLiteDelegate *delegate = NULL;
    const tb_delegate_option option = {"colour", "blue"};
    cr_expect_eq(tb_delegate_find("cpu")->create(&option, 1, 1, &err, &delegate), TB_USAGE);
    cr_expect_not_null(strstr(err.text, "colour"));
}
