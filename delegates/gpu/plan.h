/*
 * What a partition becomes on the device: values (tensors), operators rewritten by passes, then
 * steps: kernels with all their arguments set, and copies across the boundary. Running is enqueueing
 * the steps in order.
 *
 * Elements lie on the device as they do in a tensor: dense, the last dimension fastest. Floats may be
 * stored as halves (precision fp16), which kernels read and write through the macros of
 * kernels/common.cl.
 */
#ifndef TB_GPU_PLAN_H
#define TB_GPU_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delegates/cpu/fold.h"
#include "delegates/gpu/memory.h"
#include "delegates/gpu/program.h"
#include "profiler/sink.h"
#include "runtime/base/arena.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/common.h"

enum { TB_GPU_MAX_RANK = 8, TB_GPU_MAX_ARGS = 40 };

/* X(code, bytes of an element) */
#define TB_GPU_FORMAT_LIST(X) \
    X(F32, 4)                 \
    X(F16, 2)                 \
    X(I8, 1)                  \
    X(U8, 1)                  \
    X(I16, 2)                 \
    X(I32, 4)                 \
    X(I64, 8)                 \
    X(BOOL, 1)

typedef enum tb_gpu_format {
#define TB_GPU_FORMAT_ENUM(code, bytes) TB_GPU_##code,
    TB_GPU_FORMAT_LIST(TB_GPU_FORMAT_ENUM)
#undef TB_GPU_FORMAT_ENUM
        TB_GPU_FORMAT_COUNT
} tb_gpu_format;

size_t tb_gpu_format_bytes(tb_gpu_format format);
/* "F32": programs of it are built with -DT_F32. */
const char *tb_gpu_format_name(tb_gpu_format format);
/* The format of a tensor's elements; false: the device does not hold such. */
bool tb_gpu_format_of(TfLiteType type, bool half, tb_gpu_format *out);

typedef enum tb_gpu_home {
    TB_GPU_MEMORY,   /* in the plan's memory */
    TB_GPU_CONSTANT, /* uploaded at its first use */
    TB_GPU_ALIAS,    /* bytes of another value's, under another shape */
    TB_GPU_NOWHERE   /* absorbed */
} tb_gpu_home;

typedef struct tb_gpu_value {
    int tensor; /* index in the context; -1: a scratch value */
    TfLiteType type;
    tb_gpu_format format;
    size_t elements, bytes;
    int rank;
    int32_t dims[TB_GPU_MAX_RANK];
    float scale;
    int32_t zero_point;
    const void *constant; /* the host's bytes; NULL where computed */
    bool is_input, is_output;
    int producer; /* operator, or -1 */
    int uses;     /* operators that read it, and 1 more for an output of the partition */
    tb_gpu_home home;
    int alias_of;
    int first, last; /* steps between which it lives */
    int block;       /* which of the plan's buffers, and */
    size_t offset;   /* where in it */
    cl_mem mem;      /* known after placing */
} tb_gpu_value;

typedef struct tb_gpu_step tb_gpu_step;
typedef struct tb_gpu_plan tb_gpu_plan;
struct tb_gpu_op_row;

/* A node of the partition, kept because a delegate's kernel may not ask for nodes after its init. */
typedef struct tb_gpu_node {
    int index;
    const struct tb_gpu_op_row *row;
    const void *params;
    const TfLiteIntArray *inputs;
    const TfLiteIntArray *outputs;
} tb_gpu_node;

typedef struct tb_gpu_op {
    const struct tb_gpu_op_row *row;
    const void *params; /* node->builtin_data */
    int *in;            /* values; -1: absent */
    int in_count;
    int *out;
    int out_count;
    int32_t *nodes; /* which it covers */
    int node_count;
    bool dead;

    /* What it absorbed. */
    bool has_clamp;
    float clamp_min, clamp_max;
    int residual; /* a value that is added after the operator's own activation, or -1, */
    TfLiteFusedActivation residual_activation; /* and what follows that; the clamp is last */
} tb_gpu_op;

