/* The application's interface: options, resolvers of every generation, opaque delegates, buffers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"
#include "runtime/tflite_abi/c_api_experimental.h"
#include "runtime/tflite_abi/c_api_opaque.h"
#include "tests/unit/runtime/rt_fixture.h"

/* in -ADD 1- a -RELU- b -ADD 1- out, through the C API alone. */
typedef struct app {
    fx_model fx;
    TfLiteModel *model;
    TfLiteInterpreterOptions *options;
    TfLiteInterpreter *interpreter;
    char messages[2048];
} app;

static void remember(void *user_data, const char *format, va_list args)
{
    app *a = user_data;
    size_t used = strlen(a->messages);
    vsnprintf(a->messages + used, sizeof a->messages - used, format, args);
}

static void begin(app *a)
{
    float one = 1;
    *a = (app){0};
    fx_begin(&a->fx);
    int c1 = fx_constant(&a->fx, "one", kTfLiteFloat32, TB_INTS(1), &one, sizeof one);
    int in = fx_tensor(&a->fx, "in", TB_INTS(1, 16)), x = fx_tensor(&a->fx, "x", TB_INTS(1, 16));
    int y = fx_tensor(&a->fx, "y", TB_INTS(1, 16)), out = fx_tensor(&a->fx, "out", TB_INTS(1, 16));
    fx_op(&a->fx, kTfLiteBuiltinAdd, TB_INTS(in, c1), TB_INTS(x));
    fx_op(&a->fx, kTfLiteBuiltinRelu, TB_INTS(x), TB_INTS(y));
    fx_op(&a->fx, kTfLiteBuiltinAdd, TB_INTS(y, c1), TB_INTS(out));
    fx_edges(&a->fx, TB_INTS(in), TB_INTS(out));
    cr_assert_eq(tb_draft_write(&a->fx.draft, NULL, &a->fx.bytes, &a->fx.size), TB_OK);
    a->model = TfLiteModelCreate(a->fx.bytes, a->fx.size);
    cr_assert_not_null(a->model);
    a->options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetErrorReporter(a->options, remember, a);
}

static void add_kernels(app *a)
{
    TfLiteInterpreterOptionsAddBuiltinOp(a->options, kTfLiteBuiltinAdd, &fx_add, 1, 1);
    TfLiteInterpreterOptionsAddBuiltinOp(a->options, kTfLiteBuiltinRelu, &fx_relu, 1, 1);
}

static void create(app *a)
{
    a->interpreter = TfLiteInterpreterCreateWithSelectedOps(a->model, a->options);
    cr_assert_not_null(a->interpreter, "%s", a->messages);
}

static void end(app *a)
{
    TfLiteInterpreterDelete(a->interpreter);
    TfLiteInterpreterOptionsDelete(a->options);
    TfLiteModelDelete(a->model);
    fx_end(&a->fx);
}

static TfLiteStatus run(app *a)
{
    float values[16];
    for (int k = 0; k < 16; k++)
        values[k] = (float)(k - 8);
    cr_assert_eq(TfLiteInterpreterAllocateTensors(a->interpreter), kTfLiteOk, "%s", a->messages);
    cr_assert_eq(TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(a->interpreter, 0),
                                            values, sizeof values),
                 kTfLiteOk);
    return TfLiteInterpreterInvoke(a->interpreter);
}

static void expect_result(app *a)
{
    float values[16];
    cr_assert_eq(TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(a->interpreter, 0),
                                          values, sizeof values),
                 kTfLiteOk);
    for (int k = 0; k < 16; k++)
        cr_expect_eq(values[k], (float)(k - 8 + 1 > 0 ? k - 8 + 1 : 0) + 1);
}

/* ---- operators -------------------------------------------------------------------------------- */

Test(c_api, selected_operators_are_all_there_is)
{
    app a;
    begin(&a);
    cr_expect_null(TfLiteInterpreterCreateWithSelectedOps(a.model, a.options));
    cr_expect(strstr(a.messages, "ADD (code 0) is not supported"), "%s", a.messages);
    add_kernels(&a);
    TfLiteInterpreterOptions *copy = TfLiteInterpreterOptionsCopy(a.options);
    TfLiteInterpreterOptionsDelete(a.options);
    a.options = copy;
    create(&a);
    cr_expect_eq(run(&a), kTfLiteOk);
    expect_result(&a);
    end(&a);
}

static const TfLiteRegistration *find_builtin(void *user_data, TfLiteBuiltinOperator op,
                                              int version)
{
    (*(int *)user_data)++;
    cr_expect_eq(version, 1);
    return op == kTfLiteBuiltinAdd ? &fx_add : op == kTfLiteBuiltinRelu ? &fx_relu : NULL;
}

