/*
 * A session's outputs as a whole: their checksum, a file of them, and whether they are what the
 * reference kernels gave for the same inputs.
 *
 * The file is for one machine and one build: written by a worker that ran the reference, read by
 * the workers that are checked, then removed.
 */
#ifndef TB_BENCH_OUTPUTS_H
#define TB_BENCH_OUTPUTS_H

#include <stdio.h>

#include "bench/compare_rules.h"
#include "bench/engine.h"
#include "runtime/base/sha256.h"

tb_status tb_outputs_checksum(const tb_engine *engine, tb_session *session, tb_error *err,
                              char hex[TB_SHA256_HEX_SIZE]);

tb_status tb_outputs_write(const tb_engine *engine, tb_session *session, const char *path,
                           tb_error *err);

/* The same by hand, for outputs that are known beforehand: begin, then each with the rule it is held
   to (NULL: as tb_outputs_check's terms say) and that for other engines than ours (NULL: the same).
   Whether it was written, the stream tells. */
void tb_outputs_begin(FILE *file);
void tb_outputs_put(FILE *file, int position, const tb_io *io, const tb_rule *rule,
                    const tb_rule *lenient);

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

/* Under which circumstances outputs came about: how far differences prove anything. */
typedef struct tb_check_terms {
    bool ours;        /* our own kernels, which have to agree with each other bit by bit */
    bool real_inputs; /* not random ones */
    bool quantised;   /* the model computes in integers */
} tb_check_terms;

/*
 * Compares with the file's outputs. An output that was written with a rule is held to that. Else
 * integers and all that is no float must be equal; floats may be off by 0.5 % of the largest expected
 * magnitude of their tensor. TFLite's own kernels disagree by single steps, which a deep network
 * makes many, so of another engine or delegate than ours a difference in 8- and 16-bit outputs, or in
 * floats of a model that computes in integers, means less:
 *
 *     on real inputs   it is right up to a tenth of the type's range (of the largest magnitude)
 *     on random ones   TB_VERDICT_UNSURE, unless it is gross: more than a quarter of an integer
 *                      type's range, or a float that is not finite
 */
tb_status tb_outputs_check(const tb_engine *engine, tb_session *session, const char *path,
                           const tb_check_terms *terms, tb_error *err, tb_verdict *out);

#endif
