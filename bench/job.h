/*
 * The worker protocol: one job as a JSON object on the worker's standard input; events come back
 * as one JSON object a line on a descriptor that is given on its command line. docs/formats.md,
 * "Worker protocol", describes both for others.
 */
#ifndef TB_BENCH_JOB_H
#define TB_BENCH_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/arena.h"
#include "runtime/base/buf.h"
#include "runtime/base/status.h"

/* Goes up with every change that an older driver or worker would misunderstand. */
#define TB_PROTOCOL_VERSION 1

#define TB_EVENT_NAME_LIST(X)     \
    X(HELLO, "hello")             \
    X(PHASE, "phase")             \
    X(ENVIRONMENT, "environment") \
    X(MODEL, "model")             \
    X(PLAN, "plan")               \
    X(FIGURES, "figures")         \
    X(SAMPLES, "samples")         \
    X(OP_TIMES, "op_times")       \
    X(OP_SAMPLES, "op_samples")   \
    X(DOCUMENT, "document")       \
    X(CHECK, "check")             \
    X(ITEM, "item")               \
    X(WARNING, "warning")         \
    X(ERROR, "error")             \
    X(DONE, "done")

typedef enum tb_message {
#define TB_MESSAGE_ENUM(code, text) TB_MESSAGE_##code,
    TB_EVENT_NAME_LIST(TB_MESSAGE_ENUM)
#undef TB_MESSAGE_ENUM
        TB_MESSAGE_COUNT
} tb_message;

const char *tb_message_text(tb_message message);
/* TB_MESSAGE_COUNT: no such message. */
tb_message tb_message_find(const char *text);

typedef struct tb_text_list {
    const char *const *items;
    int count;
} tb_text_list;

#define TB_JOB_TYPE_TEXT const char *
#define TB_JOB_TYPE_INT  int64_t
#define TB_JOB_TYPE_FLAG bool
#define TB_JOB_TYPE_LIST tb_text_list

typedef struct tb_job {
#define TB_JOB_FIELD(kind, name, doc) TB_JOB_TYPE_##kind name;
#include "bench/job.def"
#undef TB_JOB_FIELD
} tb_job;

/* Appends the job as JSON. */
void tb_job_print(const tb_job *job, tb_buf *out);

/* Reads a job; its texts live in `arena`. A field of the wrong kind or that this version does not
   know is TB_UNSUPPORTED, as is another protocol version: a limit that is not understood must not
   be passed over. Text that is no JSON object is TB_CORRUPT. */
tb_status tb_job_parse(const char *text, size_t size, tb_arena *arena, tb_error *err, tb_job *out);

#endif
