/*
 * XNNPACK's subgraph interface as libXNNPACK.so.0 of 2022 has it (Debian's libxnnpack0), found with
 * dlopen: nothing of it is needed to build. Types are restated here, with names of our own; a unit
 * test holds them to <xnnpack.h> where that is installed.
 */
#ifndef TB_DELEGATES_XNNPACK_LIBRARY_H
#define TB_DELEGATES_XNNPACK_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/library.h"
#include "runtime/base/status.h"

struct xnn_allocator;
typedef struct xnn_subgraph *tb_xnn_graph;
typedef struct xnn_runtime *tb_xnn_runtime;
typedef struct pthreadpool *tb_xnn_pool;

enum { TB_XNN_SUCCESS = 0 };

/* Element types of values. */
enum {
    TB_XNN_INVALID = 0,
    TB_XNN_FP32 = 1,
    TB_XNN_QINT8 = 3,
    TB_XNN_QUINT8 = 4,
    TB_XNN_QINT32 = 5,
    TB_XNN_QCINT8 = 6, /* a scale for each channel */
    TB_XNN_QCINT32 = 7
};

enum { TB_XNN_EXTERNAL_INPUT = 1, TB_XNN_EXTERNAL_OUTPUT = 2 };

/* Flags of nodes; several share a bit. */
enum {
    TB_XNN_SAME_PADDING = 4,
    TB_XNN_RESHAPE_2D = 4,
    TB_XNN_LEGACY_RESIZE = 4,
    TB_XNN_ALIGN_CORNERS = 8
};

enum { TB_XNN_MAX_RANK = 6 };
#define TB_XNN_NO_VALUE UINT32_MAX
/* Bytes behind a value that kernels may read: 16 in 2022, up to 128 since. */
enum { TB_XNN_EXTRA_BYTES = 128 };

typedef struct tb_xnn_external {
    uint32_t id;
    void *data;
} tb_xnn_external;

/* X(function, what it returns, what it takes). Without these nothing works, ... */
#define TB_XNN_REQUIRED(X)                                                                        \
    X(xnn_initialize, int, (const struct xnn_allocator *))                                        \
    X(xnn_create_subgraph, int, (uint32_t external_ids, uint32_t flags, tb_xnn_graph * out))      \
    X(xnn_delete_subgraph, int, (tb_xnn_graph))                                                   \
    X(xnn_define_tensor_value, int,                                                               \
      (tb_xnn_graph, int type, size_t rank, const size_t *dims, const void *data, uint32_t id,    \
       uint32_t flags, uint32_t *out))                                                            \
    X(xnn_define_quantized_tensor_value, int,                                                     \
      (tb_xnn_graph, int type, int32_t zero, float scale, size_t rank, const size_t *dims,        \
       const void *data, uint32_t id, uint32_t flags, uint32_t *out))                             \
    X(xnn_define_channelwise_quantized_tensor_value, int,                                         \
      (tb_xnn_graph, int type, const float *scales, size_t rank, size_t axis, const size_t *dims, \
       const void *data, uint32_t id, uint32_t flags, uint32_t *out))                             \
    X(xnn_create_runtime_v2, int,                                                                 \
      (tb_xnn_graph, tb_xnn_pool, uint32_t flags, tb_xnn_runtime * out))                          \
    X(xnn_setup_runtime, int, (tb_xnn_runtime, size_t count, const tb_xnn_external *))            \
    X(xnn_invoke_runtime, int, (tb_xnn_runtime))                                                  \
    X(xnn_delete_runtime, int, (tb_xnn_runtime))                                                  \
    X(pthreadpool_create, tb_xnn_pool, (size_t threads))                                          \
    X(pthreadpool_destroy, void, (tb_xnn_pool))

#define TB_XNN_PADDING  uint32_t top, uint32_t right, uint32_t bottom, uint32_t left
#define TB_XNN_KERNEL   uint32_t kernel_h, uint32_t kernel_w, uint32_t stride_h, uint32_t stride_w
#define TB_XNN_DILATION uint32_t dilation_h, uint32_t dilation_w
#define TB_XNN_BOUNDS   float min, float max
#define TB_XNN_WEIGHED  uint32_t in, uint32_t filter, uint32_t bias, uint32_t out, uint32_t flags
#define TB_XNN_UNARY    (tb_xnn_graph, uint32_t in, uint32_t out, uint32_t flags)
#define TB_XNN_BINARY   (tb_xnn_graph, uint32_t a, uint32_t b, uint32_t out, uint32_t flags)
#define TB_XNN_BOUNDED \
    (tb_xnn_graph, TB_XNN_BOUNDS, uint32_t a, uint32_t b, uint32_t out, uint32_t flags)
#define TB_XNN_SCALAR (tb_xnn_graph, float, uint32_t in, uint32_t out, uint32_t flags)

