/*
 * What a partition becomes: values (tensors) and operators in execution order, rewritten by passes
 * (operators absorb their neighbours), then one step per operator that is left, each with its
 * weights packed and its kernels chosen, and one block of memory for everything between them.
 *
 * A plan belongs to one shape of the inputs; packed weights do not (see pack.h).
 */
#ifndef TB_CPU_PLAN_H
#define TB_CPU_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delegates/cpu/fold.h"
#include "delegates/cpu/kernels.h"
#include "profiler/sink.h"
#include "runtime/base/arena.h"
#include "runtime/base/buf.h"
#include "runtime/base/status.h"
#include "runtime/base/stop.h"
#include "runtime/base/thread_pool.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/common.h"

enum { TB_CPU_MAX_RANK = 6, TB_CPU_ALIGNMENT = 64 };

/*
 * Where the elements of a value lie, seen as an image [n, h, w, c] with c fastest. Rows may have a
 * halo: `left` and `right` pixels of padding in memory beside the w that count, filled by whoever
 * writes the row. `data` is the first channel of pixel (0, 0).
 */
typedef struct tb_view {
    char *data;
    size_t pixel_bytes, row_bytes, image_bytes;
    int32_t n, h, w, c;
    int32_t left, right;
} tb_view;

static inline char *tb_view_row(const tb_view *view, int32_t image, int32_t y)
{
    return view->data + (size_t)image * view->image_bytes + (size_t)y * view->row_bytes;
}

static inline bool tb_view_is_dense(const tb_view *view)
{
    return !view->left && !view->right;
}

typedef enum tb_home {
    TB_HOME_MEMORY, /* in the plan's block, at `offset` */
    TB_HOME_TENSOR, /* the tensor's own bytes: the partition's inputs and outputs */
    TB_HOME_CONSTANT,
    TB_HOME_ALIAS,  /* bytes of another value's, under another shape */
    TB_HOME_NOWHERE /* absorbed: nobody reads or writes it */
} tb_home;

typedef struct tb_value {
    int tensor; /* index in the context */
    TfLiteType type;
    size_t element_bytes;
    size_t elements;
    int rank;
    int32_t dims[TB_CPU_MAX_RANK];
    float scale;
    int32_t zero_point;
    const void *constant; /* NULL where computed */
    bool is_input, is_output;
    int producer; /* operator, or -1 */
    int uses;     /* operators that read it, and 1 more for an output of the partition */
    tb_home home;
    int alias_of;
    size_t alias_offset; /* in bytes */
    bool spread; /* written by all threads, each its part: it lies in all their caches (split.h) */
    bool apart;  /* an alias whose pixels lie apart: stretches of the other value's */
    int32_t left, right; /* halo */
    size_t offset, bytes;
    int first, last; /* steps between which it lives */
    tb_view view;    /* data is set before each run */
} tb_value;

struct tb_plan;
struct tb_cpu_step;
struct tb_cpu_op_row;

/* The geometry of a sliding window, padding before and after included. */
typedef struct tb_window {
    int32_t kh, kw, stride_h, stride_w, dilation_h, dilation_w;
    int32_t top, left, bottom, right;
} tb_window;

/* A function of one float; fn NULL: none. */
typedef struct tb_unary {
    tb_f32_unary_fn fn;
    float p, q;
} tb_unary;

/* On `channels` values of each of so many pixels, which lie `pixel_bytes` apart, where they are. */
static inline void tb_unary_row(const tb_unary *u, char *row, size_t pixels, size_t pixel_bytes,
                                size_t channels)
{
    const bool dense = pixel_bytes == channels * sizeof(float);
    const size_t calls = dense ? 1 : pixels, n = dense ? pixels * channels : channels;
    for (size_t i = 0; u->fn && i < calls; i++, row += pixel_bytes)
        u->fn(n, (const float *)(const void *)row, (float *)(void *)row, u->p, u->q);
}

