/*
 * From operator code and version to kernel. The rows of ops.def are the only list of what this
 * build can run: `tflbench list ops` prints them, tests walk them, selective builds thin them.
 */
#ifndef TB_RUNTIME_RESOLVER_H
#define TB_RUNTIME_RESOLVER_H

#include <stdint.h>

#include "runtime/base/status.h"
#include "runtime/tflite_abi/common.h"

/* One row of ops.def. */
typedef struct tb_op_row {
    int builtin_code; /* kTfLiteBuiltin...; kTfLiteBuiltinCustom for custom operators */
    const char *name; /* of a custom operator; NULL for a builtin (tb_op_row_name has both) */
    int min_version;
    int max_version;
    uint32_t types; /* TB_TYPE_BIT()s of the data types of its main input */
    const TfLiteRegistration *registration;
} tb_op_row;

/* The rows, in order of builtin code, custom ones last. */
const tb_op_row *tb_resolver_rows(int *count);
/* "CONV_2D", or the custom operator's name. Static. */
const char *tb_op_row_name(const tb_op_row *row);

typedef struct tb_resolver tb_resolver;

/* A resolver that knows ops.def; registrations added later come first. */
tb_status tb_resolver_create(tb_error *err, tb_resolver **out);
/* A resolver that knows nothing but what is added. */
tb_status tb_resolver_create_empty(tb_error *err, tb_resolver **out);
tb_status tb_resolver_copy(const tb_resolver *from, tb_error *err, tb_resolver **out);
void tb_resolver_destroy(tb_resolver *resolver);

/* The registration (or what it points at) is borrowed and outlives every interpreter made with it;
   the name is copied. */
tb_status tb_resolver_add_builtin(tb_resolver *resolver, int builtin_code,
                                  const TfLiteRegistration *registration, int min_version,
                                  int max_version, tb_error *err);
tb_status tb_resolver_add_custom(tb_resolver *resolver, const char *name,
                                 const TfLiteRegistration *registration, int min_version,
                                 int max_version, tb_error *err);

/*
 * Somebody else's table: asked before ops.def, after what was added by name. Either function may be
 * NULL, and answers NULL for what it does not know. What they return is borrowed as above.
 */
typedef struct tb_resolver_lookup {
    const TfLiteRegistration *(*find_builtin)(void *context, int builtin_code, int version);
    const TfLiteRegistration *(*find_custom)(void *context, const char *name, int version);
    void *context;
} tb_resolver_lookup;
void tb_resolver_set_lookup(tb_resolver *resolver, const tb_resolver_lookup *lookup);

/* TB_UNSUPPORTED with a message that tells the versions there are from the operator not being
   there at all. `custom_name` is read only for kTfLiteBuiltinCustom. */
tb_status tb_resolver_find(const tb_resolver *resolver, int builtin_code, const char *custom_name,
                           int version, tb_error *err, const TfLiteRegistration **out);

#endif
