/*
 * A subgraph at run time: tensors, nodes, the execution plan, the arena, and the TfLiteContext that
 * kernels and delegates see. One per subgraph of the model; the interpreter owns all of them.
 *
 * This is the runtime's inside. Functions return TfLiteStatus, because they call and are called
 * through the ABI; what went wrong was told to tb_fault() by whoever found it.
 *
 *   subgraph_build.c    from the model to tensors and nodes
 *   subgraph_context.c  the functions behind TfLiteContext
 *   subgraph_prepare.c  calling kernels' prepare, allocating
 *   subgraph_fold.c      nodes whose results follow from shapes
 *   subgraph_memory.c   lifetimes, the arena, counted dynamic memory
 *   subgraph_invoke.c   running the plan
 *   subgraph_call.c     running one from another's node
 *   node.c              calling a registration, plain or opaque
 *   delegation.c        delegates: apply, undo, redo
 */
#ifndef TB_RUNTIME_SUBGRAPH_H
#define TB_RUNTIME_SUBGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"
#include "runtime/memory_plan.h"
#include "runtime/tflite_abi/common.h"

typedef struct tb_interpreter tb_interpreter;
typedef struct tb_subgraph tb_subgraph;

/* A block of memory that a kernel asked for and the runtime frees. */
typedef struct tb_block {
    struct tb_block *next;
    size_t bytes;
    max_align_t data[];
} tb_block;

typedef struct tb_node {
    TfLiteNode node;                 /* first: a TfLiteNode * of ours leads back here */
    TfLiteRegistration registration; /* a copy: custom ones may be unresolved until delegated */
    bool resolved;                   /* false: no kernel, only a delegate can take it */
    bool owned;                      /* a delegate's kernel: lists and params are malloc's */
    bool folded;                     /* ran in prepare: invoke leaves it out */
    bool has_known_shapes;           /* as a delegate finds it, before anything ran */
    bool touches_dynamic;            /* an output or temporary is kTfLiteDynamic, as of prepare */
    int delegated_to;                /* node that replaced this one; -1 */
    char *reason;                    /* why the last delegate asked left it; owned; NULL */
    TfLiteOperator *opaque_view;     /* given to delegates of the opaque API; owned; NULL */
    tb_block *init_blocks;           /* persistent memory asked for in init */
    tb_block *prepare_blocks;        /* ... in prepare; freed before the next one */
} tb_node;

enum { TB_NOT_PLACED = -1 };

/* What the runtime knows of a tensor beside the ABI's struct; the array runs parallel. */
typedef struct tb_tensor_state {
    int32_t first_use;      /* position that first writes or reads it; -1: nobody does */
    int32_t last_use;       /* INT32_MAX: kept to the end */
    int64_t offset;         /* in the arena; TB_NOT_PLACED */
    uint64_t placed_bytes;  /* that were planned */
    uint64_t counted_bytes; /* of dynamic memory, as counted */
    int32_t shares_with;    /* lies where this tensor lies (in place); -1 */
    bool is_input;          /* of the subgraph */
    bool is_output;
    bool is_filled;         /* by the application or a node: without, it gets no place */
    bool rewritten;         /* several nodes of the model write it */
    bool persistent_placed; /* lies in the persistent block */
    bool is_custom;         /* custom_data/custom_bytes are the application's */
    void *custom_data;
    size_t custom_bytes;
} tb_tensor_state;

typedef struct tb_scratch {
    int32_t position; /* of the node that asked, in the execution plan */
    uint64_t bytes;
    int64_t offset; /* in the arena; TB_NOT_PLACED */
} tb_scratch;

typedef enum tb_subgraph_state {
    TB_UNINVOKABLE, /* allocate first */
    TB_INVOKABLE,
    TB_INVOKABLE_AND_IMMUTABLE /* a delegate without dynamic shapes was applied */
} tb_subgraph_state;

struct tb_subgraph {
    TfLiteContext context; /* first: impl_ leads back here too */
    tb_interpreter *interpreter;
    int index;
    const char *name;

    int *inputs; /* tensor indices, -1 for absent; in the interpreter's arena */
    int *outputs;
    int *variables;
    int input_count;
    int output_count;
    int variable_count;

    TfLiteTensor *tensors; /* context.tensors; malloc, with headroom */
    tb_tensor_state *tensor_states;
    size_t tensor_capacity;
    size_t model_tensor_count;

    tb_node **nodes;
    int node_count;
    int node_capacity;
    int model_node_count;

    int *plan; /* node indices in order of execution; room for node_capacity */
    int plan_count;

