/*
 * A false libtensorflowlite_c.so: it exports what a real one does, passes every call on to the
 * library that FAKE_TFLITE_BEHIND names, and has the absences and faults that real ones have had, so
 * that each can be met on purpose.
 *
 * Absences are built in: -DFAKE_WITHOUT_<GROUP> leaves functions out (functions.def; besides it
 * REPORTER, TELEMETRY and INVOKE). Faults are chosen while it runs, FAKE_TFLITE_FAULT=KIND[:AFTER]:
 * before that many inferences were made all is well.
 *
 *     model create allocate invoke delegate   this call fails, with a message
 *     silent                                  making the interpreter fails without one
 *     hang hang_allocate                      never returns
 *     crash crash_create                      SIGSEGV
 *     wrong                                   the first output's first element is far off
 *     step                                    it is off by one step (of a type of 8 bits)
 *     vary                                    it depends on the process
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/c_api_experimental.h"
#include "runtime/tflite_abi/xnnpack_delegate.h"

static void find_behind(const char *name, void *slot)
{
    static void *library;
    const char *path = getenv("FAKE_TFLITE_BEHIND");
    if (!library)
        library = dlopen(path ? path : "libtensorflowlite_c.so", RTLD_NOW | RTLD_LOCAL);
    void *found = library ? dlsym(library, name) : NULL;
    if (!found) {
        fprintf(stderr, "fake_tflite: no %s behind it\n", name);
        abort();
    }
    memcpy(slot, &found, sizeof found);
}

#define BEHIND(name, next)  \
    __typeof__(&name) next; \
    find_behind(#name, &next)
#define PASS(type, name, parameters, arguments) \
    TFL_CAPI_EXPORT type name parameters        \
    {                                           \
        BEHIND(name, next);                     \
        return next arguments;                  \
    }
#define TELL(name, parameters, arguments) \
    TFL_CAPI_EXPORT void name parameters  \
    {                                     \
        BEHIND(name, next);               \
        next arguments;                   \
    }
#include "tests/fake_tflite/functions.def"

TFL_CAPI_EXPORT const char *TfLiteVersion(void)
{
    return "0.0.0-fake";
}

/* ---- faults ------------------------------------------------------------------------------------ */

static int inferences;

static bool planned(const char *kind)
{
    const char *fault = getenv("FAKE_TFLITE_FAULT");
    size_t size = strlen(kind);
    if (!fault || strncmp(fault, kind, size) != 0 || (fault[size] && fault[size] != ':'))
        return false;
    return inferences >= (fault[size] ? atoi(fault + size + 1) : 0);
}

typedef void reporter_fn(void *user_data, const char *format, va_list args);

static reporter_fn *reporter;
static void *reporter_data;

static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (reporter)
        reporter(reporter_data, format, args);
    va_end(args);
}

static void hang(void)
{
    for (;;)
        pause();
}

TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetErrorReporter(TfLiteInterpreterOptions *options,
                                                              reporter_fn *told, void *user_data)
{
    BEHIND(TfLiteInterpreterOptionsSetErrorReporter, next);
    reporter = told;
    reporter_data = user_data;
    next(options, told, user_data);
}

TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreateFromFile(const char *path)
{
    BEHIND(TfLiteModelCreateFromFile, next);
    return planned("model") ? NULL : next(path);
}

#ifndef FAKE_WITHOUT_REPORTER
TFL_CAPI_EXPORT TfLiteModel *
TfLiteModelCreateFromFileWithErrorReporter(const char *path, reporter_fn *told, void *user_data)
{
    BEHIND(TfLiteModelCreateFromFileWithErrorReporter, next);
    reporter = told;
    reporter_data = user_data;
    if (!planned("model"))
        return next(path, told, user_data);
    say("this model is refused: %s", "as asked");
    return NULL;
}
#endif

TFL_CAPI_EXPORT TfLiteInterpreter *TfLiteInterpreterCreate(const TfLiteModel *model,
                                                           const TfLiteInterpreterOptions *options)
{
    BEHIND(TfLiteInterpreterCreate, next);
    if (planned("crash_create"))
        raise(SIGSEGV);
    if (planned("silent"))
        return NULL;
    if (!planned("create"))
        return next(model, options);
    say("Didn't find op for builtin opcode '%s' version '%d'", "CONV_2D", 99);
    return NULL;
}

TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter *interpreter)
{
    BEHIND(TfLiteInterpreterAllocateTensors, next);
    if (planned("hang_allocate"))
        hang();
    if (!planned("allocate"))
        return next(interpreter);
    say("node number %d failed to prepare", 3);
    return kTfLiteError;
}

#ifndef FAKE_WITHOUT_XNNPACK
TFL_CAPI_EXPORT TfLiteDelegate *
TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions *options)
{
    BEHIND(TfLiteXNNPackDelegateCreate, next);
    return planned("delegate") ? NULL : next(options);
}
#endif

/* The first output's first element, as much off as asked. */
static void spoil_output(const TfLiteInterpreter *interpreter)
{
    bool wrong = planned("wrong"), vary = planned("vary"), step = planned("step");
    const TfLiteTensor *tensor = TfLiteInterpreterGetOutputTensor(interpreter, 0);
    void *data = tensor ? TfLiteTensorData(tensor) : NULL;
    if (!data || !(wrong || vary || step))
        return;
    if (TfLiteTensorType(tensor) == kTfLiteFloat32) {
        float value;
        memcpy(&value, data, sizeof value);
        value += wrong ? 1000.0f : vary ? (float)getpid() * 1e-9f : 0.0f;
        memcpy(data, &value, sizeof value);
        return;
    }
    unsigned char *byte = data;
    int off = wrong ? 128 : vary ? 1 + getpid() % 16 : *byte & 0x80 ? 1 : -1;
    *byte = (unsigned char)(*byte + off);
}

#ifndef FAKE_WITHOUT_INVOKE
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter *interpreter)
{
    BEHIND(TfLiteInterpreterInvoke, next);
    if (planned("hang"))
        hang();
    if (planned("crash"))
        raise(SIGSEGV);
    if (planned("invoke")) {
        say("Node number %d (%s) failed to invoke.", 5, "CONV_2D");
        return kTfLiteError;
    }
    TfLiteStatus status = next(interpreter);
    spoil_output(interpreter);
    inferences++;
    return status;
}
#endif

/* ---- telemetry --------------------------------------------------------------------------------- */

#ifndef FAKE_WITHOUT_TELEMETRY
static TfLiteTelemetryProfilerStruct *listener;

/* A real library tells a node's begin and end, and of XNNPACK's kernels what they did inside; the one
   behind tells of each how long it took. */
static void tell_op(TfLiteTelemetryProfilerStruct *profiler, const char *name, uint64_t elapsed_us,
                    int64_t node, int64_t subgraph)
{
    (void)profiler;
    (void)elapsed_us;
    bool is_kernel = strpbrk(name, "abcdefghijklmnopqrstuvwxyz") != NULL;
    for (int k = 0; is_kernel && k < 3; k++)
        listener->ReportOpInvokeEvent(listener, k ? "Add (ND)" : "Convolution (NHWC)", 1, k, 0);
    if (is_kernel)
        return;
    uint32_t handle = listener->ReportBeginOpInvokeEvent(listener, name, node, subgraph);
    listener->ReportEndOpInvokeEvent(listener, handle);
}

static void tell_event(TfLiteTelemetryProfilerStruct *profiler, const char *name, uint64_t status)
{
    (void)profiler;
    listener->ReportTelemetryEvent(listener, name, status);
}

TFL_CAPI_EXPORT void
TfLiteInterpreterOptionsSetTelemetryProfiler(TfLiteInterpreterOptions *options,
                                             TfLiteTelemetryProfilerStruct *profiler)
{
    static TfLiteTelemetryProfilerStruct between = {.ReportTelemetryEvent = tell_event,
                                                    .ReportOpInvokeEvent = tell_op};
    BEHIND(TfLiteInterpreterOptionsSetTelemetryProfiler, next);
    listener = profiler;
    next(options, &between);
}
#endif
