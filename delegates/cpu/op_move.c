/* Operators that only move bytes: PAD, CONCATENATION, PACK, RESHAPE and its like. */
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/table.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"

/* ---- RESHAPE, SQUEEZE, EXPAND_DIMS ------------------------------------------------------------------ */

typedef struct copy_step {
    tb_cpu_step base;
    int in, out;
} copy_step;

static void run_copy(const tb_cpu_step *step, const tb_run *run)
{
    const copy_step *s = (const copy_step *)(const void *)step;
    const tb_value *out = &run->plan->values[s->out];
    memmove(out->view.data, tb_run_view(run, s->in)->data, out->bytes);
}

static bool takes_reshape(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!input || !output || input->type != output->type || !tb_cpu_is_plain(input->type))
        return tb_query_no(query, "from %s to %s", input ? TfLiteTypeGetName(input->type) : "none",
                           output ? TfLiteTypeGetName(output->type) : "none");
    if (!tb_query_rank(query, input, "input", 0, TB_CPU_MAX_RANK) ||
        !tb_query_rank(query, output, "output", 0, TB_CPU_MAX_RANK))
        return false;
    if (tb_query_elements(input) != tb_query_elements(output))
        return tb_query_no(query, "input and output differ in size");
    for (int i = 1; i < query->node->inputs->size; i++)
        if (tb_query_input(query, i) && !tb_query_is_known(query, tb_query_input(query, i)))
            return tb_query_no(query, "the shape is computed, not a constant");
    return true;
}

static bool alias_reshape(const tb_plan *plan, const tb_cpu_op *op, int *in, size_t *offset)
{
    (void)plan;
    *in = op->in[0];
    *offset = 0;
    return true;
}

static tb_status lower_reshape(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    if (tb_plan_is_alias(plan, op->out, op->in[0]))
        return TB_OK; /* nothing to do: the bytes are there */
    copy_step *s = tb_step_new(plan, op, sizeof *s, "copy", NULL, run_copy);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    return TB_OK;
}

#define DEFINE_RESHAPE(name)                 \
    const tb_cpu_op_row tb_cpu_op_##name = { \
        .takes = takes_reshape, .lower = lower_reshape, .alias = alias_reshape};

DEFINE_RESHAPE(reshape)
DEFINE_RESHAPE(squeeze)
DEFINE_RESHAPE(expand_dims)

/* ---- PAD ------------------------------------------------------------------------------------------- */

typedef struct pad_step {
    tb_cpu_step base;
    int in, out;
    int32_t before[TB_CPU_MAX_RANK];
    uint8_t fill;
} pad_step;

typedef struct move_run {
    const tb_cpu_step *step;
    const tb_run *run;
} move_run;

/* Rows of the output's innermost dimension. */
static void pad_rows(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const move_run *r = context;
    const pad_step *s = (const pad_step *)(const void *)r->step;
    const tb_value *in = &r->run->plan->values[s->in], *out = &r->run->plan->values[s->out];
    const int inner = out->rank - 1;
    const size_t element = out->element_bytes;
    const size_t n = (size_t)out->dims[inner], from = (size_t)in->dims[inner];
    const size_t before = (size_t)s->before[inner];
    for (size_t row = begin; row < end; row++) {
        char *to = out->view.data + row * n * element;
        size_t rest = row, source = 0, stride = 1;
        bool inside = true;
        for (int axis = inner - 1; axis >= 0; axis--) {
            int32_t at = (int32_t)(rest % (size_t)out->dims[axis]) - s->before[axis];
            rest /= (size_t)out->dims[axis];
            inside = inside && at >= 0 && at < in->dims[axis];
            source += inside ? (size_t)at * stride : 0;
            stride *= (size_t)in->dims[axis];
        }
        if (!inside) {
            memset(to, s->fill, n * element);
            continue;
        }
        memset(to, s->fill, before * element);
        memcpy(to + before * element, in->view.data + source * from * element, from * element);
        memset(to + (before + from) * element, s->fill, (n - before - from) * element);
    }
}

