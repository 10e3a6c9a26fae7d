/*
 * When an output counts as equal to the expected one. A case says so by a rule; the rules are those
 * of the conformance suite's format (tests/conformance/README.md):
 *
 *   exact       the same bytes
 *   same_value  equal numbers: -0 equals 0, NaN equals NaN
 *   lsb         integers at most `max` apart
 *   float       |got - expected| <= abs + rel * |expected|; NaN and infinities must agree
 *   statistics  random numbers: all within [min, max], mean and standard deviation as given
 *   shape       only the shape
 *
 * Under every rule shape and number of bytes must agree; `elements` limits the comparison to so
 * many leading elements, because what lies behind them is not defined.
 */
#ifndef TB_BENCH_COMPARE_RULES_H
#define TB_BENCH_COMPARE_RULES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"
#include "runtime/tflite_abi/c_api_types.h"

typedef enum tb_rule_kind {
    TB_RULE_EXACT,
    TB_RULE_SAME_VALUE,
    TB_RULE_LSB,
    TB_RULE_FLOAT,
    TB_RULE_STATISTICS,
    TB_RULE_SHAPE,
    TB_RULE_KIND_COUNT
} tb_rule_kind;

typedef struct tb_rule {
    tb_rule_kind kind;
    int64_t elements; /* so many are compared; -1: all */
    double max_steps; /* LSB */
    double abs, rel;  /* FLOAT */
    double min, max;  /* STATISTICS, and the next four */
    double mean, mean_tolerance;
    double deviation, deviation_tolerance;
} tb_rule;

/* Reads a "rule" object; a kind or a number that makes no sense is TB_CORRUPT. */
tb_status tb_rule_parse(const cJSON *json, tb_error *err, tb_rule *out);

/* A tensor's contents, borrowed. Strings in TFLite's string buffer format, 4- and 2-bit integers
   packed with the first element in the low bits, bytes little-endian. */
typedef struct tb_values {
    TfLiteType type;
    int rank;
    const int *dims;
    const void *data; /* no alignment is assumed */
    size_t bytes;
} tb_values;

#define TB_DIFFERENCE_TEXT_SIZE 400

typedef struct tb_difference {
    bool matches;
    /* Largest |got - expected|: in steps for integers, infinite where NaN or infinity disagree or
       the tensors cannot be compared element by element; NaN where the rule has no such figure. */
    double worst;
    /* Largest error divided by what the rule allows there: above 1 is a mismatch. Infinite where
       nothing is allowed; NaN where `worst` is. */
    double of_allowed;
    /* Without a match: which element differs first, what was got, expected and allowed, and how
       many differ. Empty on a match. */
    char text[TB_DIFFERENCE_TEXT_SIZE];
} tb_difference;

void tb_rule_compare(const tb_rule *rule, const tb_values *expected, const tb_values *got,
                     tb_difference *out);

#endif
