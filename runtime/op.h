/*
 * What the author of a portable kernel needs: access to tensors and parameters, refusal with a
 * message that helps, resizing, scratch. A kernel is a TfLiteRegistration, one constant per
 * operator, named in ops.def:
 *
 *     const TfLiteRegistration tb_op_add = {.init = ..., .free = ..., .prepare = ..., .invoke = ...};
 *
 * prepare checks every shape, type and parameter once, gives the outputs their shapes, and stores
 * in node->user_data what invoke needs: the kernel pointer for the types at hand, multipliers,
 * scratch. invoke only computes; it neither allocates nor switches on types. An operator runs on
 * whatever the model says: prepare is the wall between a hostile file and the arithmetic.
 *
 * Kernels are safe to run from several interpreters in several threads: no state but user_data.
 */
#ifndef TB_RUNTIME_OP_H
#define TB_RUNTIME_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/common.h"

/* ---- tensors of a node ------------------------------------------------------------------------ */

/* The node's k-th input or output; NULL where the index is -1 (absent optional) or past the end. */
const TfLiteTensor *tb_op_input(const TfLiteContext *context, const TfLiteNode *node, int k);
TfLiteTensor *tb_op_output(const TfLiteContext *context, const TfLiteNode *node, int k);
/* As tb_op_input, for a variable tensor that the kernel writes. */
TfLiteTensor *tb_op_variable(const TfLiteContext *context, const TfLiteNode *node, int k);
TfLiteTensor *tb_op_temporary(const TfLiteContext *context, const TfLiteNode *node, int k);
TfLiteTensor *tb_op_intermediate(const TfLiteContext *context, const TfLiteNode *node, int k);

/* True where the bytes are in the model or were computed at prepare: prepare may read them. */
bool tb_tensor_is_constant(const TfLiteTensor *tensor);

static inline int tb_tensor_rank(const TfLiteTensor *tensor)
{
    return tensor->dims ? tensor->dims->size : 0;
}

static inline int tb_tensor_dim(const TfLiteTensor *tensor, int axis)
{
    return tensor->dims->data[axis];
}

/* The product of the dimensions; every tensor's was checked against overflow when it was shaped. */
int64_t tb_tensor_elements(const TfLiteTensor *tensor);

/* ---- refusing --------------------------------------------------------------------------------- */

/*
 * Reports through context->ReportError and returns kTfLiteError. The interpreter puts the file,
 * the subgraph, the node and the operator's name in front; say what was found and what would have
 * been right: "filter has 3 input channels, input has 4".
 */
TfLiteStatus tb_op_fail(TfLiteContext *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Each refuses with a message of its own; use in prepare as
   `TB_OP_TRY(tb_op_check_inputs(context, node, 2, 3));` */
TfLiteStatus tb_op_check_inputs(TfLiteContext *context, const TfLiteNode *node, int min, int max);
/* Also that no output is an input, or another output: kernels rely on it. */
TfLiteStatus tb_op_check_outputs(TfLiteContext *context, const TfLiteNode *node, int count);
/* Tensor present and of one of the types in the mask of TB_TYPE_BIT()s. `what` is "input",
   "filter", ... */
TfLiteStatus tb_op_check_type(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                              uint32_t type_mask);
TfLiteStatus tb_op_check_same_type(TfLiteContext *context, const TfLiteTensor *a,
                                   const char *a_name, const TfLiteTensor *b, const char *b_name);
TfLiteStatus tb_op_check_rank(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                              int min, int max);
/* Per-tensor affine quantisation with a finite positive scale and a zero point in the type's
   range. */
TfLiteStatus tb_op_check_quantized(TfLiteContext *context, const TfLiteTensor *tensor,
                                   const char *what);

#define TB_TYPE_BIT(type) (1u << (unsigned)(type))

#define TB_OP_TRY(expression)                         \
    do {                                              \
        TfLiteStatus tb_op_try_status = (expression); \
        if (tb_op_try_status != kTfLiteOk)            \
            return tb_op_try_status;                  \
    } while (0)

/* ---- shaping ---------------------------------------------------------------------------------- */

/* Gives the tensor this shape (copied); refuses negative dimensions and sizes that overflow. */
TfLiteStatus tb_op_resize(TfLiteContext *context, TfLiteTensor *tensor, int rank, const int *dims);
TfLiteStatus tb_op_resize_like(TfLiteContext *context, TfLiteTensor *tensor,
                               const TfLiteTensor *like);
/* Gives a tensor whose bytes do not follow from its shape (string, variant) this many of them, in
   invoke; counted against --memory-limit, and lost are those it had. */
TfLiteStatus tb_op_resize_bytes(TfLiteContext *context, TfLiteTensor *tensor, size_t bytes);
/* The output's shape is only known in invoke: marks it so (kTfLiteDynamic); tb_op_resize then
   allocates when invoke calls it. */
void tb_op_set_dynamic(TfLiteTensor *tensor);
static inline bool tb_tensor_is_dynamic(const TfLiteTensor *tensor)
{
    return tensor->allocation_type == kTfLiteDynamic;
}

/* ---- scratch ---------------------------------------------------------------------------------- */

/* Memory that lives from prepare to the interpreter's end; NULL after an error was reported. It is
   counted against --memory-limit. Freed by the runtime, and anew at every prepare. */
void *tb_op_persistent(TfLiteContext *context, size_t bytes);
/* Scratch for one invoke of this node, 64-byte aligned, out of the arena; call in prepare. */
TfLiteStatus tb_op_request_scratch(TfLiteContext *context, size_t bytes, int *index);
void *tb_op_scratch(TfLiteContext *context, int index);

/* True once the run was cancelled or ran out of time: loops of unbounded length (control flow,
   data-dependent ones) look and return kTfLiteCancelled. */
bool tb_op_cancelled(TfLiteContext *context);

#endif
