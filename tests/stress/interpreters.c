/*
 * Several interpreters of one model at once, each with a pool of its own, sharing the model and its
 * cache of packed weights; cancellation from outside. Most telling under SAN=thread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"
#include "runtime/base/thread_pool.h"
#include "runtime/interpreter.h"

enum { USERS = 4, ROUNDS = 60, INVOKES = 20, LENGTH = 32, NODES = 6 };

static tb_model *model;
static atomic_int failures, invoked;

/* ---- the model: NODES times ADD 1 ------------------------------------------------------------- */

static int add_tensor(tb_draft *draft, const char *name, int length, int buffer)
{
    tb_draft_tensor tensor = {.name = name,
                              .type = kTfLiteFloat32,
                              .rank = 1,
                              .shape = (int32_t[]){length},
                              .has_rank = true,
                              .buffer = (uint32_t)buffer};
    return tb_draft_tensor_add(draft, 0, &tensor);
}

/* The model's bytes, which have to outlive it; NULL after a failure. */
static uint8_t *open_model(tb_error *err)
{
    static const float one = 1;
    uint8_t *bytes = NULL;
    size_t size = 0;
    tb_draft draft;
    tb_draft_init(&draft, "adds");
    tb_draft_subgraph_add(&draft, "main");
    int constant = add_tensor(&draft, "one", 1, tb_draft_buffer_add(&draft, &one, sizeof one));
    int first = add_tensor(&draft, "in", LENGTH, 0), last = first;
    for (int k = 0; k < NODES; k++) {
        int next = add_tensor(&draft, "x", LENGTH, 0);
        tb_draft_op op = {.code = kTfLiteBuiltinAdd,
                          .version = 1,
                          .inputs = TB_INTS(last, constant),
                          .outputs = TB_INTS(next),
                          .options = {.table = TB_OPTIONS_add}};
        tb_draft_op_add(&draft, 0, &op);
        last = next;
    }
    tb_draft_inputs_set(&draft, 0, TB_INTS(first));
    tb_draft_outputs_set(&draft, 0, TB_INTS(last));
    tb_status status = tb_draft_write(&draft, err, &bytes, &size);
    if (status == TB_OK)
        status = tb_model_from_memory(bytes, size, "adds", err, &model);
    tb_draft_free(&draft);
    if (status == TB_OK)
        return bytes;
    free(bytes);
    return NULL;
}

static void fail(const char *what)
{
    atomic_fetch_add(&failures, 1);
    printf("%s\n", what);
}

/* ---- a delegate without nodes that shares blocks ---------------------------------------------- */

static void destroy_block(void *block)
{
    free(block);
}

static TfLiteStatus share_blocks(TfLiteDelegate *delegate, const tb_host *host)
{
    (void)delegate;
    for (int key = 0; key < 8; key++) {
        const int *block = host->packed_find(host, &key, sizeof key);
        if (!block) {
            int *fresh = malloc(sizeof *fresh);
            if (!fresh)
                return kTfLiteError;
            *fresh = key * 3;
            block = host->packed_publish(host, &key, sizeof key, fresh, destroy_block);
        }
        if (!block || *block != key * 3)
            fail("a packed block has other contents");
    }
    return kTfLiteOk;
}

static TfLiteStatus take_nothing(TfLiteContext *context, TfLiteDelegate *delegate)
{
    (void)context, (void)delegate;
    return kTfLiteOk;
}

/* ---- users ------------------------------------------------------------------------------------ */

static void quiet(void *context, const char *message)
{
    (void)context, (void)message;
}

static void *cancel_often(void *argument)
{
    for (int k = 0; k < 50; k++)
        tb_interpreter_cancel(argument);
    return NULL;
}

static void double_item(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    int *items = context;
    for (size_t k = begin; k < end; k++)
        items[k] *= 2;
}

static void use_pool(tb_interpreter *interpreter)
{
    int items[64];
    for (int k = 0; k < 64; k++)
        items[k] = k;
    tb_parallel_for(tb_interpreter_pool(interpreter), 64, 5, double_item, items);
    for (int k = 0; k < 64; k++) {
        if (items[k] != 2 * k)
            fail("the pool lost an item");
    }
}

static void run(tb_interpreter *interpreter, int user, bool cancellable)
{
    for (int k = 0; k < INVOKES; k++) {
        float *in = tb_interpreter_input(interpreter, 0)->data.f;
        for (int i = 0; i < LENGTH; i++)
            in[i] = (float)(user * 100 + k + i);
        tb_status status = tb_interpreter_invoke(interpreter, NULL);
        if (status != TB_OK && !(cancellable && status == TB_CANCELLED))
            fail("an invoke failed");
        if (status != TB_OK)
            continue;
        atomic_fetch_add(&invoked, 1);
        const float *out = tb_interpreter_output(interpreter, 0)->data.f;
        for (int i = 0; i < LENGTH; i++) {
            if (out[i] != (float)(user * 100 + k + i) + NODES)
                fail("an interpreter gave another's values");
        }
        use_pool(interpreter);
    }
}

static void *use(void *argument)
{
    int user = *(int *)argument;
    TfLiteDelegate delegate = {.Prepare = take_nothing};
    for (int round = 0; round < ROUNDS; round++) {
        tb_interpreter_options options = {
            .threads = 1 + round % 3, .cancellable = round % 2, .report = quiet};
        tb_interpreter *interpreter;
        if (tb_interpreter_create(model, &options, NULL, &interpreter) != TB_OK) {
            fail("no interpreter");
            return NULL;
        }
        if (tb_interpreter_apply_delegate(interpreter, &delegate, share_blocks, NULL) != TB_OK)
            fail("no delegate");
        pthread_t canceller;
        bool cancels =
            options.cancellable && pthread_create(&canceller, NULL, cancel_often, interpreter) == 0;
        tb_status allocated = tb_interpreter_allocate(interpreter, NULL);
        if (allocated != TB_OK && allocated != TB_CANCELLED)
            fail("an allocate failed");
        if (allocated == TB_OK)
            run(interpreter, user, options.cancellable);
        if (cancels)
            pthread_join(canceller, NULL);
        tb_interpreter_destroy(interpreter);
    }
    return NULL;
}

int main(void)
{
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes = open_model(&err);
    if (!bytes) {
        printf("%s\n", err.text);
        return 1;
    }
    pthread_t threads[USERS];
    int numbers[USERS];
    for (int k = 0; k < USERS; k++) {
        numbers[k] = k;
        if (pthread_create(&threads[k], NULL, use, &numbers[k]) != 0)
            return 1;
    }
    for (int k = 0; k < USERS; k++)
        pthread_join(threads[k], NULL);
    tb_model_release(model);
    free(bytes);
    if (atomic_load(&invoked) < USERS * ROUNDS / 2 * INVOKES)
        fail("too few invokes went through");
    int failed = atomic_load(&failures);
    printf("interpreters: %d passed, %d failed\n", failed ? 0 : 1, failed != 0);
    return failed != 0;
}
