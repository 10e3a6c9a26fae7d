/*
 * One interpreter, two threads: whatever the second asks of it while it runs is refused at once, with
 * a message, and the run ends as if nobody had asked. The kernel waits inside until the second thread
 * has had its answers, so the two calls overlap for certain.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"
#include "runtime/interpreter.h"
#include "runtime/op.h"

enum { ROUNDS = 50 };

static int failures;

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    failures++;
    printf("%s\n", what);
}

/* ---- a kernel that can be held ---------------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool inside, may_leave;

static void set(bool *flag, bool value)
{
    pthread_mutex_lock(&mutex);
    *flag = value;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_for(const bool *flag)
{
    pthread_mutex_lock(&mutex);
    while (!*flag)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static TfLiteStatus hold_prepare(TfLiteContext *context, TfLiteNode *node)
{
    return tb_op_resize_like(context, tb_op_output(context, node, 0),
                             tb_op_input(context, node, 0));
}

static TfLiteStatus hold_invoke(TfLiteContext *context, TfLiteNode *node)
{
    set(&inside, true);
    wait_for(&may_leave);
    const TfLiteTensor *in = tb_op_input(context, node, 0);
    memcpy(tb_op_output(context, node, 0)->data.raw, in->data.raw, in->bytes);
    return kTfLiteOk;
}

static const TfLiteRegistration hold = {.prepare = hold_prepare, .invoke = hold_invoke};

/* ---- the model -------------------------------------------------------------------------------- */

static int add_tensor(tb_draft *draft, const char *name)
{
    tb_draft_tensor tensor = {
        .name = name, .type = kTfLiteFloat32, .rank = 1, .shape = (int32_t[]){4}, .has_rank = true};
    return tb_draft_tensor_add(draft, 0, &tensor);
}

static uint8_t *make_model(size_t *size)
{
    tb_draft draft;
    tb_draft_init(&draft, "held");
    tb_draft_subgraph_add(&draft, "main");
    int in = add_tensor(&draft, "in"), out = add_tensor(&draft, "out");
    tb_draft_op op = {.code = kTfLiteBuiltinCustom,
                      .custom_code = "Hold",
                      .version = 1,
                      .inputs = TB_INTS(in),
                      .outputs = TB_INTS(out)};
    tb_draft_op_add(&draft, 0, &op);
    tb_draft_inputs_set(&draft, 0, TB_INTS(in));
    tb_draft_outputs_set(&draft, 0, TB_INTS(out));
    uint8_t *bytes = NULL;
    tb_error err = TB_ERROR_NONE;
    if (tb_draft_write(&draft, &err, &bytes, size) != TB_OK)
        printf("%s\n", err.text);
    tb_draft_free(&draft);
    return bytes;
}

static void quiet(void *context, const char *message)
{
    (void)context, (void)message;
}

static tb_interpreter *make_interpreter(tb_model *model)
{
    tb_resolver *resolver;
    tb_interpreter *interpreter = NULL;
    if (tb_resolver_create(NULL, &resolver) != TB_OK)
        return NULL;
    tb_interpreter_options options = {.threads = 1, .resolver = resolver, .report = quiet};
    if (tb_resolver_add_custom(resolver, "Hold", &hold, 1, 1, NULL) != TB_OK ||
        tb_interpreter_create(model, &options, NULL, &interpreter) != TB_OK ||
        tb_interpreter_allocate(interpreter, NULL) != TB_OK)
        printf("no interpreter\n");
    tb_resolver_destroy(resolver);
    return interpreter;
}

/* ---- two threads ------------------------------------------------------------------------------ */

static void *invoke(void *interpreter)
{
    return tb_interpreter_invoke(interpreter, NULL) == TB_OK ? interpreter : NULL;
}

static void ask_meanwhile(tb_interpreter *interpreter)
{
    tb_error err = TB_ERROR_NONE;
    expect(tb_interpreter_invoke(interpreter, &err) == TB_STATE, "a second invoke is not refused");
    expect(strstr(err.text, "invoking while another call to the same interpreter runs"),
           "the refusal does not say why");
    expect(tb_interpreter_allocate(interpreter, &err) == TB_STATE, "allocating is not refused");
    int dims[] = {8};
    expect(tb_interpreter_resize_input(interpreter, 0, 1, dims, false, &err) == TB_STATE,
           "resizing is not refused");
    expect(tb_interpreter_reset_variables(interpreter, &err) == TB_STATE,
           "resetting variables is not refused");
}

static void run_round(tb_interpreter *interpreter, int round)
{
    set(&inside, false);
    set(&may_leave, false);
    float *in = tb_interpreter_input(interpreter, 0)->data.f;
    for (int k = 0; k < 4; k++)
        in[k] = (float)(round + k);
    pthread_t runner;
    if (pthread_create(&runner, NULL, invoke, interpreter) != 0) {
        expect(false, "no thread");
        return;
    }
    wait_for(&inside);
    ask_meanwhile(interpreter);
    set(&may_leave, true);
    void *done;
    pthread_join(runner, &done);
    expect(done == interpreter, "the running invoke failed");
    const float *out = tb_interpreter_output(interpreter, 0)->data.f;
    for (int k = 0; k < 4; k++)
        expect(out[k] == (float)(round + k), "the running invoke gave other values");
}

int main(void)
{
    size_t size = 0;
    uint8_t *bytes = make_model(&size);
    tb_model *model = NULL;
    tb_interpreter *interpreter = NULL;
    if (bytes && tb_model_from_memory(bytes, size, "held", NULL, &model) == TB_OK)
        interpreter = make_interpreter(model);
    expect(interpreter != NULL, "the model cannot be made ready");
    for (int round = 0; interpreter && round < ROUNDS; round++)
        run_round(interpreter, round);
    tb_interpreter_destroy(interpreter);
    tb_model_release(model);
    free(bytes);
    printf("second_invoke: %d passed, %d failed\n", failures ? 0 : 1, failures != 0);
    return failures != 0;
}
