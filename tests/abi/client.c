/*
 * client TWO_SIGNATURES STATE PLUGIN: an application as it exists. It knows the ABI's headers and links
 * to libtensorflowlite_c.so; nothing of it is the runtime's own. It loads a model with two signatures,
 * brings operators of its own in both forms, resizes, runs, reads state, cancels, lends memory, and
 * uses delegates: the library's and one from a plugin.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/c_api_experimental.h"
#include "runtime/tflite_abi/c_api_opaque.h"
#include "runtime/tflite_abi/common.h"
#include "runtime/tflite_abi/external_delegate.h"
#include "runtime/tflite_abi/xnnpack_delegate.h"

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

/* ---- delegates, state and memory of the application ------------------------------------------- */

/* Adds through the primary subgraph, with or without a delegate. */
static void expect_sums(TfLiteInterpreter *interpreter, int length)
{
    int dims[] = {1, length};
    float xs[8] = {1, 2, 3, 4, 5, 6, 7, 8}, sums[8] = {0};
    size_t bytes = (size_t)length * sizeof(float);
    for (int k = 0; k < 2; k++)
        EXPECT(TfLiteInterpreterResizeInputTensor(interpreter, k, dims, 2) == kTfLiteOk);
    EXPECT(TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk);
    for (int k = 0; k < 2; k++)
        EXPECT(TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, k), xs,
                                          bytes) == kTfLiteOk);
    EXPECT(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk);
    EXPECT(TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), sums,
                                    bytes) == kTfLiteOk);
    for (int k = 0; k < length; k++)
        EXPECT(sums[k] == 2 * xs[k]);
}

static void use_delegate(TfLiteModel *model, TfLiteOperator *count, TfLiteDelegate *delegate)
{
    EXPECT(delegate);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetErrorReporter(options, remember, NULL);
    TfLiteInterpreterOptionsAddOperator(options, count);
    TfLiteInterpreterOptionsAddDelegate(options, delegate);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteInterpreterOptionsDelete(options);
    EXPECT(interpreter);
    if (interpreter) {
        expect_sums(interpreter, 3);
        expect_sums(interpreter, 8);
        EXPECT(TfLiteInterpreterModifyGraphWithDelegate(interpreter, delegate) == kTfLiteOk);
        expect_sums(interpreter, 5);
    }
    TfLiteInterpreterDelete(interpreter);
}

static void use_delegates(TfLiteModel *model, TfLiteOperator *count, const char *plugin)
{
    TfLiteXNNPackDelegateOptions fast = TfLiteXNNPackDelegateOptionsDefault();
    EXPECT(fast.weight_cache_file_descriptor == -1);
    fast.num_threads = 2;
    fast.flags = TFLITE_XNNPACK_DELEGATE_FLAG_QS8;
    TfLiteDelegate *xnnpack = TfLiteXNNPackDelegateCreate(&fast);
    EXPECT(TfLiteXNNPackDelegateGetOptions(xnnpack)->num_threads == 2);
    EXPECT(TfLiteXNNPackDelegateGetFlags(xnnpack) == TFLITE_XNNPACK_DELEGATE_FLAG_QS8);
    use_delegate(model, count, xnnpack);
    TfLiteXNNPackDelegateDelete(xnnpack);
    TfLiteXNNPackDelegateDelete(NULL);
    TfLiteDelegate *plain = TfLiteXNNPackDelegateCreateWithThreadpool(NULL, NULL);
    use_delegate(model, count, plain);
    TfLiteXNNPackDelegateDelete(plain);
    struct TfLiteXNNPackDelegateWeightsCache *cache = TfLiteXNNPackDelegateWeightsCacheCreate();
    EXPECT(TfLiteXNNPackDelegateWeightsCacheFinalizeHard(cache));
    TfLiteXNNPackDelegateWeightsCacheDelete(cache);

    TfLiteExternalDelegateOptions from = TfLiteExternalDelegateOptionsDefault(plugin);
    EXPECT(from.insert(&from, "num_threads", "2") == kTfLiteOk);
    TfLiteDelegate *external = TfLiteExternalDelegateCreate(&from);
    use_delegate(model, count, external);
    TfLiteExternalDelegateDelete(external);
    EXPECT(from.insert(&from, "no_such_option", "1") == kTfLiteOk);
    EXPECT(!TfLiteExternalDelegateCreate(&from));
    from = TfLiteExternalDelegateOptionsDefault("/nowhere/delegate.so");
    EXPECT(!TfLiteExternalDelegateCreate(&from));
    for (int k = 0; k < kExternalDelegateMaxOptions; k++)
        EXPECT(TfLiteExternalDelegateOptionsInsert(&from, "k", "v") == kTfLiteOk);
    EXPECT(TfLiteExternalDelegateOptionsInsert(&from, "k", "v") == kTfLiteError);
    TfLiteExternalDelegateDelete(NULL);
}

