/* Look-up tables for functions of one quantised value. */
#include "runtime/ops/lut.h"

#include <math.h>

void tb_lut8_fill(const TfLiteTensor *input, const TfLiteTensor *output, tb_lut_function f,
                  const void *params, uint8_t table[256])
{
    int32_t min, max;
    if (!tb_quant_limits(input->type, &min, &max))
        return;
    const float inverse_scale = 1.0f / output->params.scale;
    for (int32_t value = min; value <= max; value++) {
        float x = input->params.scale * (float)(value - input->params.zero_point);
        float rescaled = roundf(f(x, params) * inverse_scale) + (float)output->params.zero_point;
        int32_t quantized = isnan(rescaled)          ? min
                            : rescaled >= (float)max ? max
                            : rescaled <= (float)min ? min
                                                     : (int32_t)rescaled;
        table[(uint8_t)value] = (uint8_t)quantized;
    }
}

/* The same steps in float and in double; CALL(x) is the function. */
#define DEFINE_FILL(real_t, ROUND, CALL)                                                          \
    {                                                                                             \
        const real_t in_min = in_scale * (real_t)(INT16_MIN - in_zero_point);                     \
        const real_t in_max = in_scale * (real_t)(INT16_MAX - in_zero_point);                     \
        const real_t out_min = out_scale * (real_t)(INT16_MIN - out_zero_point);                  \
        const real_t out_max = out_scale * (real_t)(INT16_MAX - out_zero_point);                  \
        const int steps = TB_LUT16_SIZE - 1;                                                      \
        const real_t step = (in_max - in_min) / (real_t)steps;                                    \
        const real_t half_step = step / 2;                                                        \
        const real_t inverse = (real_t)(INT16_MAX - INT16_MIN + 1) / (out_max - out_min);         \
        for (int i = 0; i <= steps; i++) {                                                        \
            real_t sample;                                                                        \
            if (i == steps) {                                                                     \
                sample = ROUND(CALL(in_max) * inverse);                                           \
            } else {                                                                              \
                const real_t x = in_min + (real_t)i * step;                                       \
                const real_t value = CALL(x);                                                     \
                const real_t middle = CALL(x + half_step);                                        \
                const real_t next = CALL(in_min + (real_t)(i + 1) * step);                        \
                const real_t interpolated = ROUND((next * inverse + ROUND(value * inverse)) / 2); \
                const real_t error = interpolated - ROUND(middle * inverse);                      \
                sample = ROUND(value * inverse) - ROUND(error / 2);                               \
            }                                                                                     \
            table[i] = (int16_t)(sample != sample     ? 0                                         \
                                 : sample > INT16_MAX ? INT16_MAX                                 \
                                 : sample < INT16_MIN ? INT16_MIN                                 \
                                                      : sample);                                  \
        }                                                                                         \
    }

#define CALL_FLOAT(x) f(x, params)

void tb_lut16_fill(float in_scale, int32_t in_zero_point, float out_scale, int32_t out_zero_point,
                   tb_lut_function f, const void *params, int16_t table[TB_LUT16_SIZE])
    DEFINE_FILL(float, roundf, CALL_FLOAT)

        void tb_lut16_fill_double(double in_scale, int32_t in_zero_point, double out_scale,
                                  int32_t out_zero_point, double (*f)(double x),
                                  int16_t table[TB_LUT16_SIZE]) DEFINE_FILL(double, round, f)
