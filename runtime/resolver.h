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
    const char *name; /* "CONV_2D", or the custom operator's name */
    int min_version;
    int max_version;
    uint32_t types; /* TB_TYPE_BIT()s of the data types of its main input */
    const TfLiteRegistration *registration;
} tb_op_row;

/* The rows, in order of builtin code, custom ones last. */
const tb_op_row *tb_resolver_rows(int *count);

typedef struct tb_resolver tb_resolver;

/* A resolver that knows ops.def; registrations added later come first. */
tb_status tb_resolver_create(tb_error *err, tb_resolver **out);
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

/* TB_UNSUPPORTED with a message that tells the versions there are from the operator not being
   there at all. `custom_name` is read only for kTfLiteBuiltinCustom. */
tb_status tb_resolver_find(const tb_resolver *resolver, int builtin_code, const char *custom_name,
                           int version, tb_error *err, const TfLiteRegistration **out);

#endif
