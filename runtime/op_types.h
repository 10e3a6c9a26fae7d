/*
 * The letters that rows of operators name data types with (ops.def, bench/tflite_ops.def), as masks
 * of TB_TYPE_BIT()s. They are short: only who includes such a list includes this.
 */
#ifndef TB_RUNTIME_OP_TYPES_H
#define TB_RUNTIME_OP_TYPES_H

#include "runtime/op.h"

#define F32  TB_TYPE_BIT(kTfLiteFloat32)
#define F16  TB_TYPE_BIT(kTfLiteFloat16)
#define BF16 TB_TYPE_BIT(kTfLiteBFloat16)
#define F64  TB_TYPE_BIT(kTfLiteFloat64)
#define I2   TB_TYPE_BIT(kTfLiteInt2)
#define I4   TB_TYPE_BIT(kTfLiteInt4)
#define U4   TB_TYPE_BIT(kTfLiteUInt4)
#define I8   TB_TYPE_BIT(kTfLiteInt8)
#define U8   TB_TYPE_BIT(kTfLiteUInt8)
#define I16  TB_TYPE_BIT(kTfLiteInt16)
#define U16  TB_TYPE_BIT(kTfLiteUInt16)
#define I32  TB_TYPE_BIT(kTfLiteInt32)
#define U32  TB_TYPE_BIT(kTfLiteUInt32)
#define I64  TB_TYPE_BIT(kTfLiteInt64)
#define U64  TB_TYPE_BIT(kTfLiteUInt64)
#define BOOL TB_TYPE_BIT(kTfLiteBool)
#define STR  TB_TYPE_BIT(kTfLiteString)
#define C64  TB_TYPE_BIT(kTfLiteComplex64)
#define C128 TB_TYPE_BIT(kTfLiteComplex128)
#define RES  TB_TYPE_BIT(kTfLiteResource)
#define VAR  TB_TYPE_BIT(kTfLiteVariant)

#endif
