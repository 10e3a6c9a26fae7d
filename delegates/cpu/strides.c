/* The views of strides.h. */
#include "delegates/cpu/strides.h"

#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"

/* ---- shapes ---------------------------------------------------------------------------------------- */

static int rank_of(const TfLiteTensor *tensor)
{
    return tensor && tensor->dims ? tensor->dims->size : -1;
}

/* Appends an innermost dimension, merged with the one before where they go on evenly. */
void tb_strides_add(tb_strides *v, size_t extent, ptrdiff_t stride)
{
    if (extent == 1 || v->rank >= TB_STRIDES_RANK) {
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

static void row_strides(const TfLiteTensor *tensor, ptrdiff_t out[TB_STRIDES_RANK])
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
static void cut(const TfLiteTensor *in, int axis, int64_t first, int64_t count, tb_strides *out)
{
    ptrdiff_t stride[TB_STRIDES_RANK];
    row_strides(in, stride);
    for (int d = 0; d < in->dims->size; d++)
        tb_strides_add(out, d == axis ? (size_t)count : (size_t)in->dims->data[d], stride[d]);
    out->offset = (ptrdiff_t)first * stride[axis];
}

/* ---- the operators --------------------------------------------------------------------------------- */

static bool view_transpose(const tb_strides_node *node, tb_strides *out)
{
    const TfLiteTensor *in = node->in[0];
    const int rank = rank_of(in);
    int64_t order[TB_STRIDES_RANK];
    if (!read_ints(node->in[1], rank, order))
        return false;
    ptrdiff_t stride[TB_STRIDES_RANK];
    row_strides(in, stride);
    unsigned seen = 0;
    for (int d = 0; d < rank; d++) {
        int axis;
        if (!axis_of(order[d], rank, &axis) || seen & 1u << axis)
            return false;
        seen |= 1u << axis;
        tb_strides_add(out, (size_t)in->dims->data[axis], stride[axis]);
    }
    return true;
}

static bool view_slice(const tb_strides_node *node, tb_strides *out)
{
    const TfLiteTensor *in = node->in[0];
    const int rank = rank_of(in);
    int64_t begin[TB_STRIDES_RANK], size[TB_STRIDES_RANK];
    if (!read_ints(node->in[1], rank, begin) || !read_ints(node->in[2], rank, size))
        return false;
    ptrdiff_t stride[TB_STRIDES_RANK];
    row_strides(in, stride);
    for (int d = 0; d < rank; d++) {
        const int64_t extent = size[d] == -1 ? in->dims->data[d] - begin[d] : size[d];
        if (begin[d] < 0 || extent < 1 || begin[d] + extent > in->dims->data[d])
            return false;
        out->offset += (ptrdiff_t)begin[d] * stride[d];
        tb_strides_add(out, (size_t)extent, stride[d]);
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

static bool view_strided_slice(const tb_strides_node *node, tb_strides *out)
{
    const TfLiteStridedSliceParams *p = node->params;
    const TfLiteTensor *in = node->in[0];
    const int rank = rank_of(in);
    const int entries = node->in[1] ? (int)tb_query_elements(node->in[1]) : -1;
    int64_t begin[TB_STRIDES_RANK], end[TB_STRIDES_RANK], step[TB_STRIDES_RANK];
    if (p->ellipsis_mask || p->new_axis_mask || p->offset || entries < 0 || entries > rank ||
        !read_ints(node->in[1], entries, begin) || !read_ints(node->in[2], entries, end) ||
        !read_ints(node->in[3], entries, step))
        return false;
    ptrdiff_t stride[TB_STRIDES_RANK];
    row_strides(in, stride);
    for (int d = 0; d < rank; d++) {
        int64_t first = 0, count = in->dims->data[d], by = 1;
        if (d < entries) {
            by = step[d];
            if (!range_of(p, d, begin[d], end[d], by, in->dims->data[d], &first, &count))
                return false;
        }
        out->offset += (ptrdiff_t)first * stride[d];
        tb_strides_add(out, (size_t)count, stride[d] * (ptrdiff_t)by);
    }
    return true;
}

static bool view_split(const tb_strides_node *node, tb_strides *out)
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

static bool view_split_v(const tb_strides_node *node, tb_strides *out)
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

static bool view_unpack(const tb_strides_node *node, tb_strides *out)
{
    const TfLiteUnpackParams *p = node->params;
    int axis;
    if (!axis_of(p->axis, rank_of(node->in[0]), &axis) ||
        node->in[0]->dims->data[axis] != node->parts)
        return false;
    cut(node->in[0], axis, node->part, 1, out);
    return true;
}

static bool view_depth_to_space(const tb_strides_node *node, tb_strides *out)
{
    const TfLiteDepthToSpaceParams *p = node->params;
    const TfLiteTensor *in = node->in[0];
    const int b = p->block_size;
    if (rank_of(in) != 4 || b < 1 || b > 1 << 10 || in->dims->data[3] % (b * b) != 0)
        return false;
    const int *dims = in->dims->data;
    const ptrdiff_t c = dims[3] / (b * b);
    ptrdiff_t s[TB_STRIDES_RANK];
    row_strides(in, s);
    tb_strides_add(out, (size_t)dims[0], s[0]);
    tb_strides_add(out, (size_t)dims[1], s[1]);
    tb_strides_add(out, (size_t)b, b * c);
    tb_strides_add(out, (size_t)dims[2], s[2]);
    tb_strides_add(out, (size_t)b, c);
    tb_strides_add(out, (size_t)c, 1);
    return true;
}

static bool view_space_to_depth(const tb_strides_node *node, tb_strides *out)
{
    const TfLiteSpaceToDepthParams *p = node->params;
    const TfLiteTensor *in = node->in[0];
    const int b = p->block_size;
    if (rank_of(in) != 4 || b < 1 || in->dims->data[1] % b != 0 || in->dims->data[2] % b != 0)
        return false;
    const int *dims = in->dims->data;
    ptrdiff_t s[TB_STRIDES_RANK];
    row_strides(in, s);
    tb_strides_add(out, (size_t)dims[0], s[0]);
    tb_strides_add(out, (size_t)(dims[1] / b), s[1] * b);
    tb_strides_add(out, (size_t)(dims[2] / b), s[2] * b);
    tb_strides_add(out, (size_t)b, s[1]);
    tb_strides_add(out, (size_t)b, s[2]);
    tb_strides_add(out, (size_t)dims[3], 1);
    return true;
}

#define DEFINE_KIND(name_, input_, inputs_) \
    const tb_strides_kind tb_strides_##name_ = {#name_, view_##name_, input_, inputs_};

DEFINE_KIND(transpose, 0, 2)
DEFINE_KIND(slice, 0, 3)
DEFINE_KIND(strided_slice, 0, 4)
DEFINE_KIND(split, 1, 2)
DEFINE_KIND(split_v, 0, 3)
DEFINE_KIND(unpack, 0, 1)
DEFINE_KIND(depth_to_space, 0, 1)
DEFINE_KIND(space_to_depth, 0, 1)

/* ---- asking -------------------------------------------------------------------------------------------- */

/* Whether all elements lie in the input, and are as many as the output's. */
bool tb_strides_inside(const tb_strides *v, size_t in_elements, size_t out_elements)
{
    ptrdiff_t low = v->offset, high = low;
    size_t count = 1;
    if (v->rank > TB_STRIDES_RANK)
        return false;
    for (int d = 0; d < v->rank; d++) {
        const ptrdiff_t reach = (ptrdiff_t)(v->extent[d] - 1) * v->stride[d];
        *(reach < 0 ? &low : &high) += reach;
        if (!tb_mul_size(count, v->extent[d], &count))
            return false;
    }
    return count == out_elements && low >= 0 && (size_t)high < in_elements;
}

bool tb_strides_take(tb_cpu_query *query, const tb_strides_kind *kind)
{
    tb_strides_node node = {.params = query->node->builtin_data,
                            .parts = query->node->outputs->size};
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
        tb_strides view = {0};
        if (!output || output->type != in->type || rank_of(output) > TB_CPU_MAX_RANK)
            return tb_query_no(query, "output %d is missing or of another type", node.part);
        if (tb_type_is_q8(in->type) && (output->params.scale != in->params.scale ||
                                        output->params.zero_point != in->params.zero_point))
            return tb_query_no(query, "input and output are quantised differently");
        if (!kind->view(&node, &view) ||
            !tb_strides_inside(&view, tb_query_elements(in), tb_query_elements(output)))
            return tb_query_no(query, "a form of it that is not done");
    }
    return true;
}
