/* A --delegate value: "name" or "name:key=value;key=value". */
#ifndef TB_BENCH_DELEGATE_ARG_H
#define TB_BENCH_DELEGATE_ARG_H

#include "delegates/delegate.h"
#include "runtime/base/arena.h"
#include "runtime/base/status.h"

/* The interpreter with its portable kernels alone: no delegate, and so no row of the table. */
#define TB_DELEGATE_REFERENCE "reference"

#define TB_MAX_DELEGATE_OPTIONS 32

typedef struct tb_delegate_arg {
    const char *name;
    const tb_delegate_row *row; /* NULL: reference */
    /* Sorted by key. A part without "=" is the value of "library" (external:lib.so). */
    tb_delegate_option options[TB_MAX_DELEGATE_OPTIONS];
    int option_count;
    const char *canonical; /* the same value with the options in order */
} tb_delegate_arg;

/* Texts live in `arena`. An unknown name, or an option given twice, is TB_USAGE. */
tb_status tb_delegate_arg_parse(const char *text, tb_arena *arena, tb_error *err,
                                tb_delegate_arg *out);

#endif
