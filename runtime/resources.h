/*
 * What outlives an invoke and is shared by the subgraphs and signatures of one interpreter: resource
 * variables, hash tables, and which initialisation subgraphs have run. Kernels reach it with
 * tb_op_resources(); a resource tensor holds the id.
 */
#ifndef TB_RUNTIME_RESOURCES_H
#define TB_RUNTIME_RESOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/memory_count.h"
#include "runtime/tflite_abi/common.h"

typedef struct tb_resources tb_resources;

/* The head of whatever is kept; a kernel's own struct starts with it. `kind` is a static text whose
   address tells kinds apart, e.g. "variable". */
typedef struct tb_resource {
    const char *kind;
    void (*destroy)(struct tb_resource *resource);
} tb_resource;

tb_resources *tb_resources_create(void); /* NULL without memory */
void tb_resources_destroy(tb_resources *resources);

/* The id of a name (container and shared name together; NULL counts as ""), the same one every time
   it is asked. -1 without memory. */
int32_t tb_resources_id(tb_resources *resources, const char *container, const char *shared_name);

/* NULL where nothing was put under this id yet. */
tb_resource *tb_resources_find(const tb_resources *resources, int32_t id);
/* Takes the resource; one that was there is destroyed. False without memory or for a negative id:
   then the resource is still the caller's. */
bool tb_resources_put_take(tb_resources *resources, int32_t id, tb_resource *resource);

/* For CALL_ONCE: whether a subgraph has run as an initialiser. */
bool tb_resources_initialized(const tb_resources *resources, int subgraph);
bool tb_resources_set_initialized(tb_resources *resources, int subgraph);

/* The resources of the interpreter that a context belongs to, and the count of memory that what
   they hold is charged to. Resources are destroyed before the count is. */
tb_resources *tb_op_resources(const TfLiteContext *context);
tb_memory_count *tb_op_memory_count(const TfLiteContext *context);

#endif
