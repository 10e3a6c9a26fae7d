/*
 * An application as it exists: it knows the ABI's headers and links to libtensorflowlite_c.so. It
 * loads a model with two signatures, brings an operator of its own, resizes, runs, reads state and
 * cancels. Nothing of this program is the runtime's own.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/c_api_experimental.h"
#include "runtime/tflite_abi/c_api_opaque.h"
#include "runtime/tflite_abi/common.h"

static int failures;

static void expect(int holds, const char *what, int line)
{
    if (holds)
        return;
    failures++;
    printf("client.c:%d: %s\n", line, what);
}
#define EXPECT(condition) expect((condition) != 0, #condition, __LINE__)

static char last_message[512];

static void remember(void *user_data, const char *format, va_list args)
{
    (void)user_data;
    vsnprintf(last_message, sizeof last_message, format, args);
}

/* ---- an operator of the application's own, in opaque form ------------------------------------- */

static int cancel_now;
static TfLiteInterpreter *running;

static TfLiteStatus count_prepare(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    TfLiteOpaqueTensor *out = TfLiteOpaqueNodeGetOutput(context, node, 0);
    TfLiteIntArray *dims = TfLiteIntArrayCreate(2);
    dims->data[0] = 1;
    dims->data[1] = 2;
    return TfLiteOpaqueContextResizeTensor(context, out, dims);
}

static TfLiteStatus count_invoke(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *step = TfLiteOpaqueNodeGetInput(context, node, 0);
    const TfLiteOpaqueTensor *state = TfLiteOpaqueNodeGetInput(context, node, 1);
    TfLiteOpaqueTensor *out = TfLiteOpaqueNodeGetOutput(context, node, 0);
    if (!TfLiteOpaqueTensorIsVariable(state)) {
        TfLiteOpaqueContextReportError(context, "state is no variable");
        return kTfLiteError;
    }
    const float *by = TfLiteOpaqueTensorData(step);
    float *value = TfLiteOpaqueTensorData(state), *result = TfLiteOpaqueTensorData(out);
    for (int k = 0; k < 2; k++)
        result[k] = value[k] += by[k];
    if (cancel_now)
        TfLiteInterpreterCancel(running);
    return cancel_now ? kTfLiteCancelled : kTfLiteOk;
}

/* ---- what the application does ---------------------------------------------------------------- */

static void use_add(TfLiteInterpreter *interpreter)
{
    TfLiteSignatureRunner *runner = TfLiteInterpreterGetSignatureRunner(interpreter, "add");
    EXPECT(runner);
    if (!runner)
        return;
    EXPECT(TfLiteSignatureRunnerGetInputCount(runner) == 2);
    EXPECT(!strcmp(TfLiteSignatureRunnerGetInputName(runner, 1), "b"));
    EXPECT(!TfLiteSignatureRunnerGetInputName(runner, 2));
    int dims[] = {1, 5};
    EXPECT(TfLiteSignatureRunnerResizeInputTensor(runner, "a", dims, 2) == kTfLiteOk);
    EXPECT(TfLiteSignatureRunnerResizeInputTensor(runner, "b", dims, 2) == kTfLiteOk);
    int wrong[] = {2, 5};
    EXPECT(TfLiteSignatureRunnerResizeInputTensor(runner, "a", wrong, 2) == kTfLiteError);
    EXPECT(strstr(last_message, "it is declared as 1"));
    EXPECT(TfLiteSignatureRunnerResizeInputTensor(runner, "nobody", dims, 2) == kTfLiteError);
    EXPECT(TfLiteSignatureRunnerAllocateTensors(runner) == kTfLiteOk);
    TfLiteTensor *a = TfLiteSignatureRunnerGetInputTensor(runner, "a");
    TfLiteTensor *b = TfLiteSignatureRunnerGetInputTensor(runner, "b");
    EXPECT(a && TfLiteTensorByteSize(a) == 20 && TfLiteTensorNumDims(a) == 2);
    float xs[] = {1, 2, 3, 4, 5}, ys[] = {10, 20, 30, 40, 50}, sums[5] = {0};
    EXPECT(TfLiteTensorCopyFromBuffer(a, xs, sizeof xs) == kTfLiteOk);
    EXPECT(TfLiteTensorCopyFromBuffer(b, ys, sizeof ys) == kTfLiteOk);
    EXPECT(TfLiteTensorCopyFromBuffer(b, ys, 4) == kTfLiteError);
    EXPECT(TfLiteSignatureRunnerInvoke(runner) == kTfLiteOk);
    const TfLiteTensor *sum = TfLiteSignatureRunnerGetOutputTensor(runner, "sum");
    EXPECT(TfLiteTensorCopyToBuffer(sum, sums, sizeof sums) == kTfLiteOk);
    for (int k = 0; k < 5; k++)
        EXPECT(sums[k] == xs[k] + ys[k]);
    TfLiteSignatureRunnerDelete(runner);
}