    /* delegation.c */
    int *original_plan; /* before the first delegate; NULL: none applied */
    int original_plan_count;
    TfLiteDelegate **delegates; /* applied to this subgraph, in order */
    int delegate_count;
    TfLiteOperator **operators; /* kernels of opaque delegates, which the subgraph owns */
    int operator_count;
    bool delegates_undone;     /* they have to be applied again before allocating */
    bool delegate_asked;       /* the delegate at hand has seen the graph */
    bool delegation_skippable; /* a delegate has inlined this subgraph */
    int delegate_context_depth;
    TfLiteIntArray *plan_copy;      /* given out by GetExecutionPlan */
    TfLiteDelegateParams *previews; /* given out by PreviewDelegatePartitioning */
    int preview_count;
    char *plan_text;

    tb_subgraph_state state;
    bool has_dynamic_tensors;
    int dynamic_tensor;     /* one of them, for messages */
    bool resized_in_invoke; /* a kernel gave a tensor another shape */
    bool busy;              /* being prepared or invoked: it cannot be called again */
    int next_to_prepare;    /* position */
    int next_to_plan;       /* position */
    int current_position;   /* being prepared; -1 outside and for the original plan */
    bool in_init;

    tb_scratch *scratch;
    int scratch_count;
    int scratch_capacity;
    tb_block *eval_blocks; /* until the node at hand has run */

    char *arena; /* aligned; NULL before there is one */
    uint64_t arena_capacity;
    char *persistent; /* variables */
    uint64_t persistent_bytes;
    tb_plan_result plan_result;
    bool has_custom; /* some tensor lies in the application's memory */
};

/* ---- faults ------------------------------------------------------------------------------------ */

/*
 * Composes "<file>: subgraph 0, node 12 CONV_2D: <message>" for what is being done right now, keeps
 * it as the reason of a failure on the way, reports it once, and returns kTfLiteError.
 */
TfLiteStatus tb_fault(tb_subgraph *subgraph, tb_status status, const char *format, ...)
    TB_PRINTF(3, 4);

/* "tensor 7 'conv1/weights'". */
#define TB_TENSOR_TEXT_SIZE 128
const char *tb_tensor_text(const tb_subgraph *subgraph, int tensor, char out[TB_TENSOR_TEXT_SIZE]);

static inline tb_subgraph *tb_subgraph_of(const TfLiteContext *context)
{
    return context->impl_;
}

/* ---- building (subgraph_build.c) --------------------------------------------------------------- */

/* Fills a zeroed struct. On failure tb_subgraph_free must be called all the same. */
tb_status tb_subgraph_build(tb_subgraph *subgraph, tb_interpreter *interpreter, int index,
                            tb_error *err);
void tb_subgraph_free(tb_subgraph *subgraph);

/* Room for `extra` more tensors; the array may move. */
bool tb_subgraph_reserve_tensors(tb_subgraph *subgraph, size_t extra);
/* So many empty tensors at the end; *first is the index of the first. */
bool tb_subgraph_add_tensors(tb_subgraph *subgraph, size_t count, int *first);
/* A zeroed node at the end of `nodes`; NULL without memory. */
tb_node *tb_subgraph_add_node(tb_subgraph *subgraph);
/* What the registration's init makes and everything the node owns; not the struct. */
void tb_node_release(tb_subgraph *subgraph, tb_node *node);
void tb_blocks_free(tb_subgraph *subgraph, tb_block **list);
bool tb_node_has_side_effect(const tb_subgraph *subgraph, const tb_node *node);

/* ---- registrations (node.c) -------------------------------------------------------------------- */

void *tb_node_init(tb_subgraph *subgraph, const tb_node *node, const char *buffer, size_t size);
void tb_node_free(tb_subgraph *subgraph, const tb_node *node, void *user_data);
TfLiteStatus tb_node_prepare(tb_subgraph *subgraph, tb_node *node);
TfLiteStatus tb_node_invoke(tb_subgraph *subgraph, tb_node *node);
/* "CONV_2D", the custom name, or the delegate kernel's name. */
const char *tb_node_name(const tb_node *node);

/* ---- the context (subgraph_context.c) ---------------------------------------------------------- */

void tb_context_init(tb_subgraph *subgraph);
/* Delegates' functions on and off; nests. */
void tb_context_enter_delegate(tb_subgraph *subgraph);
void tb_context_leave_delegate(tb_subgraph *subgraph);

/* ---- preparing (subgraph_prepare.c) ------------------------------------------------------------ */

TfLiteStatus tb_subgraph_allocate(tb_subgraph *subgraph);
/* Prepares the nodes of a plan from a position on, until one has dynamic outputs; *last: the last
   one prepared. */
