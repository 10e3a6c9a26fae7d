/*
 * The skeleton of operators that only move elements: each makes a strided view of its input and
 * copies it out. The view is made in prepare where what it depends on is constant, else in invoke.
 */
#ifndef TB_RUNTIME_OPS_VIEW_H
#define TB_RUNTIME_OPS_VIEW_H

#include "runtime/ops/strided.h"

/* Types of whole bytes; a view of INT4 or strings is possible too, where an operator has them. */
#define TB_VIEW_TYPES                                                                           \
    (TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) | TB_TYPE_BIT(kTfLiteBFloat16) | \
     TB_TYPE_BIT(kTfLiteFloat64) | TB_TYPES_QUANTIZED | TB_TYPE_BIT(kTfLiteUInt16) |            \
     TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteUInt32) | TB_TYPE_BIT(kTfLiteInt64) |       \
     TB_TYPE_BIT(kTfLiteUInt64) | TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteComplex64))

/* Makes the view and gives the output its shape. */
typedef TfLiteStatus (*tb_view_maker)(TfLiteContext *context, const TfLiteNode *node,
                                      tb_strided *view);

/* The stride of each dimension of a tensor, in elements. */
void tb_row_strides(const TfLiteTensor *tensor, ptrdiff_t *strides);

/* Input 0 is viewed and must be of one of the types; inputs from 1 on decide the view, which is made
   now if they are all constant. Makes the node's data. */
TfLiteStatus tb_view_prepare(TfLiteContext *context, TfLiteNode *node, int inputs, uint32_t types,
                             tb_view_maker make);
TfLiteStatus tb_view_invoke(TfLiteContext *context, TfLiteNode *node, tb_view_maker make);

/* A registration of an operator whose view make_view_<name> makes from `inputs` inputs. */
#define TB_DEFINE_VIEW_OPERATOR(name, inputs, types)                             \
    static TfLiteStatus prepare_##name(TfLiteContext *context, TfLiteNode *node) \
    {                                                                            \
        return tb_view_prepare(context, node, inputs, types, make_view_##name);  \
    }                                                                            \
    static TfLiteStatus invoke_##name(TfLiteContext *context, TfLiteNode *node)  \
    {                                                                            \
        return tb_view_invoke(context, node, make_view_##name);                  \
    }                                                                            \
    const TfLiteRegistration tb_op_##name = {.prepare = prepare_##name, .invoke = invoke_##name};

#endif
