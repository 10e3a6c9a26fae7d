/*
 * BATCH_MATMUL of matrices that both change: a task packs a panel or all of the right-hand side as
 * weights are packed, and multiplies the rows of the left-hand side with it. A constant right-hand
 * side of floats is a fully connected layer (gemm.h).
 */
#include <math.h>
#include <string.h>

#include "delegates/cpu/gemm.h"
#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/pack.h"
#include "delegates/cpu/split.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { BATCH_DIMS = TB_CPU_MAX_RANK - 2 };

typedef struct matmul_step {
    tb_cpu_step base;
    int lhs, rhs, out;
    bool quantized, lhs_turned, staged;
    size_t batches, batch[BATCH_DIMS], lhs_stride[BATCH_DIMS], rhs_stride[BATCH_DIMS];
    size_t m, n, k, k_padded, panels, panel_columns;
    size_t groups; /* tasks a product: one, or one a panel */
    bool alone;    /* too little for a second thread */
    size_t element, staged_element;
    size_t stage_offset, sum_offset; /* in scratch, behind the panel */
    tb_pack_gemm pack;               /* all but the weights */
    tb_pack_q8 q;
    tb_f32_gemm_fn f32;
    tb_q8_gemm_fn q8;
    tb_q8_row_sum_fn row_sum;
    int32_t row_sum_factor, zero_point, min, max;
    tb_q8_rescale rescale;
    uint8_t flip;
} matmul_step;

typedef struct matmul_run {
    const matmul_step *step;
    const tb_run *run;
} matmul_run;

/* ---- running --------------------------------------------------------------------------------------- */

/* Where the matrices of product `index` begin, in matrices. */
static void matrices_of(const matmul_step *s, size_t index, size_t *lhs, size_t *rhs)
{
    *lhs = *rhs = 0;
    for (int d = BATCH_DIMS - 1; d >= 0; d--) {
        const size_t at = index % s->batch[d];
        index /= s->batch[d];
        *lhs += at * s->lhs_stride[d];
        *rhs += at * s->rhs_stride[d];
    }
}

/* Rows of lhs as the kernel wants them: turned, widened, filled up to whole groups. */
static void stage(const matmul_step *s, const char *lhs, char *to)
{
    const size_t row_step = s->lhs_turned ? 1 : s->k, step = s->lhs_turned ? s->m : 1;
    if (!s->quantized) {
        const float *from = (const float *)(const void *)lhs;
        float *out = (float *)(void *)to;
        for (size_t i = 0; i < s->m; i++, out += s->k_padded)
            for (size_t k = 0; k < s->k; k++)
                out[k] = from[i * row_step + k * step];
        return;
    }
    const uint8_t *from = (const uint8_t *)lhs;
    for (size_t i = 0; i < s->m; i++) {
        uint8_t *bytes = (uint8_t *)to + i * s->k_padded * s->staged_element;
        uint16_t *wide = (uint16_t *)(void *)bytes;
        memset(bytes, 0, s->k_padded * s->staged_element);
        for (size_t k = 0; k < s->k; k++) {
            const uint8_t x = from[i * row_step + k * step];
            if (s->staged_element == 2)
                wide[k] = (uint8_t)(x ^ s->flip);
            else
                bytes[k] = x;
        }
    }
}

static void multiply(const matmul_step *s, const tb_pack_gemm *p, const char *lhs,
                     size_t first_panel, size_t end_panel, char *scratch, char *out)
{
    const char *rows = lhs;
    if (s->staged) {
        stage(s, lhs, scratch + s->stage_offset);
        rows = scratch + s->stage_offset;
    }
    int32_t *sums = (int32_t *)(void *)(scratch + s->sum_offset);
    tb_q8_gemm q = {.seg = &rows,
                    .segs = 1,
                    .k = s->k,
                    .a_stride = s->k_padded * s->staged_element,
                    .flip = s->flip * 0x01010101u,
                    .b = scratch,
                    .c_stride = s->n * s->element,
                    .m = s->m,
                    .zero_point = s->zero_point,
                    .min = s->min,
                    .max = s->max,
                    .rescale = s->rescale};
    if (s->row_sum) {
        s->row_sum(&q, s->row_sum_factor, sums);
        q.row_sum = sums;
    }
    q.k = s->k_padded;
    tb_f32_gemm f = {.seg = &rows,
                     .segs = 1,
                     .k = s->k,
                     .a_stride = s->k_padded * sizeof(float),
                     .b = (const float *)(const void *)scratch,
                     .c_stride = s->n * sizeof(float),
                     .m = s->m,
                     .min = -INFINITY,
                     .max = INFINITY,
                     .min2 = -INFINITY,
                     .max2 = INFINITY};
    for (size_t panel = first_panel; panel < end_panel; panel++) {
        const size_t column = panel * s->panel_columns, left = s->n - column;
        const size_t columns = left < s->panel_columns ? left : s->panel_columns;
        if (s->quantized) {
            if (columns < s->panel_columns || s->k_padded != s->k)
                memset(scratch, 0, tb_pack_q8_panel_bytes(p));
            tb_pack_q8_panel(p, &s->q, panel, scratch);
            q.n = columns;
            q.c = out + column;
            s->q8(&q);
        } else {
            tb_pack_f32_panel(p, panel, scratch);
            f.n = columns;
            f.c = out + column * sizeof(float);
            s->f32(&f);
        }
    }
}

