/*
 * The cpu delegate on more threads than there are processors: several interpreters of one model at
 * once, each with a pool of its own, sharing packed weights, and resized between inferences. All must
 * give what one thread alone gives. Most telling under SAN=thread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/delegate.h"
#include "models/writer.h"
#include "models/zoo/zoo.h"
#include "runtime/base/size.h"
#include "runtime/interpreter.h"

enum { USERS = 3, ROUNDS = 3, INVOKES = 3, THREADS = 8 };

/* Models of the zoo; the first row is one of our own, which takes images of any size. */
static const struct {
    const char *name;
    tb_zoo_precision precision;
    int sides[2]; /* of the input, by turns; 0: it is not resized */
} cases[] = {
    {"convolutions", TB_ZOO_FLOAT32, {24, 40}},   {"mobilenet_v2_mini", TB_ZOO_FLOAT32, {0, 0}},
    {"mobilenet_v1_mini", TB_ZOO_INT8, {0, 0}},   {"unet_mini", TB_ZOO_FLOAT32, {0, 0}},
    {"resnet8", TB_ZOO_FLOAT32, {0, 0}},          {"ds_cnn", TB_ZOO_INT8, {0, 0}},
    {"transformer_mini", TB_ZOO_FLOAT32, {0, 0}}, {"lstm_mini", TB_ZOO_FLOAT32, {0, 0}},
};

typedef struct outputs {
    unsigned char *bytes[2];
    size_t size[2];
} outputs;

static tb_model *model;
static int number; /* of the case */
static outputs expected;
static atomic_int failures;

static void fail(const char *what, const tb_error *err)
{
    atomic_fetch_add(&failures, 1);
    printf("%s: %s%s%s\n", cases[number].name, what, err ? ": " : "", err ? err->text : "");
}

static void quiet(void *context, const char *message)
{
    (void)context, (void)message;
}

/* ---- the model that takes any size --------------------------------------------------------------- */

enum { CHANNELS = 32, LAYERS = 3 };

static int add_tensor(tb_draft *draft, int32_t shape[4], int buffer)
{
    tb_draft_tensor tensor = {.name = "t",
                              .type = kTfLiteFloat32,
                              .rank = shape[1] ? 4 : 1,
                              .shape = shape,
                              .has_rank = true,
                              .buffer = (uint32_t)buffer};
    return tb_draft_tensor_add(draft, 0, &tensor);
}

static tb_status write_convolutions(tb_error *err, uint8_t **bytes, size_t *size)
{
    static float weights[CHANNELS * 9 * CHANNELS], bias[CHANNELS];
    for (size_t i = 0; i < TB_COUNT_OF(weights); i++)
        weights[i] = (float)(i % 23) / 400.0f - 0.025f;
    tb_draft draft;
    tb_draft_init(&draft, "convolutions");
    tb_draft_subgraph_add(&draft, "main");
    int32_t image[] = {1, 24, 24, CHANNELS}, filter[] = {CHANNELS, 3, 3, CHANNELS};
    const int filters =
        add_tensor(&draft, filter, tb_draft_buffer_add(&draft, weights, sizeof weights));
    const int biases = add_tensor(&draft, (int32_t[]){CHANNELS, 0, 0, 0},
                                  tb_draft_buffer_add(&draft, bias, sizeof bias));
    const int first = add_tensor(&draft, image, 0);
    int last = first;
    for (int k = 0; k < LAYERS; k++) {
        const int next = add_tensor(&draft, image, 0);
        const tb_draft_op op = {
            .code = kTfLiteBuiltinConv2d,
            .version = 1,
            .inputs = TB_INTS(last, filters, biases),
            .outputs = TB_INTS(next),
            .options =
                TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, 0),
                                TB_OPT_INT(conv_2d, stride_w, 1), TB_OPT_INT(conv_2d, stride_h, 1)),
        };
        tb_draft_op_add(&draft, 0, &op);
        last = next;
    }
    tb_draft_inputs_set(&draft, 0, TB_INTS(first));
    tb_draft_outputs_set(&draft, 0, TB_INTS(last));
    tb_status status = tb_draft_write(&draft, err, bytes, size);
    tb_draft_free(&draft);
    return status;
}

/* ---- running it ---------------------------------------------------------------------------------- */

/* The same bytes for every user; floats stay small. */
static void fill(tb_interpreter *interpreter)
{
    TfLiteTensor *in = tb_interpreter_input(interpreter, 0);
    for (size_t i = 0; in->type == kTfLiteFloat32 && i < in->bytes / sizeof(float); i++)
        in->data.f[i] = (float)(i * 7 % 31) / 31.0f - 0.5f;
    for (size_t i = 0; in->type == kTfLiteInt32 && i < in->bytes / sizeof(int32_t); i++)
        in->data.i32[i] = (int32_t)(i % 2);
    for (size_t i = 0; in->type == kTfLiteInt8 && i < in->bytes; i++)
        in->data.int8[i] = (int8_t)(i * 7 % 251);
}

