/* One run of a model that may be anything: load, allocate, invoke, within bounds of time and memory. */
#ifndef TB_TESTS_FUZZ_EXERCISE_H
#define TB_TESTS_FUZZ_EXERCISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"

/* How far a model came. */
#define TB_STAGE_LIST(X)    \
    X(LOAD, "load")         \
    X(CREATE, "create")     \
    X(ALLOCATE, "allocate") \
    X(INVOKE, "invoke")     \
    X(DONE, "done")

typedef enum tb_stage {
#define X(name, text) TB_STAGE_##name,
    TB_STAGE_LIST(X)
#undef X
        TB_STAGE_COUNT
} tb_stage;

const char *tb_stage_name(tb_stage stage);

typedef struct tb_exercise_options {
    const char *delegate; /* NULL: the portable kernels */
    uint64_t memory_limit_bytes;
    uint64_t time_limit_ns; /* of one allocate or invoke */
    uint64_t seed;          /* of the inputs, and of whether an input is resized */
} tb_exercise_options;

/* The stage that refused it, with the reason in `err`, or TB_STAGE_DONE. */
tb_stage tb_exercise(const uint8_t *bytes, size_t size, const tb_exercise_options *options,
                     tb_error *err);

#endif