static TfLiteRegistration_V1 older_add, older_relu;

static const TfLiteRegistration_V1 *find_builtin_v1(void *user_data, TfLiteBuiltinOperator op,
                                                    int version)
{
    (void)version;
    (*(int *)user_data)++;
    return op == kTfLiteBuiltinAdd ? &older_add : op == kTfLiteBuiltinRelu ? &older_relu : NULL;
}

Test(c_api, resolver_functions_of_today_and_of_old)
{
    older_add = (TfLiteRegistration_V1){.prepare = fx_add.prepare, .invoke = fx_add.invoke};
    older_relu = (TfLiteRegistration_V1){.prepare = fx_relu.prepare, .invoke = fx_relu.invoke};
    for (int generation = 0; generation < 2; generation++) {
        app a;
        begin(&a);
        int asked = 0;
        if (generation)
            TfLiteInterpreterOptionsSetOpResolverV1(a.options, find_builtin_v1, NULL, &asked);
        else
            TfLiteInterpreterOptionsSetOpResolver(a.options, find_builtin, NULL, &asked);
        create(&a);
        cr_expect_eq(asked, 2, "once for each operator code");
        cr_expect_eq(run(&a), kTfLiteOk);
        expect_result(&a);
        end(&a);
    }
}

/* ---- memory and buffers ----------------------------------------------------------------------- */

Test(c_api, custom_memory_for_inputs_and_outputs)
{
    app a;
    begin(&a);
    add_kernels(&a);
    create(&a);
    _Alignas(64) static float in[16], out[16];
    int in_index = TfLiteInterpreterGetInputTensorIndex(a.interpreter, 0);
    int out_index = TfLiteInterpreterGetOutputTensorIndex(a.interpreter, 0);
    TfLiteCustomAllocation small = {in, 8}, off = {in + 1, 60}, right = {in, sizeof in};
    TfLiteCustomAllocation to = {out, sizeof out};
    cr_expect_eq(TfLiteInterpreterSetCustomAllocationForTensor(a.interpreter, in_index, &off, 0),
                 kTfLiteError);
    cr_expect_eq(TfLiteInterpreterSetCustomAllocationForTensor(a.interpreter, 99, &right, 0),
                 kTfLiteError);
    cr_assert_eq(TfLiteInterpreterSetCustomAllocationForTensor(a.interpreter, in_index, &small, 0),
                 kTfLiteOk);
    cr_expect_eq(TfLiteInterpreterAllocateTensors(a.interpreter), kTfLiteError);
    cr_expect(strstr(a.messages, "custom memory of tensor 1 'in' has 8 bytes, it needs 64"));
    cr_assert_eq(TfLiteInterpreterSetCustomAllocationForTensor(a.interpreter, in_index, &right, 0),
                 kTfLiteOk);
    cr_assert_eq(TfLiteInterpreterSetCustomAllocationForTensor(a.interpreter, out_index, &to, 0),
                 kTfLiteOk);
    cr_expect_eq(run(&a), kTfLiteOk);
    expect_result(&a);
    cr_expect_eq(in[0], -8);
    cr_expect_eq(out[15], 9);
    end(&a);
}

Test(c_api, positions_out_of_range)
{
    app a;
    begin(&a);
    add_kernels(&a);
    create(&a);
    cr_expect_null(TfLiteInterpreterGetInputTensor(a.interpreter, -1));
    cr_expect_null(TfLiteInterpreterGetOutputTensor(a.interpreter, 1));
    cr_expect_null(TfLiteInterpreterGetTensor(a.interpreter, 1000));
    cr_expect_null(TfLiteInterpreterGetVariableTensor(a.interpreter, 0));
    cr_expect_eq(TfLiteInterpreterGetInputTensorIndex(a.interpreter, 5), -1);
    cr_expect_eq(TfLiteInterpreterResizeInputTensor(a.interpreter, 3, (int[]){1}, 1), kTfLiteError);
    cr_expect_eq(TfLiteInterpreterCancel(a.interpreter), kTfLiteError, "it was not enabled");
    char byte;
    cr_expect_eq(
        TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(a.interpreter, 0), &byte, 1),
        kTfLiteError);
    end(&a);
}

/* ---- opaque delegates ------------------------------------------------------------------------- */

typedef struct opaque_adder {
    int kernels;
    int invoked;
    bool fails;
} opaque_adder;

typedef struct opaque_kernel {
    opaque_adder *owner;
    int input;
    int output;
} opaque_kernel;

