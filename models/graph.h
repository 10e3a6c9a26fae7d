/*
 * Describing a network layer by layer: each call adds an operator with its constants to a draft and
 * returns the tensor it computes, shaped by TFLite's rules. All of it is float32; quantize.h makes
 * integers of it afterwards.
 *
 * Weights are drawn from a stream named after the tensor (noise.h), bell-shaped and scaled so that
 * activations keep a variance near 1 through the depth (He et al. 2015): the graph carries the
 * expected mean and variance of every tensor along, weights get the variance 1 / (fan_in * second
 * moment of the input), and the bias takes back a part of what the input's mean adds, as a folded
 * batch normalisation would. Channels differ in scale by up to 1 : 2.3.
 *
 * Operators and tensors are numbered in the order of the calls. C leaves open which argument of a
 * call is computed first, so at most one of them may be a layer itself.
 *
 * Errors are kept in the draft: a call on a value that does not fit, or after a failure, returns -1
 * and does nothing more. Names are put behind the current scope: "block1/expand".
 */
#ifndef TB_MODELS_GRAPH_H
#define TB_MODELS_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "models/draft.h"

#define TB_GRAPH_MAX_RANK 6

/* The index of a tensor, or -1 after a failure. */
typedef int tb_value;

typedef struct tb_shape {
    int rank;
    int32_t dims[TB_GRAPH_MAX_RANK];
} tb_shape;

#define TB_SHAPE(...)                                              \
    (tb_shape)                                                     \
    {                                                              \
        (int)(sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t)), \
        {                                                          \
            __VA_ARGS__                                            \
        }                                                          \
    }

/* As the schema numbers them. */
typedef enum tb_padding { TB_SAME = 0, TB_VALID = 1 } tb_padding;
typedef enum tb_activation { TB_LINEAR = 0, TB_RELU = 1, TB_RELU6 = 3, TB_TANH = 4 } tb_activation;

/* What a tensor's values are expected to look like. */
typedef struct tb_spread {
    float mean;
    float variance;
} tb_spread;

typedef struct tb_graph {
    tb_draft *draft;
    int subgraph;
    uint64_t seed;
    char scope[48];
    tb_spread *spreads; /* by tensor */
    size_t spread_count;
} tb_graph;

/* A new subgraph of `draft`, named "main". */
void tb_graph_begin(tb_graph *graph, tb_draft *draft, uint64_t seed);
/* The inputs were noted as they were added; with `outputs` it becomes the signature
   "serving_default". */
void tb_graph_end(tb_graph *graph, tb_int_list outputs);

/* What goes in front of the names that follow; "" for none. */
void tb_graph_scope(tb_graph *graph, const char *format, ...) TB_PRINTF(2, 3);

tb_shape tb_graph_shape(const tb_graph *graph, tb_value value);

/* ---- tensors ------------------------------------------------------------------------------------ */

/* A float input with the values that are to be expected. */
tb_value tb_graph_input(tb_graph *graph, const char *name, tb_shape shape, tb_spread spread);
/* An input of whole numbers, such as token numbers. */
tb_value tb_graph_input_ints(tb_graph *graph, const char *name, tb_shape shape);
/* What belongs to a layer is named "name/part"; `part` may be NULL. */
/* Zero at first, kept between invocations. */
tb_value tb_graph_variable(tb_graph *graph, const char *name, const char *part, tb_shape shape);
tb_value tb_graph_ints(tb_graph *graph, const char *name, const char *part, tb_int_list values);
tb_value tb_graph_scalar(tb_graph *graph, const char *name, float value);
/* Bell-shaped weights. */
tb_value tb_graph_weights(tb_graph *graph, const char *name, const char *part, tb_shape shape,
                          tb_spread spread);

/* ---- layers with weights (graph_layers.c) -------------------------------------------------------- */

/*
 * A window that slides: kernel and stride are heights, and widths too where those are 0. Input and
 * output are NHWC.
 */
typedef struct tb_conv {
    int filters; /* output channels; of a depthwise one: per input channel (0: 1) */
    int kernel, kernel_w;
    int stride, stride_w;
    int dilation; /* 0: 1 */
    tb_padding padding;
    tb_activation activation;
    float deviation; /* standard deviation wanted before the activation; 0: 1 */
} tb_conv;

tb_value tb_graph_conv(tb_graph *graph, const char *name, tb_value input, tb_conv conv);
tb_value tb_graph_depthwise(tb_graph *graph, const char *name, tb_value input, tb_conv conv);

typedef struct tb_dense {
    int units;
    tb_activation activation;
    bool keep_dims; /* [..., channels] -> [..., units]; else everything but the last is one batch */
    float deviation; /* as in tb_conv */
} tb_dense;

