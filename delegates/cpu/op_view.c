/*
 * Operators whose output is their input seen through other strides: TRANSPOSE, SLICE, STRIDED_SLICE,
 * SPLIT, SPLIT_V, UNPACK, DEPTH_TO_SPACE, SPACE_TO_DEPTH. Where that is one run of the input's bytes
 * nothing is copied.
 */
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { MAX_RANK = 8, TASK_BYTES = 16384, BLOCK = 16 };

/* The output's elements in order are those at offset + sum of index * stride. */
typedef struct strides {
    int rank;
    size_t extent[MAX_RANK];    /* outermost first */
    ptrdiff_t stride[MAX_RANK]; /* in elements of the input */
    ptrdiff_t offset;
} strides;

/* What an operator is asked with: its tensors and the number of the output. */
typedef struct view_node {
    const TfLiteTensor *in[4];
    const void *params;
    int part;
    int parts;
} view_node;
typedef bool (*view_fn)(const view_node *node, strides *out);

/* ---- shapes ---------------------------------------------------------------------------------------- */

static int rank_of(const TfLiteTensor *tensor)
{
    return tensor && tensor->dims ? tensor->dims->size : -1;
}

/* Appends an innermost dimension, merged with the one before where they go on evenly. */
static void add_dimension(strides *v, size_t extent, ptrdiff_t stride)
{
    if (extent == 1 || v->rank >= MAX_RANK) {
        v->rank += extent != 1;
        return;
    }
    if (v->rank > 0 && v->stride[v->rank - 1] == stride * (ptrdiff_t)extent) {
        v->extent[v->rank - 1] *= extent;
        v->stride[v->rank - 1] = stride;
        return;
    }
    v->extent[v->rank] = extent;
    v->stride[v->rank++] = stride;
}

static void row_strides(const TfLiteTensor *tensor, ptrdiff_t out[MAX_RANK])
{
    ptrdiff_t stride = 1;
    for (int d = tensor->dims->size - 1; d >= 0; d--) {
        out[d] = stride;
        stride *= tensor->dims->data[d];
    }
}

/* The integers of a tensor whose bytes are there. */
static bool read_ints(const TfLiteTensor *tensor, int count, int64_t *out)
{
    if (!tensor || (tensor->type != kTfLiteInt32 && tensor->type != kTfLiteInt64) ||
        tb_query_elements(tensor) != (size_t)count)
        return false;
    for (int i = 0; i < count; i++)
        out[i] = tensor->type == kTfLiteInt32 ? tensor->data.i32[i] : tensor->data.i64[i];
    return true;
}

