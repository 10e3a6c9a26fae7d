/*
 * A model may be small, legal, and hours of work. Such a kernel ends when it is cancelled or out of
 * time, in the portable kernels and in the delegate's, on one thread and on several. Nothing here is
 * timed: without these, each would run on until the test is given up.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "delegates/delegate.h"
#include "runtime/base/size.h"
#include "runtime/base/stop.h"
#include "runtime/interpreter.h"
#include "tests/unit/support/one_op.h"

/* ---- models that are much work -------------------------------------------------------------------- */

typedef struct work {
    TfLiteBuiltinOperator code;
    int input[4], filter[4], output[4];
    int rank;
    bool by_cpu; /* the delegate takes it */
} work;

static work works[] = {
    {kTfLiteBuiltinConv2d, {1, 1, 1 << 18, 1}, {32, 1, 32767, 1}, {1, 1, 1 << 18, 32}, 4, true},
    {kTfLiteBuiltinDepthwiseConv2d,
     {1, 1, 1 << 20, 16},
     {1, 1, 32767, 16},
     {1, 1, 1 << 20, 16},
     4,
     true},
    {kTfLiteBuiltinAveragePool2d, {1, 1, 1 << 22, 2}, {0}, {1, 1, 1 << 22, 2}, 4, true},
    {kTfLiteBuiltinBatchMatmul,
     {1 << 13, 1 << 10},
     {1 << 10, 1 << 13},
     {1 << 13, 1 << 13},
     2,
     false},
    {kTfLiteBuiltinFullyConnected,
     {1 << 12, 1 << 12},
     {1 << 12, 1 << 12},
     {1 << 12, 1 << 12},
     2,
     true},
};

static tb_int_list shape_of(int *dims, int rank)
{
    return (tb_int_list){(size_t)rank, dims};
}

/* The model reads `*bytes`, which outlive it. */
static tb_model *make_model(work *w, uint8_t **bytes)
{
    size_t filter_bytes = sizeof(float);
    for (int d = 0; d < w->rank; d++)
        filter_bytes *= (size_t)w->filter[d];
    tb_test_tensor inputs[2] = {
        {.type = kTfLiteFloat32, .shape = shape_of(w->input, w->rank)},
        {.type = kTfLiteFloat32, .shape = shape_of(w->filter, w->rank)},
    };
    void *filter = filter_bytes ? calloc(1, filter_bytes) : NULL;
    inputs[1].data = filter;
    inputs[1].data_size = filter_bytes;
    tb_test_tensor bias = {.is_absent = true};
    tb_test_tensor with_bias[3] = {inputs[0], inputs[1], bias};
    bool has_bias = w->code == kTfLiteBuiltinConv2d;
    float zeros[32] = {0};
    int bias_shape[] = {32};
    if (has_bias)
        with_bias[2] = (tb_test_tensor){.type = kTfLiteFloat32,
                                        .shape = shape_of(bias_shape, 1),
                                        .data = zeros,
                                        .data_size = sizeof zeros};
    tb_test_tensor output = {.type = kTfLiteFloat32, .shape = shape_of(w->output, w->rank)};
    /* Here, where they live as long as the fields they point to. */
    const tb_op_options conv = TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, stride_w, 1),
                                               TB_OPT_INT(conv_2d, stride_h, 1));
    const tb_op_options depthwise =
        TB_OPTIONS_WITH(depthwise_conv_2d, TB_OPT_INT(depthwise_conv_2d, stride_w, 1),
                        TB_OPT_INT(depthwise_conv_2d, stride_h, 1),
                        TB_OPT_INT(depthwise_conv_2d, depth_multiplier, 1));
    const tb_op_options pool = TB_OPTIONS_WITH(
        pool_2d, TB_OPT_INT(pool_2d, stride_w, 1), TB_OPT_INT(pool_2d, stride_h, 1),
        TB_OPT_INT(pool_2d, filter_width, 32767), TB_OPT_INT(pool_2d, filter_height, 1));
    const tb_op_options options = w->code == kTfLiteBuiltinConv2d            ? conv
                                  : w->code == kTfLiteBuiltinDepthwiseConv2d ? depthwise
                                  : w->code == kTfLiteBuiltinAveragePool2d   ? pool
                                  : w->code == kTfLiteBuiltinBatchMatmul
                                      ? TB_OPTIONS_DEFAULT(batch_matmul)
                                      : TB_OPTIONS_DEFAULT(fully_connected);
    size_t size;
    *bytes = tb_test_one_op(&(tb_test_op){.code = w->code,
                                          .inputs = with_bias,
                                          .input_count = has_bias ? 3
                                                         : filter ? 2
                                                                  : 1,
                                          .outputs = &output,
                                          .output_count = 1,
                                          .options = options},
                            &size);
    tb_error err = TB_ERROR_NONE;
    tb_model *model;
    cr_assert_eq(tb_model_from_memory(*bytes, size, "work", &err, &model), TB_OK, "%s", err.text);
    free(filter);
    return model;
}

/* ---- runs ----------------------------------------------------------------------------------------- */

static void keep_silent(void *context, const char *message)
{
    (void)context, (void)message;
}

