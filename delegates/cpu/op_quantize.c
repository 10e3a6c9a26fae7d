/* QUANTIZE and DEQUANTIZE between floats and 8 bits, and from one 8-bit scale to another; DEQUANTIZE
   and DENSIFY of constants (fold.h). */
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/table.h"
#include "runtime/quant.h"

enum { CHUNK = 8192 };

typedef struct quantize_step {
    tb_cpu_step base;
    int in, out;
    uint32_t flip;
    int32_t zero, min, max;
    float scale;
    tb_q8_quantize_fn quantize;
    tb_q8_dequantize_fn dequantize;
    tb_q8_lut_fn lut;
    uint8_t table[256];
} quantize_step;

typedef struct quantize_run {
    const quantize_step *step;
    const tb_run *run;
} quantize_run;

static void run_chunks(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const quantize_run *r = context;
    const quantize_step *s = r->step;
    const char *in = tb_run_view(r->run, s->in)->data;
    char *out = tb_run_view(r->run, s->out)->data;
    const size_t n = end - begin;
    if (s->quantize)
        s->quantize(n, (const float *)(const void *)in + begin, s->scale, s->zero, s->min, s->max,
                    (uint8_t *)out + begin);
    else if (s->dequantize)
        s->dequantize(n, (const uint8_t *)in + begin, s->flip, s->zero, s->scale,
                      (float *)(void *)out + begin);
    else
        s->lut(n, (const uint8_t *)in + begin, s->table, (uint8_t *)out + begin);
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    quantize_run r = {(const quantize_step *)(const void *)step, run};
    tb_run_parallel(run, run->plan->values[r.step->out].elements, CHUNK, run_chunks, &r);
}

static bool has_scale(const TfLiteTensor *tensor)
{
    return tensor && (tensor->type == kTfLiteInt8 || tensor->type == kTfLiteUInt8) &&
           tensor->params.scale > 0.0f;
}

static bool takes_quantize(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!has_scale(output) || !input || (input->type != kTfLiteFloat32 && !has_scale(input)))
        return tb_query_no(query, "from %s to %s", input ? TfLiteTypeGetName(input->type) : "none",
                           output ? TfLiteTypeGetName(output->type) : "none");
    const TfLiteAffineQuantization *affine = output->quantization.params;
    if (affine && affine->scale && affine->scale->size > 1)
        return tb_query_no(query, "the output has a scale for each channel");
    return tb_query_rank(query, input, "input", 0, TB_CPU_MAX_RANK) &&
           tb_query_elements(input) == tb_query_elements(output);
}

static tb_status lower_quantize(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const tb_value *in = &plan->values[op->in[0]], *out = &plan->values[op->out];
    const bool from_float = in->type == kTfLiteFloat32;
    quantize_step *s =
        tb_step_new(plan, op, sizeof *s, from_float ? "quantize" : "requantize",
                    from_float ? plan->kernels->q8_quantize.name : plan->kernels->q8_lut.name, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    s->min = out->type == kTfLiteInt8 ? INT8_MIN : 0;
    s->max = out->type == kTfLiteInt8 ? INT8_MAX : UINT8_MAX;
    s->zero = out->zero_point;
    s->scale = out->scale;
    if (from_float) {
        s->quantize = plan->kernels->q8_quantize.fn;
        return TB_OK;
    }
    s->lut = plan->kernels->q8_lut.fn;
    const TfLiteTensor *tensors = plan->context->tensors;
    if (!tb_table_requantize(&tensors[in->tensor], &tensors[out->tensor], NULL, s->table))
        return tb_fail(err, TB_UNSUPPORTED, "requantising from scale %g to %g", (double)in->scale,
                       (double)out->scale);
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_quantize = {.takes = takes_quantize, .lower = lower_quantize};

static bool takes_dequantize(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (tb_folds_get(query->folds, query->node->outputs->data[0]))
        return true;
    if (!has_scale(input) || !output || output->type != kTfLiteFloat32)
        return tb_query_no(query, "from %s", input ? TfLiteTypeGetName(input->type) : "none");
    const TfLiteAffineQuantization *affine = input->quantization.params;
    if (affine && affine->scale && affine->scale->size > 1)
        return tb_query_no(query, "the input has a scale for each channel");
    if (tb_query_is_constant(query, input))
        return tb_query_no(query, "the input is a constant");
    return tb_query_rank(query, input, "input", 0, TB_CPU_MAX_RANK) &&
           tb_query_elements(input) == tb_query_elements(output);
}

/* A computed constant that somebody outside the delegate reads too. */
static void run_constant(const tb_cpu_step *step, const tb_run *run)
{
    const quantize_step *s = (const quantize_step *)(const void *)step;
    const tb_value *out = &run->plan->values[s->out];
    memcpy(out->view.data, out->constant, out->bytes);
}

static tb_status lower_constant(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    quantize_step *s = tb_step_new(plan, op, sizeof *s, "constant", NULL, run_constant);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->out = op->out;
    return TB_OK;
}

static tb_status lower_dequantize(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    if (plan->values[op->out].constant)
        return lower_constant(plan, op, err);
    const tb_value *in = &plan->values[op->in[0]];
    quantize_step *s =
        tb_step_new(plan, op, sizeof *s, "dequantize", plan->kernels->q8_dequantize.name, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    s->flip = tb_value_flip(in);
    s->zero = tb_value_unsigned_zero(in);
    s->scale = in->scale;
    s->dequantize = plan->kernels->q8_dequantize.fn;
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_dequantize = {.takes = takes_dequantize, .lower = lower_dequantize};

static bool takes_densify(tb_cpu_query *query)
{
    return tb_folds_get(query->folds, query->node->outputs->data[0]) != NULL ||
           tb_query_no(query, "the input is not a sparse constant of FLOAT32, FLOAT16 or INT8");
}

const tb_cpu_op_row tb_cpu_op_densify = {.takes = takes_densify, .lower = lower_constant};
