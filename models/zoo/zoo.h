/*
 * The zoo: networks of well-known shape with reproducible weights, for a first try, for demos and
 * for tests. Nobody trained them; they compute nothing useful at the usual price. Each row of
 * families.def is one, `mini` ones being small enough to be checked in and mutated by a fuzzer.
 */
#ifndef TB_MODELS_ZOO_ZOO_H
#define TB_MODELS_ZOO_ZOO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/draft.h"
#include "runtime/base/status.h"

typedef enum tb_zoo_precision {
    TB_ZOO_FLOAT32,
    TB_ZOO_INT8,
    TB_ZOO_PRECISION_COUNT
} tb_zoo_precision;

/* "float32", "int8". */
const char *tb_zoo_precision_name(tb_zoo_precision precision);
tb_status tb_zoo_precision_parse(const char *text, tb_error *err, tb_zoo_precision *out);

/* What a family is built from. */
typedef struct tb_zoo_config {
    double width;   /* multiplies channel counts */
    int resolution; /* pixels a side, or steps of a sequence */
    int blocks;     /* of the family's repeated part, counted from the input */
    int classes;
} tb_zoo_config;

typedef struct tb_zoo_model {
    const char *name;
    const char *what;
    const char *unit; /* of resolution: "pixels", "frames", "tokens", "steps" */
    tb_zoo_config defaults;
    int resolution_step; /* resolution must be a multiple of this */
    bool has_int8;
    bool is_mini;
} tb_zoo_model;

const tb_zoo_model *tb_zoo_list(size_t *count);
/* NULL where there is none of that name. */
const tb_zoo_model *tb_zoo_find(const char *name);

typedef struct tb_zoo_options {
    tb_zoo_config config; /* 0: the model's default */
    tb_zoo_precision precision;
    uint64_t seed;
} tb_zoo_options;

/* "mobilenet_v1_1.0_224_int8.tflite": name, width, resolution, precision; cut to fit. */
void tb_zoo_file_name(const tb_zoo_model *model, const tb_zoo_options *options, size_t capacity,
                      char *out);

/* The float network as a draft, for those who want to change it; pair with tb_draft_free. */
tb_status tb_zoo_draft(const tb_zoo_model *model, const tb_zoo_options *options, tb_error *err,
                       tb_draft *out);

/*
 * The model's file; free() *bytes. Equal options give equal bytes on every machine. TB_NOT_FOUND: no
 * such model; TB_USAGE: a parameter out of range, or a precision it does not come in.
 */
tb_status tb_zoo_write(const char *name, const tb_zoo_options *options, tb_error *err,
                       uint8_t **bytes, size_t *size);

#endif