typedef struct canceller {
    tb_interpreter *interpreter;
    atomic_bool done;
} canceller;

/* A cancellation before the invoke is forgotten, so it goes on. */
static void *cancel_until_done(void *argument)
{
    canceller *c = argument;
    while (!atomic_load(&c->done)) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        tb_interpreter_cancel(c->interpreter);
    }
    return NULL;
}

static tb_status invoke_cancelled(tb_interpreter *interpreter, tb_error *err)
{
    canceller c = {.interpreter = interpreter};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, cancel_until_done, &c), 0);
    tb_status status = tb_interpreter_invoke(interpreter, err);
    atomic_store(&c.done, true);
    pthread_join(thread, NULL);
    return status;
}

/* Time 0: cancelled from another thread instead. */
static tb_status run(work *w, const char *delegate, int threads, uint64_t time_limit_ns,
                     tb_error *err)
{
    uint8_t *bytes;
    tb_model *model = make_model(w, &bytes);
    tb_interpreter_options options = {.threads = threads,
                                      .time_limit_ns = time_limit_ns,
                                      .cancellable = time_limit_ns == 0,
                                      .report = keep_silent};
    tb_interpreter *interpreter;
    cr_assert_eq(tb_interpreter_create(model, &options, err, &interpreter), TB_OK, "%s", err->text);
    const tb_delegate_row *row = delegate ? tb_delegate_find(delegate) : NULL;
    TfLiteDelegate *instance = NULL;
    tb_status status = TB_OK;
    if (row) {
        cr_assert_eq(row->create(NULL, 0, threads, err, &instance), TB_OK, "%s", err->text);
        status = tb_interpreter_apply_delegate(interpreter, instance, row->bind, err);
    }
    if (status == TB_OK)
        status = tb_interpreter_allocate(interpreter, err);
    if (status == TB_OK)
        status = time_limit_ns ? tb_interpreter_invoke(interpreter, err)
                               : invoke_cancelled(interpreter, err);
    tb_interpreter_destroy(interpreter);
    if (instance)
        row->destroy(instance);
    tb_model_release(model);
    free(bytes);
    return status;
}

static void expect_end(const char *delegate, int threads, uint64_t time_limit_ns,
                       tb_status expected)
{
    for (size_t k = 0; k < TB_COUNT_OF(works); k++) {
        if (delegate && !works[k].by_cpu)
            continue;
        tb_error err = TB_ERROR_NONE;
        cr_expect_eq(run(&works[k], delegate, threads, time_limit_ns, &err), expected,
                     "work %zu: %s", k, err.text);
    }
}

Test(stop, portable_kernels_are_cancelled, .timeout = 60)
{
    expect_end(NULL, 1, 0, TB_CANCELLED);
}

Test(stop, the_delegates_kernels_are_cancelled, .timeout = 60)
{
    expect_end("cpu", 1, 0, TB_CANCELLED);
    expect_end("cpu", 2, 0, TB_CANCELLED);
}

Test(stop, portable_kernels_run_out_of_time, .timeout = 60)
{
    expect_end(NULL, 1, 300000000, TB_TIME_LIMIT);
}

Test(stop, the_delegates_kernels_run_out_of_time, .timeout = 60)
{
    expect_end("cpu", 1, 300000000, TB_TIME_LIMIT);
    expect_end("cpu", 2, 300000000, TB_TIME_LIMIT);
}

/* ---- what a loop asks ----------------------------------------------------------------------------- */

static bool always(const void *context)
{
    (void)context;
    return true;
}

Test(stop, the_one_who_was_asked_before_is_asked_again)
{
    cr_expect_not(tb_stopped());
    tb_stop stop = {always, NULL};
    const tb_stop *before = tb_stop_enter(&stop);
    cr_expect(tb_stopped());
    const tb_stop *mine = tb_stop_enter(NULL);
    cr_expect_not(tb_stopped());
    cr_expect_eq(mine, &stop);
    tb_stop_enter(mine);
    cr_expect(tb_stopped());
    tb_stop_enter(before);
    cr_expect_not(tb_stopped());
}

/* ---- nothing to do, in a huge shape ---------------------------------------------------------------- */

Test(stop, tensors_without_elements_take_no_time, .timeout = 60)
{
    tb_test_tensor in = {.type = kTfLiteFloat32, .shape = TB_INTS(INT32_MAX, INT16_MAX, 1, 0)};
    size_t size;
    uint8_t *bytes = tb_test_one_op(&(tb_test_op){.code = kTfLiteBuiltinL2Normalization,
                                                  .inputs = &in,
                                                  .input_count = 1,
                                                  .outputs = &in,
                                                  .output_count = 1},
                                    &size);
    tb_error err = TB_ERROR_NONE;
    tb_model *model;
    tb_interpreter *interpreter;
    cr_assert_eq(tb_model_from_memory(bytes, size, "empty", &err, &model), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_create(model, NULL, &err, &interpreter), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(interpreter, &err), TB_OK, "%s", err.text);
    cr_expect_eq(tb_interpreter_invoke(interpreter, &err), TB_OK, "%s", err.text);
    tb_interpreter_destroy(interpreter);
    tb_model_release(model);
    free(bytes);
}
