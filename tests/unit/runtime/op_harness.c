/* One operator under test; see op_harness.h. */
#include "tests/unit/runtime/op_harness.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"
#include "runtime/op.h"
#include "runtime/string_buffer.h"

static void ignore(void *context, const char *message)
{
    (void)context;
    (void)message;
}

void op_open(op_run *run, TfLiteBuiltinOperator code, tb_op_options options,
             const tb_test_tensor *inputs, size_t input_count, const tb_test_tensor *outputs,
             size_t output_count)
{
    const tb_test_op op = {.code = code,
                           .inputs = inputs,
                           .input_count = input_count,
                           .outputs = outputs,
                           .output_count = output_count,
                           .options = options};
    op_open_test(run, &op);
}

/* Takes the bytes. */
static void open_bytes(op_run *run, uint8_t *bytes, size_t size, uint64_t time_limit_ns)
{
    const tb_interpreter_options how = {.report = ignore, .time_limit_ns = time_limit_ns};
    *run = (op_run){.bytes = bytes, .err = TB_ERROR_NONE};
    run->status = tb_model_from_memory(run->bytes, size, "a test's", &run->err, &run->model);
    if (run->status == TB_OK)
        run->status = tb_interpreter_create(run->model, &how, &run->err, &run->interpreter);
    if (run->status == TB_OK)
        run->status = tb_interpreter_allocate(run->interpreter, &run->err);
}

void op_open_test(op_run *run, const tb_test_op *op)
{
    size_t size;
    uint8_t *bytes = tb_test_one_op(op, &size);
    open_bytes(run, bytes, size, 0);
}

void op_open_draft(op_run *run, tb_draft *draft, uint64_t time_limit_ns)
{
    uint8_t *bytes = NULL;
    size_t size;
    tb_error err = TB_ERROR_NONE;
    tb_status status = tb_draft_write(draft, &err, &bytes, &size);
    tb_draft_free(draft);
    cr_assert_eq(status, TB_OK, "%s", err.text);
    open_bytes(run, bytes, size, time_limit_ns);
}

void op_close(op_run *run)
{
    if (run->interpreter)
        tb_interpreter_destroy(run->interpreter);
    if (run->model)
        tb_model_release(run->model);
    free(run->bytes);
    *run = (op_run){.err = TB_ERROR_NONE};
}

void op_set(op_run *run, int input, const void *data, size_t bytes)
{
    op_expect_ok(run);
    TfLiteTensor *tensor = tb_interpreter_input(run->interpreter, input);
    cr_assert_not_null(tensor, "there is no input %d", input);
    cr_assert_eq(tensor->bytes, bytes, "input %d takes %zu bytes, not %zu", input, tensor->bytes,
                 bytes);
    if (bytes)
        memcpy(tensor->data.raw, data, bytes);
}

void op_set_strings(op_run *run, int input, const char *const *strings)
{
    op_expect_ok(run);
    TfLiteTensor *tensor = tb_interpreter_input(run->interpreter, input);
    int lengths[16], count = 0;
    for (; strings[count]; count++)
        lengths[count] = (int)strlen(strings[count]);
    size_t bytes;
    cr_assert(tb_string_buffer_size(lengths, count, &bytes));
    cr_assert_eq(TfLiteTensorRealloc(bytes, tensor), kTfLiteOk);
    tb_string_buffer_fill(tensor->data.raw, strings, lengths, count);
}

void op_resize_input(op_run *run, int input, tb_int_list shape)
{
    run->status = tb_interpreter_resize_input(run->interpreter, input, (int)shape.count,
                                              shape.items, false, &run->err);
    if (run->status == TB_OK)
        run->status = tb_interpreter_allocate(run->interpreter, &run->err);
}

void op_invoke(op_run *run)
{
    op_expect_ok(run);
    run->status = tb_interpreter_invoke(run->interpreter, &run->err);
}

void op_expect_ok(const op_run *run)
{
    cr_assert_eq(run->status, TB_OK, "%s", run->err.text);
}

