/*
 * The version of a builtin operator that a node needs: the lowest whose definition has the types,
 * ranks and options that the node uses, as TFLite's converter decides it (GetBuiltinOperatorVersion
 * in its versioning/op_version.cc).
 */
#ifndef TB_MODELS_OP_VERSION_H
#define TB_MODELS_OP_VERSION_H

#include "models/draft.h"

/* 1 where no rule asks for more. Tensors that do not exist match no rule. */
int32_t tb_op_version(const tb_draft_subgraph *graph, const tb_draft_op *op);

#endif
