/*
 * Reading fields out of JSON that others wrote: every getter checks presence, type and range, and
 * its message names the field. Depth and size are cJSON's business; meaning is ours.
 */
#ifndef TB_BENCH_JSON_GET_H
#define TB_BENCH_JSON_GET_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"

/* Parses `size` bytes, which need no terminator; anything behind the value but white space is
   TB_CORRUPT, and the message says at which byte. The caller deletes *out. */
tb_status tb_json_parse(const char *text, size_t size, tb_error *err, cJSON **out);

/* `field` of `object`, which has to be there and of the type; texts are borrowed from `object`. */
tb_status tb_json_object(const cJSON *object, const char *field, tb_error *err, const cJSON **out);
tb_status tb_json_array(const cJSON *object, const char *field, int max_count, tb_error *err,
                        const cJSON **out);
tb_status tb_json_text(const cJSON *object, const char *field, tb_error *err, const char **out);
/* A finite number. */
tb_status tb_json_number(const cJSON *object, const char *field, tb_error *err, double *out);
/* A whole number in [min, max]; both within +-2^53. */
tb_status tb_json_int(const cJSON *object, const char *field, int64_t min, int64_t max,
                      tb_error *err, int64_t *out);

/* True where the field is there and not null: for what may be left out. */
bool tb_json_has(const cJSON *object, const char *field);

/* An array of dimensions, each in [min, INT32_MAX], at most `max_rank` of them. */
tb_status tb_json_dims(const cJSON *object, const char *field, int min, int max_rank, tb_error *err,
                       int *rank, int *dims);

#endif
