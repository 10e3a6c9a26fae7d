/*
 * The application's interface: library, model, interpreter. Options are in c_api_options.c, tensors
 * in c_api_tensor.c, signatures in c_api_signature.c, the opaque API in c_api_opaque_*.c.
 *
 * Where stock TFLite would read outside an array for a bad position, these functions answer NULL, -1
 * or kTfLiteError.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/c_api_internal.h"
#include "runtime/delegate_call.h"

/* The release whose interface and operators this follows; ours stands behind it. */
#define TFLITE_RELEASE "2.19.0"

const char *TfLiteVersion(void)
{
    return TFLITE_RELEASE "+tflbench";
}

const char *TfLiteExtensionApisVersion(void)
{
    return TFLITE_RELEASE;
}

int TfLiteSchemaVersion(void)
{
    return 3;
}

/* ---- messages --------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void call_reporter(const tb_reporter *reporter,
                                                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    reporter->report(reporter->user_data, format, args);
    va_end(args);
}

void tb_reporter_tell(void *context, const char *message)
{
    const tb_reporter *reporter = context;
    if (reporter->report)
        call_reporter(reporter, "%s", message);
    else
        fprintf(stderr, "ERROR: %s\n", message);
}

TfLiteStatus tb_abi_status(const tb_interpreter *interpreter, tb_status status)
{
    if (status == TB_OK)
        return kTfLiteOk;
    if (status == TB_CANCELLED)
        return kTfLiteCancelled;
    TfLiteStatus last = interpreter->last_result;
    return status == TB_STATE || last == kTfLiteOk ? kTfLiteError : last;
}

/* ---- model ------------------------------------------------------------------------------------ */

static TfLiteModel *wrap_model(tb_status status, tb_model *model, const tb_error *err,
                               tb_reporter *reporter)
{
    if (status != TB_OK) {
        tb_reporter_tell(reporter, err->text);
        return NULL;
    }
    TfLiteModel *wrapped = malloc(sizeof *wrapped);
    if (!wrapped) {
        tb_reporter_tell(reporter, "cannot allocate a model");
        tb_model_release(model);
        return NULL;
    }
    wrapped->model = model;
    return wrapped;
}

TfLiteModel *TfLiteModelCreateWithErrorReporter(const void *model_data, size_t model_size,
                                                void (*reporter)(void *user_data,
                                                                 const char *format, va_list args),
                                                void *user_data)
{
    tb_reporter to = {reporter, user_data};
    tb_error err = TB_ERROR_NONE;
    tb_model *model = NULL;
    tb_status status = tb_model_from_memory(model_data, model_size, "model", &err, &model);
    return wrap_model(status, model, &err, &to);
}

TfLiteModel *TfLiteModelCreate(const void *model_data, size_t model_size)
{
    return TfLiteModelCreateWithErrorReporter(model_data, model_size, NULL, NULL);
}

TfLiteModel *TfLiteModelCreateFromFileWithErrorReporter(
    const char *model_path, void (*reporter)(void *user_data, const char *format, va_list args),
    void *user_data)
{
    tb_reporter to = {reporter, user_data};
    tb_error err = TB_ERROR_NONE;
    tb_model *model = NULL;
    tb_status status = tb_model_open(model_path, &err, &model);
    return wrap_model(status, model, &err, &to);
}

TfLiteModel *TfLiteModelCreateFromFile(const char *model_path)
{
    return TfLiteModelCreateFromFileWithErrorReporter(model_path, NULL, NULL);
}

void TfLiteModelDelete(TfLiteModel *model)
{
    if (!model)
        return;
    tb_model_release(model->model);
    free(model);
}

/* ---- making an interpreter -------------------------------------------------------------------- */

static tb_status apply_delegate(tb_interpreter *interpreter, TfLiteDelegate *delegate)
{
    tb_status status = tb_interpreter_apply_delegate(interpreter, delegate, NULL, NULL);
    bool may_decline = delegate && (delegate->flags & TB_DELEGATE_MAY_DECLINE);
    return status == TB_UNAVAILABLE && may_decline ? TB_OK : status;
}

