#include "tests/fuzz/exercise.h"

#include <stdlib.h>
#include <string.h>

#include "delegates/delegate.h"
#include "runtime/interpreter.h"

const char *tb_stage_name(tb_stage stage)
{
    static const char *const names[] = {
#define X(name, text) text,
        TB_STAGE_LIST(X)
#undef X
    };
    return names[stage];
}

static uint32_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void keep_silent(void *context, const char *message)
{
    (void)context;
    (void)message;
}

/* Values that come far: zeros without a state, else small numbers, in the packed and odd types
   whatever bytes make. */
static void fill(TfLiteTensor *tensor, uint64_t *state)
{
    if (!tensor || !tensor->data.raw || tensor->type == kTfLiteString ||
        tensor->type == kTfLiteResource || tensor->type == kTfLiteVariant)
        return;
    uint8_t *bytes = (uint8_t *)tensor->data.raw;
    if (!state) {
        memset(bytes, 0, tensor->bytes);
        return;
    }
    size_t width = tensor->type == kTfLiteFloat32 || tensor->type == kTfLiteInt32 ? 4
                   : tensor->type == kTfLiteInt64                                 ? 8
                                                                                  : 1;
    for (size_t k = 0; k + width <= tensor->bytes; k += width) {
        float number = (float)next(state) / 1073741824.0f - 1.0f;
        int64_t small = next(state) % 4;
        if (tensor->type == kTfLiteFloat32)
            memcpy(bytes + k, &number, width);
        else if (width > 1)
            memcpy(bytes + k, &small, width);
        else
            bytes[k] = (uint8_t)(tensor->type == kTfLiteBool ? next(state) % 2 : next(state));
    }
}

/* Looks at each byte that an output claims to have, so that a sanitizer does; the sum is kept where
   the compiler cannot know that nobody wants it. */
static volatile unsigned output_sum;

static void read_outputs(const tb_interpreter *interpreter)
{
    for (int k = 0; k < tb_interpreter_output_count(interpreter); k++) {
        const TfLiteTensor *tensor = tb_interpreter_output(interpreter, k);
        for (size_t i = 0; tensor && tensor->data.raw && i < tensor->bytes; i++)
            output_sum += (uint8_t)tensor->data.raw[i];
    }
}

static tb_stage allocate_and_invoke(tb_interpreter *interpreter, uint64_t *state, tb_error *err)
{
    if (tb_interpreter_allocate(interpreter, err) != TB_OK)
        return TB_STAGE_ALLOCATE;
    for (int run = 0; run < 2; run++) {
        for (int k = 0; k < tb_interpreter_input_count(interpreter); k++)
            fill(tb_interpreter_input(interpreter, k), run == 0 ? NULL : state);
        if (tb_interpreter_invoke(interpreter, err) != TB_OK)
            return TB_STAGE_INVOKE;
        read_outputs(interpreter);
    }
    return TB_STAGE_DONE;
}

/* Gives some input a shape near the one it has; false where it has none to speak of. */
static bool resize(tb_interpreter *interpreter, uint64_t *state)
{
    int dims[6];
    int count = tb_interpreter_input_count(interpreter);
    if (count == 0)
        return false;
    int k = (int)(next(state) % (unsigned)count);
    const TfLiteTensor *tensor = tb_interpreter_input(interpreter, k);
    if (!tensor || !tensor->dims || tensor->dims->size < 1 || tensor->dims->size > 6)
        return false;
    memcpy(dims, tensor->dims->data, (size_t)tensor->dims->size * sizeof(int));
    int *dim = &dims[next(state) % (unsigned)tensor->dims->size];
    *dim = next(state) % 2 ? *dim / 2 : (int)(next(state) % 9);
    return tb_interpreter_resize_input(interpreter, k, tensor->dims->size, dims, false, NULL) ==
           TB_OK;
}

static tb_stage run(tb_model *model, const tb_delegate_row *row, TfLiteDelegate *delegate,
                    const tb_exercise_options *options, tb_error *err)
{
    tb_interpreter_options settings = {
        .threads = 1,
        .memory_limit_bytes = options->memory_limit_bytes,
        .time_limit_ns = options->time_limit_ns,
        .cancellable = true,
        .report = keep_silent,
    };
    tb_interpreter *interpreter;
    if (tb_interpreter_create(model, &settings, err, &interpreter) != TB_OK)
        return TB_STAGE_CREATE;
    uint64_t state = options->seed;
    tb_stage stage = TB_STAGE_CREATE;
    if (!delegate || tb_interpreter_apply_delegate(interpreter, delegate, row->bind, err) == TB_OK)
        stage = allocate_and_invoke(interpreter, &state, err);
    if (stage == TB_STAGE_DONE && next(&state) % 4 == 0 && resize(interpreter, &state))
        stage = allocate_and_invoke(interpreter, &state, err);
    tb_interpreter_destroy(interpreter);
    return stage;
}

tb_stage tb_exercise(const uint8_t *bytes, size_t size, const tb_exercise_options *options,
                     tb_error *err)
{
    tb_model *model;
    if (tb_model_from_memory(bytes, size, "mutant", err, &model) != TB_OK)
        return TB_STAGE_LOAD;
    const tb_delegate_row *row = options->delegate ? tb_delegate_find(options->delegate) : NULL;
    TfLiteDelegate *delegate = NULL;
    tb_stage stage = TB_STAGE_CREATE;
    if (!row || row->create(NULL, 0, 1, err, &delegate) == TB_OK)
        stage = run(model, row, delegate, options, err);
    if (delegate)
        row->destroy(delegate);
    tb_model_release(model);
    return stage;
}