static void run_pad(const tb_cpu_step *step, const tb_run *run)
{
    const pad_step *s = (const pad_step *)(const void *)step;
    const tb_value *out = &run->plan->values[s->out];
    const size_t inner = (size_t)out->dims[out->rank - 1];
    move_run r = {step, run};
    tb_run_parallel(run, out->elements / inner, 4096 / inner + 1, pad_rows, &r);
}

static bool takes_pad(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *pads = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    if (!tb_query_same_type(query, input, output) ||
        !tb_query_rank(query, input, "input", 1, TB_CPU_MAX_RANK))
        return false;
    const int rank = input->dims->size;
    if (!pads || !tb_query_is_known(query, pads) || pads->type != kTfLiteInt32 ||
        tb_query_elements(pads) != 2 * (size_t)rank || output->dims->size != rank)
        return tb_query_no(query, "the padding is not a constant of INT32");
    if (input->type != kTfLiteFloat32 && (input->params.scale != output->params.scale ||
                                          input->params.zero_point != output->params.zero_point))
        return tb_query_no(query, "input and output are quantised differently");
    for (int i = 0; i < rank; i++) {
        const int64_t before = pads->data.i32[2 * i], after = pads->data.i32[2 * i + 1];
        if (before < 0 || after < 0 ||
            input->dims->data[i] + before + after != output->dims->data[i])
            return tb_query_no(query, "the padding does not give the output's shape");
    }
    return true;
}

