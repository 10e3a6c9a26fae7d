/* GATHER and CAST: what comes between embeddings, indices and numbers. */
#include "delegates/cpu/op_rows.h"

#include <string.h>

#include "runtime/ops/cast_direct.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { CHUNK = 8192 };

/* ---- GATHER ---------------------------------------------------------------------------------------- */

typedef struct gather_step {
    tb_cpu_step base;
    int in, positions, out;
    size_t outer, length, count; /* slices of a batch, along the axis, taken of each */
    size_t run_bytes;
    bool wide; /* positions of 64 bits */
    tb_cast_fn cast;
} gather_step;

typedef struct gather_run {
    const gather_step *step;
    const tb_run *run;
} gather_run;

static int64_t position_at(const gather_step *s, const char *positions, size_t i)
{
    return s->wide ? ((const int64_t *)(const void *)positions)[i]
                   : ((const int32_t *)(const void *)positions)[i];
}

/* Task k: run k of the output. */
static void run_gather_range(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const gather_run *r = context;
    const gather_step *s = r->step;
    const char *in = tb_run_view(r->run, s->in)->data;
    const char *positions = tb_run_view(r->run, s->positions)->data;
    char *out = tb_run_view(r->run, s->out)->data;
    for (size_t k = begin; k < end; k++) {
        const size_t slice = k / s->count, batch = slice / s->outer;
        const size_t at = (size_t)position_at(s, positions, batch * s->count + k % s->count);
        memcpy(out + k * s->run_bytes, in + (slice * s->length + at) * s->run_bytes, s->run_bytes);
    }
}

static void run_gather(const tb_cpu_step *step, const tb_run *run)
{
    gather_run r = {(const gather_step *)(const void *)step, run};
    const gather_step *s = r.step;
    const tb_value *positions = &run->plan->values[s->positions];
    for (size_t i = 0; i < positions->elements; i++) {
        const int64_t at = position_at(s, positions->view.data, i);
        if (at < 0 || (uint64_t)at >= s->length) {
            *run->fault = "a position is outside the axis";
            return;
        }
    }
    tb_run_parallel(run, run->plan->values[s->out].bytes / s->run_bytes,
                    2 * CHUNK / s->run_bytes + 1, run_gather_range, &r);
}

/* Where the axis is and how many dimensions are batches; false where they make no sense. */
static bool find_axis(const TfLiteGatherParams *params, int rank, int position_rank, int *axis,
                      int *batches)
{
    *axis = params->axis + (params->axis < 0 ? rank : 0);
    *batches = params->batch_dims + (params->batch_dims < 0 ? position_rank : 0);
    return *axis >= 0 && *axis < rank && *batches >= 0 && *batches <= *axis &&
           *batches <= position_rank;
}

static bool takes_gather(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *positions = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    int axis, batches;
    if (!input || !positions || !output || input->type != output->type ||
        !tb_cpu_is_plain(input->type) ||
        (positions->type != kTfLiteInt32 && positions->type != kTfLiteInt64))
        return tb_query_no(query, "not done for %s",
                           input ? TfLiteTypeGetName(input->type) : "nothing");
    if (!tb_query_rank(query, input, "input", 1, TB_CPU_MAX_RANK) ||
        !tb_query_rank(query, positions, "positions", 0, TB_CPU_MAX_RANK) ||
        !tb_query_rank(query, output, "output", 0, TB_CPU_MAX_RANK))
        return false;
    if (!find_axis(query->node->builtin_data, input->dims->size, positions->dims->size, &axis,
                   &batches))
        return tb_query_no(query, "the axis is outside the input");
    size_t shared = 1;
    for (int d = 0; d < batches; d++) {
        if (input->dims->data[d] != positions->dims->data[d])
            return tb_query_no(query, "batches differ");
        shared *= (size_t)input->dims->data[d];
    }
    return tb_query_elements(output) == tb_query_elements(input) / (size_t)input->dims->data[axis] *
                                            (tb_query_elements(positions) / shared) ||
           tb_query_no(query, "input and output do not fit");
}

static tb_status lower_gather(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const tb_value *in = &plan->values[op->in[0]], *positions = &plan->values[op->in[1]];
    gather_step *s = tb_step_new(plan, op, sizeof *s, "gather", NULL, run_gather);
    int axis, batches;
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    if (!find_axis(op->params, in->rank, positions->rank, &axis, &batches))
        return tb_fail(err, TB_UNSUPPORTED, "the axis of GATHER is outside the input");
    s->in = op->in[0];
    s->positions = op->in[1];
    s->out = op->out;
    s->outer = s->count = 1;
    s->run_bytes = in->element_bytes;
    for (int d = batches; d < axis; d++)
        s->outer *= (size_t)in->dims[d];
    for (int d = batches; d < positions->rank; d++)
        s->count *= (size_t)positions->dims[d];
    for (int d = axis + 1; d < in->rank; d++)
        s->run_bytes *= (size_t)in->dims[d];
    s->length = (size_t)in->dims[axis];
    s->wide = positions->type == kTfLiteInt64;
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_gather = {.takes = takes_gather, .lower = lower_gather};

/* ---- CAST ------------------------------------------------------------------------------------------ */

static void run_cast_range(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const gather_run *r = context;
    const tb_value *in = &r->run->plan->values[r->step->in];
    const tb_value *out = &r->run->plan->values[r->step->out];
    r->step->cast(in->view.data + begin * in->element_bytes,
                  out->view.data + begin * out->element_bytes, end - begin);
}

static void run_cast(const tb_cpu_step *step, const tb_run *run)
{
    gather_run r = {(const gather_step *)(const void *)step, run};
    tb_run_parallel(run, run->plan->values[r.step->out].elements, CHUNK, run_cast_range, &r);
}

static bool takes_cast(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!input || !output || !tb_cast_direct(input->type, output->type))
        return tb_query_no(query, "from %s to %s", input ? TfLiteTypeGetName(input->type) : "none",
                           output ? TfLiteTypeGetName(output->type) : "none");
    return tb_query_rank(query, input, "input", 0, TB_CPU_MAX_RANK) &&
           (tb_query_elements(input) == tb_query_elements(output) ||
            tb_query_no(query, "input and output differ in shape"));
}

static tb_status lower_cast(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    gather_step *s = tb_step_new(plan, op, sizeof *s, "cast", NULL, run_cast);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    s->cast = tb_cast_direct(plan->values[s->in].type, plan->values[s->out].type);
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_cast = {.takes = takes_cast, .lower = lower_cast};