static void *opaque_init(TfLiteOpaqueContext *context, const char *buffer, size_t length)
{
    (void)length;
    const TfLiteOpaqueDelegateParams *params = (const void *)buffer;
    opaque_kernel *kernel = calloc(1, sizeof *kernel);
    kernel->owner = params->delegate_data;
    kernel->owner->kernels++;
    cr_assert_eq(params->nodes_to_replace->size, 1);
    TfLiteOpaqueNode *node;
    TfLiteOperator *view;
    cr_assert_eq(TfLiteOpaqueContextGetNodeAndRegistration(
                     context, params->nodes_to_replace->data[0], &node, &view),
                 kTfLiteOk);
    cr_expect_eq(TfLiteOperatorGetBuiltInCode(view), kTfLiteBuiltinAdd);
    kernel->input = TfLiteOpaqueNodeGetInputTensorIndex(node, 0);
    kernel->output = TfLiteOpaqueNodeGetOutputTensorIndex(node, 0);
    return kernel;
}

static void opaque_free(TfLiteOpaqueContext *context, void *data)
{
    (void)context;
    opaque_kernel *kernel = data;
    kernel->owner->kernels--;
    free(kernel);
}

static TfLiteStatus opaque_prepare(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    (void)context, (void)node;
    return kTfLiteOk;
}

static TfLiteStatus opaque_invoke(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    opaque_kernel *kernel = TfLiteOpaqueNodeGetUserData(node);
    kernel->owner->invoked++;
    if (kernel->owner->fails) {
        TfLiteOpaqueContextReportError(context, "device %s", "lost");
        return kTfLiteError;
    }
    const TfLiteOpaqueTensor *in = TfLiteOpaqueContextGetOpaqueTensor(context, kernel->input);
    TfLiteOpaqueTensor *out = TfLiteOpaqueContextGetOpaqueTensor(context, kernel->output);
    const float *from = TfLiteOpaqueTensorData(in);
    float *to = TfLiteOpaqueTensorData(out);
    for (int k = 0; k < TfLiteOpaqueTensorDim(out, 1); k++)
        to[k] = from[k] + 1;
    return kTfLiteOk;
}

static TfLiteStatus opaque_delegate_prepare(TfLiteOpaqueContext *context,
                                            TfLiteOpaqueDelegate *delegate, void *data)
{
    (void)data;
    TfLiteIntArray *plan;
    TfLiteStatus status = TfLiteOpaqueContextGetExecutionPlan(context, &plan);
    if (status != kTfLiteOk)
        return status;
    TfLiteIntArray *wanted = TfLiteIntArrayCreate(plan->size);
    wanted->size = 0;
    for (int k = 0; k < plan->size; k++) {
        TfLiteOpaqueNode *node;
        TfLiteOperator *view;
        TfLiteOpaqueContextGetNodeAndRegistration(context, plan->data[k], &node, &view);
        if (TfLiteOperatorGetBuiltInCode(view) == kTfLiteBuiltinAdd)
            wanted->data[wanted->size++] = plan->data[k];
    }
    TfLiteOperator *kernel = TfLiteOperatorCreate(kTfLiteBuiltinDelegate, "Opaque", 1, NULL);
    TfLiteOperatorSetInit(kernel, opaque_init);
    TfLiteOperatorSetFree(kernel, opaque_free);
    TfLiteOperatorSetPrepare(kernel, opaque_prepare);
    TfLiteOperatorSetInvoke(kernel, opaque_invoke);
    status =
        TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels(context, kernel, wanted, delegate);
    TfLiteIntArrayFree(wanted);
    return status;
}

static TfLiteOpaqueDelegate *new_opaque(opaque_adder *data)
{
    TfLiteOpaqueDelegateBuilder builder = {.data = data, .Prepare = opaque_delegate_prepare};
    return TfLiteOpaqueDelegateCreate(&builder);
}

Test(c_api, an_opaque_delegate_takes_its_nodes)
{
    app a;
    begin(&a);
    add_kernels(&a);
    opaque_adder data = {0};
    TfLiteOpaqueDelegate *delegate = new_opaque(&data);
    cr_expect_eq(TfLiteOpaqueDelegateGetData(delegate), &data);
    TfLiteInterpreterOptionsAddDelegate(a.options, delegate);
    create(&a);
    cr_expect_eq(data.kernels, 2);
    cr_expect_eq(run(&a), kTfLiteOk);
    expect_result(&a);
    cr_expect_eq(data.invoked, 2);
    cr_expect_eq(TfLiteInterpreterResizeInputTensor(a.interpreter, 0, (int[]){1, 3}, 2), kTfLiteOk);
    cr_expect_eq(TfLiteInterpreterAllocateTensors(a.interpreter), kTfLiteOk);
    cr_expect_eq(data.kernels, 2);
    end(&a);
    cr_expect_eq(data.kernels, 0);
    TfLiteOpaqueDelegateDelete(delegate);
}

