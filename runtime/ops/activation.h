/* The activation functions on one float, shared by operators that fuse them. */
#ifndef TB_RUNTIME_OPS_ACTIVATION_H
#define TB_RUNTIME_OPS_ACTIVATION_H

#include <math.h>

#include "runtime/math.h"
#include "runtime/tflite_abi/builtin_op_data.h"

/* As TFLite's reference logistic: the shortcut at both ends included. */
static inline float tb_logisticf(float x)
{
    if (x > 16.619047164916992188f)
        return 1.0f;
    if (x < -9.0f)
        return tb_expf(x);
    return 1.0f / (1.0f + tb_expf(-x));
}

/* Any fused activation. */
static inline float tb_activate(TfLiteFusedActivation activation, float x)
{
    switch (activation) {
    case kTfLiteActRelu:
        return x < 0.0f ? 0.0f : x;
    case kTfLiteActReluN1To1:
        return x < -1.0f ? -1.0f : x > 1.0f ? 1.0f : x;
    case kTfLiteActRelu6:
        return x < 0.0f ? 0.0f : x > 6.0f ? 6.0f : x;
    case kTfLiteActTanh:
        return tb_tanhf(x);
    case kTfLiteActSignBit:
        return signbit(x) ? 1.0f : 0.0f;
    case kTfLiteActSigmoid:
        return 1.0f / (1.0f + tb_expf(-x));
    default:
        return x;
    }
}

#endif
