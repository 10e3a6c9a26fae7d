/*
 * For operators that run another subgraph of their model (IF, WHILE, CALL_ONCE, CALL, COMPOSITE).
 *
 * A kernel finds the subgraph in prepare, gives its inputs their shapes and allocates it, and in
 * invoke copies values in, invokes, and copies values out. The other subgraph's tensors are not in
 * the kernel's context: use the functions here. Whatever fails has been reported.
 *
 * Depth is bounded, and a subgraph that is being prepared or run cannot be called again.
 */
#ifndef TB_RUNTIME_SUBGRAPH_CALL_H
#define TB_RUNTIME_SUBGRAPH_CALL_H

#include <stdbool.h>

#include "runtime/tflite_abi/common.h"

typedef struct tb_subgraph tb_subgraph;

/* NULL, reported, where there is no such subgraph or it is the caller's own. */
tb_subgraph *tb_call_find(TfLiteContext *context, int subgraph);
/* The number of the subgraph that the context belongs to. */
int tb_call_own_index(const TfLiteContext *context);

/* How many nodes the model gave the subgraph, whatever delegates made of them; *code is the builtin
   code of the first one to run, unchanged where there is none. For kernels whose computation is
   named by a body of one node. */
int tb_call_node_count(const tb_subgraph *subgraph, int *code);

int tb_call_input_count(const tb_subgraph *subgraph);
int tb_call_output_count(const tb_subgraph *subgraph);
/* NULL for a position out of range or an absent tensor. Pointers go stale with every allocate. */
TfLiteTensor *tb_call_input(const tb_subgraph *subgraph, int k);
TfLiteTensor *tb_call_output(const tb_subgraph *subgraph, int k);

TfLiteStatus tb_call_resize_input(TfLiteContext *context, tb_subgraph *subgraph, int k, int rank,
                                  const int *dims);
/* Prepares and allocates; does nothing where the subgraph is allocated for these shapes. */
TfLiteStatus tb_call_allocate(TfLiteContext *context, tb_subgraph *subgraph);
/* As of the last allocate: some shape inside is known only while it runs. */
bool tb_call_is_dynamic(const tb_subgraph *subgraph);
TfLiteStatus tb_call_invoke(TfLiteContext *context, tb_subgraph *subgraph);
/* Gives the subgraph's memory back until the next allocate; its inputs and outputs lose their
   values. Variables lose theirs too. */
void tb_call_release(tb_subgraph *subgraph);

/* Gives a dynamic tensor of the other subgraph this many bytes (a string's, say), counted. */
TfLiteStatus tb_call_resize_bytes(tb_subgraph *subgraph, TfLiteTensor *tensor, size_t bytes);

#endif
