/* How an application wants its interpreter; see tflite_abi/c_api.h and c_api_experimental.h. */
#include <stdlib.h>
#include <string.h>

#include "runtime/c_api_internal.h"

/* ---- life ------------------------------------------------------------------------------------- */

TfLiteInterpreterOptions *TfLiteInterpreterOptionsCreate(void)
{
    TfLiteInterpreterOptions *options = calloc(1, sizeof *options);
    if (options)
        options->threads = -1;
    return options;
}

void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions *options)
{
    if (!options)
        return;
    while (options->added) {
        tb_added_op *op = options->added;
        options->added = op->next;
        free(op->custom_name);
        free(op);
    }
    free(options->delegates);
    free(options->operators);
    free(options);
}

/* A copy of `count` pointers with room for one more; NULL without memory. */
static void *copy_pointers(const void *list, size_t count)
{
    void *copy = malloc((count + 1) * sizeof(void *));
    if (copy && count)
        memcpy(copy, list, count * sizeof(void *));
    return copy;
}

static tb_added_op *copy_added(const tb_added_op *from)
{
    tb_added_op *op = malloc(sizeof *op);
    if (!op)
        return NULL;
    *op = *from;
    op->next = NULL;
    if (from->custom_name && !(op->custom_name = strdup(from->custom_name))) {
        free(op);
        return NULL;
    }
    return op;
}

TfLiteInterpreterOptions *TfLiteInterpreterOptionsCopy(const TfLiteInterpreterOptions *from)
{
    TfLiteInterpreterOptions *copy = malloc(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *from;
    copy->added = NULL;
    copy->delegates = copy_pointers(from->delegates, from->delegate_count);
    copy->operators = copy_pointers(from->operators, from->operator_count);
    bool complete = copy->delegates && copy->operators;
    tb_added_op **end = &copy->added;
    for (const tb_added_op *op = from->added; op && complete; op = op->next) {
        *end = copy_added(op);
        complete = *end != NULL;
        if (complete)
            end = &(*end)->next;
    }
    if (complete)
        return copy;
    TfLiteInterpreterOptionsDelete(copy);
    return NULL;
}

/* ---- setting ---------------------------------------------------------------------------------- */

void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions *options, int32_t num_threads)
{
    options->threads = num_threads;
}

void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions *options,
                                         TfLiteOpaqueDelegate *delegate)
{
    TfLiteDelegate **grown = copy_pointers(options->delegates, options->delegate_count);
    if (!grown)
        return;
    free(options->delegates);
    options->delegates = grown;
    options->delegates[options->delegate_count++] = delegate;
}

void TfLiteInterpreterOptionsSetErrorReporter(TfLiteInterpreterOptions *options,
                                              void (*reporter)(void *user_data, const char *format,
                                                               va_list args),
                                              void *user_data)
{
    options->reporter = (tb_reporter){reporter, user_data};
}

void TfLiteInterpreterOptionsAddOperator(TfLiteInterpreterOptions *options,
                                         TfLiteOperator *registration)
{
    TfLiteOperator **grown = copy_pointers(options->operators, options->operator_count);
    if (!grown)
        return;
    free(options->operators);
    options->operators = grown;
    options->operators[options->operator_count++] = registration;
}

TfLiteStatus TfLiteInterpreterOptionsEnableCancellation(TfLiteInterpreterOptions *options,
                                                        bool enable)
{
    options->cancellable = enable;
    return kTfLiteOk;
}

void TfLiteInterpreterOptionsSetUseNNAPI(TfLiteInterpreterOptions *options, bool enable)
{
    (void)options, (void)enable;
}

void TfLiteInterpreterOptionsSetEnableDelegateFallback(TfLiteInterpreterOptions *options,
                                                       bool enable)
{
    options->delegate_fallback = enable;
}

void TfLiteInterpreterOptionsSetTelemetryProfiler(TfLiteInterpreterOptions *options,
                                                  struct TfLiteTelemetryProfilerStruct *profiler)
{
    options->telemetry = profiler;
}

/* ---- operators by name ------------------------------------------------------------------------ */

