/*
 * A suite: the cases found at the places a user named. A place is one case's folder (it holds a
 * case.json), a folder with cases anywhere below, such a folder with a MANIFEST.json (which gives
 * each case a tier), or one of these packed as .tar or .tar.zst.
 */
#ifndef TB_BENCH_SUITE_H
#define TB_BENCH_SUITE_H

#include <stddef.h>
#include <stdint.h>

#include "bench/case.h"
#include "runtime/base/os.h"
#include "runtime/base/status.h"

typedef struct tb_suite tb_suite;

tb_status tb_suite_create(tb_error *err, tb_suite **out);
void tb_suite_destroy(tb_suite *suite);

/*
 * Adds the cases at `path`. With `tier_count` > 0 only those that a MANIFEST.json there puts in one
 * of the tiers; no such file is then TB_USAGE. A place without any case is TB_NOT_FOUND, a manifest
 * that names a case that is not there TB_CORRUPT.
 */
tb_status tb_suite_add(tb_suite *suite, const char *path, const int64_t *tiers, int tier_count,
                       tb_error *err);
/* Drops the cases whose names fit none of the patterns (as of a shell; * also matches '/'). */
void tb_suite_filter(tb_suite *suite, const char *const *patterns, int pattern_count);

int tb_suite_count(const tb_suite *suite);
/* The case's name, e.g. "CONV_2D/i8_k3": its path below the place it was found at. */
const char *tb_suite_name(const tb_suite *suite, int k);
/* Where it lies, for messages: a folder, or "archive:path". */
const char *tb_suite_place(const tb_suite *suite, int k);
int tb_suite_tier(const tb_suite *suite, int k); /* -1: none given */

/* One of the case's files. Release it with tb_suite_release. */
typedef struct tb_suite_file {
    const void *data;
    size_t size;
    tb_mapping mapping; /* empty where the bytes are the archive's */
} tb_suite_file;

/* `file` is a plain name, "input_0.bin". */
tb_status tb_suite_read(const tb_suite *suite, int k, const char *file, tb_error *err,
                        tb_suite_file *out);
void tb_suite_release(tb_suite_file *file);

/* Reads and parses the case.json. tb_case_free is the caller's, on success only. */
tb_status tb_suite_case(const tb_suite *suite, int k, tb_error *err, tb_case *out);

#define TB_SUITE_PATH_SIZE 4096

/* The model as a path that can be opened while this lives. */
typedef struct tb_suite_model {
    char path[TB_SUITE_PATH_SIZE];
    int descriptor; /* -1: a file of its own */
} tb_suite_model;

tb_status tb_suite_model_open(const tb_suite *suite, int k, tb_error *err, tb_suite_model *out);
void tb_suite_model_close(tb_suite_model *model);

#endif
