/* Packed weights: accounted, made once for a model, not made again for a new shape, and the model's own
   pages let go. */
#include <criterion/criterion.h>
#include <string.h>

#include "delegates/delegate.h"
#include "runtime/base/size.h"
#include "tests/unit/delegates/net.h"

#define SAME_CONV                                                                               \
    TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, 0), TB_OPT_INT(conv_2d, stride_w, 1), \
                    TB_OPT_INT(conv_2d, stride_h, 1))

enum { CHANNELS = 32, SIDE = 24 };

/* A 3x3 convolution that Winograd's filtering pays for. */
static void begin(net *n)
{
    net_begin(n);
    const int32_t in = net_tensor(n, TB_INTS(1, SIDE, SIDE, CHANNELS), NULL);
    const int32_t out = net_tensor(n, TB_INTS(1, SIDE, SIDE, CHANNELS), NULL);
    const int32_t filter = net_filled(n, TB_INTS(CHANNELS, 3, 3, CHANNELS), 0.5f);
    net_op(n, kTfLiteBuiltinConv2d, TB_INTS(in, filter, net_filled(n, TB_INTS(CHANNELS), 1.0f)),
           out, SAME_CONV);
    net_open(n, TB_INTS(in), TB_INTS(out), 1);
}

static TfLiteDelegate *apply(tb_interpreter *interpreter, const char *winograd)
{
    tb_error err = TB_ERROR_NONE;
    TfLiteDelegate *delegate = NULL;
    const tb_delegate_row *row = tb_delegate_find("cpu");
    const tb_delegate_option option = {"winograd", winograd};
    cr_assert_eq(row->create(&option, 1, 1, &err, &delegate), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_apply_delegate(interpreter, delegate, row->bind, &err), TB_OK, "%s",
                 err.text);
    cr_assert_eq(tb_interpreter_allocate(interpreter, &err), TB_OK, "%s", err.text);
    return delegate;
}

static uint64_t weights_of(const tb_interpreter *interpreter)
{
    tb_memory_account account;
    tb_interpreter_memory(interpreter, &account);
    return account.current_bytes[TB_MEMORY_WEIGHTS];
}

static void invoke(tb_interpreter *interpreter)
{
    tb_error err = TB_ERROR_NONE;
    TfLiteTensor *in = tb_interpreter_input(interpreter, 0);
    for (size_t i = 0; i < in->bytes / sizeof(float); i++)
        in->data.f[i] = 1.0f;
    cr_assert_eq(tb_interpreter_invoke(interpreter, &err), TB_OK, "%s", err.text);
    cr_expect_float_eq(tb_interpreter_output(interpreter, 0)->data.f[0], 4 * 0.5f * CHANNELS + 1,
                       1e-3);
}

Test(cpu_pack, a_new_shape_packs_nothing_again)
{
    net n;
    tb_error err = TB_ERROR_NONE;
    begin(&n);
    TfLiteDelegate *delegate = apply(n.interpreter, "auto");
    invoke(n.interpreter);
    const uint64_t packed = weights_of(n.interpreter);
    cr_assert_geq(packed, 9u * CHANNELS * CHANNELS * sizeof(float));
    static const int sides[] = {32, 40, SIDE, 56};
    for (size_t k = 0; k < TB_COUNT_OF(sides); k++) {
        cr_assert_eq(tb_interpreter_resize_input(n.interpreter, 0, 4,
                                                 (int[]){1, sides[k], sides[k], CHANNELS}, false,
                                                 &err),
                     TB_OK, "%s", err.text);
        cr_assert_eq(tb_interpreter_allocate(n.interpreter, &err), TB_OK, "%s", err.text);
        invoke(n.interpreter);
        cr_expect_eq(weights_of(n.interpreter), packed, "side %d packed again", sides[k]);
    }
    net_end(&n);
    tb_delegate_find("cpu")->destroy(delegate);
}

Test(cpu_pack, a_second_interpreter_packs_nothing)
{
    net n;
    tb_error err = TB_ERROR_NONE;
    begin(&n);
    TfLiteDelegate *first = apply(n.interpreter, "auto");
    tb_interpreter *second;
    cr_assert_eq(tb_interpreter_create(n.model, NULL, &err, &second), TB_OK, "%s", err.text);
    TfLiteDelegate *other = apply(second, "auto");
    cr_expect_gt(weights_of(n.interpreter), 0u);
    cr_expect_eq(weights_of(second), 0u);
    invoke(second);
    tb_interpreter_destroy(second);
    tb_delegate_find("cpu")->destroy(other);
    invoke(n.interpreter);
    net_end(&n);
    tb_delegate_find("cpu")->destroy(first);
}

Test(cpu_pack, without_winograd_weights_take_what_the_model_has)
{
    net with, without;
    begin(&with);
    begin(&without);
    TfLiteDelegate *a = apply(with.interpreter, "auto"), *b = apply(without.interpreter, "off");
    cr_expect_not_null(strstr(tb_interpreter_plan_text(with.interpreter, 0), "winograd"));
    cr_expect_null(strstr(tb_interpreter_plan_text(without.interpreter, 0), "winograd"));
    cr_expect_gt(weights_of(with.interpreter), weights_of(without.interpreter));
    cr_expect_leq(weights_of(without.interpreter),
                  (9u * CHANNELS + 1) * CHANNELS * sizeof(float) + 4096);
    invoke(without.interpreter);
    net_end(&with);
    net_end(&without);
    tb_delegate_find("cpu")->destroy(a);
    tb_delegate_find("cpu")->destroy(b);
}

Test(cpu_pack, packing_beyond_the_memory_limit_is_refused)
{
    net n;
    tb_error err = TB_ERROR_NONE;
    begin(&n);
    tb_interpreter *limited;
    const tb_interpreter_options options = {.threads = 1, .memory_limit_bytes = 100000};
    cr_assert_eq(tb_interpreter_create(n.model, &options, &err, &limited), TB_OK, "%s", err.text);
    const tb_delegate_row *row = tb_delegate_find("cpu");
    TfLiteDelegate *delegate = NULL;
    cr_assert_eq(row->create(NULL, 0, 1, &err, &delegate), TB_OK, "%s", err.text);
    tb_status status = tb_interpreter_apply_delegate(limited, delegate, row->bind, &err);
    if (status == TB_OK)
        status = tb_interpreter_allocate(limited, &err);
    cr_expect_neq(status, TB_OK);
    cr_expect_not_null(strstr(err.text, "packing weights"), "%s", err.text);
    tb_interpreter_destroy(limited);
    row->destroy(delegate);
    net_end(&n);
}