static void run_tasks(void *context, size_t begin, size_t end, int thread)
{
    const matmul_run *r = context;
    const matmul_step *s = r->step;
    for (size_t task = begin; task < end; task++) {
        const size_t product = task / s->groups, group = task % s->groups;
        size_t lhs, rhs;
        matrices_of(s, product, &lhs, &rhs);
        tb_pack_gemm p = s->pack;
        p.weights = tb_run_view(r->run, s->rhs)->data + rhs * s->k * s->n * s->element;
        multiply(s, &p, tb_run_view(r->run, s->lhs)->data + lhs * s->m * s->k * s->element,
                 s->panels * group / s->groups, s->panels * (group + 1) / s->groups,
                 tb_run_scratch(r->run, thread),
                 tb_run_view(r->run, s->out)->data + product * s->m * s->n * s->element);
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    matmul_run r = {(const matmul_step *)(const void *)step, run};
    tb_run_tasks(run, r.step->batches * r.step->groups, r.step->alone, run_tasks, &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

static bool takes(tb_cpu_query *query)
{
    const TfLiteTensor *lhs = tb_query_input(query, 0), *rhs = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    const TfLiteBatchMatMulParams *params = query->node->builtin_data;
    if (!tb_query_same_type(query, lhs, output) || !tb_query_same_type(query, rhs, output) ||
        !tb_query_rank(query, lhs, "lhs", 2, TB_CPU_MAX_RANK) ||
        !tb_query_rank(query, rhs, "rhs", 2, TB_CPU_MAX_RANK) ||
        !tb_query_rank(query, output, "output", 2, TB_CPU_MAX_RANK))
        return false;
    if (output->type == kTfLiteUInt8)
        return tb_query_no(query, "not done for UINT8");
    const int l = lhs->dims->size, r = rhs->dims->size, o = output->dims->size;
    const int depth = lhs->dims->data[l - (params->adj_x ? 2 : 1)];
    if (rhs->dims->data[r - (params->adj_y ? 1 : 2)] != depth ||
        output->dims->data[o - 2] != lhs->dims->data[l - (params->adj_x ? 1 : 2)] ||
        output->dims->data[o - 1] != rhs->dims->data[r - (params->adj_y ? 2 : 1)] || l > o || r > o)
        return tb_query_no(query, "the matrices' sides do not fit");
    for (int d = 3; d <= o; d++) {
        const int dim = output->dims->data[o - d], ld = d <= l ? lhs->dims->data[l - d] : 1;
        const int rd = d <= r ? rhs->dims->data[r - d] : 1;
        if ((ld != dim && ld != 1) || (rd != dim && rd != 1))
            return tb_query_no(query, "batch dimensions do not fit");
    }
    return true;
}

/* One matrix of constant floats for all rows. */
static tb_status lower_constant(tb_plan *plan, tb_cpu_op *op, bool adj_y, tb_error *err)
{
    const tb_value *lhs = &plan->values[op->in[0]], *rhs = &plan->values[op->in[1]];
    const int32_t k = lhs->dims[lhs->rank - 1], rows = (int32_t)(lhs->elements / (size_t)k);
    const int32_t n = rhs->dims[rhs->rank - (adj_y ? 2 : 1)];
    const tb_gemm_spec spec = {.input = op->in[0],
                               .filter = op->in[1],
                               .bias = -1,
                               .weight_step_k = adj_y ? 1 : (size_t)n,
                               .weight_step_n = adj_y ? (size_t)k : 1,
                               .window = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
                               .n = 1,
                               .in_h = 1,
                               .in_w = rows,
                               .in_c = k,
                               .out_h = 1,
                               .out_w = rows,
                               .out_c = n,
                               .name = "batch_matmul"};
    return tb_gemm_lower(plan, op, &spec, err);
}

static void set_batches(const tb_value *out, const tb_value *in, size_t stride[BATCH_DIMS])
{
    size_t matrices = 1;
    for (int d = 3; d <= out->rank; d++) {
        const int32_t dim = d <= in->rank ? in->dims[in->rank - d] : 1;
        stride[BATCH_DIMS + 2 - d] = dim > 1 ? matrices : 0;
        matrices *= (size_t)dim;
    }
}

static tb_status set_quantized(tb_plan *plan, const tb_cpu_op *op, tb_error *err, matmul_step *s)
{
    const tb_value *lhs = &plan->values[op->in[0]], *rhs = &plan->values[op->in[1]];
    const tb_value *out = &plan->values[op->out];
    const uint16_t kr = plan->kernels->q8_gemm.kr;
    const double factor = (double)(lhs->scale * rhs->scale) / (double)out->scale;
    tb_multiplier *scales = TB_PLAN_NEW(plan, tb_multiplier, s->n);
    if (!scales)
        return tb_fail(err, TB_NO_MEMORY, "planning the scales of %zu columns", s->n);
    for (size_t c = 0; c < s->n; c++)
        if (!tb_multiplier_from_real(factor, &scales[c]))
            return tb_fail(err, TB_UNSUPPORTED, "lhs scale * rhs scale / output scale is %g",
                           factor);
    s->q8 = plan->kernels->q8_gemm.fn;
    s->flip = 0x80;
    s->zero_point = out->zero_point;
    s->q = (tb_pack_q8){.weight_zero = rhs->zero_point,
                        .input_zero = tb_value_unsigned_zero(lhs),
                        .input_signed = (kr & TB_KR_SIGNED & ~0xFF) != 0,
                        .scales = scales};
    s->rescale = scales[0].shift < 0 ? TB_Q8_PLAIN : TB_Q8_ANY;
    if (s->pack.kr == 4 && rhs->zero_point != 0) {
        s->row_sum = plan->kernels->q8_row_sum.fn;
        s->row_sum_factor = -rhs->zero_point;
    }
    tb_status status = tb_quantized_bounds(out, kTfLiteActNone, err, &s->min, &s->max);
    if (status == TB_OK)
        s->rescale = tb_pack_q8_widen(&s->q, kr, s->rescale, s->n, s->zero_point, s->min);
    return status;
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteBatchMatMulParams *params = op->params;
    const tb_value *lhs = &plan->values[op->in[0]], *rhs = &plan->values[op->in[1]];
    const tb_value *out = &plan->values[op->out];
    const bool quantized = tb_type_is_q8(out->type);
    const size_t m = (size_t)out->dims[out->rank - 2], n = (size_t)out->dims[out->rank - 1];
    if (rhs->constant && !quantized && !params->adj_x &&
        rhs->elements / n == (size_t)lhs->dims[lhs->rank - 1])
        return lower_constant(plan, op, params->adj_y, err);
    const tb_cpu_kernels *kernels = plan->kernels;
    matmul_step *s = tb_step_new(plan, op, sizeof *s, "batch_matmul",
                                 quantized ? kernels->q8_gemm.name : kernels->f32_gemm.name, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->lhs = op->in[0];
    s->rhs = op->in[1];
    s->out = op->out;
    s->quantized = quantized;
    s->lhs_turned = params->adj_x;
    s->m = m;
    s->n = n;
    s->k = (size_t)lhs->dims[lhs->rank - (params->adj_x ? 2 : 1)];
    s->element = out->element_bytes;
    s->batches = out->elements / (m * n);
    for (int d = 0; d < BATCH_DIMS; d++)
        s->batch[d] = 1;
    for (int d = 3; d <= out->rank; d++)
        s->batch[BATCH_DIMS + 2 - d] = (size_t)out->dims[out->rank - d];
    set_batches(out, lhs, s->lhs_stride);
    set_batches(out, rhs, s->rhs_stride);
    const size_t kr = quantized ? kernels->q8_gemm.kr & 0xFFu : 1;
    s->k_padded = (s->k + kr - 1) / kr * kr;
    s->staged = s->lhs_turned || (quantized && (kr == 2 || s->k_padded != s->k));
    s->staged_element = quantized && kr == 2 ? 2 : s->element;
    s->pack = (tb_pack_gemm){.weight_step_k = params->adj_y ? 1 : n,
                             .weight_step_n = params->adj_y ? s->k : 1,
                             .n = n,
                             .k = s->k,
                             .segs = 1,
                             .k_padded = s->k_padded,
                             .nr = quantized ? kernels->q8_gemm.nr : kernels->f32_gemm.nr,
                             .kr = kr,
                             .vl = kernels->f32_dw.nr};
    s->panel_columns = s->pack.nr;
    s->panels = (n + s->pack.nr - 1) / s->pack.nr;
    const double products = (double)s->batches * (double)m * (double)n * (double)s->k;
    const double moved = (double)(lhs->elements + rhs->elements + out->elements);
    s->alone = tb_split_tasks(plan, op->in[0],
                              tb_split_ns(plan, products, kr, moved * (double)s->element)) < 2;
    s->groups = s->alone || s->batches >= 2 * (size_t)plan->threads ? 1 : s->panels;
    const size_t panel =
        quantized ? tb_pack_q8_panel_bytes(&s->pack) : tb_pack_f32_panel_bytes(&s->pack);
    s->stage_offset = tb_align_up(panel, TB_CPU_ALIGNMENT);
    s->sum_offset = s->stage_offset;
    if (s->staged)
        s->sum_offset += tb_align_up(m * s->k_padded * s->staged_element, TB_CPU_ALIGNMENT);
    s->base.scratch_bytes = s->sum_offset + m * sizeof(int32_t);
    if (quantized)
        return set_quantized(plan, op, err, s);
    s->f32 = kernels->f32_gemm.fn;
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_batch_matmul = {.takes = takes, .lower = lower};
