/*
 * From an operator's FlatBuffer options to the TfLite...Params struct that its kernel reads as
 * node->builtin_data (tflite_abi/builtin_op_data.h).
 *
 * op_params.def has a row per operator and per field; op_params_special.c holds what is not field
 * by field. Where the options are missing, every field has the schema's default (which is what
 * TFLite does, save that it leaves some of them unset).
 */
#ifndef TB_RUNTIME_OP_PARAMS_H
#define TB_RUNTIME_OP_PARAMS_H

#include <stddef.h>

#include "runtime/base/arena.h"
#include "runtime/base/status.h"
#include "runtime/model.h"

/*
 * Builds the params of `op` (from tb_model_operator), which is read as builtin operator
 * `builtin_code` (usually op->opcode.builtin_code). They live in `arena` and hold no pointer into
 * anything else but the model. *params is NULL and *size 0 where the operator has none.
 *
 * TB_CORRUPT: options of another operator's type, an enum value out of range, a list longer than
 * its struct holds. TB_UNSUPPORTED: an operator code that the ABI does not know. TB_NO_MEMORY: the
 * arena's limit. Messages name subgraph-free facts ("options are Pool2DOptions, an ADD has
 * AddOptions"); the caller puts the place in front with tb_in.
 */
tb_status tb_op_params_parse(const tb_model *model, const tb_operator_def *op, int builtin_code,
                             tb_arena *arena, tb_error *err, void **params, size_t *size);

/* "CONV_2D"; "CUSTOM" for custom ones; NULL where the ABI has no such code. */
const char *tb_op_builtin_name(int builtin_code);

#endif