/* An operator in the classic form, and memory of the application's for an input. */
static TfLiteStatus classic_prepare(TfLiteContext *context, TfLiteNode *node)
{
    return context->ResizeTensor(context, &context->tensors[node->outputs->data[0]],
                                 TfLiteIntArrayCopy(context->tensors[node->inputs->data[0]].dims));
}

static TfLiteStatus classic_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *in = &context->tensors[node->inputs->data[0]];
    TfLiteTensor *out = &context->tensors[node->outputs->data[0]];
    for (size_t k = 0; k < in->bytes / sizeof(float); k++)
        out->data.f[k] = in->data.f[k] * 100;
    return kTfLiteOk;
}

static void use_custom_op(TfLiteModel *model)
{
    static const TfLiteRegistration classic = {
        .prepare = classic_prepare, .invoke = classic_invoke, .custom_name = "Count"};
    static _Alignas(64) float memory[16];
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddCustomOp(options, "Count", &classic, 1, 1);
    TfLiteInterpreterOptionsSetErrorReporter(options, remember, NULL);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteSignatureRunner *runner = TfLiteInterpreterGetSignatureRunner(interpreter, "count");
    EXPECT(TfLiteSignatureRunnerAllocateTensors(runner) == kTfLiteOk);
    float step[] = {3, 4}, value[2] = {0};
    TfLiteTensorCopyFromBuffer(TfLiteSignatureRunnerGetInputTensor(runner, "step"), step,
                               sizeof step);
    EXPECT(TfLiteSignatureRunnerInvoke(runner) == kTfLiteOk);
    TfLiteTensorCopyToBuffer(TfLiteSignatureRunnerGetOutputTensor(runner, "value"), value,
                             sizeof value);
    EXPECT(value[0] == 300 && value[1] == 400);
    TfLiteSignatureRunnerDelete(runner);

    TfLiteCustomAllocation allocation = {memory, sizeof memory};
    int first = TfLiteInterpreterInputTensorIndices(interpreter)[0];
    EXPECT(TfLiteInterpreterSetCustomAllocationForTensor(
               interpreter, first, &allocation, kTfLiteCustomAllocationFlagsNone) == kTfLiteOk);
    expect_sums(interpreter, 4);
    EXPECT(TfLiteTensorData(TfLiteInterpreterGetInputTensor(interpreter, 0)) == memory);
    EXPECT(memory[3] == 4);
    TfLiteInterpreterDelete(interpreter);
}

/* A file whose primary subgraph keeps state: read it between runs. */
static void use_state(const char *path)
{
    TfLiteModel *model = TfLiteModelCreateFromFile(path);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteOperator *count = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Count", 1, NULL);
    TfLiteOperatorSetPrepare(count, count_prepare);
    TfLiteOperatorSetInvoke(count, count_invoke);
    TfLiteInterpreterOptionsAddOperator(options, count);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
    EXPECT(interpreter);
    EXPECT(TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk);
    EXPECT(TfLiteInterpreterGetVariableTensorCount(interpreter) == 1);
    TfLiteTensor *state = TfLiteInterpreterGetVariableTensor(interpreter, 0);
    EXPECT(state && !strcmp(TfLiteTensorName(state), "state"));
    EXPECT(!TfLiteInterpreterGetVariableTensor(interpreter, 1));
    float step[] = {2, 5}, now[2];
    TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, 0), step, sizeof step);
    for (int k = 0; k < 4; k++)
        EXPECT(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk);
    EXPECT(TfLiteTensorCopyToBuffer(state, now, sizeof now) == kTfLiteOk);
    EXPECT(now[0] == 8 && now[1] == 20);
    EXPECT(TfLiteInterpreterResetVariableTensors(interpreter) == kTfLiteOk);
    EXPECT(TfLiteTensorCopyToBuffer(state, now, sizeof now) == kTfLiteOk && now[0] == 0);
    TfLiteInterpreterDelete(interpreter);
    TfLiteOperatorDelete(count);
}

int main(int argc, char **argv)
{
    if (argc != 4)
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
    EXPECT(interpreter);
    if (interpreter)
        use_interpreter(interpreter);
    TfLiteInterpreterDelete(interpreter);
    use_delegates(model, count, argv[3]);
    use_custom_op(model);
    use_state(argv[2]);
    TfLiteModelDelete(model);
    TfLiteOperatorDelete(count);
    printf("client: %s\n", failures ? "failed" : "passed");
    return failures != 0;
}
