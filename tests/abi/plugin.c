/*
 * plugin TFLITE_LIBRARY DELEGATE_LIBRARY MODEL: runs the model in a real TFLite, alone and with the
 * delegate of a library of ours as an external one, on the same bytes, and compares the first outputs. Knows of both
 * libraries what dlsym finds. Exit status 0: they agree; 1: they do not, or something is missing.
 */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/external_delegate.h"

#define GET(name) __typeof__(&name) name##_ = (__typeof__(&name))(uintptr_t)dlsym(library, #name)

static unsigned char next_byte(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (unsigned char)(*state >> 24);
}

/* The first output's bytes, to be freed; NULL where it cannot be had. */
static char *run(void *library, const char *model_path, TfLiteDelegate *delegate, TfLiteType *type,
                 size_t *bytes)
{
    GET(TfLiteModelCreateFromFile);
    GET(TfLiteInterpreterOptionsCreate);
    GET(TfLiteInterpreterOptionsAddDelegate);
    GET(TfLiteInterpreterCreate);
    GET(TfLiteInterpreterAllocateTensors);
    GET(TfLiteInterpreterGetInputTensor);
    GET(TfLiteInterpreterGetOutputTensor);
    GET(TfLiteInterpreterInvoke);
    GET(TfLiteInterpreterDelete);
    TfLiteModel *model = TfLiteModelCreateFromFile_(model_path);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate_();
    if (!model || !options)
        return NULL;
    if (delegate)
        TfLiteInterpreterOptionsAddDelegate_(options, delegate);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate_(model, options);
    if (!interpreter || TfLiteInterpreterAllocateTensors_(interpreter) != kTfLiteOk)
        return NULL;
    TfLiteTensor *input = TfLiteInterpreterGetInputTensor_(interpreter, 0);
    unsigned state = 7;
    for (size_t i = 0; i < input->bytes; i++)
        input->data.raw[i] = (char)next_byte(&state);
    for (size_t i = 0; input->type == kTfLiteFloat32 && i < input->bytes / sizeof(float); i++)
        input->data.f[i] = (float)next_byte(&state) / 255.0f;
    if (TfLiteInterpreterInvoke_(interpreter) != kTfLiteOk)
        return NULL;
    const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor_(interpreter, 0);
    *type = output->type;
    *bytes = output->bytes;
    char *copy = malloc(output->bytes);
    if (copy)
        memcpy(copy, output->data.raw, output->bytes);
    TfLiteInterpreterDelete_(interpreter);
    return copy;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    void *plugin = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    if (!library || !plugin) {
        fprintf(stderr, "plugin: %s\n", dlerror());
        return 1;
    }
    tflite_plugin_create_delegate_fn create =
        (tflite_plugin_create_delegate_fn)(uintptr_t)dlsym(plugin, "tflite_plugin_create_delegate");
    TfLiteDelegate *delegate = create ? create(NULL, NULL, 0, NULL) : NULL;
    if (!delegate)
        return 1;
    TfLiteType type = kTfLiteNoType;
    size_t bytes = 0, delegated_bytes = 0;
    char *alone = run(library, argv[3], NULL, &type, &bytes);
    char *delegated = run(library, argv[3], delegate, &type, &delegated_bytes);
    if (!alone || !delegated || bytes != delegated_bytes) {
        fprintf(stderr, "plugin: %s: no output %s\n", argv[3], alone ? "with it" : "without it");
        return 1;
    }
    float worst = 0;
    if (type == kTfLiteFloat32) {
        for (size_t i = 0; i < bytes / sizeof(float); i++) {
            float a, b;
            memcpy(&a, alone + i * sizeof a, sizeof a);
            memcpy(&b, delegated + i * sizeof b, sizeof b);
            worst = fmaxf(worst, fabsf(a - b) / (1.0f + fabsf(a)));
        }
    } else { /* TFLite's own kernels differ by a step here and there */
        for (size_t i = 0; i < bytes; i++)
            worst = fmaxf(worst,
                          fabsf((float)(signed char)alone[i] - (float)(signed char)delegated[i]));
    }
    const float allowed = type == kTfLiteFloat32 ? 1e-4f : 2.0f;
    if (!(worst <= allowed))
        fprintf(stderr, "plugin: %s: off by %g\n", argv[3], (double)worst);
    free(alone);
    free(delegated);
    return worst <= allowed ? 0 : 1;
}