typedef struct tb_cpu_op {
    const struct tb_cpu_op_row *row;
    const void *params; /* node->builtin_data */
    int *in;            /* values; -1: absent */
    int in_count;
    int out; /* the value it writes now, after what it absorbed */
    int32_t *nodes;
    int node_count;
    int part, parts; /* which of the node's outputs it makes, of how many */
    bool dead;
    /* Of hybrid operators (op_hybrid.c). */
    size_t quantized_rows;
    bool asymmetric, by_rows;
    int filter_tensor; /* whose scales they are */
    TfLiteFusedActivation activation;
    bool exact; /* sums of integers: nothing that rounds on the way */

    /* What it absorbed. */
    bool has_pad;
    int32_t pad_top, pad_left, pad_bottom, pad_right;
    int result;   /* the value of its own arithmetic, before what follows */
    int residual; /* added to the result, or -1 */
    const void *add_params;
    bool residual_is_first;
    int slope;      /* value of a PRELU's slopes, or -1 */
    bool has_clamp; /* a RELU or the like behind it all */
    float clamp_min, clamp_max;
    tb_unary after; /* a LOGISTIC or the like, last of all */

    struct tb_cpu_step *step;
} tb_cpu_op;

typedef struct tb_run tb_run;

typedef struct tb_cpu_step {
    tb_step info, wait; /* itself; in it, waiting for other threads at the end of a loop */
    void (*run)(const struct tb_cpu_step *, const tb_run *);
    size_t scratch_bytes; /* for each thread */
} tb_cpu_step;

typedef struct tb_plan {
    tb_arena arena;
    const tb_cpu_kernels *kernels;
    TfLiteContext *context;
    tb_packs *packs;
    int threads;
    bool no_winograd; /* 3x3 convolutions of floats are done directly */
    bool share_all;   /* every step goes to all threads, however small: for tests */
    tb_value *values;
    int value_count;
    tb_cpu_op *ops;
    int op_count;
    tb_cpu_step **steps;
    int step_count;
    size_t memory_bytes; /* values, then scratch */
    size_t scratch_offset;
    size_t scratch_stride; /* from one thread's to the next */
} tb_plan;

struct tb_run {
    const tb_plan *plan;
    tb_thread_pool *pool;
    char *memory;
    const char **fault; /* set by a step, from one thread: what data it cannot go on with */
    /* Who watches (NULL: nobody), and what the step in hand is to them. */
    tb_sink *sink;
    const tb_cpu_step *step;
    int subgraph;
};

/* What a plan is made from: a partition of the context's graph. */
typedef struct tb_partition {
    TfLiteContext *context;
    const TfLiteIntArray *nodes; /* in execution order */
    const TfLiteIntArray *inputs;
    const TfLiteIntArray *outputs;
    const tb_cpu_kernels *kernels;
    tb_packs *packs;
    const tb_cpu_folds *folds;
    int threads;
    bool no_winograd; /* 3x3 convolutions of floats are done directly */
} tb_partition;

/* What the plan needs of a node, kept because a delegate's kernel may not ask for nodes after its
   init. Pointers are the interpreter's. */
typedef struct tb_cpu_node {
    int index;
    const struct tb_cpu_op_row *row;
    const void *params;
    const TfLiteIntArray *inputs;
    const TfLiteIntArray *outputs;
} tb_cpu_node;

/* Zero *plan first; tb_plan_free is due after a failure too. */
tb_status tb_plan_make(const tb_partition *partition, const tb_cpu_node *nodes, int node_count,
                       tb_error *err, tb_plan *plan);
void tb_plan_free(tb_plan *plan);
/* One line a step. */
void tb_plan_describe(const tb_plan *plan, tb_buf *out);

/* `memory` is plan->memory_bytes at a multiple of TB_CPU_ALIGNMENT. */
typedef struct tb_plan_watch {
    tb_sink *sink; /* NULL: nobody */
    int subgraph;
    bool (*cancelled)(const void *context); /* may be NULL */
    const void *cancel_context;
} tb_plan_watch;
TfLiteStatus tb_plan_run(tb_plan *plan, tb_thread_pool *pool, char *memory,
                         const tb_plan_watch *watch);