static tb_status lower_pad(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    pad_step *s = tb_step_new(plan, op, sizeof *s, "pad", NULL, run_pad);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    const int32_t *pads = plan->values[op->in[1]].constant;
    for (int i = 0; i < plan->values[s->out].rank; i++)
        s->before[i] = pads[2 * i];
    if (tb_type_is_q8(plan->values[s->out].type))
        s->fill = tb_value_fill_byte(&plan->values[s->out]);
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_pad = {
    .traits = TB_OP_IS_PAD, .takes = takes_pad, .lower = lower_pad};

/* ---- CONCATENATION --------------------------------------------------------------------------------- */

typedef struct concatenation_step {
    tb_cpu_step base;
    const int *in;
    int in_count;
    int out;
    size_t outer;           /* pieces of each input */
    size_t *piece_bytes;    /* of an input */
    bool *in_place;         /* inputs that were written where they belong */
    size_t out_bytes;       /* from one piece of the output to the next */
    const uint8_t **tables; /* of inputs of another scale than the output; NULL: of no input */
    tb_q8_lut_fn lut;
} concatenation_step;

static void concatenate(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const move_run *r = context;
    const concatenation_step *s = (const concatenation_step *)(const void *)r->step;
    char *out = tb_run_view(r->run, s->out)->data;
    size_t offset = 0;
    for (int i = 0; i < s->in_count; i++) {
        if (s->in_place[i]) {
            offset += s->piece_bytes[i];
            continue;
        }
        const char *in = tb_run_view(r->run, s->in[i])->data;
        const size_t bytes = s->piece_bytes[i];
        const uint8_t *table = s->tables ? s->tables[i] : NULL;
        for (size_t piece = begin; piece < end && table; piece++)
            s->lut(bytes, (const uint8_t *)in + piece * bytes, table,
                   (uint8_t *)out + piece * s->out_bytes + offset);
        for (size_t piece = begin; piece < end && !table; piece++)
            memcpy(out + piece * s->out_bytes + offset, in + piece * bytes, bytes);
        offset += bytes;
    }
}

static void run_concatenation(const tb_cpu_step *step, const tb_run *run)
{
    const concatenation_step *s = (const concatenation_step *)(const void *)step;
    move_run r = {step, run};
    tb_run_parallel(run, s->outer, 16384 / (s->out_bytes + 1) + 1, concatenate, &r);
}

static bool same_scale(const TfLiteTensor *a, const TfLiteTensor *b)
{
    return a->params.scale == b->params.scale && a->params.zero_point == b->params.zero_point;
}

/* Types of the inputs are the output's, and so are scales; of uint8, they may differ where
   `rescales`. */
static bool joins_alike(tb_cpu_query *query, const TfLiteTensor *output, bool rescales)
{
    if (!tb_cpu_is_plain(output->type))
        return tb_query_no(query, "not done for %s", TfLiteTypeGetName(output->type));
    for (int k = 0; k < query->node->inputs->size; k++) {
        const TfLiteTensor *input = tb_query_input(query, k);
        if (!input || input->type != output->type)
            return tb_query_no(query, "input %d is missing or of another type", k);
        if (tb_type_is_q8(input->type) && !same_scale(input, output) &&
            !(rescales && input->type == kTfLiteUInt8 && input->params.scale > 0.0f &&
              output->params.scale > 0.0f))
            return tb_query_no(query, "inputs are quantised differently");
    }
    return true;
}

static bool takes_concatenation(tb_cpu_query *query)
{
    const TfLiteTensor *output = tb_query_output(query, 0);
    const TfLiteConcatenationParams *params = query->node->builtin_data;
    if (!tb_query_rank(query, output, "output", 1, TB_CPU_MAX_RANK) ||
        !joins_alike(query, output, true))
        return false;
    const int axis = params->axis < 0 ? params->axis + output->dims->size : params->axis;
    if (axis < 0 || axis >= output->dims->size)
        return tb_query_no(query, "axis %d of %d dimensions", params->axis, output->dims->size);
    if (params->activation != kTfLiteActNone)
        return tb_query_no(query, "an activation is fused");
    int64_t along = 0;
    for (int k = 0; k < query->node->inputs->size; k++) {
        const TfLiteTensor *input = tb_query_input(query, k);
        if (input->dims->size != output->dims->size)
            return tb_query_no(query, "inputs differ in rank");
        for (int i = 0; i < output->dims->size; i++)
            if (i != axis && input->dims->data[i] != output->dims->data[i])
                return tb_query_no(query, "inputs differ in dimension %d", i);
        along += input->dims->data[axis];
    }
    if (along != output->dims->data[axis])
        return tb_query_no(query, "inputs and output do not fit");
    return true;
}

static size_t pieces_of(const tb_value *out, int axis)
{
    size_t outer = 1;
    for (int i = 0; i < axis; i++)
        outer *= (size_t)out->dims[i];
    return outer;
}

/* Where input k goes, for the plan. */
static bool slice_of(const tb_plan *plan, const tb_cpu_op *op, int axis, int k, size_t *offset,
                     bool *one_run)
{
    const tb_value *in = &plan->values[op->in[k]], *out = &plan->values[op->out];
    const size_t outer = pieces_of(out, axis);
    *one_run = outer == 1;
    *offset = 0;
    for (int i = 0; i < k; i++)
        *offset += plan->values[op->in[i]].bytes / outer;
    return in->type == out->type && (*one_run || axis == out->rank - 1) &&
           (!tb_type_is_q8(in->type) ||
            same_scale(&plan->context->tensors[in->tensor], &plan->context->tensors[out->tensor]));
}

/* Pieces from the inputs in turn. */
static tb_status lower_join(tb_plan *plan, tb_cpu_op *op, int axis, const char *name, tb_error *err)
{
    const tb_value *out = &plan->values[op->out];
    int left = op->in_count; /* to copy */
    bool *in_place = TB_PLAN_NEW(plan, bool, (size_t)op->in_count);
    if (!in_place)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    for (int k = 0; k < op->in_count; k++) {
        const tb_value *in = &plan->values[op->in[k]];
        size_t offset;
        bool one_run;
        in_place[k] = in->home == TB_HOME_ALIAS && in->alias_of == op->out &&
                      slice_of(plan, op, axis, k, &offset, &one_run) && in->alias_offset == offset;
        left -= in_place[k];
    }
    if (left == 0)
        return TB_OK; /* everything is there */
    concatenation_step *s = tb_step_new(plan, op, sizeof *s, name, NULL, run_concatenation);
    size_t *pieces = TB_PLAN_NEW(plan, size_t, (size_t)op->in_count);
    if (!s || !pieces)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in;
    s->in_count = op->in_count;
    s->out = op->out;
    s->piece_bytes = pieces;
    s->in_place = in_place;
    s->outer = pieces_of(out, axis);
    for (int k = 0; k < op->in_count; k++)
        pieces[k] = plan->values[op->in[k]].bytes / s->outer;
    s->out_bytes = out->bytes / s->outer;
    return TB_OK;
}

/* Tables for the inputs that meet another scale. */
static tb_status add_tables(tb_plan *plan, const tb_cpu_op *op, tb_error *err,
                            concatenation_step *s)
{
    const TfLiteTensor *tensors = plan->context->tensors;
    const TfLiteTensor *output = &tensors[plan->values[op->out].tensor];
    for (int k = 0; k < op->in_count && output->type == kTfLiteUInt8; k++) {
        const TfLiteTensor *input = &tensors[plan->values[op->in[k]].tensor];
        if (same_scale(input, output))
            continue;
        if (!s->tables)
            s->tables = TB_PLAN_NEW(plan, const uint8_t *, (size_t)op->in_count);
        uint8_t *table = TB_PLAN_NEW(plan, uint8_t, 256);
        if (!s->tables || !table)
            return tb_fail(err, TB_NO_MEMORY, "planning a step");
        tb_table_concatenation(input, output, NULL, table);
        s->tables[k] = table;
        s->lut = plan->kernels->q8_lut.fn;
        s->base.info.kernel = plan->kernels->q8_lut.name;
    }
    return TB_OK;
}

static int concatenation_axis(const tb_plan *plan, const tb_cpu_op *op)
{
    const int axis = ((const TfLiteConcatenationParams *)op->params)->axis;
    return axis < 0 ? axis + plan->values[op->out].rank : axis;
}

static bool slice_concatenation(const tb_plan *plan, const tb_cpu_op *op, int k, size_t *offset,
                                bool *one_run)
{
    return slice_of(plan, op, concatenation_axis(plan, op), k, offset, one_run);
}

static tb_status lower_concatenation(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    tb_status status = lower_join(plan, op, concatenation_axis(plan, op), "concatenation", err);
    return status == TB_OK && op->step
               ? add_tables(plan, op, err, (concatenation_step *)(void *)op->step)
               : status;
}

const tb_cpu_op_row tb_cpu_op_concatenation = {
    .takes = takes_concatenation, .lower = lower_concatenation, .slice = slice_concatenation};

/* ---- PACK ------------------------------------------------------------------------------------------ */

static bool takes_pack(tb_cpu_query *query)
{
    const TfLiteTensor *output = tb_query_output(query, 0);
    const TfLitePackParams *params = query->node->builtin_data;
    if (!tb_query_rank(query, output, "output", 1, TB_CPU_MAX_RANK) ||
        !joins_alike(query, output, false))
        return false;
    const int rank = output->dims->size, count = query->node->inputs->size;
    const int axis = params->axis < 0 ? params->axis + rank : params->axis;
    if (axis < 0 || axis >= rank || output->dims->data[axis] != count)
        return tb_query_no(query, "axis %d of %d dimensions", params->axis, rank);
    for (int k = 0; k < count; k++)
        if (tb_query_elements(tb_query_input(query, k)) * (size_t)count !=
            tb_query_elements(output))
            return tb_query_no(query, "inputs and output do not fit");
    return true;
}

static int pack_axis(const tb_plan *plan, const tb_cpu_op *op)
{
    const int axis = ((const TfLitePackParams *)op->params)->axis;
    return axis < 0 ? axis + plan->values[op->out].rank : axis;
}

/* Only where the inputs follow each other: a last axis of single values is nothing to write apart. */
static bool slice_pack(const tb_plan *plan, const tb_cpu_op *op, int k, size_t *offset,
                       bool *one_run)
{
    return slice_of(plan, op, pack_axis(plan, op), k, offset, one_run) && *one_run;
}

static tb_status lower_pack(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    return lower_join(plan, op, pack_axis(plan, op), "pack", err);
}

const tb_cpu_op_row tb_cpu_op_pack = {
    .takes = takes_pack, .lower = lower_pack, .slice = slice_pack};
