/* The operators that the delegate takes: ops.def has a row for each. */
#ifndef TB_CPU_OPS_H
#define TB_CPU_OPS_H

#include "delegates/cpu/plan.h"

/* A node that is offered to the delegate. */
typedef struct tb_cpu_query {
    TfLiteContext *context;
    const TfLiteNode *node;
    const tb_cpu_folds *folds;
    bool hybrid;      /* the operator may be a hybrid one */
    bool any_filter;  /* filters and biases may be computed */
    bool any_groups;  /* convolutions may go by groups of channels, depthwise ones multiply them */
    char reason[160]; /* why not */
} tb_cpu_query;

/* What may become of an operator's neighbours. */
enum {
    TB_OP_VIEWS = 1,     /* reads inputs and writes its output row by row, with or without halo */
    TB_OP_PADS = 2,      /* can absorb a PAD before it */
    TB_OP_CLAMPS = 4,    /* can absorb a RELU-like operator behind it */
    TB_OP_RESIDUAL = 8,  /* can absorb an ADD behind it (float) */
    TB_OP_SLOPE = 16,    /* can absorb a PRELU behind it (float) */
    TB_OP_PARTS = 32,    /* any number of outputs: an operator of the plan for each */
    TB_OP_WINDOWED = 64, /* window() tells the halo that input 0 should have */
    TB_OP_SAME_SHAPE_VIEWS = 128, /* as TB_OP_VIEWS, where all inputs but constants have the
                                     output's shape */
    TB_OP_IS_CLAMP = 256,         /* is itself such a RELU, ... */
    TB_OP_IS_PRELU = 512,
    TB_OP_IS_ADD = 1024,
    TB_OP_IS_PAD = 2048,
    TB_OP_HYBRID = 4096, /* takes a float input 0 under an 8-bit or 4-bit filter, input 1, ... */
    TB_OP_HYBRID_ROWS = 8192, /* quantised row by row and not image by image */
    TB_OP_STATE = 16384,      /* reads and writes variables, which takes() looks at */
    TB_OP_IS_SELECT = 32768,
    TB_OP_IS_GREATER = 65536,
    TB_OP_IS_MUL = 131072,
    TB_OP_IS_LOGISTIC = 1 << 18,
    TB_OP_UNARY = 1 << 19 /* can absorb an operator with a unary() behind it (float) */
};

typedef struct tb_cpu_op_row {
    uint32_t traits;
    /* True where the delegate can run the node; else the reason is in the query. */
    bool (*takes)(tb_cpu_query *query);
    /* Makes op->step: packs, chooses, reserves scratch. */
    tb_status (*lower)(tb_plan *plan, tb_cpu_op *op, tb_error *err);
    void (*window)(const tb_plan *plan, const tb_cpu_op *op, tb_window *out);
    float clamp_min, clamp_max; /* TB_OP_IS_CLAMP */
    /* Of an operator on single floats: which function that is. NULL: it is none. */
    void (*unary)(const tb_plan *plan, const tb_cpu_op *op, tb_unary *out);
    int channel_axis; /* TB_OP_HYBRID: of the filter's scales */
    bool (*asymmetric)(const void *params, const TfLiteTensor *filter); /* the same */
    size_t params_bytes, activation_offset; /* the same: of the operator's parameters */
    /* Of an operator that lays its inputs into its output, side by side: where those of input k begin,
       in bytes; and whether they are one run or a stretch of each pixel. False: it does not copy
       that input as it is. */
    bool (*slice)(const tb_plan *plan, const tb_cpu_op *op, int k, size_t *offset, bool *one_run);
    /* Whether the operator can write pixels that lie apart: view.pixel_bytes beyond its channels. */
    bool (*writes_apart)(const tb_plan *plan, const tb_cpu_op *op);
    /* True where the output is the bytes of input value *in from *offset on, and so needs no copy
       where one of the two may lie where the other does. NULL: never. */
    bool (*alias)(const tb_plan *plan, const tb_cpu_op *op, int *in, size_t *offset);
} tb_cpu_op_row;

/* Replaces operators that say together what another one says alone (plan_rewrite.c). */
tb_status tb_plan_rewrite(tb_plan *plan, tb_error *err);

/* NULL where the delegate does not know the operator. */
const tb_cpu_op_row *tb_cpu_op_find(int builtin_code);

/* ---- choosing nodes (cpu.c), for delegates that build on this one ----------------------------------- */