static tb_status apply_delegates(TfLiteInterpreter *interpreter,
                                 const TfLiteInterpreterOptions *options)
{
    for (size_t k = 0; k < options->delegate_count; k++) {
        tb_status status = apply_delegate(interpreter->impl, options->delegates[k]);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

static tb_status make_interpreter(TfLiteInterpreter *interpreter, const TfLiteModel *model,
                                  const TfLiteInterpreterOptions *options, bool with_builtins)
{
    tb_interpreter_options ours = {
        .threads = options->threads > 0 ? options->threads : 1,
        .cancellable = options->cancellable,
        .report = tb_reporter_tell,
        .report_context = &interpreter->reporter,
    };
    tb_error err = TB_ERROR_NONE;
    tb_callback_scratch scratch = {0};
    tb_resolver *resolver = NULL;
    tb_status status = tb_options_resolver(options, with_builtins, &scratch, &err, &resolver);
    if (status != TB_OK) {
        tb_reporter_tell(&interpreter->reporter, err.text);
        return status;
    }
    ours.resolver = resolver;
    status = tb_interpreter_create(model->model, &ours, &err, &interpreter->impl);
    tb_resolver_destroy(resolver);
    tb_callback_scratch_free(&scratch);
    if (status != TB_OK)
        return status;
    tb_telemetry_attach(&interpreter->telemetry, options->telemetry, interpreter->impl);
    return apply_delegates(interpreter, options);
}

static TfLiteInterpreter *create(const TfLiteModel *model, const TfLiteInterpreterOptions *options,
                                 bool with_builtins)
{
    static const TfLiteInterpreterOptions defaults = {.threads = -1};
    options = options ? options : &defaults;
    TfLiteInterpreter *interpreter = model ? calloc(1, sizeof *interpreter) : NULL;
    if (!interpreter)
        return NULL;
    interpreter->reporter = options->reporter;
    interpreter->delegate_fallback = options->delegate_fallback;
    if (make_interpreter(interpreter, model, options, with_builtins) == TB_OK)
        return interpreter;
    TfLiteInterpreterDelete(interpreter);
    return NULL;
}

TfLiteInterpreter *TfLiteInterpreterCreate(const TfLiteModel *model,
                                           const TfLiteInterpreterOptions *optional_options)
{
    return create(model, optional_options, true);
}

TfLiteInterpreter *TfLiteInterpreterCreateWithSelectedOps(const TfLiteModel *model,
                                                          const TfLiteInterpreterOptions *options)
{
    return create(model, options, false);
}

void TfLiteInterpreterDelete(TfLiteInterpreter *interpreter)
{
    if (!interpreter)
        return;
    tb_interpreter_destroy(interpreter->impl);
    free(interpreter);
}

/* ---- inputs, outputs, tensors ----------------------------------------------------------------- */

static const tb_subgraph *primary(const TfLiteInterpreter *interpreter)
{
    return &interpreter->impl->subgraphs[0];
}

static TfLiteTensor *tensor_at(const tb_subgraph *subgraph, int index)
{
    return index >= 0 && (size_t)index < subgraph->context.tensors_size ? &subgraph->tensors[index]
                                                                        : NULL;
}

static int listed(const int *list, int count, int32_t k)
{
    return k >= 0 && k < count ? list[k] : -1;
}

int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter *interpreter)
{
    return primary(interpreter)->input_count;
}

const int *TfLiteInterpreterInputTensorIndices(const TfLiteInterpreter *interpreter)
{
    return primary(interpreter)->inputs;
}

int32_t TfLiteInterpreterGetInputTensorIndex(const TfLiteInterpreter *interpreter,
                                             int32_t input_index)
{
    const tb_subgraph *subgraph = primary(interpreter);
    return listed(subgraph->inputs, subgraph->input_count, input_index);
}

TfLiteTensor *TfLiteInterpreterGetInputTensor(const TfLiteInterpreter *interpreter,
                                              int32_t input_index)
{
    return tensor_at(primary(interpreter),
                     TfLiteInterpreterGetInputTensorIndex(interpreter, input_index));
}

int32_t TfLiteInterpreterGetOutputTensorCount(const TfLiteInterpreter *interpreter)
{
    return primary(interpreter)->output_count;
}

const int *TfLiteInterpreterOutputTensorIndices(const TfLiteInterpreter *interpreter)
{
    return primary(interpreter)->outputs;
}

int32_t TfLiteInterpreterGetOutputTensorIndex(const TfLiteInterpreter *interpreter,
                                              int32_t output_index)
{
    const tb_subgraph *subgraph = primary(interpreter);
    return listed(subgraph->outputs, subgraph->output_count, output_index);
}

const TfLiteTensor *TfLiteInterpreterGetOutputTensor(const TfLiteInterpreter *interpreter,
                                                     int32_t output_index)
{
    return tensor_at(primary(interpreter),
                     TfLiteInterpreterGetOutputTensorIndex(interpreter, output_index));
}

TfLiteTensor *TfLiteInterpreterGetTensor(const TfLiteInterpreter *interpreter, int index)
{
    return tensor_at(primary(interpreter), index);
}

int32_t TfLiteInterpreterGetVariableTensorCount(const TfLiteInterpreter *interpreter)
{
    return primary(interpreter)->variable_count;
}

TfLiteTensor *TfLiteInterpreterGetVariableTensor(const TfLiteInterpreter *interpreter,
                                                 int32_t variable_index)
{
    const tb_subgraph *subgraph = primary(interpreter);
    return tensor_at(subgraph,
                     listed(subgraph->variables, subgraph->variable_count, variable_index));
}

/* ---- running ---------------------------------------------------------------------------------- */

TfLiteStatus TfLiteInterpreterResizeInputTensor(TfLiteInterpreter *interpreter, int32_t input_index,
                                                const int *input_dims, int32_t input_dims_size)
{
    return tb_abi_status(interpreter->impl,
                         tb_interpreter_resize_input(interpreter->impl, input_index,
                                                     input_dims_size, input_dims, false, NULL));
}

TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter *interpreter)
{
    return tb_abi_status(interpreter->impl, tb_interpreter_allocate(interpreter->impl, NULL));
}

TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter *interpreter)
{
    tb_status status = tb_interpreter_invoke(interpreter->impl, NULL);
    TfLiteStatus result = tb_abi_status(interpreter->impl, status);
    bool retry = interpreter->delegate_fallback && status != TB_OK && status != TB_CANCELLED &&
                 status != TB_TIME_LIMIT && status != TB_STATE &&
                 primary(interpreter)->delegate_count > 0;
    if (retry && tb_interpreter_drop_delegates(interpreter->impl, NULL) == TB_OK &&
        tb_interpreter_invoke(interpreter->impl, NULL) == TB_OK)
        result = kTfLiteDelegateError; /* done, but not by the delegate */
    tb_telemetry_event(&interpreter->telemetry, "Invoke", result);
    return result;
}

TfLiteStatus TfLiteInterpreterCancel(const TfLiteInterpreter *interpreter)
{
    if (!interpreter->impl->cancellable)
        return kTfLiteError;
    tb_interpreter_cancel(interpreter->impl);
    return kTfLiteOk;
}

TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter *interpreter)
{
    return tb_abi_status(interpreter->impl,
                         tb_interpreter_reset_variables(interpreter->impl, NULL));
}

/* ---- delegates and buffers -------------------------------------------------------------------- */

TfLiteStatus TfLiteInterpreterModifyGraphWithDelegate(const TfLiteInterpreter *interpreter,
                                                      TfLiteDelegate *delegate)
{
    tb_status status = apply_delegate(interpreter->impl, delegate);
    TfLiteStatus result = tb_abi_status(interpreter->impl, status);
    tb_telemetry_event(&interpreter->telemetry, "ModifyGraphWithDelegate", result);
    return result;
}

TfLiteStatus TfLiteInterpreterSetCustomAllocationForTensor(TfLiteInterpreter *interpreter,
                                                           int tensor_index,
                                                           const TfLiteCustomAllocation *allocation,
                                                           int64_t flags)
{
    static const char what[] = "setting custom memory";
    tb_interpreter *impl = interpreter->impl;
    if (tb_interpreter_begin(impl, what, NULL) != TB_OK)
        return kTfLiteError;
    TfLiteStatus status =
        tb_subgraph_set_custom(&impl->subgraphs[0], tensor_index, allocation, flags);
    return tb_abi_status(impl, tb_interpreter_end(impl, what, status, NULL));
}

TfLiteStatus TfLiteInterpreterSetBufferHandle(TfLiteInterpreter *interpreter, TfLiteTensor *tensor,
                                              TfLiteBufferHandle buffer_handle,
                                              TfLiteOpaqueDelegate *delegate)
{
    static const char what[] = "setting a buffer handle";
    tb_interpreter *impl = interpreter->impl;
    if (tb_interpreter_begin(impl, what, NULL) != TB_OK)
        return kTfLiteError;
    tb_subgraph *subgraph = &impl->subgraphs[0];
    TfLiteStatus status = kTfLiteOk;
    if (!tensor)
        status = tb_fault(subgraph, TB_USAGE, "setting the buffer handle of no tensor");
    else if (tensor->delegate && tensor->delegate != delegate)
        status = tb_fault(subgraph, TB_USAGE, "a tensor's buffer belongs to another delegate");
    if (status == kTfLiteOk) {
        if (tensor->buffer_handle != kTfLiteNullBufferHandle && tensor->delegate)
            tb_delegate_free_handle(&subgraph->context, tensor->delegate, &tensor->buffer_handle);
        tensor->delegate = delegate;
        tensor->buffer_handle = buffer_handle;
    }
    return tb_abi_status(impl, tb_interpreter_end(impl, what, status, NULL));
}

TfLiteStatus TfLiteInterpreterGetBufferHandle(TfLiteInterpreter *interpreter, int tensor_index,
                                              TfLiteBufferHandle *buffer_handle,
                                              TfLiteOpaqueDelegate **delegate)
{
    const TfLiteTensor *tensor = tensor_at(primary(interpreter), tensor_index);
    if (!tensor)
        return kTfLiteError;
    *delegate = tensor->delegate;
    *buffer_handle = tensor->buffer_handle;
    return kTfLiteOk;
}

void TfLiteSetAllowBufferHandleOutput(const TfLiteInterpreter *interpreter,
                                      bool allow_buffer_handle_output)
{
    interpreter->impl->allow_buffer_handle_output = allow_buffer_handle_output;
}

TfLiteStatus TfLiteInterpreterEnsureTensorDataIsReadable(TfLiteInterpreter *interpreter,
                                                         int tensor_index)
{
    static const char what[] = "reading a tensor";
    tb_interpreter *impl = interpreter->impl;
    if (!tensor_at(primary(interpreter), tensor_index) ||
        tb_interpreter_begin(impl, what, NULL) != TB_OK)
        return kTfLiteError;
    TfLiteStatus status = tb_subgraph_ensure_readable(&impl->subgraphs[0], tensor_index);
    return tb_abi_status(impl, tb_interpreter_end(impl, what, status, NULL));
}