typedef enum tb_gpu_step_kind { TB_GPU_KERNEL, TB_GPU_WRITE, TB_GPU_READ } tb_gpu_step_kind;

typedef struct tb_gpu_arg {
    size_t size; /* 0: the memory of `value` */
    int value;
    union {
        cl_mem mem;
        int32_t i, i2[2];
        float f;
    } bits;
} tb_gpu_arg;

struct tb_gpu_step {
    tb_step info;
    tb_gpu_step_kind kind;
    tb_gpu_step *next;
    int value; /* WRITE, READ: of a tensor */
    cl_kernel kernel;
    const char *program;        /* source and options */
    size_t wanted[3], most;     /* work items; and of a group at most */
    size_t global[3], local[3]; /* of whole groups; of a group */
    int arg_count;
    tb_gpu_arg args[TB_GPU_MAX_ARGS];
};

/* What all plans of a delegate share. */
typedef struct tb_gpu {
    tb_gpu_device device;
    tb_gpu_programs *programs;
    tb_gpu_memory memory;
    const tb_host *host;          /* NULL in a runtime that is not ours */
    tb_packs *packs;              /* for constants that the model computes */
    bool half;                    /* floats are stored as halves */
    struct tb_gpu_tuning *tuning; /* NULL: groups are of the usual sizes */
} tb_gpu;

struct tb_gpu_plan {
    tb_arena arena;
    tb_gpu *gpu;
    TfLiteContext *context;
    tb_gpu_value **values;
    int value_count, value_capacity;
    tb_gpu_op *ops;
    int op_count;
    tb_gpu_op *current; /* the operator that is being lowered */
    tb_gpu_step *first_step, *last_step;
    int step_count;
    tb_gpu_buffer *blocks;
    int block_count;
    tb_gpu_buffer *own; /* constants that belong to this shape alone */
    int own_count, own_capacity;
    cl_mem
        fault_code; /* of `own`: what kernels write that meet what they cannot take; NULL: none do */
    cl_event *events; /* a step each, for runs that are timed */
    size_t memory_bytes;
    tb_status fault; /* the first of a step's being built; its text: */
    tb_error *err;
    tb_gpu_step nowhere; /* where building goes on after a failure: nothing of it is used */
};

/* What a plan is made from: a partition of the context's graph. */
typedef struct tb_gpu_partition {
    TfLiteContext *context;
    const TfLiteIntArray *inputs;
    const TfLiteIntArray *outputs;
    const tb_cpu_folds *folds;
    const tb_gpu_node *nodes;
    int node_count;
} tb_gpu_partition;

/* Zero *plan first; tb_gpu_plan_free is due after a failure too. */
tb_status tb_gpu_plan_make(tb_gpu *gpu, const tb_gpu_partition *partition, tb_error *err,
                           tb_gpu_plan *plan);
void tb_gpu_plan_free(tb_gpu_plan *plan);
/* One line a step. */
void tb_gpu_plan_describe(const tb_gpu_plan *plan, tb_buf *out);

/* Runs it on the tensors' bytes and waits; `sink` may be NULL. */
tb_status tb_gpu_plan_run(tb_gpu_plan *plan, tb_sink *sink, int subgraph, tb_error *err);

/* ---- for the operators' files ------------------------------------------------------------------------ */

static inline tb_gpu_value *tb_gpu_plan_value(const tb_gpu_plan *plan, int index)
{
    return index < 0 ? NULL : plan->values[index];
}

#define TB_GPU_NEW(plan, type, count) TB_ARENA_NEW(&(plan)->arena, type, (count))

/* A value of the plan's memory, alive from the first to the last step that names it; -1: out of memory,
   which the plan remembers. */
int tb_gpu_scratch(tb_gpu_plan *plan, tb_gpu_format format, size_t elements);

/* Takes the rest of the operator's preparation from failing one by one: the first failure stays. */
void tb_gpu_plan_fail(tb_gpu_plan *plan, tb_status status, const char *format, ...) TB_PRINTF(3, 4);

#endif
