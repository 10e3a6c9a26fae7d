/*
 * The engine `tflite`: a real TFLite C library, found with dlopen. Everything goes through the
 * functions it exports; the layout of its structs is never relied on, so that a library of another
 * year works. What it lacks is a stated reason.
 *
 * `--delegate reference` is the library as it is, with the kernels of its own resolver (optimised
 * ones: that is how users have it). `--delegate cpu` is its XNNPACK delegate, which a C library
 * applies only when told. `--delegate external:lib.so` loads a plugin.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/custom_ops.h"
#include "bench/delegate_arg.h"
#include "bench/engine.h"
#include "bench/tflite_watch.h"
#include "runtime/base/arena.h"
#include "runtime/base/clock.h"
#include "runtime/base/library.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/c_api_experimental.h"
#include "runtime/tflite_abi/external_delegate.h"
#include "runtime/tflite_abi/xnnpack_delegate.h"

/* Without these no model runs; a library that lacks one is refused by name. */
#define REQUIRED(X)                             \
    X(TfLiteVersion)                            \
    X(TfLiteModelCreateFromFile)                \
    X(TfLiteModelDelete)                        \
    X(TfLiteInterpreterOptionsCreate)           \
    X(TfLiteInterpreterOptionsDelete)           \
    X(TfLiteInterpreterOptionsSetNumThreads)    \
    X(TfLiteInterpreterOptionsAddDelegate)      \
    X(TfLiteInterpreterOptionsSetErrorReporter) \
    X(TfLiteInterpreterCreate)                  \
    X(TfLiteInterpreterDelete)                  \
    X(TfLiteInterpreterGetInputTensorCount)     \
    X(TfLiteInterpreterGetInputTensor)          \
    X(TfLiteInterpreterGetOutputTensorCount)    \
    X(TfLiteInterpreterGetOutputTensor)         \
    X(TfLiteInterpreterResizeInputTensor)       \
    X(TfLiteInterpreterAllocateTensors)         \
    X(TfLiteInterpreterInvoke)                  \
    X(TfLiteTensorType)                         \
    X(TfLiteTensorNumDims)                      \
    X(TfLiteTensorDim)                          \
    X(TfLiteTensorByteSize)                     \
    X(TfLiteTensorData)                         \
    X(TfLiteTensorName)                         \
    X(TfLiteTensorQuantizationParams)           \
    X(TfLiteTensorCopyFromBuffer)

/* What newer or fuller builds add. */
#define OPTIONAL(X)                                 \
    X(TfLiteModelCreateFromFileWithErrorReporter)   \
    X(TfLiteInterpreterOptionsEnableCancellation)   \
    X(TfLiteInterpreterCancel)                      \
    X(TfLiteInterpreterOptionsAddCustomOp)          \
    X(TfLiteInterpreterOptionsSetTelemetryProfiler) \
    X(TfLiteInterpreterResetVariableTensors)        \
    X(TfLiteInterpreterGetSignatureRunner)          \
    X(TfLiteSignatureRunnerDelete)                  \
    X(TfLiteSignatureRunnerGetInputCount)           \
    X(TfLiteSignatureRunnerGetInputName)            \
    X(TfLiteSignatureRunnerGetInputTensor)          \
    X(TfLiteSignatureRunnerGetOutputCount)          \
    X(TfLiteSignatureRunnerGetOutputName)           \
    X(TfLiteSignatureRunnerGetOutputTensor)         \
    X(TfLiteSignatureRunnerResizeInputTensor)       \
    X(TfLiteSignatureRunnerAllocateTensors)         \
    X(TfLiteSignatureRunnerInvoke)                  \
    X(TfLiteTensorRealloc)                          \
    X(TfLiteXNNPackDelegateOptionsDefault)          \
    X(TfLiteXNNPackDelegateCreate)                  \
    X(TfLiteXNNPackDelegateDelete)

typedef struct tflite_functions {
#define FIELD(name) __typeof__(&name) name;
    REQUIRED(FIELD)
    OPTIONAL(FIELD)
#undef FIELD
} tflite_functions;