static bool axis_of(int64_t axis, int rank, int *out)
{
    if (axis < -rank || axis >= rank)
        return false;
    *out = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

/* All of the input but for `count` indices from `first` on along one axis. */
static void cut(const TfLiteTensor *in, int axis, int64_t first, int64_t count, strides *out)
{
    ptrdiff_t stride[MAX_RANK];
    row_strides(in, stride);
    for (int d = 0; d < in->dims->size; d++)
        add_dimension(out, d == axis ? (size_t)count : (size_t)in->dims->data[d], stride[d]);
    out->offset = (ptrdiff_t)first * stride[axis];
}

/* ---- the operators --------------------------------------------------------------------------------- */

static bool view_transpose(const view_node *node, strides *out)
{
    const TfLiteTensor *in = node->in[0];
    const int rank = rank_of(in);
    int64_t order[MAX_RANK];
    if (!read_ints(node->in[1], rank, order))
        return false;
    ptrdiff_t stride[MAX_RANK];
    row_strides(in, stride);
    unsigned seen = 0;
    for (int d = 0; d < rank; d++) {
        int axis;
        if (!axis_of(order[d], rank, &axis) || seen & 1u << axis)
            return false;
        seen |= 1u << axis;
        add_dimension(out, (size_t)in->dims->data[axis], stride[axis]);
    }
    return true;
}

static bool view_slice(const view_node *node, strides *out)
{
    const TfLiteTensor *in = node->in[0];
    const int rank = rank_of(in);
    int64_t begin[MAX_RANK], size[MAX_RANK];
    if (!read_ints(node->in[1], rank, begin) || !read_ints(node->in[2], rank, size))
        return false;
    ptrdiff_t stride[MAX_RANK];
    row_strides(in, stride);
    for (int d = 0; d < rank; d++) {
        const int64_t extent = size[d] == -1 ? in->dims->data[d] - begin[d] : size[d];
        if (begin[d] < 0 || extent < 1 || begin[d] + extent > in->dims->data[d])
            return false;
        out->offset += (ptrdiff_t)begin[d] * stride[d];
        add_dimension(out, (size_t)extent, stride[d]);
    }
    return true;
}

static int64_t clamp64(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* Entry i of begin, end and strides, with the masks, along a dimension. */
static bool range_of(const TfLiteStridedSliceParams *p, int i, int64_t begin, int64_t end,
                     int64_t step, int64_t dim, int64_t *first, int64_t *count)
{
    if (step == 0 || step < -INT32_MAX || step > INT32_MAX)
        return false;
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? dim : dim - 1;
    const int64_t from = clamp64(begin < 0 ? begin + dim : begin, low, high);
    *first = p->begin_mask >> i & 1 ? (step > 0 ? 0 : dim - 1) : from;
    *count = 1;
    if (p->shrink_axis_mask >> i & 1)
        return *first >= 0 && *first < dim;
    int64_t to = clamp64(end < 0 ? end + dim : end, low, high);
    if (p->end_mask >> i & 1)
        to = step > 0 ? dim : -1;
    const int64_t span = step > 0 ? to - *first : *first - to, by = step > 0 ? step : -step;
    *count = span > 0 ? (span - 1) / by + 1 : 0;
    return *count > 0;
}

static bool view_strided_slice(const view_node *node, strides *out)
{
    const TfLiteStridedSliceParams *p = node->params;
    const TfLiteTensor *in = node->in[0];
    const int rank = rank_of(in);
    const int entries = node->in[1] ? (int)tb_query_elements(node->in[1]) : -1;
    int64_t begin[MAX_RANK], end[MAX_RANK], step[MAX_RANK];
    if (p->ellipsis_mask || p->new_axis_mask || p->offset || entries < 0 || entries > rank ||
        !read_ints(node->in[1], entries, begin) || !read_ints(node->in[2], entries, end) ||
        !read_ints(node->in[3], entries, step))
        return false;
    ptrdiff_t stride[MAX_RANK];
    row_strides(in, stride);
    for (int d = 0; d < rank; d++) {
        int64_t first = 0, count = in->dims->data[d], by = 1;
        if (d < entries) {
            by = step[d];
            if (!range_of(p, d, begin[d], end[d], by, in->dims->data[d], &first, &count))
                return false;
        }
        out->offset += (ptrdiff_t)first * stride[d];
        add_dimension(out, (size_t)count, stride[d] * (ptrdiff_t)by);
    }
    return true;
}

static bool view_split(const view_node *node, strides *out)
{
    const TfLiteTensor *in = node->in[1];
    int64_t value;
    int axis;
    if (!read_ints(node->in[0], 1, &value) || !axis_of(value, rank_of(in), &axis) ||
        in->dims->data[axis] % node->parts != 0)
        return false;
    const int64_t count = in->dims->data[axis] / node->parts;
    cut(in, axis, node->part * count, count, out);
    return true;
}

static bool view_split_v(const view_node *node, strides *out)
{
    enum { MAX_PARTS = 64 };
    const TfLiteTensor *in = node->in[0];
    int64_t value, size[MAX_PARTS], total = 0, first = 0;
    int axis, rest = -1;
    if (node->parts > MAX_PARTS || !read_ints(node->in[1], node->parts, size) ||
        !read_ints(node->in[2], 1, &value) || !axis_of(value, rank_of(in), &axis))
        return false;
    for (int k = 0; k < node->parts; k++) {
        if (size[k] < 0 && rest < 0)
            rest = k;
        else if (size[k] < 0 || size[k] > INT32_MAX)
            return false;
        else
            total += size[k];
    }
    if (rest >= 0)
        size[rest] = in->dims->data[axis] - total;
    for (int k = 0; k < node->part; k++)
        first += size[k];
    const int64_t count = size[node->part];
    if (first < 0 || count < 1 || first + count > in->dims->data[axis])
        return false;
    cut(in, axis, first, count, out);
    return true;
}

static bool view_unpack(const view_node *node, strides *out)
{
    const TfLiteUnpackParams *p = node->params;
    int axis;
    if (!axis_of(p->axis, rank_of(node->in[0]), &axis) ||
        node->in[0]->dims->data[axis] != node->parts)
        return false;
    cut(node->in[0], axis, node->part, 1, out);
    return true;
}

static bool view_depth_to_space(const view_node *node, strides *out)
{
    const TfLiteDepthToSpaceParams *p = node->params;
    const TfLiteTensor *in = node->in[0];
    const int b = p->block_size;
    if (rank_of(in) != 4 || b < 1 || b > 1 << 10 || in->dims->data[3] % (b * b) != 0)
        return false;
    const int *dims = in->dims->data;
    const ptrdiff_t c = dims[3] / (b * b);
    ptrdiff_t s[MAX_RANK];
    row_strides(in, s);
    add_dimension(out, (size_t)dims[0], s[0]);
    add_dimension(out, (size_t)dims[1], s[1]);
    add_dimension(out, (size_t)b, b * c);
    add_dimension(out, (size_t)dims[2], s[2]);
    add_dimension(out, (size_t)b, c);
    add_dimension(out, (size_t)c, 1);
    return true;
}

static bool view_space_to_depth(const view_node *node, strides *out)
{
    const TfLiteSpaceToDepthParams *p = node->params;
    const TfLiteTensor *in = node->in[0];
    const int b = p->block_size;
    if (rank_of(in) != 4 || b < 1 || in->dims->data[1] % b != 0 || in->dims->data[2] % b != 0)
        return false;
    const int *dims = in->dims->data;
    ptrdiff_t s[MAX_RANK];
    row_strides(in, s);
    add_dimension(out, (size_t)dims[0], s[0]);
    add_dimension(out, (size_t)(dims[1] / b), s[1] * b);
    add_dimension(out, (size_t)(dims[2] / b), s[2] * b);
    add_dimension(out, (size_t)b, s[1]);
    add_dimension(out, (size_t)b, s[2]);
    add_dimension(out, (size_t)dims[3], 1);
    return true;
}

/* ---- copying --------------------------------------------------------------------------------------- */

typedef struct view_step {
    tb_cpu_step base;
    int in, out;
    strides view;
    size_t element;
    size_t rows; /* of the innermost dimension, or of the two that are turned round */
    /* The dimension that follows the input's order where the innermost does not; -1: there is none.
       Its tiles are BLOCK elements. */
    int turned;
    size_t out_stride; /* of that dimension */
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
        if (stride == 1)
            memcpy(out + to * s->element, from, n * s->element);
        else
            gather(s->element, n, from, stride * (ptrdiff_t)s->element, out + to * s->element);
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
    const size_t row_bytes = n * s->element * (s->turned >= 0 ? BLOCK : 1);
    tb_run_parallel(run, s->rows, TASK_BYTES / row_bytes + 1,
                    s->turned >= 0 ? copy_turned : copy_rows, &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

typedef struct view_kind {
    const char *name;
    view_fn view;
    int input; /* that is seen */
    int inputs;
} view_kind;

/* Whether all elements lie in the input, and are as many as the output's. */
static bool lies_inside(const strides *v, size_t in_elements, size_t out_elements)
{
    ptrdiff_t low = v->offset, high = low;
    size_t count = 1;
    if (v->rank > MAX_RANK)
        return false;
    for (int d = 0; d < v->rank; d++) {
        const ptrdiff_t reach = (ptrdiff_t)(v->extent[d] - 1) * v->stride[d];
        *(reach < 0 ? &low : &high) += reach;
        if (!tb_mul_size(count, v->extent[d], &count))
            return false;
    }
    return count == out_elements && low >= 0 && (size_t)high < in_elements;
}

static bool takes(tb_cpu_query *query, const view_kind *kind)
{
    view_node node = {.params = query->node->builtin_data, .parts = query->node->outputs->size};
    if (query->node->inputs->size != kind->inputs)
        return tb_query_no(query, "has %d inputs", query->node->inputs->size);
    for (int k = 0; k < kind->inputs; k++) {
        node.in[k] = tb_query_input(query, k);
        if (!node.in[k] || (k != kind->input && !tb_query_is_known(query, node.in[k])))
            return tb_query_no(query, "input %d is computed, not a constant", k);
    }
    const TfLiteTensor *in = node.in[kind->input];
    if (!tb_cpu_is_plain(in->type))
        return tb_query_no(query, "not done for %s", TfLiteTypeGetName(in->type));
    if (rank_of(in) > TB_CPU_MAX_RANK)
        return tb_query_no(query, "input has %d dimensions", rank_of(in));
    for (; node.part < node.parts; node.part++) {
        const TfLiteTensor *output = tb_query_output(query, node.part);
        strides view = {0};
        if (!output || output->type != in->type || rank_of(output) > TB_CPU_MAX_RANK)
            return tb_query_no(query, "output %d is missing or of another type", node.part);
        if (tb_type_is_q8(in->type) && (output->params.scale != in->params.scale ||
                                        output->params.zero_point != in->params.zero_point))
            return tb_query_no(query, "input and output are quantised differently");
        if (!kind->view(&node, &view) ||
            !lies_inside(&view, tb_query_elements(in), tb_query_elements(output)))
            return tb_query_no(query, "a form of it that is not done");
    }
    return true;
}

/* As `takes` saw it. */
static bool view_of(const tb_plan *plan, const tb_cpu_op *op, const view_kind *kind, strides *out)
{
    view_node node = {.params = op->params, .part = op->part, .parts = op->parts};
    for (int k = 0; k < kind->inputs; k++)
        node.in[k] = &plan->context->tensors[plan->values[op->in[k]].tensor];
    *out = (strides){0};
    return kind->view(&node, out) && lies_inside(out, plan->values[op->in[kind->input]].elements,
                                                 plan->values[op->out].elements);
}

static bool alias(const tb_plan *plan, const tb_cpu_op *op, const view_kind *kind, int *in,
                  size_t *offset)
{
    strides view;
    if (!view_of(plan, op, kind, &view) ||
        (view.rank > 0 && !(view.rank == 1 && view.stride[0] == 1)))
        return false;
    *in = op->in[kind->input];
    *offset = (size_t)view.offset * plan->values[op->out].element_bytes;
    return true;
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, const view_kind *kind, tb_error *err)
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
    if (s->turned >= 0) {
        const size_t tall = s->view.extent[s->turned];
        s->rows = s->rows / tall * ((tall + BLOCK - 1) / BLOCK);
    }
    return TB_OK;
}

#define DEFINE_VIEW(name_, input_, inputs_)                                                      \
    static const view_kind name_##_kind = {#name_, view_##name_, input_, inputs_};               \
    static bool takes_##name_(tb_cpu_query *query)                                               \
    {                                                                                            \
        return takes(query, &name_##_kind);                                                      \
    }                                                                                            \
    static tb_status lower_##name_(tb_plan *plan, tb_cpu_op *op, tb_error *err)                  \
    {                                                                                            \
        return lower(plan, op, &name_##_kind, err);                                              \
    }                                                                                            \
    static bool alias_##name_(const tb_plan *plan, const tb_cpu_op *op, int *in, size_t *offset) \
    {                                                                                            \
        return alias(plan, op, &name_##_kind, in, offset);                                       \
    }                                                                                            \
    const tb_cpu_op_row tb_cpu_op_##name_ = {.traits = TB_OP_PARTS,                              \
                                             .takes = takes_##name_,                             \
                                             .lower = lower_##name_,                             \
                                             .alias = alias_##name_};

DEFINE_VIEW(transpose, 0, 2)
DEFINE_VIEW(slice, 0, 3)
DEFINE_VIEW(strided_slice, 0, 4)
DEFINE_VIEW(split, 1, 2)
DEFINE_VIEW(split_v, 0, 3)
DEFINE_VIEW(unpack, 0, 1)
DEFINE_VIEW(depth_to_space, 0, 1)
DEFINE_VIEW(space_to_depth, 0, 1)
