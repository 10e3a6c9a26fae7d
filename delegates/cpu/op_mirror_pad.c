/* MIRROR_PAD. */
#include "delegates/cpu/op_rows.h"
#include "runtime/ops/mirror.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { TASK_BYTES = 16384 };

typedef struct mirror_step {
    tb_cpu_step base;
    int in, out;
    tb_mirror mirror;
} mirror_step;

typedef struct mirror_run {
    const mirror_step *step;
    const tb_run *run;
} mirror_run;

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const mirror_run *r = context;
    tb_mirror_rows(&r->step->mirror, tb_run_view(r->run, r->step->in)->data,
                   tb_run_view(r->run, r->step->out)->data, begin, end);
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    mirror_run r = {(const mirror_step *)(const void *)step, run};
    const tb_mirror *m = &r.step->mirror;
    tb_run_parallel(run, m->rows, TASK_BYTES / m->row_bytes + 1, run_rows, &r);
}

static int64_t border(const TfLiteTensor *pads, const void *data, int i)
{
    return pads->type == kTfLiteInt32 ? ((const int32_t *)data)[i] : ((const int64_t *)data)[i];
}

static bool takes_mirror_pad(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *pads = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    const TfLiteMirrorPaddingParams *params = query->node->builtin_data;
    if (!input || !pads || !output || input->type != output->type || !tb_cpu_is_plain(input->type))
        return tb_query_no(query, "not done for %s",
                           input ? TfLiteTypeGetName(input->type) : "nothing");
    if (!tb_query_rank(query, input, "input", 1, TB_CPU_MAX_RANK))
        return false;
    const int rank = input->dims->size;
    if ((pads->type != kTfLiteInt32 && pads->type != kTfLiteInt64) ||
        !tb_query_is_known(query, pads) || tb_query_elements(pads) != 2 * (size_t)rank ||
        output->dims->size != rank)
        return tb_query_no(query, "the border is computed, not a constant");
    const int edge = params->mode == kTfLiteMirrorPaddingReflect;
    for (int d = 0; d < rank; d++) {
        const int64_t before = border(pads, pads->data.raw_const, 2 * d);
        const int64_t after = border(pads, pads->data.raw_const, 2 * d + 1);
        const int64_t dim = input->dims->data[d], most = dim - edge;
        if (before < 0 || after < 0 || before > most || after > most ||
            dim + before + after != output->dims->data[d])
            return tb_query_no(query, "the border does not give the output's shape");
    }
    return true;
}

static tb_status lower_mirror_pad(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    mirror_step *s = tb_step_new(plan, op, sizeof *s, "mirror_pad", NULL, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    const tb_value *in = &plan->values[op->in[0]], *pads = &plan->values[op->in[1]];
    const TfLiteTensor *tensor = &plan->context->tensors[pads->tensor];
    const TfLiteMirrorPaddingParams *params = op->params;
    s->in = op->in[0];
    s->out = op->out;
    tb_mirror *m = &s->mirror;
    m->rank = in->rank;
    m->edge = params->mode == kTfLiteMirrorPaddingReflect;
    m->element_bytes = in->element_bytes;
    for (int d = 0; d < in->rank; d++) {
        m->dims[d] = (size_t)in->dims[d];
        m->before[d] = (size_t)border(tensor, pads->constant, 2 * d);
        m->after[d] = (size_t)border(tensor, pads->constant, 2 * d + 1);
    }
    tb_mirror_plan(m);
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_mirror_pad = {.takes = takes_mirror_pad, .lower = lower_mirror_pad};
