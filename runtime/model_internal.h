/* What model.c (opening, accessors) and model_verify*.c (the checks) share; nobody else's. */
#ifndef TB_RUNTIME_MODEL_INTERNAL_H
#define TB_RUNTIME_MODEL_INTERNAL_H

#include <stdatomic.h>

#include "runtime/base/arena.h"
#include "runtime/base/os.h"
#include "runtime/model.h"

struct tb_model {
    atomic_size_t references;
    tb_mapping mapping; /* empty where the memory is borrowed */
    void *copy;         /* of borrowed memory that is not aligned; NULL: none */
    tb_bytes file;
    char *path;
    const char *name; /* inside path */
    tb_fb_tables opcodes;
    tb_fb_tables subgraphs;
    tb_fb_tables buffers;
    tb_fb_tables metadata;
    tb_fb_tables signatures;
    tb_fb_table root;
    tb_bytes *moved;     /* by buffer: an aligned copy, data NULL where none is needed; or NULL */
    uint32_t *externals; /* indices of external buffers in order of their ids; NULL: none */
    size_t external_count;
    tb_mapping *external_files; /* by group; NULL: none was asked for */
    bool has_sparse;            /* some constant is */
    size_t odd_dimensions;      /* tensors whose quantized_dimension is outside the shape */
    const char *note;           /* about them; NULL: none */
    tb_arena arena;             /* moved, externals, notes */
    _Atomic(void *) shared;     /* tb_model_shared */
    void (*_Atomic destroy_shared)(void *object);
};

/* The semantic checks, on a file whose structure is sound; fills opcodes .. note. */
tb_status tb_model_verify(tb_model *model, tb_error *err);
/* The checks of one tensor. */
tb_status tb_model_verify_tensor(tb_model *model, size_t subgraph, size_t index, tb_error *err);
/* Subgraphs that operators call: they exist, and no call leads back to itself. */
tb_status tb_model_verify_calls(const tb_model *model, tb_error *err);

/* The bytes of a buffer wherever the file has them; false where they lie outside. data NULL: the
   buffer has none. */
bool tb_model_raw_buffer(const tb_model *model, size_t index, tb_bytes *out);

/* model_external.c: maps the file of an external buffer that exists, where the model is a file itself,
   and checks that it lies inside; then its bytes. data NULL: they are not there. */
tb_status tb_model_load_external(tb_model *model, uint32_t id, tb_error *err);
tb_bytes tb_model_external_bytes(const tb_model *model, uint32_t id);
void tb_model_close_external(tb_model *model);

/* The external buffer with that id; absent where there is none. */
tb_fb_table tb_model_external(const tb_model *model, uint32_t id);

#endif
