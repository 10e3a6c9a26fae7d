/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM of floats in its plain form: four gates, no peepholes, projection or
 * normalisation. What the inputs give to the gates is one product over all steps, with the biases;
 * each step adds the product of the state before it.
 */
#include <math.h>
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/pack.h"
#include "delegates/cpu/split.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { INPUT_GATE, FORGET_GATE, CELL_GATE, OUTPUT_GATE, GATES };

/* Positions of the node's inputs. */
enum {
    AT_INPUT = 0,
    AT_WEIGHTS = 1,
    AT_RECURRENT = 5,
    AT_PEEPHOLES = 9,
    AT_BIAS = 12,
    AT_PROJECTION = 16,
    AT_OUTPUT_STATE = 18,
    AT_CELL_STATE = 19,
    PLAIN_INPUTS = 20,
    NORMALISED_INPUTS = 24
};

typedef struct lstm_step {
    tb_cpu_step base;
    int in, out, output_state, cell_state;
    bool time_major;
    size_t times, batches, inputs, cells, panels, panel_columns;
    float cell_clip;
    const char *weights[GATES], *recurrent[GATES];
    size_t weights_panel_bytes, recurrent_panel_bytes;
    tb_f32_gemm_fn gemm;
    tb_f32_unary_fn logistic, tanh;
    tb_f32_binary_fn multiply, add;
    bool alone; /* products with the inputs are too little for a second thread */
} lstm_step;

typedef struct lstm_run {
    const lstm_step *step;
    const tb_run *run;
    float *gates; /* GATES of all rows */
} lstm_run;

/* out[rows][cells] = in[rows][k] * panels, and what `before` has. */
static void product(const lstm_step *s, const char *panels, size_t panel_bytes, const float *in,
                    size_t rows, size_t k, const float *before, float *out)
{
    const char *seg = (const char *)in;
    tb_f32_gemm g = {.seg = &seg,
                     .segs = 1,
                     .k = k,
                     .a_stride = k * sizeof(float),
                     .c_stride = s->cells * sizeof(float),
                     .m = rows,
                     .min = -INFINITY,
                     .max = INFINITY,
                     .min2 = -INFINITY,
                     .max2 = INFINITY,
                     .residual_stride = s->cells * sizeof(float)};
    /* one row takes all panels in a call */
    const size_t most = rows == 1 ? s->cells : s->panel_columns;
    for (size_t first = 0; first < s->cells; first += most) {
        g.b = (const float *)(const void *)(panels + first / s->panel_columns * panel_bytes);
        g.n = s->cells - first < most ? s->cells - first : most;
        g.c = (char *)(out + first);
        g.residual = before ? (const char *)(before + first) : NULL;
        s->gemm(&g);
    }
}

static void from_inputs(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const lstm_run *r = context;
    const lstm_step *s = r->step;
    const float *in = (const float *)(const void *)tb_run_view(r->run, s->in)->data;
    const size_t rows = s->times * s->batches;
    for (size_t gate = begin; gate < end; gate++)
        product(s, s->weights[gate], s->weights_panel_bytes, in, rows, s->inputs, NULL,
                r->gates + gate * rows * s->cells);
}

