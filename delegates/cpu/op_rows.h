/* The rows that ops.def names. */
#ifndef TB_CPU_OP_ROWS_H
#define TB_CPU_OP_ROWS_H

#include "delegates/cpu/ops.h"

#define TB_CPU_OP(builtin, name) extern const tb_cpu_op_row tb_cpu_op_##name;
#include "delegates/cpu/ops.def"
#undef TB_CPU_OP
/* x times LOGISTIC of x */
extern const tb_cpu_op_row tb_cpu_op_silu;

#endif
