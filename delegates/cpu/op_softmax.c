/*
 * SOFTMAX of 8-bit values, as the portable kernel computes it in fixed point: an exponential depends
 * on the difference to the row's maximum alone, of which there are 256.
 */
#include "delegates/cpu/ops.h"
#include "delegates/cpu/table.h"
#include "runtime/fixed_point.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { SUM_BITS = TB_SOFTMAX_SUM_BITS, TASK_ELEMENTS = 2048 };

typedef struct softmax_step {
    tb_cpu_step base;
    int in, out;
    size_t depth;
    uint8_t flip;
    int32_t out_min;
    int32_t e[256];     /* of the negated difference, in Q0; 0 where it is too large to count */
    int32_t share[256]; /* the same as it goes into the sum */
} softmax_step;

typedef struct softmax_run {
    const softmax_step *step;
    const tb_run *run;
} softmax_run;

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const softmax_run *r = context;
    const softmax_step *s = r->step;
    const size_t depth = s->depth;
    const uint8_t flip = s->flip;
    const uint8_t *in = (const uint8_t *)tb_run_view(r->run, s->in)->data + begin * depth;
    uint8_t *out = (uint8_t *)tb_run_view(r->run, s->out)->data + begin * depth;
    for (size_t row = begin; row < end; row++, in += depth, out += depth) {
        uint8_t max = 0;
        for (size_t i = 0; i < depth; i++) {
            const uint8_t x = in[i] ^ flip;
            max = x > max ? x : max;
        }
        uint32_t sum = 0;
        for (size_t i = 0; i < depth; i++)
            sum += (uint32_t)s->share[(uint8_t)(max - (in[i] ^ flip))];
        int bits_over_unit;
        const int32_t scale = tb_fx_reciprocal((int32_t)sum, SUM_BITS, &bits_over_unit);
        const int exponent = tb_clamp(bits_over_unit + 31 - 8, 0, 31);
        for (size_t i = 0; i < depth; i++) {
            const int32_t e = s->e[(uint8_t)(max - (in[i] ^ flip))];
            const int32_t value = tb_rounding_shift(tb_high_mul(scale, e), exponent);
            out[i] =
                (uint8_t)(tb_clamp(tb_wrap_add(value, s->out_min), s->out_min, s->out_min + 255) &
                          0xFF);
        }
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    softmax_run r = {(const softmax_step *)(const void *)step, run};
    const size_t depth = r.step->depth;
    tb_run_parallel(run, run->plan->values[r.step->out].elements / depth, TASK_ELEMENTS / depth + 1,
                    run_rows, &r);
}

tb_status tb_lower_q8_softmax(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const tb_value *in = &plan->values[op->in[0]];
    const float beta = ((const TfLiteSoftmaxParams *)op->params)->beta;
    softmax_step *s = tb_step_new(plan, op, sizeof *s, "softmax", NULL, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    s->depth = (size_t)in->dims[in->rank - 1];
    s->flip = in->type == kTfLiteInt8 ? 0x80 : 0;
    s->out_min = in->type == kTfLiteInt8 ? INT8_MIN : 0;
    if (!tb_table_softmax(in->scale, beta, s->e, s->share))
        return tb_fail(err, TB_UNSUPPORTED, "beta is %g, input scale %g", (double)beta,
                       (double)in->scale);
    return TB_OK;
}
