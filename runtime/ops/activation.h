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

/* GELU, exact or by tanh. */
static inline float tb_geluf(float x, bool approximate)
{
    if (approximate) {
        const float sqrt_2_over_pi = 0.797884560802865f;
        return 0.5f * x * (1.0f + tb_tanhf(sqrt_2_over_pi * (x + 0.044715f * x * x * x)));
    }
    return 0.5f * x * tb_erfcf(x * -0.707106781186548f);
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