TfLiteStatus tb_subgraph_prepare_nodes(tb_subgraph *subgraph, int first, const int *plan, int count,
                                       int *last);
/* Prepares and plans what was waiting for dynamic shapes. */
TfLiteStatus tb_subgraph_prepare_rest(tb_subgraph *subgraph);
TfLiteStatus tb_subgraph_resize_input(tb_subgraph *subgraph, int tensor, int rank, const int *dims,
                                      bool strict);
/* Resizes as ResizeTensor of the context does; takes dims in every case. */
TfLiteStatus tb_subgraph_resize_tensor(tb_subgraph *subgraph, TfLiteTensor *tensor,
                                       TfLiteIntArray *dims);
bool tb_subgraph_lists_dynamic(const tb_subgraph *subgraph, const int *tensors, int count,
                               int *which);

/* ---- folding (subgraph_fold.c) ----------------------------------------------------------------- */

/* Runs a node that was just prepared where its results are known now; `scratch_before`: how much
   scratch the subgraph had before it was prepared. */
TfLiteStatus tb_subgraph_fold(tb_subgraph *subgraph, tb_node *node, int scratch_before);
/* Before preparing a node anew: its outputs are what they were. */
void tb_subgraph_unfold(tb_subgraph *subgraph, tb_node *node);
/* Takes folded nodes among the first `count` out of the plan, for as long as shapes do not change. */
void tb_subgraph_hide_folded(tb_subgraph *subgraph, int count);

/* ---- memory (subgraph_memory.c) ---------------------------------------------------------------- */

/* Lifetimes of all tensors from the execution plan; refuses graphs that read before they write. */
TfLiteStatus tb_subgraph_find_lifetimes(tb_subgraph *subgraph);
/* Places and allocates what the nodes at [first, last] need beside what lives there already. */
TfLiteStatus tb_subgraph_place(tb_subgraph *subgraph, int first, int last);
/* Forgets the places of everything that starts at `first` or later. */
void tb_subgraph_forget_places(tb_subgraph *subgraph, int first);
void tb_subgraph_release_arena(tb_subgraph *subgraph);
/* The arena, and what dynamic inputs and outputs hold. */
void tb_subgraph_release_memory(tb_subgraph *subgraph);
TfLiteStatus tb_subgraph_reset_variables(tb_subgraph *subgraph);
/* Gives a dynamic or persistent tensor this many bytes, counted. */
TfLiteStatus tb_subgraph_realloc(tb_subgraph *subgraph, TfLiteTensor *tensor, size_t bytes,
                                 bool keep);
/* Counts what a kernel allocated without telling. */
TfLiteStatus tb_subgraph_recount(tb_subgraph *subgraph, const TfLiteIntArray *tensors);
TfLiteStatus tb_subgraph_set_custom(tb_subgraph *subgraph, int tensor,
                                    const TfLiteCustomAllocation *allocation, int64_t flags);
TfLiteStatus tb_subgraph_check_custom(tb_subgraph *subgraph);

/* ---- running (subgraph_invoke.c) --------------------------------------------------------------- */

TfLiteStatus tb_subgraph_invoke(tb_subgraph *subgraph);
/* Fetches a tensor's values from its delegate where they are newer there. */
TfLiteStatus tb_subgraph_ensure_readable(tb_subgraph *subgraph, int tensor);

/* ---- delegates (delegation.c) ------------------------------------------------------------------ */

/* When it fails, the subgraph has the delegates it had before. */
TfLiteStatus tb_subgraph_apply_delegate(tb_subgraph *subgraph, TfLiteDelegate *delegate);
/* Back to the model's own nodes; the delegates are remembered, and applied again by redo. */
TfLiteStatus tb_subgraph_undo_delegates(tb_subgraph *subgraph);
TfLiteStatus tb_subgraph_redo_delegates(tb_subgraph *subgraph);
/* Undoes and forgets all delegates from number `keep` on, and applies the others again. */
TfLiteStatus tb_subgraph_drop_delegates(tb_subgraph *subgraph, int keep);
TfLiteStatus tb_subgraph_replace_nodes(tb_subgraph *subgraph, TfLiteRegistration registration,
                                       const TfLiteIntArray *nodes, TfLiteDelegate *delegate);
TfLiteStatus tb_subgraph_preview(tb_subgraph *subgraph, const TfLiteIntArray *nodes,
                                 TfLiteDelegateParams **previews, int *count);
void tb_subgraph_free_previews(tb_subgraph *subgraph);
void tb_subgraph_free_delegation(tb_subgraph *subgraph);

#endif
