/*
 * Element types as cases name them ("float32", "int4", "string"), and reading single elements as
 * numbers for comparisons and messages. Complex numbers are read as their two parts.
 */
#ifndef TB_BENCH_CASE_TYPE_H
#define TB_BENCH_CASE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/c_api_types.h"

/* The type called so, or kTfLiteNoType. */
TfLiteType tb_case_type_find(const char *name);
/* "float32"; "unknown type" for what is none. Static. */
const char *tb_case_type_name(TfLiteType type);

typedef enum tb_number_kind {
    TB_NUMBER_NONE, /* strings, resources, unknown types: bytes only */
    TB_NUMBER_SIGNED,
    TB_NUMBER_UNSIGNED,
    TB_NUMBER_FLOAT
} tb_number_kind;

typedef struct tb_case_type {
    const char *name;
    tb_number_kind kind;
    int bits;  /* of one number: 32 for complex64 */
    int parts; /* numbers an element has: 2 for complex types, else 1 */
} tb_case_type;

/* Never NULL: what is no type has kind NONE, 8 bits and one part. */
const tb_case_type *tb_case_type_of(TfLiteType type);

/* Numbers in so many bytes: whole ones only. */
size_t tb_case_type_numbers(TfLiteType type, size_t bytes);

/* One number, exactly: `f` for FLOAT, `i` for SIGNED, `u` for UNSIGNED (bool: 0 or 1). */
typedef struct tb_number {
    double f;
    int64_t i;
    uint64_t u;
} tb_number;

tb_number tb_case_type_read(TfLiteType type, const void *data, size_t index);
/* The same as a double, rounded where it has to be. */
double tb_number_value(tb_number_kind kind, const tb_number *number);

#endif