/* ---- for the operators' files ---------------------------------------------------------------------- */

static inline tb_value *tb_plan_value(const tb_plan *plan, int index)
{
    return index < 0 ? NULL : &plan->values[index];
}
static inline const tb_view *tb_run_view(const tb_run *run, int index)
{
    return &run->plan->values[index].view;
}
static inline char *tb_run_scratch(const tb_run *run, int thread)
{
    return run->memory + run->plan->scratch_offset + (size_t)thread * run->plan->scratch_stride;
}

/* Whether these two were found to be the same bytes. */
static inline bool tb_plan_is_alias(const tb_plan *plan, int a, int b)
{
    return (plan->values[a].home == TB_HOME_ALIAS && plan->values[a].alias_of == b) ||
           (plan->values[b].home == TB_HOME_ALIAS && plan->values[b].alias_of == a);
}

#define TB_PLAN_NEW(plan, type, count) TB_ARENA_NEW(&(plan)->arena, type, (count))

/*
 * Runs fn over [0, count) on the pool; floats flush denormals to zero meanwhile. `tile` items are about
 * a microsecond's work: a few of these stay with the caller, more are cut into ranges alike for all
 * threads. So results must not depend on ranges.
 */
void tb_run_parallel(const tb_run *run, size_t count, size_t tile, tb_range_fn fn, void *context);
/* The same where every item is enough work to go to a thread alone; or, `alone`, none is. */
void tb_run_tasks(const tb_run *run, size_t count, bool alone, tb_range_fn fn, void *context);

/*
 * How many pixels of a row a kernel gets at a time, whatever the row's width, so that it may be
 * stopped (see runtime/base/stop.h) before more than some 2^28 products, of which a pixel takes
 * `products`. A multiple of what any kernel does at once.
 */
static inline size_t tb_stretch_pixels(size_t products)
{
    const size_t unit = 6 * 14 * 2, most = 1024;
    size_t units = ((size_t)1 << 28) / unit / (products ? products : 1);
    return unit * (units < 1 ? 1 : units > most ? most : units);
}

/* Fills the halo of a row that was just written, or of the whole value. */
void tb_value_fill_halo(const tb_value *value, char *row);

/* The bytes of an element of padding: 0, or the zero point. */
static inline uint8_t tb_value_fill_byte(const tb_value *value)
{
    return (uint8_t)((uint32_t)value->zero_point & 0xFF);
}
/* 1 for types that no operator here reads. */
static inline size_t tb_cpu_element_bytes(TfLiteType type)
{
    switch (type) {
    case kTfLiteFloat32:
    case kTfLiteInt32:
    case kTfLiteUInt32:
        return 4;
    case kTfLiteInt64:
    case kTfLiteUInt64:
    case kTfLiteFloat64:
    case kTfLiteComplex64:
        return 8;
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
    case kTfLiteInt16:
    case kTfLiteUInt16:
        return 2;
    default:
        return 1;
    }
}
/* Elements are tb_cpu_element_bytes each, whatever they mean. */
static inline bool tb_cpu_is_plain(TfLiteType type)
{
    return tb_cpu_element_bytes(type) > 1 || type == kTfLiteInt8 || type == kTfLiteUInt8 ||
           type == kTfLiteBool;
}
static inline bool tb_type_is_q8(TfLiteType type)
{
    return type == kTfLiteInt8 || type == kTfLiteUInt8;
}
/* What makes the value's bytes unsigned. */
static inline uint32_t tb_value_flip(const tb_value *value)
{
    return value->type == kTfLiteInt8 ? 0x80u : 0u;
}
static inline int32_t tb_value_unsigned_zero(const tb_value *value)
{
    return value->zero_point + (value->type == kTfLiteInt8 ? 128 : 0);
}

#endif
