/*
 * Codes of the builtin operators, from builtin_ops.def. Three of them are no operators:
 * kTfLiteBuiltinCustom (named by string), kTfLiteBuiltinDelegate (a delegate's kernel) and
 * kTfLiteBuiltinPlaceholderForGreaterOpCodes (the schema's escape out of its original byte).
 */
#ifndef TB_RUNTIME_TFLITE_ABI_BUILTIN_OPS_H
#define TB_RUNTIME_TFLITE_ABI_BUILTIN_OPS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum TfLiteBuiltinOperator {
#define TB_BUILTIN_OP(code, name, schema_name) kTfLiteBuiltin##name = code,
#include "runtime/tflite_abi/builtin_ops.def"
} TfLiteBuiltinOperator;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
