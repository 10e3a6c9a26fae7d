/*
 * Operators whose output is their input seen through other strides (strides.h). Where that is one run
 * of the input's bytes nothing is copied.
 */
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/strides.h"

enum { TASK_BYTES = 16384, BLOCK = 16, SHORT_BYTES = 64 };

/* ---- copying --------------------------------------------------------------------------------------- */

typedef struct view_step {
    tb_cpu_step base;
    int in, out;
    tb_strides view;
    size_t element;
    size_t rows; /* of the innermost dimension, or of the two that are turned round */
    /* The dimension that follows the input's order where the innermost does not; -1: there is none.
       Its tiles are BLOCK elements. */
    int turned;
    size_t out_stride; /* of that dimension */
    size_t out_bytes;  /* else: from one run of the innermost dimension to the next */
    size_t columns;    /* such runs that a row has: 1, or short runs of the dimension before */
} view_step;

typedef struct view_run {
    const view_step *step;
    const tb_run *run;
} view_run;

#define COPY_STRIDED(type)                                               \
    do {                                                                 \
        for (size_t i = 0; i < n; i++, from += step, to += sizeof(type)) \
            memcpy(to, from, sizeof(type));                              \
    } while (0)

/* n elements `step` bytes apart. */
static void gather(size_t element, size_t n, const char *from, ptrdiff_t step, char *to)
{
    switch (element) {
    case 1:
        COPY_STRIDED(uint8_t);
        break;
    case 2:
        COPY_STRIDED(uint16_t);
        break;
    case 4:
        COPY_STRIDED(uint32_t);
        break;
    default:
        COPY_STRIDED(uint64_t);
    }
}

/* The input's offset of a row, dimensions before `rank` but for `skip` being counted. */
static ptrdiff_t offset_of(const view_step *s, size_t row, int rank, int skip, size_t *out)
{
    ptrdiff_t from = s->view.offset;
    size_t to = 0, out_stride = 1;
    for (int d = s->view.rank - 1; d >= 0; d--) {
        if (d < rank && d != skip) {
            const size_t at = row % s->view.extent[d];
            row /= s->view.extent[d];
            from += (ptrdiff_t)at * s->view.stride[d];
            to += at * out_stride;
        }
        out_stride *= s->view.extent[d];
    }
    *out = to;
    return from;
}

static void copy_rows(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const view_run *r = context;
    const view_step *s = r->step;
    const int inner = s->view.rank - 1;
    const size_t n = inner < 0 ? 1 : s->view.extent[inner];
    const ptrdiff_t stride = inner < 0 ? 1 : s->view.stride[inner];
    const char *in = tb_run_view(r->run, s->in)->data;
    char *out = tb_run_view(r->run, s->out)->data;
    for (size_t row = begin; row < end; row++) {
        size_t to;
        const char *from = in + offset_of(s, row, inner, -1, &to) * (ptrdiff_t)s->element;
        char *target = out + to / n * s->out_bytes;
        if (stride == 1)
            memcpy(target, from, n * s->element);
        else
            gather(s->element, n, from, stride * (ptrdiff_t)s->element, target);
    }
}

/* `bytes` a compiler knows are no call. */
#define COPY_RUNS(bytes)                                                              \
    do {                                                                              \
        for (size_t i = 0; i < s->columns; i++, from += step, target += s->out_bytes) \
            memcpy(target, from, bytes);                                              \
    } while (0)

/* Short runs, `columns` of them at even distances on both sides. */
static void copy_short(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const view_run *r = context;
    const view_step *s = r->step;
    const int inner = s->view.rank - 1;
    const size_t n = s->view.extent[inner], bytes = n * s->element;
    const ptrdiff_t step = s->view.stride[inner - 1] * (ptrdiff_t)s->element;
    const char *in = tb_run_view(r->run, s->in)->data;
    char *out = tb_run_view(r->run, s->out)->data;
    for (size_t row = begin; row < end; row++) {
        size_t to;
        const char *from = in + offset_of(s, row, inner - 1, -1, &to) * (ptrdiff_t)s->element;
        char *target = out + to / n * s->out_bytes;
        switch (bytes) {
        case 4:
            COPY_RUNS(4);
            break;
        case 8:
            COPY_RUNS(8);
            break;
        case 12:
            COPY_RUNS(12);
            break;
        case 16:
            COPY_RUNS(16);
            break;
        default:
            COPY_RUNS(bytes);
        }
    }
}

