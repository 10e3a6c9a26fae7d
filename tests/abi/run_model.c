/*
 * run_model MODEL: fills the inputs with bytes that repeat 0 to 12, runs the model twice through the
 * ABI alone, and prints each output's bytes as a checksum. What the library says of a model that it
 * refuses goes to standard error; then the exit code is 1.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/c_api_experimental.h"

static void report(void *user_data, const char *format, va_list args)
{
    (void)user_data;
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

static void fill(TfLiteTensor *tensor)
{
    uint8_t *bytes = TfLiteTensorData(tensor);
    for (size_t k = 0; bytes && k < TfLiteTensorByteSize(tensor); k++)
        bytes[k] = (uint8_t)(k % 13);
}

/* FNV-1a. */
static void print(const TfLiteTensor *tensor)
{
    const uint8_t *bytes = TfLiteTensorData(tensor);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t k = 0; bytes && k < TfLiteTensorByteSize(tensor); k++)
        hash = (hash ^ bytes[k]) * UINT64_C(0x100000001b3);
    printf("%s %zu %016llx\n", TfLiteTensorName(tensor), TfLiteTensorByteSize(tensor),
           (unsigned long long)hash);
}

static int run(TfLiteInterpreter *interpreter)
{
    if (TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk)
        return 1;
    for (int k = 0; k < TfLiteInterpreterGetInputTensorCount(interpreter); k++)
        fill(TfLiteInterpreterGetInputTensor(interpreter, k));
    for (int round = 0; round < 2; round++) {
        if (TfLiteInterpreterInvoke(interpreter) != kTfLiteOk)
            return 1;
        for (int k = 0; k < TfLiteInterpreterGetOutputTensorCount(interpreter); k++)
            print(TfLiteInterpreterGetOutputTensor(interpreter, k));
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: run_model MODEL\n");
        return 2;
    }
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetErrorReporter(options, report, NULL);
    TfLiteModel *model = TfLiteModelCreateFromFileWithErrorReporter(argv[1], report, NULL);
    TfLiteInterpreter *interpreter = model ? TfLiteInterpreterCreate(model, options) : NULL;
    int code = interpreter ? run(interpreter) : 1;
    TfLiteInterpreterDelete(interpreter);
    TfLiteModelDelete(model);
    TfLiteInterpreterOptionsDelete(options);
    return code;
}
