/*
 * Kernels by data type. A runtime may be built for certain models (make runtime OPS=...); then the
 * kernels of types that those do not use are left out, and a model that has a tensor of such a type
 * is refused when it is loaded. So a kernel names its variants like this, and a variant that was left
 * out is NULL and never asked for:
 *
 *     {kTfLiteFloat32, TB_TYPED(Float32, relu_f32)}
 *
 * scripts/select_ops.sh reads the list of types below.
 */
#ifndef TB_RUNTIME_TYPED_H
#define TB_RUNTIME_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/c_api_types.h"

#ifdef TB_SELECTED_TYPES
#include "selected_types.h"
#else
#define TB_TYPED_Float32(...)    (__VA_ARGS__)
#define TB_TYPED_Int32(...)      (__VA_ARGS__)
#define TB_TYPED_UInt8(...)      (__VA_ARGS__)
#define TB_TYPED_Int64(...)      (__VA_ARGS__)
#define TB_TYPED_String(...)     (__VA_ARGS__)
#define TB_TYPED_Bool(...)       (__VA_ARGS__)
#define TB_TYPED_Int16(...)      (__VA_ARGS__)
#define TB_TYPED_Complex64(...)  (__VA_ARGS__)
#define TB_TYPED_Int8(...)       (__VA_ARGS__)
#define TB_TYPED_Float16(...)    (__VA_ARGS__)
#define TB_TYPED_Float64(...)    (__VA_ARGS__)
#define TB_TYPED_Complex128(...) (__VA_ARGS__)
#define TB_TYPED_UInt64(...)     (__VA_ARGS__)
#define TB_TYPED_Resource(...)   (__VA_ARGS__)
#define TB_TYPED_Variant(...)    (__VA_ARGS__)
#define TB_TYPED_UInt32(...)     (__VA_ARGS__)
#define TB_TYPED_UInt16(...)     (__VA_ARGS__)
#define TB_TYPED_Int4(...)       (__VA_ARGS__)
#define TB_TYPED_BFloat16(...)   (__VA_ARGS__)
#define TB_TYPED_Int2(...)       (__VA_ARGS__)
#define TB_TYPED_UInt4(...)      (__VA_ARGS__)
#define TB_SELECTED_TYPE_BITS    UINT32_MAX
#endif

/* The kernel, or NULL in a build without the type. */
#define TB_TYPED(type, ...) TB_TYPED_##type(__VA_ARGS__)

static inline bool tb_type_is_built(TfLiteType type)
{
    return (unsigned)type >= 32 || (TB_SELECTED_TYPE_BITS >> (unsigned)type & 1u);
}

#endif
