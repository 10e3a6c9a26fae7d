/*
 * A session's outputs as a whole: their checksum, a file of them, and whether they are what the
 * reference kernels gave for the same inputs.
 *
 * The file is for one machine and one build: written by a worker that ran the reference, read by
 * the workers that are checked, then removed.
 */
#ifndef TB_BENCH_OUTPUTS_H
#define TB_BENCH_OUTPUTS_H

#include "bench/engine.h"
#include "runtime/base/sha256.h"

tb_status tb_outputs_checksum(const tb_engine *engine, tb_session *session, tb_error *err,
                              char hex[TB_SHA256_HEX_SIZE]);

tb_status tb_outputs_write(const tb_engine *engine, tb_session *session, const char *path,
                           tb_error *err);

/* The outputs in such a file's bytes; their data is borrowed from these and not to be written, their
   names are empty. More than `capacity` of them is TB_CORRUPT. */
tb_status tb_outputs_read(const void *data, size_t size, int capacity, tb_error *err, tb_io *out,
                          int *count);

/* Verdicts as the store keeps them. */
#define TB_VERDICT_OK          "ok"
#define TB_VERDICT_WRONG       "wrong"
#define TB_VERDICT_UNSURE      "not verifiable on noise"
#define TB_VERDICT_NOT_CHECKED "not checked"

#define TB_VERDICT_DETAIL_SIZE 512

typedef struct tb_verdict {
    const char *verdict; /* one of the above */
    char detail[TB_VERDICT_DETAIL_SIZE];
} tb_verdict;

/* How far differences prove anything. */
typedef enum tb_check_mode {
    TB_CHECK_STRICT,         /* our own kernels, or real inputs: integers must be equal */
    TB_CHECK_NOISE,          /* another engine on random inputs: integers may differ a little */
    TB_CHECK_QUANTISED_NOISE /* the same, and the model computes in integers: floats may, too */
} tb_check_mode;

/*
 * Compares with the file's outputs. Integers and all else that is no float must be equal; floats
 * may be off by 0.5 % of the largest expected magnitude of their tensor. Where `mode` says that a
 * difference is no proof (TFLite's own kernels disagree on noise by single steps, which a deep
 * network makes many), the verdict is TB_VERDICT_UNSURE unless it is gross: more than a quarter of an
 * integer type's range, or a float that is not finite.
 */
tb_status tb_outputs_check(const tb_engine *engine, tb_session *session, const char *path,
                           tb_check_mode mode, tb_error *err, tb_verdict *out);

#endif
