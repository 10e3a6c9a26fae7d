/* The functions of two elements of StableHLO, for operators whose body is one of them. */
#ifndef TB_RUNTIME_OPS_STABLEHLO_ELEMENTWISE_H
#define TB_RUNTIME_OPS_STABLEHLO_ELEMENTWISE_H

#include "runtime/ops/elementwise.h"

/* The kernel of STABLEHLO_ADD, _MULTIPLY, _MAXIMUM or _MINIMUM for the tensor's type; refuses other
   operators and types. */
TfLiteStatus tb_stablehlo_row(TfLiteContext *context, int builtin_code, const TfLiteTensor *tensor,
                              const char *what, tb_binary_row *out);

#endif
