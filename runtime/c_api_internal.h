/* What is behind the opaque types of tflite_abi/c_api.h, for the files that implement it. */
#ifndef TB_RUNTIME_C_API_INTERNAL_H
#define TB_RUNTIME_C_API_INTERNAL_H

#include "runtime/interpreter_internal.h"
#include "runtime/tflite_abi/c_api_experimental.h"

/* Where an application's messages go. */
typedef struct tb_reporter {
    void (*report)(void *user_data, const char *format, va_list args); /* NULL: standard error */
    void *user_data;
} tb_reporter;

/* One message, as text. `context` is a tb_reporter. */
void tb_reporter_tell(void *context, const char *message);

struct TfLiteModel {
    tb_model *model;
};

/* A registration that was added by name; the options' own copy. */
typedef struct tb_added_op {
    struct tb_added_op *next;
    TfLiteRegistration registration;
    char *custom_name; /* NULL: a builtin */
    int min_version;
    int max_version;
} tb_added_op;

/* The application's own resolver functions, of every generation. */
typedef struct tb_op_callbacks {
    void *user_data;
    const TfLiteOperator *(*builtin_external)(void *user_data, int op, int version);
    const TfLiteOperator *(*custom_external)(void *user_data, const char *name, int version);
    const TfLiteRegistration *(*builtin)(void *user_data, TfLiteBuiltinOperator op, int version);
    const TfLiteRegistration *(*custom)(void *user_data, const char *name, int version);
    const TfLiteRegistration_V3 *(*builtin_v3)(void *user_data, TfLiteBuiltinOperator op,
                                               int version);
    const TfLiteRegistration_V3 *(*custom_v3)(void *user_data, const char *name, int version);
    const TfLiteRegistration_V2 *(*builtin_v2)(void *user_data, TfLiteBuiltinOperator op,
                                               int version);
    const TfLiteRegistration_V2 *(*custom_v2)(void *user_data, const char *name, int version);
    const TfLiteRegistration_V1 *(*builtin_v1)(void *user_data, TfLiteBuiltinOperator op,
                                               int version);
    const TfLiteRegistration_V1 *(*custom_v1)(void *user_data, const char *name, int version);
} tb_op_callbacks;

struct TfLiteInterpreterOptions {
    int32_t threads; /* -1: as the runtime likes */
    tb_reporter reporter;
    TfLiteDelegate **delegates;
    size_t delegate_count;
    TfLiteOperator **operators;
    size_t operator_count;
    tb_added_op *added; /* newest first */
    tb_op_callbacks callbacks;
    bool cancellable;
    bool delegate_fallback;
    TfLiteTelemetryProfilerStruct *telemetry;
};

/* Copies of registrations made while an interpreter is built. */
typedef struct tb_callback_scratch {
    const tb_op_callbacks *callbacks;
    struct tb_widened *widened;
} tb_callback_scratch;
void tb_callback_scratch_free(tb_callback_scratch *scratch);

/*
 * Kernels according to the options: with callbacks those alone, else what was added before the
 * runtime's own, which `with_builtins` asks for. What the callbacks gave is widened into `scratch`,
 * which lives until the interpreter is made.
 */
tb_status tb_options_resolver(const TfLiteInterpreterOptions *options, bool with_builtins,
                              tb_callback_scratch *scratch, tb_error *err, tb_resolver **out);

/* Hands nodes' times to an application's telemetry profiler. */
typedef struct tb_telemetry {
    tb_sink sink;                            /* first */
    TfLiteTelemetryProfilerStruct *profiler; /* NULL: none */
    const tb_interpreter *interpreter;
} tb_telemetry;

void tb_telemetry_attach(tb_telemetry *telemetry, TfLiteTelemetryProfilerStruct *profiler,
                         tb_interpreter *interpreter);
void tb_telemetry_event(const tb_telemetry *telemetry, const char *name, TfLiteStatus status);

struct TfLiteInterpreter {
    tb_interpreter *impl;
    tb_reporter reporter;
    tb_telemetry telemetry;
    bool delegate_fallback;
};

struct TfLiteSignatureRunner {
    tb_signature_runner *impl;
    tb_interpreter *interpreter;
};

/* The ABI's status for the one a call of ours returned; the delegate's own where there was one. */
TfLiteStatus tb_abi_status(const tb_interpreter *interpreter, tb_status status);

#endif