Test(c_api, fallback_goes_on_without_the_delegate)
{
    for (int fallback = 0; fallback < 2; fallback++) {
        app a;
        begin(&a);
        add_kernels(&a);
        opaque_adder data = {.fails = true};
        TfLiteOpaqueDelegate *delegate = new_opaque(&data);
        TfLiteInterpreterOptionsSetEnableDelegateFallback(a.options, fallback);
        create(&a);
        cr_assert_eq(TfLiteInterpreterModifyGraphWithDelegate(a.interpreter, delegate), kTfLiteOk);
        TfLiteStatus status = run(&a);
        cr_expect(strstr(a.messages, "node 3 Opaque: device lost"));
        cr_expect_eq(status, fallback ? kTfLiteDelegateError : kTfLiteError);
        cr_expect_eq(data.kernels, fallback ? 0 : 2);
        if (fallback) {
            expect_result(&a);
            cr_expect_eq(run(&a), kTfLiteOk);
            expect_result(&a);
        }
        end(&a);
        TfLiteOpaqueDelegateDelete(delegate);
    }
}

/* ---- telemetry -------------------------------------------------------------------------------- */

static void tell_op(TfLiteTelemetryProfilerStruct *profiler, const char *op_name,
                    uint64_t elapsed_time, int64_t op_idx, int64_t subgraph_idx)
{
    (void)elapsed_time;
    char *log = profiler->data;
    snprintf(log + strlen(log), 256 - strlen(log), "%s %d/%d;", op_name, (int)subgraph_idx,
             (int)op_idx);
}

static void tell_event(TfLiteTelemetryProfilerStruct *profiler, const char *name, uint64_t status)
{
    char *log = profiler->data;
    snprintf(log + strlen(log), 256 - strlen(log), "%s=%x;", name, (unsigned)status);
}

Test(c_api, telemetry_is_told)
{
    app a;
    begin(&a);
    add_kernels(&a);
    char log[256] = "";
    TfLiteTelemetryProfilerStruct profiler = {
        .data = log, .ReportTelemetryEvent = tell_event, .ReportOpInvokeEvent = tell_op};
    TfLiteInterpreterOptionsSetTelemetryProfiler(a.options, &profiler);
    create(&a);
    cr_expect_eq(run(&a), kTfLiteOk);
    cr_expect_str_eq(log, "ADD 0/0;RELU 0/1;ADD 0/2;Invoke=0;");
    end(&a);
}

/* ---- strings ---------------------------------------------------------------------------------- */

Test(c_api, strings_go_in_and_out)
{
    TfLiteTensor tensor = {.type = kTfLiteString,
                           .allocation_type = kTfLiteDynamic,
                           .buffer_handle = kTfLiteNullBufferHandle};
    TfLiteOpaqueTensor *opaque = (TfLiteOpaqueTensor *)&tensor;
    cr_expect_eq(TfLiteOpaqueTensorGetStringCount(opaque), -1);
    static const char *const texts[] = {"one", "", "three"};
    cr_assert_eq(TfLiteOpaqueTensorWriteStrings(opaque, texts, 3, (int[]){3, 0, 5}), kTfLiteOk);
    cr_expect_eq(TfLiteOpaqueTensorGetStringCount(opaque), 3);
    cr_expect_eq(tensor.dims->data[0], 3);
    cr_expect_eq(tensor.bytes, 4u * 5 + 8);
    const char *text;
    int length;
    cr_assert_eq(TfLiteOpaqueTensorGetString(opaque, 2, &text, &length), kTfLiteOk);
    cr_expect(length == 5 && memcmp(text, "three", 5) == 0);
    cr_expect_eq(TfLiteOpaqueTensorGetString(opaque, 3, &text, &length), kTfLiteError);
    tensor.data.i32[4] = 1000; /* an offset past the end */
    cr_expect_eq(TfLiteOpaqueTensorGetStringCount(opaque), -1);
    cr_expect_eq(TfLiteOpaqueTensorWriteStrings(opaque, texts, 1, (int[]){-1}), kTfLiteError);
    cr_assert_eq(TfLiteOpaqueTensorWriteString(opaque, "x", 1), kTfLiteOk);
    cr_expect_eq(TfLiteOpaqueTensorGetStringCount(opaque), 1);
    TfLiteTensorFree(&tensor);
}
