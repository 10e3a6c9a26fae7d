/*
 * A delegate as the tool sees it: one row, `const tb_delegate_row tb_delegate_<name>`, and one line
 * in delegates.def. Whoever measures asks probe() whether it can work here at all (the reason is
 * stored and shown where it cannot), create()s a TfLiteDelegate from options, and gives that to the
 * interpreter. Why single nodes were left behind comes back through tb_host::reject.
 */
#ifndef TB_DELEGATES_DELEGATE_H
#define TB_DELEGATES_DELEGATE_H

#include <stdbool.h>

#include "runtime/base/buf.h"
#include "runtime/base/status.h"
#include "runtime/host.h"
#include "runtime/tflite_abi/common.h"

/* One `key=value` of `--delegate name:key=value;key=value`. */
typedef struct tb_delegate_option {
    const char *key;
    const char *value;
} tb_delegate_option;

/* An option that a delegate understands; `list delegates --verbose` prints them. */
typedef struct tb_delegate_option_spec {
    const char *key;
    const char *values; /* e.g. "fp16|fp32|auto" */
    const char *help;
} tb_delegate_option_spec;

typedef struct tb_delegate_row {
    const char *name;                       /* as in --delegate */
    const char *what;                       /* one line */
    const tb_delegate_option_spec *options; /* ends with a NULL key; may be NULL */
    bool in_default_sweep;
    bool off_cpu; /* works elsewhere: thread counts do not matter where it takes every node */

    /* TB_OK, with `what_found` (device, driver, instruction sets) appended; or TB_UNAVAILABLE with
       the reason in `err`. Cheap enough to be asked at every start. */
    tb_status (*probe)(tb_error *err, tb_buf *what_found);

    /* Unknown options and bad values are TB_USAGE. `threads` is what the user asked for. */
    tb_status (*create)(const tb_delegate_option *options, int option_count, int threads,
                        tb_error *err, TfLiteDelegate **out);
    void (*destroy)(TfLiteDelegate *delegate);
    tb_delegate_bind_fn bind; /* may be NULL */

    /* Its index-th operator and the types, as bits 1 << TfLiteType, of the data that it is done for;
       false past the last. NULL: it has no such table. */
    bool (*op)(int index, int *builtin_code, uint32_t *types);
} tb_delegate_row;

/* The row named so, or NULL. */
const tb_delegate_row *tb_delegate_find(const char *name);
const tb_delegate_row *const *tb_delegate_rows(int *count);

#endif