tb_value tb_graph_dense(tb_graph *graph, const char *name, tb_value input, tb_dense dense);
/* With weights and bias that exist already: [batch, n] -> [batch, units]. */
tb_value tb_graph_dense_shared(tb_graph *graph, const char *name, tb_value input, tb_value weights,
                               tb_value bias);

/* Rows of a [rows, width] table of weights, one for each number in `indices`. */
tb_value tb_graph_embedding(tb_graph *graph, const char *name, tb_value indices, int rows,
                            int width);

/* A whole sequence [batch, time, features] -> [batch, time, units] (UNIDIRECTIONAL_SEQUENCE_LSTM,
   no peephole, no projection, the cell clipped at +-`cell_clip`). */
tb_value tb_graph_sequence_lstm(tb_graph *graph, const char *name, tb_value input, int units,
                                float cell_clip);

/* ---- layers without (graph_ops.c) ----------------------------------------------------------------- */

typedef struct tb_pool {
    int size, stride; /* both directions; size 0: all of the image */
    tb_padding padding;
} tb_pool;

tb_value tb_graph_average_pool(tb_graph *graph, const char *name, tb_value input, tb_pool pool);
tb_value tb_graph_max_pool(tb_graph *graph, const char *name, tb_value input, tb_pool pool);

/* Broadcasting as numpy does it. */
tb_value tb_graph_add(tb_graph *graph, const char *name, tb_value a, tb_value b,
                      tb_activation activation);
tb_value tb_graph_sub(tb_graph *graph, const char *name, tb_value a, tb_value b);
tb_value tb_graph_mul(tb_graph *graph, const char *name, tb_value a, tb_value b);
tb_value tb_graph_squared_difference(tb_graph *graph, const char *name, tb_value a, tb_value b);

tb_value tb_graph_logistic(tb_graph *graph, const char *name, tb_value input);
tb_value tb_graph_tanh(tb_graph *graph, const char *name, tb_value input);
tb_value tb_graph_rsqrt(tb_graph *graph, const char *name, tb_value input);
tb_value tb_graph_gelu(tb_graph *graph, const char *name, tb_value input);
tb_value tb_graph_softmax(tb_graph *graph, const char *name, tb_value input);

/* Over one axis (negative: from the end), which stays as 1 where `keep` is set. */
tb_value tb_graph_mean(tb_graph *graph, const char *name, tb_value input, tb_int_list axes,
                       bool keep);
tb_value tb_graph_reshape(tb_graph *graph, const char *name, tb_value input, tb_shape shape);
tb_value tb_graph_transpose(tb_graph *graph, const char *name, tb_value input, tb_int_list order);
tb_value tb_graph_concat(tb_graph *graph, const char *name, tb_int_list values, int axis);
tb_value tb_graph_resize_bilinear(tb_graph *graph, const char *name, tb_value input, int height,
                                  int width);
/* Matrices in the last two dimensions; the second one transposed where `transpose_b` is set. */
tb_value tb_graph_matmul(tb_graph *graph, const char *name, tb_value a, tb_value b,
                         bool transpose_b);
/* The slice at `index` along `axis`, without that dimension. */
tb_value tb_graph_slice_at(tb_graph *graph, const char *name, tb_value input, int axis, int index);
/* `count` equal parts along `axis`. */
void tb_graph_split(tb_graph *graph, const char *name, tb_value input, int axis, int count,
                    tb_value *parts);
/* All slices along `axis`, each without it; `count` must be that dimension. */
void tb_graph_unpack(tb_graph *graph, const char *name, tb_value input, int axis, int count,
                     tb_value *slices);

/* ---- for layers of one's own ---------------------------------------------------------------------- */

tb_spread tb_graph_spread(const tb_graph *graph, tb_value value);
/* A computed tensor. */
tb_value tb_graph_tensor(tb_graph *graph, const char *name, TfLiteType type, tb_shape shape,
                         tb_spread spread);
/* A constant of `type`, whose bytes lie in *data to be filled. */
tb_value tb_graph_constant(tb_graph *graph, const char *name, const char *part, TfLiteType type,
                           tb_shape shape, void **data);
void tb_graph_op(tb_graph *graph, TfLiteBuiltinOperator code, tb_int_list inputs,
                 tb_int_list outputs, tb_op_options options);
tb_spread tb_spread_after(tb_spread before, tb_activation activation);
/* False (and the failure kept) where `value` is no tensor or has another rank (-1: any). */
bool tb_graph_check(tb_graph *graph, const char *name, tb_value value, int rank);

/* What TFLite makes of a dimension: ceil(size / stride), or as many windows as fit. 0 or less: it
   does not fit. */
int tb_window_count(int size, int kernel, int stride, int dilation, tb_padding padding);

#endif
