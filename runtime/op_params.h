/*
 * From an operator's FlatBuffer options to the TfLite...Params struct that its kernel reads as
 * node->builtin_data (tflite_abi/builtin_op_data.h). The rows of op_params.def say how.
 *
 * As in TFLite (core/api/flatbuffer_conversions.cc), an operator without options gets params that
 * are all zero, not the schema's defaults; LSTM and those StableHLO operators that cannot do without
 * are refused. Stricter than TFLite: options of another operator's type, and values that an
 * enumeration does not have.
 */
#ifndef TB_RUNTIME_OP_PARAMS_H
#define TB_RUNTIME_OP_PARAMS_H

#include <stddef.h>

#include "runtime/base/arena.h"
#include "runtime/base/status.h"
#include "runtime/model.h"

/*
 * Builds the params of `op` (from tb_model_operator), read as builtin operator `builtin_code`
 * (usually op->opcode.builtin_code). They live in `arena`; texts and long lists stay in the model.
 * *params is NULL and *size 0 for an operator that has none, and for a code that is no operator's:
 * whether there is such an operator is the resolver's affair.
 *
 * TB_CORRUPT: the options are not this operator's, miss a part, have an enumeration's value out of
 * range or a list longer than the struct holds. TB_NO_MEMORY: the arena's limit. The message leaves
 * out the node, which the caller puts in front with tb_in.
 */
tb_status tb_op_params_parse(const tb_operator_def *op, int builtin_code, tb_arena *arena,
                             tb_error *err, void **params, size_t *size);

#endif
