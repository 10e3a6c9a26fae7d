/* Layers without weights: pooling, arithmetic, shapes; see graph.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/graph.h"

static tb_value unsuitable(tb_graph *graph, const char *name, const char *why)
{
    return tb_draft_fail(graph->draft, TB_USAGE, "build network: layer '%s' %s", name, why);
}

/* ---- pooling -------------------------------------------------------------------------------------- */

static tb_value pool(tb_graph *graph, const char *name, tb_value input, tb_pool window,
                     TfLiteBuiltinOperator code, tb_spread spread)
{
    if (!tb_graph_check(graph, name, input, 4))
        return -1;
    tb_shape in = tb_graph_shape(graph, input);
    int height = window.size ? window.size : in.dims[1];
    int width = window.size ? window.size : in.dims[2];
    int stride = window.stride ? window.stride : 1;
    tb_padding padding = window.size ? window.padding : TB_VALID;
    tb_shape out = TB_SHAPE(in.dims[0], tb_window_count(in.dims[1], height, stride, 1, padding),
                            tb_window_count(in.dims[2], width, stride, 1, padding), in.dims[3]);
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32, out, spread);
    tb_graph_op(graph, code, TB_INTS(input), TB_INTS(result),
                TB_OPTIONS_WITH(pool_2d, TB_OPT_INT(pool_2d, padding, padding),
                                TB_OPT_INT(pool_2d, stride_w, stride),
                                TB_OPT_INT(pool_2d, stride_h, stride),
                                TB_OPT_INT(pool_2d, filter_width, width),
                                TB_OPT_INT(pool_2d, filter_height, height)));
    return result;
}

/* What an average keeps of the variance depends on how alike neighbours are: between all of it and
   1 / count. */
#define AVERAGE_KEEPS 0.4f

tb_value tb_graph_average_pool(tb_graph *graph, const char *name, tb_value input, tb_pool window)
{
    tb_spread in = tb_graph_spread(graph, input);
    return pool(graph, name, input, window, kTfLiteBuiltinAveragePool2d,
                (tb_spread){in.mean, AVERAGE_KEEPS * in.variance});
}

tb_value tb_graph_max_pool(tb_graph *graph, const char *name, tb_value input, tb_pool window)
{
    /* Of four independent values the largest lies 1.03 deviations up; neighbours are much alike. */
    tb_spread in = tb_graph_spread(graph, input);
    return pool(graph, name, input, window, kTfLiteBuiltinMaxPool2d,
                (tb_spread){in.mean + 0.25f * sqrtf(in.variance), in.variance});
}

tb_value tb_graph_mean(tb_graph *graph, const char *name, tb_value input, tb_int_list axes,
                       bool keep)
{
    if (!tb_graph_check(graph, name, input, -1))
        return -1;
    tb_shape in = tb_graph_shape(graph, input), out = {0};
    bool reduced[TB_GRAPH_MAX_RANK] = {false};
    for (size_t i = 0; i < axes.count; i++) {
        int axis = axes.items[i] < 0 ? axes.items[i] + in.rank : axes.items[i];
        if (axis < 0 || axis >= in.rank)
            return unsuitable(graph, name, "reduces a dimension that its input lacks");
        reduced[axis] = true;
    }
    for (int i = 0; i < in.rank; i++)
        if (!reduced[i] || keep)
            out.dims[out.rank++] = reduced[i] ? 1 : in.dims[i];
    tb_value list = tb_graph_ints(graph, name, "axes", axes);
    tb_spread spread = tb_graph_spread(graph, input);
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32, out,
                                      (tb_spread){spread.mean, AVERAGE_KEEPS * spread.variance});
    tb_graph_op(graph, kTfLiteBuiltinMean, TB_INTS(input, list), TB_INTS(result),
                TB_OPTIONS_WITH(reducer, TB_OPT_INT(reducer, keep_dims, keep)));
    return result;
}

/* ---- element by element ----------------------------------------------------------------------------- */

