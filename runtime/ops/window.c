/* The geometry of sliding windows. */
#include "runtime/ops/window.h"

TfLiteStatus tb_window_init(TfLiteContext *context, const char *axis, TfLitePadding padding,
                            int input, int taps, int stride, int dilation, tb_window *out)
{
    if (padding != kTfLitePaddingSame && padding != kTfLitePaddingValid)
        return tb_op_fail(context, "padding is %d, expected SAME or VALID", (int)padding);
    if (taps < 1)
        return tb_op_fail(context, "filter %s is %d, expected at least 1", axis, taps);
    if (stride < 1)
        return tb_op_fail(context, "stride along %s is %d, expected at least 1", axis, stride);
    if (dilation < 1)
        return tb_op_fail(context, "dilation along %s is %d, expected at least 1", axis, dilation);
    int64_t reach = (int64_t)(taps - 1) * dilation + 1;
    int64_t output = padding == kTfLitePaddingSame ? ((int64_t)input + stride - 1) / stride
                                                   : ((int64_t)input + stride - reach) / stride;
    if (output < 0)
        return tb_op_fail(context,
                          "filter reaches over %lld along %s, input has %d: no window fits",
                          (long long)reach, axis, input);
    int64_t padded = (output - 1) * stride + reach - input;
    padded = padded > 0 ? padded : 0;
    if (output > INT32_MAX || padded / 2 > INT32_MAX)
        return tb_op_fail(context, "%s needs %lld elements of padding: too many", axis,
                          (long long)padded);
    *out = (tb_window){
        .input = input,
        .taps = taps,
        .stride = stride,
        .dilation = dilation,
        .output = (int)output,
        .pad = (int)(padded / 2),
        .pad_more = (int)(padded % 2),
    };
    return kTfLiteOk;
}