/* Tiles of BLOCK x BLOCK, so that both sides are read and written by cache lines. */
static void copy_turned(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const view_run *r = context;
    const view_step *s = r->step;
    const int inner = s->view.rank - 1;
    const size_t n = s->view.extent[inner], tall = s->view.extent[s->turned];
    const size_t tiles = (tall + BLOCK - 1) / BLOCK;
    const ptrdiff_t step = s->view.stride[inner] * (ptrdiff_t)s->element;
    const char *in = tb_run_view(r->run, s->in)->data;
    char *out = tb_run_view(r->run, s->out)->data;
    for (size_t task = begin; task < end; task++) {
        size_t to;
        const ptrdiff_t at = offset_of(s, task / tiles, inner, s->turned, &to);
        const size_t first = task % tiles * BLOCK;
        const size_t rows = tall - first < BLOCK ? tall - first : BLOCK;
        const char *from = in + (at + (ptrdiff_t)first) * (ptrdiff_t)s->element;
        char *target = out + (to + first * s->out_stride) * s->element;
        for (size_t x = 0; x < n; x += BLOCK) {
            const size_t columns = n - x < BLOCK ? n - x : BLOCK;
            for (size_t y = 0; y < rows; y++)
                gather(s->element, columns, from + (ptrdiff_t)x * step + y * s->element, step,
                       target + (y * s->out_stride + x) * s->element);
        }
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const view_step *s = (const view_step *)(const void *)step;
    view_run r = {s, run};
    const int inner = s->view.rank - 1;
    const size_t n = inner < 0 ? 1 : s->view.extent[inner];
    const size_t row_bytes = n * s->element * (s->turned >= 0 ? BLOCK : s->columns);
    tb_run_parallel(run, s->rows, TASK_BYTES / row_bytes + 1,
                    s->turned >= 0   ? copy_turned
                    : s->columns > 1 ? copy_short
                                     : copy_rows,
                    &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

/* As `takes` saw it. */
static bool view_of(const tb_plan *plan, const tb_cpu_op *op, const tb_strides_kind *kind,
                    tb_strides *out)
{
    tb_strides_node node = {.params = op->params, .part = op->part, .parts = op->parts};
    for (int k = 0; k < kind->inputs; k++)
        node.in[k] = &plan->context->tensors[plan->values[op->in[k]].tensor];
    *out = (tb_strides){0};
    return kind->view(&node, out) &&
           tb_strides_inside(out, plan->values[op->in[kind->input]].elements,
                             plan->values[op->out].elements);
}

static bool alias(const tb_plan *plan, const tb_cpu_op *op, const tb_strides_kind *kind, int *in,
                  size_t *offset)
{
    tb_strides view;
    if (!view_of(plan, op, kind, &view) ||
        (view.rank > 0 && !(view.rank == 1 && view.stride[0] == 1)))
        return false;
    *in = op->in[kind->input];
    *offset = (size_t)view.offset * plan->values[op->out].element_bytes;
    return true;
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, const tb_strides_kind *kind, tb_error *err)
{
    const int in = op->in[kind->input];
    if (tb_plan_is_alias(plan, op->out, in))
        return TB_OK; /* the bytes are there */
    view_step *s = tb_step_new(plan, op, sizeof *s, kind->name, NULL, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    if (!view_of(plan, op, kind, &s->view))
        return tb_fail(err, TB_INTERNAL, "%s is another one than it was", kind->name);
    s->in = in;
    s->out = op->out;
    s->element = plan->values[in].element_bytes;
    s->turned = -1;
    s->rows = 1;
    const int inner = s->view.rank - 1;
    size_t out_stride = 1;
    for (int d = inner; d >= 0; d--) {
        if (d < inner && s->view.stride[d] == 1 && s->view.stride[inner] != 1) {
            s->turned = d;
            s->out_stride = out_stride;
        }
        out_stride *= s->view.extent[d];
        if (d < inner)
            s->rows *= s->view.extent[d];
    }
    const size_t run_bytes = (inner < 0 ? 1 : s->view.extent[inner]) * s->element;
    s->out_bytes = plan->values[op->out].apart ? plan->values[op->out].view.pixel_bytes : run_bytes;
    s->columns = 1;
    if (s->turned < 0 && inner > 0 && s->view.stride[inner] == 1 && run_bytes <= SHORT_BYTES) {
        s->columns = s->view.extent[inner - 1];
        s->rows /= s->columns;
    }
    if (s->turned >= 0) {
        const size_t tall = s->view.extent[s->turned];
        s->rows = s->rows / tall * ((tall + BLOCK - 1) / BLOCK);
    }
    return TB_OK;
}

/* Where the innermost runs are the pixels. */
static bool writes_apart(const tb_plan *plan, const tb_cpu_op *op, const tb_strides_kind *kind)
{
    tb_strides view;
    if (!view_of(plan, op, kind, &view) || view.rank < 1)
        return false;
    const int inner = view.rank - 1;
    return view.extent[inner] == (size_t)plan->values[op->out].view.c && view.stride[inner] == 1;
}

#define DEFINE_VIEW(name_)                                                                       \
    static bool takes_##name_(tb_cpu_query *query)                                               \
    {                                                                                            \
        return tb_strides_take(query, &tb_strides_##name_);                                      \
    }                                                                                            \
    static tb_status lower_##name_(tb_plan *plan, tb_cpu_op *op, tb_error *err)                  \
    {                                                                                            \
        return lower(plan, op, &tb_strides_##name_, err);                                        \
    }                                                                                            \
    static bool alias_##name_(const tb_plan *plan, const tb_cpu_op *op, int *in, size_t *offset) \
    {                                                                                            \
        return alias(plan, op, &tb_strides_##name_, in, offset);                                 \
    }                                                                                            \
    static bool writes_apart_##name_(const tb_plan *plan, const tb_cpu_op *op)                   \
    {                                                                                            \
        return writes_apart(plan, op, &tb_strides_##name_);                                      \
    }                                                                                            \
    const tb_cpu_op_row tb_cpu_op_##name_ = {.traits = TB_OP_PARTS,                              \
                                             .takes = takes_##name_,                             \
                                             .lower = lower_##name_,                             \
                                             .alias = alias_##name_,                             \
                                             .writes_apart = writes_apart_##name_};

DEFINE_VIEW(transpose)
DEFINE_VIEW(slice)
DEFINE_VIEW(strided_slice)
DEFINE_VIEW(split)
DEFINE_VIEW(split_v)
DEFINE_VIEW(unpack)
DEFINE_VIEW(depth_to_space)
DEFINE_VIEW(space_to_depth)