static bool broadcast(tb_shape a, tb_shape b, tb_shape *out)
{
    out->rank = a.rank > b.rank ? a.rank : b.rank;
    for (int i = 0; i < out->rank; i++) {
        int ka = i - (out->rank - a.rank), kb = i - (out->rank - b.rank);
        int32_t da = ka < 0 ? 1 : a.dims[ka], db = kb < 0 ? 1 : b.dims[kb];
        if (da != db && da != 1 && db != 1)
            return false;
        out->dims[i] = da > db ? da : db;
    }
    return true;
}

static tb_value binary(tb_graph *graph, const char *name, tb_value a, tb_value b,
                       TfLiteBuiltinOperator code, tb_op_options options, tb_spread spread)
{
    if (!tb_graph_check(graph, name, a, -1) || !tb_graph_check(graph, name, b, -1))
        return -1;
    tb_shape out = {0};
    if (!broadcast(tb_graph_shape(graph, a), tb_graph_shape(graph, b), &out))
        return unsuitable(graph, name, "has inputs whose shapes do not go together");
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32, out, spread);
    tb_graph_op(graph, code, TB_INTS(a, b), TB_INTS(result), options);
    return result;
}

tb_value tb_graph_add(tb_graph *graph, const char *name, tb_value a, tb_value b,
                      tb_activation activation)
{
    tb_spread x = tb_graph_spread(graph, a), y = tb_graph_spread(graph, b);
    return binary(
        graph, name, a, b, kTfLiteBuiltinAdd,
        TB_OPTIONS_WITH(add, TB_OPT_INT(add, fused_activation_function, activation)),
        tb_spread_after((tb_spread){x.mean + y.mean, x.variance + y.variance}, activation));
}

tb_value tb_graph_sub(tb_graph *graph, const char *name, tb_value a, tb_value b)
{
    tb_spread x = tb_graph_spread(graph, a), y = tb_graph_spread(graph, b);
    return binary(graph, name, a, b, kTfLiteBuiltinSub, TB_OPTIONS_DEFAULT(sub),
                  (tb_spread){x.mean - y.mean, x.variance + y.variance});
}

tb_value tb_graph_mul(tb_graph *graph, const char *name, tb_value a, tb_value b)
{
    tb_spread x = tb_graph_spread(graph, a), y = tb_graph_spread(graph, b);
    return binary(graph, name, a, b, kTfLiteBuiltinMul, TB_OPTIONS_DEFAULT(mul),
                  (tb_spread){x.mean * y.mean, x.variance * y.variance +
                                                   x.variance * y.mean * y.mean +
                                                   y.variance * x.mean * x.mean});
}

tb_value tb_graph_squared_difference(tb_graph *graph, const char *name, tb_value a, tb_value b)
{
    tb_spread x = tb_graph_spread(graph, a), y = tb_graph_spread(graph, b);
    float difference = x.mean - y.mean, variance = x.variance + y.variance;
    return binary(graph, name, a, b, kTfLiteBuiltinSquaredDifference,
                  TB_OPTIONS_DEFAULT(SquaredDifferenceOptions),
                  (tb_spread){difference * difference + variance, 2 * variance * variance});
}

static tb_value unary(tb_graph *graph, const char *name, tb_value input, TfLiteBuiltinOperator code,
                      tb_op_options options, tb_spread spread)
{
    if (!tb_graph_check(graph, name, input, -1))
        return -1;
    tb_value result =
        tb_graph_tensor(graph, name, kTfLiteFloat32, tb_graph_shape(graph, input), spread);
    tb_graph_op(graph, code, TB_INTS(input), TB_INTS(result), options);
    return result;
}

tb_value tb_graph_logistic(tb_graph *graph, const char *name, tb_value input)
{
    return unary(graph, name, input, kTfLiteBuiltinLogistic, TB_OPTIONS_ABSENT,
                 (tb_spread){0.5f, 0.043f});
}

