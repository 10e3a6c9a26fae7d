/* Parts of complex numbers: REAL, IMAG, COMPLEX_ABS. */
#include <math.h>

#include "runtime/ops/common.h"

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteComplex64) | TB_TYPE_BIT(kTfLiteComplex128)));
    TfLiteType part = input->type == kTfLiteComplex64 ? kTfLiteFloat32 : kTfLiteFloat64;
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(part)));
    return tb_op_resize_like(context, output, input);
}

typedef double (*part_of)(double real, double imaginary);

static double real_part(double real, double imaginary)
{
    (void)imaginary;
    return real;
}

static double imaginary_part(double real, double imaginary)
{
    (void)real;
    return imaginary;
}

/* Floats are exact as doubles, and what is taken of them is rounded once. */
static TfLiteStatus take(TfLiteContext *context, TfLiteNode *node, part_of part)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    const size_t count = tb_count(input);
    if (input->type == kTfLiteComplex64) {
        const float *in = input->data.f;
        for (size_t i = 0; i < count; i++)
            output->data.f[i] = (float)part((double)in[2 * i], (double)in[2 * i + 1]);
        return kTfLiteOk;
    }
    const double *in = input->data.f64;
    for (size_t i = 0; i < count; i++)
        output->data.f64[i] = part(in[2 * i], in[2 * i + 1]);
    return kTfLiteOk;
}

static TfLiteStatus invoke_real(TfLiteContext *context, TfLiteNode *node)
{
    return take(context, node, real_part);
}

static TfLiteStatus invoke_imag(TfLiteContext *context, TfLiteNode *node)
{
    return take(context, node, imaginary_part);
}

static TfLiteStatus invoke_abs(TfLiteContext *context, TfLiteNode *node)
{
    return take(context, node, hypot);
}

const TfLiteRegistration tb_op_real = {.prepare = prepare, .invoke = invoke_real};
const TfLiteRegistration tb_op_imag = {.prepare = prepare, .invoke = invoke_imag};
const TfLiteRegistration tb_op_complex_abs = {.prepare = prepare, .invoke = invoke_abs};