/* ... and one of these that a library lacks costs the operators that are defined by it. */
#define TB_XNN_OPTIONAL(X)                                                                        \
    X(xnn_define_convolution_2d, int,                                                             \
      (tb_xnn_graph, TB_XNN_PADDING, TB_XNN_KERNEL, TB_XNN_DILATION, uint32_t groups,             \
       size_t in_channels, size_t out_channels, TB_XNN_BOUNDS, TB_XNN_WEIGHED))                   \
    X(xnn_define_deconvolution_2d, int,                                                           \
      (tb_xnn_graph, TB_XNN_PADDING, uint32_t adjust_h, uint32_t adjust_w, TB_XNN_KERNEL,         \
       TB_XNN_DILATION, uint32_t groups, size_t in_channels, size_t out_channels, TB_XNN_BOUNDS,  \
       TB_XNN_WEIGHED))                                                                           \
    X(xnn_define_depthwise_convolution_2d, int,                                                   \
      (tb_xnn_graph, TB_XNN_PADDING, TB_XNN_KERNEL, TB_XNN_DILATION, uint32_t multiplier,         \
       size_t in_channels, TB_XNN_BOUNDS, TB_XNN_WEIGHED))                                        \
    X(xnn_define_fully_connected, int, (tb_xnn_graph, TB_XNN_BOUNDS, TB_XNN_WEIGHED))             \
    X(xnn_define_average_pooling_2d, int,                                                         \
      (tb_xnn_graph, TB_XNN_PADDING, TB_XNN_KERNEL, TB_XNN_BOUNDS, uint32_t in, uint32_t out,     \
       uint32_t flags))                                                                           \
    X(xnn_define_max_pooling_2d, int,                                                             \
      (tb_xnn_graph, TB_XNN_PADDING, TB_XNN_KERNEL, TB_XNN_DILATION, TB_XNN_BOUNDS, uint32_t in,  \
       uint32_t out, uint32_t flags))                                                             \
    X(xnn_define_global_average_pooling_2d, int,                                                  \
      (tb_xnn_graph, TB_XNN_BOUNDS, uint32_t in, uint32_t out, uint32_t flags))                   \
    X(xnn_define_add2, int, TB_XNN_BOUNDED)                                                       \
    X(xnn_define_subtract, int, TB_XNN_BOUNDED)                                                   \
    X(xnn_define_multiply2, int, TB_XNN_BOUNDED)                                                  \
    X(xnn_define_divide, int, TB_XNN_BOUNDED)                                                     \
    X(xnn_define_maximum2, int, TB_XNN_BINARY)                                                    \
    X(xnn_define_minimum2, int, TB_XNN_BINARY)                                                    \
    X(xnn_define_squared_difference, int, TB_XNN_BINARY)                                          \
    X(xnn_define_prelu, int, TB_XNN_BINARY)                                                       \
    X(xnn_define_static_constant_pad, int,                                                        \
      (tb_xnn_graph, const size_t *before, const size_t *after, float value, uint32_t in,         \
       uint32_t out, uint32_t flags))                                                             \
    X(xnn_define_static_reshape, int,                                                             \
      (tb_xnn_graph, size_t rank, const size_t *dims, uint32_t in, uint32_t out, uint32_t flags)) \
    X(xnn_define_static_resize_bilinear_2d, int,                                                  \
      (tb_xnn_graph, size_t height, size_t width, uint32_t in, uint32_t out, uint32_t flags))     \
    X(xnn_define_depth_to_space, int,                                                             \
      (tb_xnn_graph, uint32_t in, uint32_t out, uint32_t block, uint32_t flags))                  \
    X(xnn_define_clamp, int,                                                                      \
      (tb_xnn_graph, TB_XNN_BOUNDS, uint32_t in, uint32_t out, uint32_t flags))                   \
    X(xnn_define_elu, int, TB_XNN_SCALAR)                                                         \
    X(xnn_define_leaky_relu, int, TB_XNN_SCALAR)                                                  \
    X(xnn_define_abs, int, TB_XNN_UNARY)                                                          \
    X(xnn_define_bankers_rounding, int, TB_XNN_UNARY)                                             \
    X(xnn_define_ceiling, int, TB_XNN_UNARY)                                                      \
    X(xnn_define_floor, int, TB_XNN_UNARY)                                                        \
    X(xnn_define_hardswish, int, TB_XNN_UNARY)                                                    \
    X(xnn_define_negate, int, TB_XNN_UNARY)                                                       \
    X(xnn_define_sigmoid, int, TB_XNN_UNARY)                                                      \
    X(xnn_define_softmax, int, TB_XNN_UNARY)                                                      \
    X(xnn_define_square, int, TB_XNN_UNARY)                                                       \
    X(xnn_define_square_root, int, TB_XNN_UNARY)                                                  \
    X(xnn_define_convert, int, TB_XNN_UNARY)

typedef struct tb_xnn {
#define X(name, result, arguments) result(*name) arguments;
    TB_XNN_REQUIRED(X)
    TB_XNN_OPTIONAL(X)
#undef X
    int missing; /* of the optional ones */
} tb_xnn;

/* The library, opened and initialised once for the process and never closed: its threads and tables
   live as long. `path` NULL: libXNNPACK.so.0 wherever the loader finds it; a second path is refused
   once one is open. TB_UNAVAILABLE with the reason. */
tb_status tb_xnn_open(const char *path, tb_error *err, const tb_xnn **out);

#endif