tb_value tb_graph_tanh(tb_graph *graph, const char *name, tb_value input)
{
    return unary(graph, name, input, kTfLiteBuiltinTanh, TB_OPTIONS_ABSENT,
                 tb_spread_after(tb_graph_spread(graph, input), TB_TANH));
}

tb_value tb_graph_rsqrt(tb_graph *graph, const char *name, tb_value input)
{
    tb_spread in = tb_graph_spread(graph, input);
    float mean = in.mean > 0 ? 1 / sqrtf(in.mean) : 1;
    return unary(graph, name, input, kTfLiteBuiltinRsqrt, TB_OPTIONS_ABSENT,
                 (tb_spread){mean, 0.01f});
}

tb_value tb_graph_gelu(tb_graph *graph, const char *name, tb_value input)
{
    return unary(graph, name, input, kTfLiteBuiltinGelu,
                 TB_OPTIONS_WITH(gelu, TB_OPT_INT(gelu, approximate, 1)),
                 tb_spread_after(tb_graph_spread(graph, input), TB_RELU));
}

tb_value tb_graph_softmax(tb_graph *graph, const char *name, tb_value input)
{
    tb_shape shape = tb_graph_shape(graph, input);
    float share = shape.rank ? 1.0f / (float)shape.dims[shape.rank - 1] : 1;
    return unary(graph, name, input, kTfLiteBuiltinSoftmax,
                 TB_OPTIONS_WITH(softmax, TB_OPT_FLOAT(softmax, beta, 1)),
                 (tb_spread){share, share * share});
}

/* ---- shapes ------------------------------------------------------------------------------------------ */

tb_value tb_graph_reshape(tb_graph *graph, const char *name, tb_value input, tb_shape shape)
{
    if (!tb_graph_check(graph, name, input, -1))
        return -1;
    tb_shape in = tb_graph_shape(graph, input);
    int64_t before = 1, after = 1;
    for (int i = 0; i < in.rank; i++)
        before *= in.dims[i];
    for (int i = 0; i < shape.rank; i++)
        after *= shape.dims[i];
    if (before != after)
        return unsuitable(graph, name, "reshapes to another number of elements");
    tb_int_list dims = {(size_t)shape.rank, shape.dims};
    tb_value target = tb_graph_ints(graph, name, "shape", dims);
    tb_value result =
        tb_graph_tensor(graph, name, kTfLiteFloat32, shape, tb_graph_spread(graph, input));
    tb_graph_op(
        graph, kTfLiteBuiltinReshape, TB_INTS(input, target), TB_INTS(result),
        TB_OPTIONS_WITH(reshape, TB_OPT_VECTOR(reshape, new_shape, dims.items, dims.count)));
    return result;
}

tb_value tb_graph_transpose(tb_graph *graph, const char *name, tb_value input, tb_int_list order)
{
    if (!tb_graph_check(graph, name, input, (int)order.count))
        return -1;
    tb_shape in = tb_graph_shape(graph, input), out = in;
    for (int i = 0; i < in.rank; i++) {
        if (order.items[i] < 0 || order.items[i] >= in.rank)
            return unsuitable(graph, name, "orders a dimension that its input lacks");
        out.dims[i] = in.dims[order.items[i]];
    }
    tb_value list = tb_graph_ints(graph, name, "order", order);
    tb_value result =
        tb_graph_tensor(graph, name, kTfLiteFloat32, out, tb_graph_spread(graph, input));
    tb_graph_op(graph, kTfLiteBuiltinTranspose, TB_INTS(input, list), TB_INTS(result),
                TB_OPTIONS_DEFAULT(TransposeOptions));
    return result;
}