static void use_count(TfLiteInterpreter *interpreter)
{
    TfLiteSignatureRunner *runner = TfLiteInterpreterGetSignatureRunner(interpreter, "count");
    EXPECT(runner);
    if (!runner)
        return;
    EXPECT(TfLiteSignatureRunnerAllocateTensors(runner) == kTfLiteOk);
    float step[] = {1, 10}, value[2];
    TfLiteTensorCopyFromBuffer(TfLiteSignatureRunnerGetInputTensor(runner, "step"), step,
                               sizeof step);
    for (int k = 1; k <= 3; k++) {
        EXPECT(TfLiteSignatureRunnerInvoke(runner) == kTfLiteOk);
        TfLiteTensorCopyToBuffer(TfLiteSignatureRunnerGetOutputTensor(runner, "value"), value,
                                 sizeof value);
        EXPECT(value[0] == (float)k && value[1] == (float)(10 * k));
    }
    EXPECT(TfLiteInterpreterResetVariableTensors(interpreter) == kTfLiteOk);
    EXPECT(TfLiteSignatureRunnerInvoke(runner) == kTfLiteOk);
    TfLiteTensorCopyToBuffer(TfLiteSignatureRunnerGetOutputTensor(runner, "value"), value,
                             sizeof value);
    EXPECT(value[0] == 1);
    cancel_now = 1;
    EXPECT(TfLiteSignatureRunnerInvoke(runner) == kTfLiteCancelled);
    cancel_now = 0;
    EXPECT(TfLiteSignatureRunnerInvoke(runner) == kTfLiteOk);
    TfLiteSignatureRunnerDelete(runner);
}

static void use_interpreter(TfLiteInterpreter *interpreter)
{
    running = interpreter;
    EXPECT(TfLiteInterpreterGetSignatureCount(interpreter) == 2);
    EXPECT(!TfLiteInterpreterGetSignatureKey(interpreter, 2));
    EXPECT(!TfLiteInterpreterGetSignatureRunner(interpreter, "nobody"));
    EXPECT(TfLiteInterpreterGetInputTensorCount(interpreter) == 2);
    EXPECT(!TfLiteInterpreterGetInputTensor(interpreter, 2));
    EXPECT(TfLiteInterpreterInvoke(interpreter) == kTfLiteError);
    EXPECT(strstr(last_message, "not allocated"));
    EXPECT(TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk);
    TfLiteTensor *a = TfLiteInterpreterGetInputTensor(interpreter, 0);
    EXPECT(TfLiteTensorType(a) == kTfLiteFloat32 && !strcmp(TfLiteTensorName(a), "a"));
    EXPECT(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk);
    use_add(interpreter);
    use_count(interpreter);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    EXPECT(TfLiteSchemaVersion() == 3);
    EXPECT(TfLiteVersion()[0] == '2');
    EXPECT(!TfLiteModelCreateFromFileWithErrorReporter("/nowhere.tflite", remember, NULL));
    EXPECT(strstr(last_message, "nowhere.tflite"));
    TfLiteModel *model = TfLiteModelCreateFromFile(argv[1]);
    EXPECT(model);
    TfLiteOperator *count = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Count", 1, NULL);
    TfLiteOperatorSetPrepare(count, count_prepare);
    TfLiteOperatorSetInvoke(count, count_invoke);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetNumThreads(options, 2);
    TfLiteInterpreterOptionsSetErrorReporter(options, remember, NULL);
    TfLiteInterpreterOptionsAddOperator(options, count);
    EXPECT(TfLiteInterpreterOptionsEnableCancellation(options, true) == kTfLiteOk);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
    EXPECT(interpreter);
    if (interpreter)
        use_interpreter(interpreter);
    TfLiteInterpreterDelete(interpreter);
    TfLiteOperatorDelete(count);
    printf("client: %s\n", failures ? "failed" : "passed");
    return failures != 0;
}