/* A step of `rows` batches, whose gates and outputs begin at `row` of all rows. */
static void advance(const lstm_run *r, size_t row, size_t rows, float *h, float *c, float *out)
{
    const lstm_step *s = r->step;
    const size_t n = rows * s->cells, all = s->times * s->batches * s->cells;
    float *gate[GATES];
    for (int g = 0; g < GATES; g++) {
        gate[g] = r->gates + (size_t)g * all + row * s->cells;
        product(s, s->recurrent[g], s->recurrent_panel_bytes, h, rows, s->cells, gate[g], gate[g]);
        (g == CELL_GATE ? s->tanh : s->logistic)(n, gate[g], gate[g], 0.0f, 0.0f);
    }
    s->multiply(n, c, 1, gate[FORGET_GATE], 1, c, -INFINITY, INFINITY);
    s->multiply(n, gate[INPUT_GATE], 1, gate[CELL_GATE], 1, gate[CELL_GATE], -INFINITY, INFINITY);
    const float clip = s->cell_clip > 0.0f ? s->cell_clip : INFINITY;
    s->add(n, c, 1, gate[CELL_GATE], 1, c, -clip, clip);
    s->tanh(n, c, gate[CELL_GATE], 0.0f, 0.0f);
    s->multiply(n, gate[OUTPUT_GATE], 1, gate[CELL_GATE], 1, h, -INFINITY, INFINITY);
    memcpy(out + row * s->cells, h, n * sizeof *h);
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const lstm_step *s = (const lstm_step *)(const void *)step;
    lstm_run r = {s, run, (float *)(void *)tb_run_scratch(run, 0)};
    float *h = (float *)(void *)tb_run_view(run, s->output_state)->data;
    float *c = (float *)(void *)tb_run_view(run, s->cell_state)->data;
    float *out = (float *)(void *)tb_run_view(run, s->out)->data;
    tb_run_tasks(run, GATES, s->alone, from_inputs, &r);
    if (s->time_major) {
        for (size_t t = 0; t < s->times; t++)
            advance(&r, t * s->batches, s->batches, h, c, out);
        return;
    }
    for (size_t b = 0; b < s->batches; b++)
        for (size_t t = 0; t < s->times; t++)
            advance(&r, b * s->times + t, 1, h + b * s->cells, c + b * s->cells, out);
}

/* ---- planning -------------------------------------------------------------------------------------- */

static bool has_shape(const TfLiteTensor *tensor, int rank, int first, int second)
{
    return tensor && tensor->type == kTfLiteFloat32 && tensor->dims && tensor->dims->size == rank &&
           tensor->dims->data[0] == first && (rank < 2 || tensor->dims->data[1] == second);
}

static bool takes_tensors(tb_cpu_query *query, int inputs, int batches, int *cells)
{
    const TfLiteTensor *forget = tb_query_input(query, AT_WEIGHTS + FORGET_GATE);
    if (!forget || !tb_query_rank(query, forget, "weights", 2, 2))
        return tb_query_no(query, "the weights of the forget gate are missing");
    *cells = forget->dims->data[0];
    for (int g = 0; g < GATES; g++) {
        const TfLiteTensor *weights = tb_query_input(query, AT_WEIGHTS + g);
        const TfLiteTensor *recurrent = tb_query_input(query, AT_RECURRENT + g);
        const TfLiteTensor *bias = tb_query_input(query, AT_BIAS + g);
        if (!has_shape(weights, 2, *cells, inputs) || !has_shape(recurrent, 2, *cells, *cells) ||
            !has_shape(bias, 1, *cells, 0))
            return tb_query_no(query, "gate %d is not a plain one of floats", g);
        if (!tb_query_is_constant(query, weights) || !tb_query_is_constant(query, recurrent) ||
            !tb_query_is_constant(query, bias) || weights->sparsity || recurrent->sparsity)
            return tb_query_no(query, "weights of gate %d are computed or sparse", g);
    }
    for (int k = AT_OUTPUT_STATE; k <= AT_CELL_STATE; k++) {
        const TfLiteTensor *state = tb_query_input(query, k);
        if (!state || state->type != kTfLiteFloat32 || !state->is_variable ||
            tb_query_elements(state) != (size_t)batches * (size_t)*cells)
            return tb_query_no(query, "state %d is not a variable of the cells", k);
    }
    return true;
}

static bool takes(tb_cpu_query *query)
{
    const TfLiteUnidirectionalSequenceLSTMParams *params = query->node->builtin_data;
    const TfLiteTensor *input = tb_query_input(query, AT_INPUT);
    const TfLiteTensor *output = tb_query_output(query, 0);
    const int count = query->node->inputs->size;
    if (!input || input->type != kTfLiteFloat32 || !output || output->type != kTfLiteFloat32)
        return tb_query_no(query, "not done for %s",
                           input ? TfLiteTypeGetName(input->type) : "none");
    if (count != PLAIN_INPUTS && count != NORMALISED_INPUTS)
        return tb_query_no(query, "has %d inputs", count);
    for (int k = 0; k < count; k++) {
        const bool optional = (k >= AT_PEEPHOLES && k < AT_BIAS) ||
                              (k >= AT_PROJECTION && k < AT_OUTPUT_STATE) || k >= PLAIN_INPUTS;
        if (optional && query->node->inputs->data[k] >= 0)
            return tb_query_no(query, "has peepholes, a projection or normalisation");
    }
    if (params->activation != kTfLiteActTanh || !tb_query_rank(query, input, "input", 3, 3) ||
        !tb_query_rank(query, output, "output", 3, 3))
        return tb_query_no(query, "fused activation %d, or not three dimensions",
                           (int)params->activation);
    int cells = 1;
    const int batches = input->dims->data[params->time_major ? 1 : 0];
    return takes_tensors(query, input->dims->data[2], batches, &cells) &&
           (tb_query_elements(output) / (size_t)cells ==
                tb_query_elements(input) / (size_t)input->dims->data[2] ||
            tb_query_no(query, "the output has not the shape of the steps"));
}