tb_value tb_graph_concat(tb_graph *graph, const char *name, tb_int_list values, int axis)
{
    tb_shape out = {0};
    tb_spread spread = {0, 0};
    for (size_t i = 0; i < values.count; i++) {
        if (!tb_graph_check(graph, name, values.items[i], i ? out.rank : -1))
            return -1;
        tb_shape shape = tb_graph_shape(graph, values.items[i]);
        if (axis < 0 || axis >= shape.rank)
            return unsuitable(graph, name, "joins along a dimension that its inputs lack");
        if (i == 0)
            out = shape;
        else
            out.dims[axis] += shape.dims[axis];
        for (int k = 0; k < shape.rank; k++)
            if (k != axis && shape.dims[k] != out.dims[k])
                return unsuitable(graph, name, "joins tensors that differ in another dimension");
        tb_spread one = tb_graph_spread(graph, values.items[i]);
        spread.mean += one.mean / (float)values.count;
        spread.variance += one.variance / (float)values.count;
    }
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32, out, spread);
    tb_graph_op(graph, kTfLiteBuiltinConcatenation, values, TB_INTS(result),
                TB_OPTIONS_WITH(concatenation, TB_OPT_INT(concatenation, axis, axis)));
    return result;
}

tb_value tb_graph_slice_at(tb_graph *graph, const char *name, tb_value input, int axis, int index)
{
    if (!tb_graph_check(graph, name, input, -1))
        return -1;
    tb_shape in = tb_graph_shape(graph, input), out = in;
    if (axis < 0 || axis >= in.rank || index < 0 || index >= in.dims[axis])
        return unsuitable(graph, name, "takes a slice that its input lacks");
    int32_t begin[TB_GRAPH_MAX_RANK] = {0}, end[TB_GRAPH_MAX_RANK], strides[TB_GRAPH_MAX_RANK];
    for (int i = 0; i < in.rank; i++) {
        end[i] = in.dims[i];
        strides[i] = 1;
    }
    begin[axis] = index;
    end[axis] = index + 1;
    out.rank--;
    memmove(&out.dims[axis], &out.dims[axis + 1], (size_t)(out.rank - axis) * sizeof out.dims[0]);
    size_t rank = (size_t)in.rank;
    tb_value from = tb_graph_ints(graph, name, "begin", (tb_int_list){rank, begin});
    tb_value to = tb_graph_ints(graph, name, "end", (tb_int_list){rank, end});
    tb_value step = tb_graph_ints(graph, name, "strides", (tb_int_list){rank, strides});
    tb_value result =
        tb_graph_tensor(graph, name, kTfLiteFloat32, out, tb_graph_spread(graph, input));
    tb_graph_op(
        graph, kTfLiteBuiltinStridedSlice, TB_INTS(input, from, to, step), TB_INTS(result),
        TB_OPTIONS_WITH(strided_slice, TB_OPT_INT(strided_slice, shrink_axis_mask, 1 << axis)));
    return result;
}

tb_value tb_graph_resize_bilinear(tb_graph *graph, const char *name, tb_value input, int height,
                                  int width)
{
    if (!tb_graph_check(graph, name, input, 4))
        return -1;
    tb_shape in = tb_graph_shape(graph, input);
    tb_value size = tb_graph_ints(graph, name, "size", TB_INTS(height, width));
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32,
                                      TB_SHAPE(in.dims[0], height, width, in.dims[3]),
                                      tb_graph_spread(graph, input));
    tb_graph_op(
        graph, kTfLiteBuiltinResizeBilinear, TB_INTS(input, size), TB_INTS(result),
        TB_OPTIONS_WITH(resize_bilinear, TB_OPT_INT(resize_bilinear, half_pixel_centers, 1)));
    return result;
}