void op_expect_refused(const op_run *run, const char *part)
{
    cr_assert_neq(run->status, TB_OK, "went well; expected a refusal with \"%s\"", part);
    cr_expect(strstr(run->err.text, part), "\"%s\" has no \"%s\"", run->err.text, part);
}

static const TfLiteTensor *output_of(const op_run *run, int output, tb_int_list shape)
{
    op_expect_ok(run);
    const TfLiteTensor *tensor = tb_interpreter_output(run->interpreter, output);
    cr_assert_not_null(tensor, "there is no output %d", output);
    cr_assert_eq(tensor->dims->size, (int)shape.count, "output %d has rank %d, expected %zu",
                 output, tensor->dims->size, shape.count);
    for (int d = 0; d < tensor->dims->size; d++)
        cr_assert_eq(tensor->dims->data[d], shape.items[d],
                     "output %d has %d along dimension %d, expected %d", output,
                     tensor->dims->data[d], d, shape.items[d]);
    return tensor;
}

void op_expect_shape(const op_run *run, int output, tb_int_list shape)
{
    output_of(run, output, shape);
}

/* Units in the last place between two; 0 for equal ones and for two NaN. */
static double ulps_between(float a, float b)
{
    if (a == b || (isnan(a) && isnan(b)))
        return 0;
    if (!isfinite(a) || !isfinite(b))
        return INFINITY;
    int exponent;
    frexp((double)fmaxf(fabsf(a), fabsf(b)), &exponent);
    return fabs((double)a - (double)b) / ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

void op_expect_floats(const op_run *run, int output, int ulps, tb_int_list shape,
                      const float *expected)
{
    const TfLiteTensor *tensor = output_of(run, output, shape);
    cr_assert_eq(tensor->type, kTfLiteFloat32, "output %d is %s", output,
                 TfLiteTypeGetName(tensor->type));
    for (int64_t i = 0; i < tb_tensor_elements(tensor); i++)
        cr_expect(ulps_between(tensor->data.f[i], expected[i]) <= ulps,
                  "output %d has %.9g at %lld, expected %.9g", output, (double)tensor->data.f[i],
                  (long long)i, (double)expected[i]);
}

static int64_t int_at(const TfLiteTensor *tensor, int64_t i)
{
    switch (tensor->type) {
    case kTfLiteInt8:
        return tensor->data.int8[i];
    case kTfLiteUInt8:
        return tensor->data.uint8[i];
    case kTfLiteBool:
        return tensor->data.b[i];
    case kTfLiteInt16:
        return tensor->data.i16[i];
    case kTfLiteInt32:
        return tensor->data.i32[i];
    case kTfLiteInt64:
        return tensor->data.i64[i];
    default:
        cr_assert_fail("output is %s", TfLiteTypeGetName(tensor->type));
        return 0;
    }
}

void op_expect_ints(const op_run *run, int output, tb_int_list shape, const int64_t *expected)
{
    const TfLiteTensor *tensor = output_of(run, output, shape);
    for (int64_t i = 0; i < tb_tensor_elements(tensor); i++)
        cr_expect_eq(int_at(tensor, i), expected[i], "output %d has %lld at %lld, expected %lld",
                     output, (long long)int_at(tensor, i), (long long)i, (long long)expected[i]);
}

void op_expect_strings(const op_run *run, int output, const char *const *expected)
{
    int32_t count = 0;
    while (expected[count])
        count++;
    const TfLiteTensor *tensor = output_of(run, output, TB_INTS(count));
    cr_assert_eq(tensor->type, kTfLiteString);
    cr_assert_eq(tb_string_count(tensor->data.raw, tensor->bytes), count);
    for (int32_t k = 0; k < count; k++) {
        int32_t length;
        const char *text = tb_string_at(tensor->data.raw, k, &length);
        cr_expect((size_t)length == strlen(expected[k]) &&
                      !memcmp(text, expected[k], (size_t)length),
                  "string %d is '%.*s', expected '%s'", k, length, text, expected[k]);
    }
}