static void add_op(TfLiteInterpreterOptions *options, const TfLiteRegistration *registration,
                   const char *custom_name, int builtin_code, int min_version, int max_version)
{
    if (!registration)
        return;
    tb_added_op op = {.next = NULL,
                      .registration = *registration,
                      .min_version = min_version,
                      .max_version = max_version};
    op.registration.builtin_code = builtin_code;
    tb_added_op *copy = copy_added(&op);
    if (!copy)
        return;
    if (custom_name && !(copy->custom_name = strdup(custom_name))) {
        free(copy);
        return;
    }
    copy->next = options->added;
    options->added = copy;
}

void TfLiteInterpreterOptionsAddBuiltinOp(TfLiteInterpreterOptions *options,
                                          TfLiteBuiltinOperator op,
                                          const TfLiteRegistration *registration,
                                          int32_t min_version, int32_t max_version)
{
    add_op(options, registration, NULL, (int)op, min_version, max_version);
}

void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions *options, const char *name,
                                         const TfLiteRegistration *registration,
                                         int32_t min_version, int32_t max_version)
{
    if (name)
        add_op(options, registration, name, kTfLiteBuiltinCustom, min_version, max_version);
}

/* ---- resolver functions ----------------------------------------------------------------------- */

void TfLiteInterpreterOptionsSetOpResolver(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration *(*find_builtin_op)(void *user_data, TfLiteBuiltinOperator op,
                                                 int version),
    const TfLiteRegistration *(*find_custom_op)(void *user_data, const char *custom_op,
                                                int version),
    void *op_resolver_user_data)
{
    options->callbacks = (tb_op_callbacks){
        .user_data = op_resolver_user_data, .builtin = find_builtin_op, .custom = find_custom_op};
}

void TfLiteInterpreterOptionsSetOpResolverExternal(
    TfLiteInterpreterOptions *options,
    const TfLiteOperator *(*find_builtin_op)(void *user_data, int op, int version),
    const TfLiteOperator *(*find_custom_op)(void *user_data, const char *custom_op, int version),
    void *op_resolver_user_data)
{
    options->callbacks = (tb_op_callbacks){.user_data = op_resolver_user_data,
                                           .builtin_external = find_builtin_op,
                                           .custom_external = find_custom_op};
}

void TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
    TfLiteInterpreterOptions *options,
    const TfLiteOperator *(*find_builtin_op_external)(void *user_data, int op, int version),
    const TfLiteOperator *(*find_custom_op_external)(void *user_data, const char *custom_op,
                                                     int version),
    const TfLiteRegistration *(*find_builtin_op)(void *user_data, TfLiteBuiltinOperator op,
                                                 int version),
    const TfLiteRegistration *(*find_custom_op)(void *user_data, const char *op, int version),
    void *op_resolver_user_data)
{
    options->callbacks = (tb_op_callbacks){.user_data = op_resolver_user_data,
                                           .builtin_external = find_builtin_op_external,
                                           .custom_external = find_custom_op_external,
                                           .builtin = find_builtin_op,
                                           .custom = find_custom_op};
}

void TfLiteInterpreterOptionsSetOpResolverV3(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V3 *(*find_builtin_op_v3)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V3 *(*find_custom_op_v3)(void *user_data, const char *op, int version),
    void *op_resolver_user_data)
{
    options->callbacks = (tb_op_callbacks){.user_data = op_resolver_user_data,
                                           .builtin_v3 = find_builtin_op_v3,
                                           .custom_v3 = find_custom_op_v3};
}

void TfLiteInterpreterOptionsSetOpResolverV2(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V2 *(*find_builtin_op_v2)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V2 *(*find_custom_op_v2)(void *user_data, const char *op, int version),
    void *op_resolver_user_data)
{
    options->callbacks = (tb_op_callbacks){.user_data = op_resolver_user_data,
                                           .builtin_v2 = find_builtin_op_v2,
                                           .custom_v2 = find_custom_op_v2};
}

void TfLiteInterpreterOptionsSetOpResolverV1(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V1 *(*find_builtin_op_v1)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V1 *(*find_custom_op_v1)(void *user_data, const char *op, int version),
    void *op_resolver_user_data)
{
    options->callbacks = (tb_op_callbacks){.user_data = op_resolver_user_data,
                                           .builtin_v1 = find_builtin_op_v1,
                                           .custom_v1 = find_custom_op_v1};
}