tb_value tb_graph_matmul(tb_graph *graph, const char *name, tb_value a, tb_value b,
                         bool transpose_b)
{
    if (!tb_graph_check(graph, name, a, -1) || !tb_graph_check(graph, name, b, -1))
        return -1;
    tb_shape x = tb_graph_shape(graph, a), y = tb_graph_shape(graph, b), out = x;
    if (x.rank != y.rank || x.rank < 2)
        return unsuitable(graph, name, "multiplies matrices of different ranks, or of less than 2");
    int inner = transpose_b ? y.dims[y.rank - 1] : y.dims[y.rank - 2];
    if (inner != x.dims[x.rank - 1] ||
        memcmp(x.dims, y.dims, (size_t)(x.rank - 2) * sizeof x.dims[0]) != 0)
        return unsuitable(graph, name, "multiplies matrices whose sizes do not go together");
    out.dims[out.rank - 1] = transpose_b ? y.dims[y.rank - 2] : y.dims[y.rank - 1];
    tb_spread p = tb_graph_spread(graph, a), q = tb_graph_spread(graph, b);
    tb_spread spread = {(float)inner * p.mean * q.mean,
                        (float)inner * (p.variance * q.variance + p.variance * q.mean * q.mean +
                                        q.variance * p.mean * p.mean)};
    tb_value result = tb_graph_tensor(graph, name, kTfLiteFloat32, out, spread);
    tb_graph_op(graph, kTfLiteBuiltinBatchMatmul, TB_INTS(a, b), TB_INTS(result),
                TB_OPTIONS_WITH(batch_matmul, TB_OPT_INT(batch_matmul, adj_y, transpose_b)));
    return result;
}

/* ---- one tensor into several ------------------------------------------------------------------------ */

static bool add_parts(tb_graph *graph, const char *name, tb_shape shape, tb_spread spread,
                      int count, tb_value *parts)
{
    for (int i = 0; i < count; i++) {
        char part_name[64];
        snprintf(part_name, sizeof part_name, "%.48s/%d", name, i);
        parts[i] = tb_graph_tensor(graph, part_name, kTfLiteFloat32, shape, spread);
        if (parts[i] < 0)
            return false;
    }
    return true;
}

/* Every part is -1 until all of them exist. */
static bool begin_parts(tb_graph *graph, const char *name, tb_value input, int axis, int count,
                        tb_value *parts)
{
    for (int i = 0; i < count; i++)
        parts[i] = -1;
    if (!tb_graph_check(graph, name, input, -1))
        return false;
    if (axis >= 0 && axis < tb_graph_shape(graph, input).rank)
        return true;
    unsuitable(graph, name, "splits along a dimension that its input lacks");
    return false;
}

void tb_graph_split(tb_graph *graph, const char *name, tb_value input, int axis, int count,
                    tb_value *parts)
{
    if (!begin_parts(graph, name, input, axis, count, parts))
        return;
    tb_shape shape = tb_graph_shape(graph, input);
    if (shape.dims[axis] % count) {
        unsuitable(graph, name, "does not split into equal parts");
        return;
    }
    shape.dims[axis] /= count;
    void *data;
    tb_value which =
        tb_graph_constant(graph, name, "axis", kTfLiteInt32, (tb_shape){.rank = 0}, &data);
    if (which < 0 || !add_parts(graph, name, shape, tb_graph_spread(graph, input), count, parts))
        return;
    int32_t axis_value = axis;
    memcpy(data, &axis_value, sizeof axis_value);
    tb_graph_op(graph, kTfLiteBuiltinSplit, TB_INTS(which, input),
                (tb_int_list){(size_t)count, parts},
                TB_OPTIONS_WITH(split, TB_OPT_INT(split, num_splits, count)));
}

void tb_graph_unpack(tb_graph *graph, const char *name, tb_value input, int axis, int count,
                     tb_value *slices)
{
    if (!begin_parts(graph, name, input, axis, count, slices))
        return;
    tb_shape shape = tb_graph_shape(graph, input);
    if (shape.dims[axis] != count) {
        unsuitable(graph, name, "unpacks another number of slices than its input has");
        return;
    }
    shape.rank--;
    memmove(&shape.dims[axis], &shape.dims[axis + 1],
            (size_t)(shape.rank - axis) * sizeof shape.dims[0]);
    if (!add_parts(graph, name, shape, tb_graph_spread(graph, input), count, slices))
        return;
    tb_graph_op(
        graph, kTfLiteBuiltinUnpack, TB_INTS(input), (tb_int_list){(size_t)count, slices},
        TB_OPTIONS_WITH(unpack, TB_OPT_INT(unpack, num, count), TB_OPT_INT(unpack, axis, axis)));
}
