/*
 * The operators that the delegate takes: ops.def has a row for each, and says how to add one.
 *
 * Whether a node is taken is asked with the cpu delegate's questions (delegates/cpu/ops.h), and often
 * by its very rule.
 */
#ifndef TB_GPU_OPS_H
#define TB_GPU_OPS_H

#include "delegates/cpu/ops.h"
#include "delegates/gpu/plan.h"

/* The types that a row is done for: those of its input 0 (with TB_GPU_OF_OUTPUT, of its output 0). */
enum {
    TB_GPU_FLOAT = 1,
    TB_GPU_INT8 = 2,
    TB_GPU_UINT8 = 4,
    TB_GPU_INT16 = 8,
    TB_GPU_INT32 = 16,
    TB_GPU_INT64 = 32,
    TB_GPU_BOOLEAN = 64,
    TB_GPU_ANY = 127,
    TB_GPU_OF_OUTPUT = 1 << 16
};

/* What may become of an operator's neighbours. */
enum {
    TB_GPU_CLAMPS = 1,   /* can absorb a RELU-like operator behind it (float) */
    TB_GPU_IS_CLAMP = 2, /* is itself such a RELU */
    TB_GPU_RESIDUAL = 4, /* can absorb an ADD behind it (float) */
    TB_GPU_IS_ADD = 8,
    TB_GPU_IS_VIEW = 16 /* the output is the input's bytes under another shape: no step */
};

typedef struct tb_gpu_op_row {
    uint32_t traits;
    /* True where the delegate can run the node; else the reason is in the query. NULL: the cpu
       delegate's rule is this one's too. */
    bool (*takes)(tb_cpu_query *query);
    /* Adds the steps that do it. */
    tb_status (*lower)(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err);
    float clamp_min, clamp_max; /* TB_GPU_IS_CLAMP */
} tb_gpu_op_row;

/* NULL where the delegate does not know the operator; else its types. */
const tb_gpu_op_row *tb_gpu_op_find(int builtin_code, uint32_t *types);
/* The index-th row's operator and its types as bits 1 << TfLiteType; false past the last. */
bool tb_gpu_op_list(int index, int *builtin_code, uint32_t *types);
/* Whether the node is taken: types, shapes, and its row's rule. */
bool tb_gpu_op_takes(tb_cpu_query *query, int builtin_code);

/* Operators absorb what follows them (fuse.c). */
tb_status tb_gpu_fuse(tb_gpu_plan *plan, tb_error *err);

/* ---- making steps ------------------------------------------------------------------------------------ */

/*
 * A step that runs `function` of kernels/<source>.cl, built for elements of `format`
 * (-DT_<format>) and with `options` besides (NULL: none). It covers the operator's nodes. Arguments
 * follow in their order. What fails is kept (tb_gpu_plan_fail), so that only tb_gpu_step_end is looked
 * at; the result is never NULL.
 */
tb_gpu_step *tb_gpu_step_begin(tb_gpu_plan *plan, const char *name, const char *source,
                               const char *function, tb_gpu_format format, const char *options);
/* A copy of a tensor's bytes to or from `value`, across the boundary. */
tb_gpu_step *tb_gpu_step_copy(tb_gpu_plan *plan, const char *name, tb_gpu_step_kind kind,
                              int value);
/* The memory of a value: planned, or a constant's, which is uploaded. */
void tb_gpu_arg_value(tb_gpu_plan *plan, tb_gpu_step *step, int value);
void tb_gpu_arg_mem(tb_gpu_plan *plan, tb_gpu_step *step, cl_mem mem);
void tb_gpu_arg_int(tb_gpu_plan *plan, tb_gpu_step *step, int64_t number);
void tb_gpu_arg_ints(tb_gpu_plan *plan, tb_gpu_step *step, const int32_t *numbers, size_t count);
void tb_gpu_arg_float(tb_gpu_plan *plan, tb_gpu_step *step, float number);
/* A kernel's int2. */
void tb_gpu_arg_int2(tb_gpu_plan *plan, tb_gpu_step *step, int32_t x, int32_t y);
/* Two arguments, `global int *fault, int code`: a kernel that meets an element for which the operator
   has no result writes the code there, and the run fails. */
void tb_gpu_arg_fault(tb_gpu_plan *plan, tb_gpu_step *step);
/*
 * Work items along each dimension. Groups are of a few fixed sizes (a driver may compile a kernel for
 * each), so there are more items than asked for: kernels look. Dimension 0 should be the one along
 * which neighbours read and write next to each other.
 */
void tb_gpu_step_group(tb_gpu_step *step, const size_t local[3]);
tb_status tb_gpu_step_end(tb_gpu_plan *plan, tb_gpu_step *step, size_t x, size_t y, size_t z);

/* A constant made of value `value`'s in the layout that `layout` names (with every number that it
   depends on): found, or made by `fill` in `bytes` bytes and uploaded. NULL after a failure, which is
   kept. */
typedef void (*tb_gpu_fill_fn)(const tb_gpu_plan *plan, const void *context, void *to);
cl_mem tb_gpu_packed(tb_gpu_plan *plan, int value, const char *layout, size_t bytes,
                     tb_gpu_fill_fn fill, const void *context);

/* A constant that goes with the plan, of bytes that were computed from shapes and parameters. NULL
   after a failure, which is kept. */
cl_mem tb_gpu_own_constant(tb_gpu_plan *plan, const void *data, size_t bytes);

/* Floats as the plan stores them (halves or floats): `to` has room for `count`. */
void tb_gpu_store_floats(const tb_gpu_plan *plan, const float *from, size_t count, void *to);
size_t tb_gpu_float_bytes(const tb_gpu_plan *plan);

/* ---- shared by the operators ------------------------------------------------------------------------- */

/* A step that sends bytes through a table (op_unary.c). */
tb_status tb_gpu_lower_table(tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                             const uint8_t table[256]);

/* Input 1 is a constant INT32 that names one of input 0's dimensions (op_reduce.c), ... */
bool tb_gpu_query_axis(tb_cpu_query *query);
/* ... and input 0 as [outer][length][inner] with that one in the middle. */
typedef struct tb_gpu_axis {
    int32_t inner, length, outer;
} tb_gpu_axis;
tb_gpu_axis tb_gpu_axis_of(const tb_gpu_plan *plan, const tb_gpu_op *op);

/* The bounds of the operator's own activation and of a clamp that it absorbed. */
void tb_gpu_bounds(const tb_gpu_op *op, TfLiteFusedActivation activation, float *min, float *max);
/* Padding before the first element along one axis, as TFLite has it. */
int32_t tb_gpu_pad_before(TfLitePadding padding, int32_t input, int32_t output, int32_t taps,
                          int32_t stride, int32_t dilation);

#endif
