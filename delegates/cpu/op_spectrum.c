/* RFFT2D of single rows, in double precision like the portable kernel and with its bits; COMPLEX_ABS
   of its frequencies. */
#include <stdlib.h>
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/pack.h"
#include "runtime/base/size.h"
#include "runtime/ops/fft.h"

enum { MOST_COUNT = 65536, CHUNK = 4096 };

typedef struct spectrum_step {
    tb_cpu_step base;
    int in, out;
    tb_fft_plan plan;
    size_t given, in_step, lanes;
    tb_rfft_fn rfft;
    tb_f32_complex_abs_fn abs;
} spectrum_step;

typedef struct spectrum_run {
    const spectrum_step *step;
    const tb_run *run;
} spectrum_run;

/* ---- RFFT2D ---------------------------------------------------------------------------------------- */

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    const spectrum_run *r = context;
    const spectrum_step *s = r->step;
    const size_t frequencies = s->plan.count / 2 + 1;
    const float *in = (const float *)(const void *)tb_run_view(r->run, s->in)->data;
    float *out = (float *)(void *)tb_run_view(r->run, s->out)->data;
    const tb_rfft job = {.plan = &s->plan,
                         .given = s->given,
                         .rows = end - begin,
                         .in = in + begin * s->in_step,
                         .in_step = s->in_step,
                         .out = out + 2 * begin * frequencies,
                         .out_step = frequencies,
                         .work = (double *)(void *)tb_run_scratch(r->run, thread)};
    s->rfft(&job);
}

static void run_rfft(const tb_cpu_step *step, const tb_run *run)
{
    spectrum_run r = {(const spectrum_step *)(const void *)step, run};
    const size_t rows = run->plan->values[r.step->out].elements / (r.step->plan.count / 2 + 1);
    const size_t groups = CHUNK / (r.step->plan.count * r.step->lanes) + 1;
    tb_run_parallel(run, rows, groups * r.step->lanes, run_rows, &r);
}

static bool takes_rfft2d(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *lengths = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    if (!input || !lengths || !output || input->type != kTfLiteFloat32 ||
        output->type != kTfLiteComplex64 || lengths->type != kTfLiteInt32 ||
        tb_query_elements(lengths) != 2 || !tb_query_is_known(query, lengths))
        return tb_query_no(query, "the lengths are computed, not a constant");
    const int count = lengths->data.i32[1];
    if (lengths->data.i32[0] != 1 || count < 1 || (count & (count - 1)) != 0 || count > MOST_COUNT)
        return tb_query_no(query, "of %d by %d, not of single rows", lengths->data.i32[0], count);
    if (!tb_query_rank(query, input, "input", 2, TB_CPU_MAX_RANK) ||
        !tb_query_rank(query, output, "output", 2, TB_CPU_MAX_RANK))
        return false;
    const size_t row = (size_t)input->dims->data[input->dims->size - 2] *
                       (size_t)input->dims->data[input->dims->size - 1];
    return tb_query_elements(output) == tb_query_elements(input) / row * ((size_t)count / 2 + 1) ||
           tb_query_no(query, "input and output differ in their batches");
}

/* The tables do not depend on shapes, nor on the model. */
static tb_status find_tables(tb_plan *plan, size_t count, tb_error *err, tb_fft_plan *out)
{
    struct {
        uint32_t kind, count;
    } key = {0xF47u, (uint32_t)count};
    size_t bytes;
    const void *tables = tb_packs_find(plan->packs, &key, sizeof key);
    if (!tables && tb_fft_plan_bytes(count, &bytes)) {
        void *made;
        tb_status status = tb_packs_alloc(plan->packs, bytes, err, &made);
        if (status != TB_OK)
            return tb_in(err, "the tables of a transform");
        tb_fft_plan_fill(count, made, out);
        tables = tb_packs_publish(plan->packs, &key, sizeof key, made);
    }
    if (!tables)
        return tb_fail(err, TB_NO_MEMORY, "keeping the tables of a transform");
    *out = tb_fft_plan_of(count, tables);
    return TB_OK;
}

static tb_status lower_rfft2d(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const tb_value *in = &plan->values[op->in[0]];
    spectrum_step *s =
        tb_step_new(plan, op, sizeof *s, "rfft2d", plan->kernels->f64_rfft.name, run_rfft);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    const int32_t *lengths = plan->values[op->in[1]].constant;
    const size_t width = (size_t)in->dims[in->rank - 1], count = (size_t)lengths[1];
    s->in = op->in[0];
    s->out = op->out;
    s->rfft = plan->kernels->f64_rfft.fn;
    s->lanes = plan->kernels->f64_rfft.nr;
    s->given = width < count ? width : count;
    s->in_step = width * (size_t)in->dims[in->rank - 2];
    s->base.scratch_bytes = TB_RFFT_WORK(count, s->lanes) * sizeof(double);
    return find_tables(plan, count, err, &s->plan);
}

const tb_cpu_op_row tb_cpu_op_rfft2d = {.takes = takes_rfft2d, .lower = lower_rfft2d};

/* ---- COMPLEX_ABS ----------------------------------------------------------------------------------- */

static void run_chunk(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const spectrum_run *r = context;
    const float *in = (const float *)(const void *)tb_run_view(r->run, r->step->in)->data;
    float *out = (float *)(void *)tb_run_view(r->run, r->step->out)->data;
    r->step->abs(end - begin, in + 2 * begin, out + begin);
}

static void run_abs(const tb_cpu_step *step, const tb_run *run)
{
    spectrum_run r = {(const spectrum_step *)(const void *)step, run};
    tb_run_parallel(run, run->plan->values[r.step->out].elements, CHUNK, run_chunk, &r);
}

static bool takes_complex_abs(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!input || !output || input->type != kTfLiteComplex64 || output->type != kTfLiteFloat32)
        return tb_query_no(query, "not done for %s",
                           input ? TfLiteTypeGetName(input->type) : "nothing");
    return tb_query_rank(query, input, "input", 0, TB_CPU_MAX_RANK) &&
           (tb_query_elements(input) == tb_query_elements(output) ||
            tb_query_no(query, "input and output differ in shape"));
}

static tb_status lower_complex_abs(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    spectrum_step *s = tb_step_new(plan, op, sizeof *s, "complex_abs",
                                   plan->kernels->f32_complex_abs.name, run_abs);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    s->abs = plan->kernels->f32_complex_abs.fn;
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_complex_abs = {.takes = takes_complex_abs,
                                             .lower = lower_complex_abs};