/* By tensor, how many nodes of the plan write it (up to 2); NULL: out of memory. The caller frees. */
uint8_t *tb_cpu_count_writers(TfLiteContext *context, const TfLiteIntArray *order);
/* Whether the node alone writes its outputs, and does not read them: a plan lets a tensor live from its
   one writer to its last reader. Else the reason is in the query. */
bool tb_query_written_once(tb_cpu_query *query, const uint8_t *writers);
/* Whether the delegate takes the node; else the reason is in the query. */
bool tb_cpu_takes_node(tb_cpu_query *query, const TfLiteRegistration *registration,
                       const uint8_t *writers);

/* ---- asking about a node --------------------------------------------------------------------------- */

/* False, with the reason composed. */
bool tb_query_no(tb_cpu_query *query, const char *format, ...) TB_PRINTF(2, 3);
const TfLiteTensor *tb_query_input(const tb_cpu_query *query, int k);
const TfLiteTensor *tb_query_output(const tb_cpu_query *query, int k);
size_t tb_query_elements(const TfLiteTensor *tensor);
/* Stored in the model, or folded by the interpreter until the next shape. */
bool tb_query_has_values(const TfLiteTensor *tensor);
/* The bytes are the model's, or unpacked from the model's alone (fold.h): weights are packed once for
   all its interpreters. */
bool tb_query_is_constant(const tb_cpu_query *query, const TfLiteTensor *tensor);
/* They are, or were computed from shapes when the graph was prepared and may change with them. */
bool tb_query_is_known(const tb_cpu_query *query, const TfLiteTensor *tensor);
/* Input 0 and output 0 are both float32, int8 or uint8 (one type), with scales where quantised. */
bool tb_query_same_type(tb_cpu_query *query, const TfLiteTensor *a, const TfLiteTensor *b);
/* NONE, RELU, RELU_N1_TO_1 or RELU6. */
bool tb_query_activation(tb_cpu_query *query, TfLiteFusedActivation activation);
bool tb_query_rank(tb_cpu_query *query, const TfLiteTensor *tensor, const char *what, int min,
                   int max);

/* ---- shared by the operators ----------------------------------------------------------------------- */

/* The bounds of a fused activation (and of what the operator absorbed) on floats, ... */
void tb_float_bounds(TfLiteFusedActivation activation, float *min, float *max);
/* ... and on a quantised value. */
tb_status tb_quantized_bounds(const tb_value *value, TfLiteFusedActivation activation,
                              tb_error *err, int32_t *min, int32_t *max);

/* Works out the window's padding from the operator's and what was absorbed; the rest is set. */
void tb_op_window_pad(const tb_cpu_op *op, const tb_value *in, TfLitePadding padding,
                      tb_window *window);
/* Whether the operator is a hybrid one (op_hybrid.c), and if so whether its constants are right. */
bool tb_query_is_hybrid(const TfLiteTensor *input, const TfLiteTensor *filter);
bool tb_query_hybrid_filter(tb_cpu_query *query, const TfLiteTensor *filter,
                            const TfLiteTensor *bias, int axis);
bool tb_hybrid_scales_differ(const TfLiteTensor *filter);
/* What comes before a hybrid operator (inputs: the values, room for the rows' scales) and behind it
   (inputs: sums, scales of rows, bias or none). */
extern const tb_cpu_op_row tb_cpu_op_quantize_rows, tb_cpu_op_scale_rows;
/* A constant filter and bias (may be NULL) of the types that go with the input's: float, int8
   quantised symmetrically, uint8 per tensor. `axis` is that of the output channels. */
bool tb_query_filter(tb_cpu_query *query, const TfLiteTensor *input, const TfLiteTensor *filter,
                     const TfLiteTensor *bias, int axis);
/* Strides and dilations at least 1, and an output [n, h, w, c] of the size they give. */
bool tb_query_window(tb_cpu_query *query, const TfLiteTensor *input, const TfLiteTensor *output,
                     TfLitePadding padding, const tb_window *window);

/* SOFTMAX of 8-bit values (op_softmax.c). */
tb_status tb_lower_q8_softmax(tb_plan *plan, tb_cpu_op *op, tb_error *err);

/* A step of `type`, which begins with a tb_cpu_step, named and covering the operator's nodes. */
void *tb_step_new(tb_plan *plan, tb_cpu_op *op, size_t size, const char *name, const char *kernel,
                  void (*run)(const tb_cpu_step *, const tb_run *));

#endif