struct tb_session {
    tb_library *library;
    tb_library *plugin; /* --delegate external:... */
    tflite_functions call;
    tb_delegate_arg delegate_arg;
    tb_engine_options options;
    tb_arena texts;         /* of the options */
    tb_model *own_model;    /* read for what the library does not tell of it; NULL */
    tb_tflite_watch *watch; /* NULL: its operators are not watched, for this reason */
    const char *unwatched;
    tb_custom_ops *custom_ops; /* NULL: none given */
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
    TfLiteSignatureRunner *runner; /* NULL: the primary subgraph */
    TfLiteDelegate *delegate;
    void (*delete_delegate)(TfLiteDelegate *delegate);
    char last_message[TB_ERROR_TEXT_SIZE / 2]; /* what the library said last */
};

/* ---- the library ------------------------------------------------------------------------------- */

static void find_function(const tb_library *library, const char *name, void *slot)
{
    tb_function function = tb_library_find(library, name);
    memcpy(slot, &function, sizeof function);
}

static tb_status open_library(const char *path, tb_error *err, tb_library **library,
                              tflite_functions *call)
{
    if (!path)
        return tb_fail(err, TB_USAGE,
                       "engine tflite: needs a library: tflite:/path/to/libtensorflowlite_c.so");
    tb_status status = tb_library_open(path, true, err, library);
    if (status != TB_OK)
        return tb_in(err, "engine tflite");
#define FIND(name) find_function(*library, #name, &call->name);
    REQUIRED(FIND)
    OPTIONAL(FIND)
#undef FIND
#define CHECK(name)                                                                               \
    if (!call->name) {                                                                            \
        tb_library_close(*library);                                                               \
        *library = NULL;                                                                          \
        return tb_fail(err, TB_UNAVAILABLE, "engine tflite: %s does not export %s", path, #name); \
    }
    REQUIRED(CHECK)
#undef CHECK
    return TB_OK;
}

static tb_status version(const char *library_path, tb_error *err, tb_buf *out)
{
    tb_library *library;
    tflite_functions call;
    tb_status status = open_library(library_path, err, &library, &call);
    if (status != TB_OK)
        return status;
    tb_buf_printf(out, "tflite %s", call.TfLiteVersion());
    tb_library_close(library);
    return tb_buf_status(out, "engine version", err);
}

/* ---- messages and phases ----------------------------------------------------------------------- */

static void tell_phase(tb_session *session, const char *name, uint64_t begin_ns)
{
    if (session->options.phase)
        session->options.phase(session->options.context, name, begin_ns, tb_clock_ns());
}

static void tell_note(tb_session *session, const char *text)
{
    if (session->options.note)
        session->options.note(session->options.context, text);
}

static void hear(void *context, const char *format, va_list args)
{
    tb_session *session = context;
    vsnprintf(session->last_message, sizeof session->last_message, format, args);
    tell_note(session, session->last_message);
}

/* Fails with what the library said about it, which is kept for one failure only. */
static tb_status fail(tb_session *session, tb_status status, tb_error *err, const char *what)
{
    tb_fail(err, status, "engine tflite: %s failed%s%s", what, session->last_message[0] ? ": " : "",
            session->last_message);
    session->last_message[0] = '\0';
    return status;
}

/* ---- delegates --------------------------------------------------------------------------------- */

static tb_status create_xnnpack(tb_session *session, tb_error *err)
{
    const tflite_functions *call = &session->call;
    if (!call->TfLiteXNNPackDelegateOptionsDefault || !call->TfLiteXNNPackDelegateCreate ||
        !call->TfLiteXNNPackDelegateDelete)
        return tb_fail(err, TB_UNAVAILABLE,
                       "engine tflite: delegate cpu: %s exports no XNNPACK delegate",
                       session->options.library);
    if (session->delegate_arg.option_count)
        return tb_fail(err, TB_USAGE, "engine tflite: delegate cpu takes no option (%s)",
                       session->delegate_arg.options[0].key);
    TfLiteXNNPackDelegateOptions options = call->TfLiteXNNPackDelegateOptionsDefault();
    options.num_threads = session->options.threads;
    /* Whether these are on by default depends on how the library was built; its own tools have them
       on, and without them XNNPACK leaves quantised models alone. */
    options.flags |= TFLITE_XNNPACK_DELEGATE_FLAG_QS8 | TFLITE_XNNPACK_DELEGATE_FLAG_QU8;
    session->delegate = call->TfLiteXNNPackDelegateCreate(&options);
    session->delete_delegate = call->TfLiteXNNPackDelegateDelete;
    return session->delegate ? TB_OK : fail(session, TB_UNAVAILABLE, err, "creating XNNPACK");
}

static void hear_plugin(const char *message)
{
    fprintf(stderr, "delegate plugin: %s\n", message);
}

static tb_status create_external(tb_session *session, tb_error *err)
{
    const char *path = NULL;
    const char *keys[TB_MAX_DELEGATE_OPTIONS];
    const char *values[TB_MAX_DELEGATE_OPTIONS];
    size_t count = 0;
    for (int k = 0; k < session->delegate_arg.option_count; k++) {
        const tb_delegate_option *option = &session->delegate_arg.options[k];
        if (strcmp(option->key, "library") == 0) {
            path = option->value;
            continue;
        }
        keys[count] = option->key;
        values[count++] = option->value;
    }
    if (!path)
        return tb_fail(err, TB_USAGE, "delegate external: needs a library: external:lib.so");
    tb_status status = tb_library_open(path, false, err, &session->plugin);
    if (status != TB_OK)
        return tb_in(err, "delegate external");
    tflite_plugin_create_delegate_fn create;
    tflite_plugin_destroy_delegate_fn destroy;
    find_function(session->plugin, "tflite_plugin_create_delegate", &create);
    find_function(session->plugin, "tflite_plugin_destroy_delegate", &destroy);
    if (!create || !destroy)
        return tb_fail(err, TB_UNAVAILABLE,
                       "delegate external: %s does not export tflite_plugin_create_delegate and "
                       "tflite_plugin_destroy_delegate",
                       path);
    session->delegate = create(keys, values, count, hear_plugin);
    session->delete_delegate = destroy;
    return session->delegate ? TB_OK
                             : tb_fail(err, TB_UNAVAILABLE, "delegate external: %s declined", path);
}

static tb_status create_delegate(tb_session *session, tb_error *err)
{
    const char *name = session->delegate_arg.name;
    if (strcmp(name, TB_DELEGATE_REFERENCE) == 0)
        return TB_OK;
    if (strcmp(name, "cpu") == 0)
        return create_xnnpack(session, err);
    if (strcmp(name, "external") == 0)
        return create_external(session, err);
    return tb_fail(err, TB_UNAVAILABLE,
                   "engine tflite: its C library offers no delegate '%s'; there are reference (its "
                   "own kernels), cpu (XNNPACK) and external:lib.so",
                   name);
}

/* ---- opening ----------------------------------------------------------------------------------- */

static void close_session(tb_session *session)
{
    if (!session)
        return;
    if (session->runner)
        session->call.TfLiteSignatureRunnerDelete(session->runner);
    if (session->interpreter)
        session->call.TfLiteInterpreterDelete(session->interpreter);
    if (session->delegate)
        session->delete_delegate(session->delegate);
    if (session->model)
        session->call.TfLiteModelDelete(session->model);
    tb_custom_ops_close(session->custom_ops);
    tb_tflite_watch_destroy(session->watch);
    tb_model_release(session->own_model);
    tb_library_close(session->plugin);
    tb_library_close(session->library);
    tb_arena_free(&session->texts);
    free(session);
}

static tb_status load(tb_session *session, const char *model_path, tb_error *err)
{
    const tflite_functions *call = &session->call;
    uint64_t begin_ns = tb_clock_ns();
    session->model =
        call->TfLiteModelCreateFromFileWithErrorReporter
            ? call->TfLiteModelCreateFromFileWithErrorReporter(model_path, hear, session)
            : call->TfLiteModelCreateFromFile(model_path);
    if (!session->model) {
        fail(session, TB_CORRUPT, err, "reading the model");
        return tb_in(err, "%s", model_path);
    }
    tell_phase(session, "load", begin_ns);
    return TB_OK;
}

static tb_status read_model(tb_session *session, const char *model_path, tb_error *err)
{
    return session->own_model ? TB_OK : tb_model_open(model_path, err, &session->own_model);
}

/* That operators cannot be watched is a note, and the model runs. */
static void watch_operators(tb_session *session, const char *model_path)
{
    tb_error why = TB_ERROR_NONE;
    session->unwatched = "a library's operators are watched in profiled processes alone";
    if (!session->options.observe)
        return;
    if (!session->call.TfLiteInterpreterOptionsSetTelemetryProfiler) {
        session->unwatched = "the library does not tell of its operators (it does not export "
                             "TfLiteInterpreterOptionsSetTelemetryProfiler)";
        return;
    }
    session->unwatched = "the model's nodes cannot be read, so the library's are not understood";
    if (read_model(session, model_path, &why) != TB_OK)
        tell_note(session, why.text);
    else if (tb_tflite_watch_create(session->own_model, &why, &session->watch) != TB_OK)
        tell_note(session, why.text);
}

/* Which operators to ask the libraries for stands in the model, which we read ourselves for it. */
static tb_status open_custom_ops(tb_session *session, const char *model_path, tb_error *err)
{
    if (session->options.custom_op_count == 0)
        return TB_OK;
    if (!session->call.TfLiteInterpreterOptionsAddCustomOp)
        return tb_fail(err, TB_UNAVAILABLE,
                       "engine tflite: %s takes no custom operators (it does not export "
                       "TfLiteInterpreterOptionsAddCustomOp)",
                       session->options.library);
    tb_status status = read_model(session, model_path, err);
    if (status == TB_OK)
        status = tb_custom_ops_open(session->options.custom_ops, session->options.custom_op_count,
                                    session->own_model, err, &session->custom_ops);
    return status;
}

/* A C library applies its delegates while it makes the interpreter. */
static tb_status make_interpreter(tb_session *session, const char *model_path, tb_error *err)
{
    const tflite_functions *call = &session->call;
    uint64_t begin_ns = tb_clock_ns();
    TfLiteInterpreterOptions *options = call->TfLiteInterpreterOptionsCreate();
    if (!options)
        return fail(session, TB_NO_MEMORY, err, "making options");
    call->TfLiteInterpreterOptionsSetNumThreads(options, session->options.threads);
    call->TfLiteInterpreterOptionsSetErrorReporter(options, hear, session);
    if (call->TfLiteInterpreterOptionsEnableCancellation)
        call->TfLiteInterpreterOptionsEnableCancellation(options, true);
    int count;
    const tb_custom_op *ops = tb_custom_ops_list(session->custom_ops, &count);
    for (int k = 0; k < count; k++)
        call->TfLiteInterpreterOptionsAddCustomOp(options, ops[k].name, ops[k].registration, 1,
                                                  INT_MAX);
    if (session->delegate)
        call->TfLiteInterpreterOptionsAddDelegate(options, session->delegate);
    if (session->watch)
        call->TfLiteInterpreterOptionsSetTelemetryProfiler(
            options, tb_tflite_watch_profiler(session->watch));
    session->interpreter = call->TfLiteInterpreterCreate(session->model, options);
    call->TfLiteInterpreterOptionsDelete(options);
    if (!session->interpreter) {
        fail(session, TB_UNSUPPORTED, err, "making the interpreter");
        return tb_in(err, "%s", model_path);
    }
    tell_phase(session, session->delegate ? "delegate" : "interpreter", begin_ns);
    return TB_OK;
}

static tb_status find_signature(tb_session *session, tb_error *err)
{
    const char *key = session->options.signature;
    if (!key)
        return TB_OK;
    const tflite_functions *call = &session->call;
    if (!call->TfLiteInterpreterGetSignatureRunner || !call->TfLiteSignatureRunnerInvoke)
        return tb_fail(err, TB_UNAVAILABLE, "engine tflite: %s knows no signatures",
                       session->options.library);
    session->runner = call->TfLiteInterpreterGetSignatureRunner(session->interpreter, key);
    return session->runner ? TB_OK
                           : tb_fail(err, TB_NOT_FOUND, "signature '%s': the model has none", key);
}

static tb_status open_session(const char *model_path, const tb_engine_options *options,
                              tb_error *err, tb_session **out)
{
    tb_session *session = calloc(1, sizeof *session);
    if (!session)
        return tb_fail(err, TB_NO_MEMORY, "engine tflite: out of memory");
    session->options = *options;
    const char *delegate = options->delegate ? options->delegate : TB_DELEGATE_REFERENCE;
    tb_status status =
        tb_delegate_arg_parse(delegate, &session->texts, err, &session->delegate_arg);
    if (status == TB_OK)
        status = open_library(options->library, err, &session->library, &session->call);
    if (status == TB_OK && options->fail_on_fallback)
        tell_note(session, "a TFLite C library does not tell which nodes a delegate left behind");
    if (status == TB_OK && options->delegate_end)
        status = tb_fail(err, TB_UNSUPPORTED,
                         "engine tflite: which nodes are delegated cannot be chosen");
    if (status == TB_OK && (options->memory_limit_bytes || options->time_limit_ns))
        tell_note(session, "a TFLite C library knows no limits; only a time-out of the run holds");
    if (status == TB_OK)
        status = load(session, model_path, err);
    if (status == TB_OK)
        status = open_custom_ops(session, model_path, err);
    if (status == TB_OK)
        status = create_delegate(session, err);
    if (status == TB_OK)
        watch_operators(session, model_path);
    if (status == TB_OK)
        status = make_interpreter(session, model_path, err);
    if (status == TB_OK)
        status = find_signature(session, err);
    if (status != TB_OK) {
        close_session(session);
        return status;
    }
    *out = session;
    return TB_OK;
}

/* ---- tensors ----------------------------------------------------------------------------------- */

static int input_count(const tb_session *session)
{
    const tflite_functions *call = &session->call;
    return session->runner ? (int)call->TfLiteSignatureRunnerGetInputCount(session->runner)
                           : call->TfLiteInterpreterGetInputTensorCount(session->interpreter);
}

static int output_count(const tb_session *session)
{
    const tflite_functions *call = &session->call;
    return session->runner ? (int)call->TfLiteSignatureRunnerGetOutputCount(session->runner)
                           : call->TfLiteInterpreterGetOutputTensorCount(session->interpreter);
}

/* NULL where there is no input k. */
static TfLiteTensor *input_tensor(const tb_session *session, int k)
{
    const tflite_functions *call = &session->call;
    if (k < 0 || k >= input_count(session))
        return NULL;
    if (!session->runner)
        return call->TfLiteInterpreterGetInputTensor(session->interpreter, k);
    return call->TfLiteSignatureRunnerGetInputTensor(
        session->runner, call->TfLiteSignatureRunnerGetInputName(session->runner, k));
}

static const TfLiteTensor *output_tensor(const tb_session *session, int k)
{
    const tflite_functions *call = &session->call;
    if (k < 0 || k >= output_count(session))
        return NULL;
    if (!session->runner)
        return call->TfLiteInterpreterGetOutputTensor(session->interpreter, k);
    return call->TfLiteSignatureRunnerGetOutputTensor(
        session->runner, call->TfLiteSignatureRunnerGetOutputName(session->runner, k));
}

static tb_status describe_tensor(const tb_session *session, const TfLiteTensor *tensor,
                                 const char *what, int k, tb_error *err, tb_io *out)
{
    const tflite_functions *call = &session->call;
    if (!tensor)
        return tb_fail(err, TB_NOT_FOUND, "%s %d: the model has none of that number", what, k);
    int rank = call->TfLiteTensorNumDims(tensor);
    const char *name = call->TfLiteTensorName(tensor);
    if (rank > TB_MAX_RANK)
        return tb_fail(err, TB_UNSUPPORTED, "%s %d '%s': has %d dimensions, at most %d are handled",
                       what, k, name ? name : "", rank, TB_MAX_RANK);
    TfLiteQuantizationParams params = call->TfLiteTensorQuantizationParams(tensor);
    *out = (tb_io){
        .name = name ? name : "",
        .type = call->TfLiteTensorType(tensor),
        .rank = rank > 0 ? rank : 0,
        .scale = params.scale,
        .zero_point = params.zero_point,
        .data = call->TfLiteTensorData(tensor),
        .bytes = call->TfLiteTensorByteSize(tensor),
    };
    for (int i = 0; i < out->rank; i++)
        out->dims[i] = call->TfLiteTensorDim(tensor, i);
    return TB_OK;
}

static tb_status get_input(tb_session *session, int k, tb_error *err, tb_io *out)
{
    return describe_tensor(session, input_tensor(session, k), "input", k, err, out);
}

static tb_status get_output(tb_session *session, int k, tb_error *err, tb_io *out)
{
    return describe_tensor(session, output_tensor(session, k), "output", k, err, out);
}

static tb_status resize(tb_session *session, int input, int rank, const int *dims, tb_error *err)
{
    const tflite_functions *call = &session->call;
    if (input < 0 || input >= input_count(session))
        return tb_fail(err, TB_NOT_FOUND, "input %d: the model has none of that number", input);
    TfLiteStatus status =
        session->runner
            ? call->TfLiteSignatureRunnerResizeInputTensor(
                  session->runner, call->TfLiteSignatureRunnerGetInputName(session->runner, input),
                  dims, rank)
            : call->TfLiteInterpreterResizeInputTensor(session->interpreter, input, dims, rank);
    return status == kTfLiteOk ? TB_OK : fail(session, TB_UNSUPPORTED, err, "resizing an input");
}

static tb_status allocate(tb_session *session, tb_error *err)
{
    const tflite_functions *call = &session->call;
    uint64_t begin_ns = tb_clock_ns();
    TfLiteStatus status = session->runner
                              ? call->TfLiteSignatureRunnerAllocateTensors(session->runner)
                              : call->TfLiteInterpreterAllocateTensors(session->interpreter);
    if (status != kTfLiteOk)
        return fail(session, TB_UNSUPPORTED, err, "allocating tensors");
    tell_phase(session, "allocate", begin_ns);
    return TB_OK;
}

static tb_status set_input(tb_session *session, int k, const void *data, size_t bytes,
                           tb_error *err)
{
    const tflite_functions *call = &session->call;
    TfLiteTensor *tensor = input_tensor(session, k);
    if (!tensor)
        return tb_fail(err, TB_NOT_FOUND, "input %d: the model has none of that number", k);
    if (call->TfLiteTensorType(tensor) == kTfLiteString) {
        if (!call->TfLiteTensorRealloc)
            return tb_fail(err, TB_UNAVAILABLE, "input %d: %s cannot be given strings", k,
                           session->options.library);
        if (call->TfLiteTensorRealloc(bytes, tensor) != kTfLiteOk)
            return fail(session, TB_NO_MEMORY, err, "making room for strings");
        memcpy(call->TfLiteTensorData(tensor), data, bytes);
        return TB_OK;
    }
    size_t takes = call->TfLiteTensorByteSize(tensor);
    if (takes != bytes)
        return tb_fail(err, TB_MISMATCH, "input %d '%s': %zu bytes were given, it takes %zu", k,
                       call->TfLiteTensorName(tensor), bytes, takes);
    return bytes == 0 || call->TfLiteTensorCopyFromBuffer(tensor, data, bytes) == kTfLiteOk
               ? TB_OK
               : fail(session, TB_STATE, err, "filling an input");
}

static tb_status invoke(tb_session *session, tb_error *err)
{
    const tflite_functions *call = &session->call;
    if (session->watch)
        tb_tflite_watch_begin(session->watch);
    TfLiteStatus status = session->runner ? call->TfLiteSignatureRunnerInvoke(session->runner)
                                          : call->TfLiteInterpreterInvoke(session->interpreter);
    if (session->watch)
        tb_tflite_watch_end(session->watch);
    if (status == kTfLiteOk)
        return TB_OK;
    return fail(session, status == kTfLiteCancelled ? TB_CANCELLED : TB_UNSUPPORTED, err,
                "invoking");
}

static tb_status reset_variables(tb_session *session, tb_error *err)
{
    if (!session->call.TfLiteInterpreterResetVariableTensors)
        return tb_fail(err, TB_UNAVAILABLE, "%s cannot reset variables", session->options.library);
    return session->call.TfLiteInterpreterResetVariableTensors(session->interpreter) == kTfLiteOk
               ? TB_OK
               : fail(session, TB_STATE, err, "resetting variables");
}

static void cancel(tb_session *session)
{
    if (session->call.TfLiteInterpreterCancel)
        session->call.TfLiteInterpreterCancel(session->interpreter);
}

static void set_sink(tb_session *session, tb_sink *sink)
{
    if (session->watch)
        tb_tflite_watch_set_sink(session->watch, sink);
}

static tb_status make_plan(tb_session *session, tb_error *err, tb_engine_plan *out)
{
    if (!session->watch)
        return tb_fail(err, TB_UNAVAILABLE, "engine tflite: %s", session->unwatched);
    return tb_tflite_watch_plan(session->watch,
                                session->delegate ? session->delegate_arg.name : NULL, err, out);
}

const tb_engine tb_engine_tflite = {
    .name = "tflite",
    .what = "a TFLite C library: tflite:/path/to/libtensorflowlite_c.so",
    .version = version,
    .open = open_session,
    .close = close_session,
    .input_count = input_count,
    .output_count = output_count,
    .input = get_input,
    .output = get_output,
    .resize = resize,
    .allocate = allocate,
    .set_input = set_input,
    .invoke = invoke,
    .reset_variables = reset_variables,
    .cancel = cancel,
    .set_sink = set_sink,
    .plan = make_plan,
};