/* With input `which` of the case; false after a failure. */
static bool prepare(tb_interpreter *interpreter, int which)
{
    tb_error err = TB_ERROR_NONE;
    const TfLiteIntArray *dims = tb_interpreter_input(interpreter, 0)->dims;
    const int side = cases[number].sides[which];
    tb_status status = TB_OK;
    if (side)
        status = tb_interpreter_resize_input(interpreter, 0, 4,
                                             (int[]){1, side, side, dims->data[3]}, false, &err);
    if (status == TB_OK)
        status = tb_interpreter_allocate(interpreter, &err);
    if (status != TB_OK)
        fail("it cannot be allocated", &err);
    return status == TB_OK;
}

static bool invoke(tb_interpreter *interpreter)
{
    tb_error err = TB_ERROR_NONE;
    fill(interpreter);
    if (tb_interpreter_reset_variables(interpreter, &err) == TB_OK &&
        tb_interpreter_invoke(interpreter, &err) == TB_OK)
        return true;
    fail("an invoke failed", &err);
    return false;
}

/* NULL after a failure. */
static tb_interpreter *open(int threads, TfLiteDelegate **delegate)
{
    tb_error err = TB_ERROR_NONE;
    const tb_delegate_row *row = tb_delegate_find("cpu");
    const tb_interpreter_options options = {.threads = threads, .report = quiet};
    tb_interpreter *interpreter = NULL;
    *delegate = NULL;
    if (tb_interpreter_create(model, &options, &err, &interpreter) != TB_OK ||
        row->create(NULL, 0, threads, &err, delegate) != TB_OK ||
        tb_interpreter_apply_delegate(interpreter, *delegate, row->bind, &err) != TB_OK) {
        fail("no interpreter", &err);
        tb_interpreter_destroy(interpreter);
        row->destroy(*delegate);
        return NULL;
    }
    return interpreter;
}

static void end(tb_interpreter *interpreter, TfLiteDelegate *delegate)
{
    tb_interpreter_destroy(interpreter);
    tb_delegate_find("cpu")->destroy(delegate);
}

static bool expect(void)
{
    TfLiteDelegate *delegate;
    tb_interpreter *interpreter = open(1, &delegate);
    bool good = interpreter != NULL;
    for (int which = 0; which < 2 && good; which++) {
        good = prepare(interpreter, which) && invoke(interpreter);
        const TfLiteTensor *out = good ? tb_interpreter_output(interpreter, 0) : NULL;
        unsigned char *copy = out ? malloc(out->bytes + 1) : NULL;
        good = copy != NULL;
        if (good)
            memcpy(copy, out->data.raw, out->bytes);
        expected.bytes[which] = copy;
        expected.size[which] = out ? out->bytes : 0;
    }
    if (interpreter)
        end(interpreter, delegate);
    return good;
}

static void *use(void *argument)
{
    (void)argument;
    for (int round = 0; round < ROUNDS; round++) {
        TfLiteDelegate *delegate;
        tb_interpreter *interpreter = open(THREADS, &delegate);
        if (!interpreter)
            return NULL;
        for (int k = 0; k < 2 * INVOKES; k++) {
            const int which = k / INVOKES;
            if ((k % INVOKES == 0 && !prepare(interpreter, which)) || !invoke(interpreter))
                break;
            const TfLiteTensor *out = tb_interpreter_output(interpreter, 0);
            if (out->bytes != expected.size[which] ||
                memcmp(out->data.raw, expected.bytes[which], out->bytes) != 0)
                fail("eight threads do not give what one gives", NULL);
        }
        end(interpreter, delegate);
    }
    return NULL;
}

static void run_case(void)
{
    const tb_zoo_options options = {.precision = cases[number].precision, .seed = 1};
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes = NULL;
    size_t size = 0;
    tb_status status = number == 0
                           ? write_convolutions(&err, &bytes, &size)
                           : tb_zoo_write(cases[number].name, &options, &err, &bytes, &size);
    if (status != TB_OK ||
        tb_model_from_memory(bytes, size, cases[number].name, &err, &model) != TB_OK) {
        fail("no model", &err);
        free(bytes);
        return;
    }
    pthread_t threads[USERS];
    if (expect()) {
        int started = 0;
        while (started < USERS && pthread_create(&threads[started], NULL, use, NULL) == 0)
            started++;
        for (int k = 0; k < started; k++)
            pthread_join(threads[k], NULL);
        if (started < USERS)
            fail("too few threads", NULL);
    }
    for (int which = 0; which < 2; which++) {
        free(expected.bytes[which]);
        expected.bytes[which] = NULL;
    }
    tb_model_release(model);
    free(bytes);
}

int main(void)
{
    int passed = 0, failed = 0;
    for (; number < (int)TB_COUNT_OF(cases); number++) {
        const int before = atomic_load(&failures);
        run_case();
        const bool good = atomic_load(&failures) == before;
        passed += good;
        failed += !good;
    }
    printf("cpu_delegate: %d passed, %d failed\n", passed, failed);
    return failed != 0;
}
