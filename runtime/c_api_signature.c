/* Signature runners of the application's interface; see tflite_abi/c_api.h. */
#include <stdlib.h>

#include "runtime/c_api_internal.h"

int32_t TfLiteInterpreterGetSignatureCount(const TfLiteInterpreter *interpreter)
{
    return tb_interpreter_signature_count(interpreter->impl);
}

const char *TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter *interpreter,
                                             int32_t signature_index)
{
    return tb_interpreter_signature_key(interpreter->impl, signature_index);
}

TfLiteSignatureRunner *TfLiteInterpreterGetSignatureRunner(const TfLiteInterpreter *interpreter,
                                                           const char *signature_key)
{
    tb_signature_runner *impl;
    if (tb_interpreter_signature(interpreter->impl, signature_key, NULL, &impl) != TB_OK)
        return NULL;
    TfLiteSignatureRunner *runner = malloc(sizeof *runner);
    if (runner)
        *runner = (TfLiteSignatureRunner){impl, interpreter->impl};
    return runner;
}

void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner *signature_runner)
{
    free(signature_runner);
}

size_t TfLiteSignatureRunnerGetInputCount(const TfLiteSignatureRunner *signature_runner)
{
    return (size_t)tb_signature_input_count(signature_runner->impl);
}

const char *TfLiteSignatureRunnerGetInputName(const TfLiteSignatureRunner *signature_runner,
                                              int32_t input_index)
{
    return tb_signature_input_name(signature_runner->impl, input_index);
}

TfLiteTensor *TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner *signature_runner,
                                                  const char *input_name)
{
    tb_signature_runner *impl = signature_runner->impl;
    return tb_signature_input(impl, tb_signature_find_input(impl, input_name));
}

size_t TfLiteSignatureRunnerGetOutputCount(const TfLiteSignatureRunner *signature_runner)
{
    return (size_t)tb_signature_output_count(signature_runner->impl);
}

const char *TfLiteSignatureRunnerGetOutputName(const TfLiteSignatureRunner *signature_runner,
                                               int32_t output_index)
{
    return tb_signature_output_name(signature_runner->impl, output_index);
}

const TfLiteTensor *
TfLiteSignatureRunnerGetOutputTensor(const TfLiteSignatureRunner *signature_runner,
                                     const char *output_name)
{
    const tb_signature_runner *impl = signature_runner->impl;
    return tb_signature_output(impl, tb_signature_find_output(impl, output_name));
}

TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(TfLiteSignatureRunner *signature_runner,
                                                    const char *input_name, const int *input_dims,
                                                    int32_t input_dims_size)
{
    tb_signature_runner *impl = signature_runner->impl;
    int k = tb_signature_find_input(impl, input_name);
    tb_status status = tb_signature_resize(impl, k, input_dims_size, input_dims, true, NULL);
    return tb_abi_status(signature_runner->interpreter, status);
}

TfLiteStatus TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner *signature_runner)
{
    tb_status status = tb_signature_allocate(signature_runner->impl, NULL);
    return tb_abi_status(signature_runner->interpreter, status);
}

TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner *signature_runner)
{
    tb_status status = tb_signature_invoke(signature_runner->impl, NULL);
    return tb_abi_status(signature_runner->interpreter, status);
}

TfLiteStatus TfLiteSignatureRunnerCancel(TfLiteSignatureRunner *signature_runner)
{
    if (!signature_runner->interpreter->cancellable)
        return kTfLiteError;
    tb_interpreter_cancel(signature_runner->interpreter);
    return kTfLiteOk;
}