static tb_status pack_gates(tb_plan *plan, const tb_cpu_op *op, tb_error *err, lstm_step *s)
{
    for (int g = 0; g < GATES; g++) {
        tb_pack_gemm p = {.weights = plan->values[op->in[AT_WEIGHTS + g]].constant,
                          .weight_step_k = 1,
                          .weight_step_n = s->inputs,
                          .bias = plan->values[op->in[AT_BIAS + g]].constant,
                          .n = s->cells,
                          .k = s->inputs,
                          .segs = 1,
                          .k_padded = s->inputs,
                          .nr = plan->kernels->f32_gemm.nr,
                          .kr = 1,
                          .vl = plan->kernels->f32_dw.nr};
        const void *packed;
        tb_status status = tb_pack_f32_gemm(plan->packs, &p, err, &packed);
        if (status != TB_OK)
            return status;
        s->weights[g] = packed;
        s->weights_panel_bytes = tb_pack_f32_panel_bytes(&p);
        p.weights = plan->values[op->in[AT_RECURRENT + g]].constant;
        p.bias = NULL;
        p.weight_step_n = p.k = p.k_padded = s->cells;
        status = tb_pack_f32_gemm(plan->packs, &p, err, &packed);
        if (status != TB_OK)
            return status;
        s->recurrent[g] = packed;
        s->recurrent_panel_bytes = tb_pack_f32_panel_bytes(&p);
    }
    return TB_OK;
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteUnidirectionalSequenceLSTMParams *params = op->params;
    const tb_cpu_kernels *kernels = plan->kernels;
    const tb_value *in = &plan->values[op->in[AT_INPUT]];
    lstm_step *s = tb_step_new(plan, op, sizeof *s, "unidirectional_sequence_lstm",
                               kernels->f32_gemm.name, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[AT_INPUT];
    s->out = op->out;
    s->output_state = op->in[AT_OUTPUT_STATE];
    s->cell_state = op->in[AT_CELL_STATE];
    s->time_major = params->time_major;
    s->times = (size_t)in->dims[params->time_major ? 0 : 1];
    s->batches = (size_t)in->dims[params->time_major ? 1 : 0];
    s->inputs = (size_t)in->dims[2];
    s->cells = (size_t)plan->values[op->in[AT_WEIGHTS + FORGET_GATE]].dims[0];
    s->cell_clip = params->cell_clip;
    const double weights = (double)GATES * (double)s->inputs * (double)s->cells;
    const double products = weights * (double)s->times * (double)s->batches;
    s->alone = tb_split_tasks(plan, s->in, tb_split_ns(plan, products, 1, weights * 4)) < 2;
    s->panel_columns = kernels->f32_gemm.nr;
    s->panels = (s->cells + s->panel_columns - 1) / s->panel_columns;
    s->gemm = kernels->f32_gemm.fn;
    s->logistic = kernels->f32_unary[TB_UNARY_LOGISTIC].fn;
    s->tanh = kernels->f32_unary[TB_UNARY_TANH].fn;
    s->multiply = kernels->f32_binary[TB_BINARY_MUL].fn;
    s->add = kernels->f32_binary[TB_BINARY_ADD].fn;
    s->base.scratch_bytes = GATES * s->times * s->batches * s->cells * sizeof(float);
    return pack_gates(plan, op, err, s);
}

const tb_cpu_op_row tb_cpu_op_unidirectional_sequence_lstm = {
    .traits = TB_OP_STATE, .takes = takes, .lower = lower};
