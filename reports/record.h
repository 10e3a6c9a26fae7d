/*
 * The records that the store takes and gives, made from record.def: one struct a record, and its
 * description for code that treats all fields alike (binding SQL, writing CSV and JSON).
 *
 * Zero-initialised means unknown in every field: a zero that was measured is tb_int(0).
 */
#ifndef TB_REPORTS_RECORD_H
#define TB_REPORTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tb_integer {
    int64_t value;
    bool known;
} tb_integer;

typedef struct tb_real {
    double value;
    bool known;
} tb_real;

static inline tb_integer tb_int(int64_t value)
{
    tb_integer known = {value, true};
    return known;
}

/* A NaN or an infinity is stored as unknown: neither JSON nor SQLite can hold it. */
static inline tb_real tb_num(double value)
{
    bool finite = value - value == 0;
    tb_real known = {finite ? value : 0, finite};
    return known;
}

typedef enum tb_kind { TB_KIND_TEXT, TB_KIND_INTEGER, TB_KIND_REAL } tb_kind;

#define TB_C_TYPE_TEXT    const char *
#define TB_C_TYPE_INTEGER tb_integer
#define TB_C_TYPE_REAL    tb_real

#define TB_MEMBER(kind, name, doc) TB_C_TYPE_##kind name;

typedef struct tb_device {
#define TB_DEVICE_FIELD TB_MEMBER
#include "reports/record.def"
} tb_device;

typedef struct tb_build {
#define TB_BUILD_FIELD TB_MEMBER
#include "reports/record.def"
} tb_build;

typedef struct tb_model_info {
#define TB_MODEL_FIELD TB_MEMBER
#include "reports/record.def"
} tb_model_info;

typedef struct tb_configuration {
#define TB_CONFIGURATION_FIELD TB_MEMBER
#include "reports/record.def"
} tb_configuration;

typedef struct tb_run {
#define TB_RUN_FIELD TB_MEMBER
#include "reports/record.def"
} tb_run;

typedef struct tb_environment {
#define TB_ENVIRONMENT_FIELD TB_MEMBER
#include "reports/record.def"
} tb_environment;

typedef struct tb_process {
#define TB_PROCESS_FIELD TB_MEMBER
#include "reports/record.def"
} tb_process;

typedef struct tb_outcome {
#define TB_OUTCOME_FIELD TB_MEMBER
#include "reports/record.def"
} tb_outcome;

typedef struct tb_plan {
#define TB_PLAN_FIELD TB_MEMBER
#include "reports/record.def"
} tb_plan;

typedef struct tb_op {
#define TB_OP_FIELD TB_MEMBER
#include "reports/record.def"
} tb_op;

typedef struct tb_op_time {
#define TB_OP_TIME_FIELD TB_MEMBER
#include "reports/record.def"
} tb_op_time;

typedef struct tb_figure {
#define TB_FIGURE_FIELD TB_MEMBER
#include "reports/record.def"
} tb_figure;

typedef struct tb_warning {
#define TB_WARNING_FIELD TB_MEMBER
#include "reports/record.def"
} tb_warning;

typedef struct tb_result_row {
#define TB_RESULT_FIELD TB_MEMBER
#include "reports/record.def"
} tb_result_row;

#undef TB_MEMBER

/* How a field lies in its struct. */
typedef struct tb_field {
    const char *name;
    const char *doc;
    size_t offset;
    tb_kind kind;
} tb_field;

/* A record: its table ("result" is computed and has none) and its fields in order. */
typedef struct tb_record_type {
    const char *table;
    const tb_field *fields;
    size_t field_count;
    size_t struct_size;
} tb_record_type;

extern const tb_record_type tb_device_type, tb_build_type, tb_model_type, tb_configuration_type,
    tb_run_type, tb_environment_type, tb_process_type, tb_outcome_type, tb_plan_type, tb_op_type,
    tb_op_time_type, tb_figure_type, tb_warning_type, tb_result_type;

/* Access to a field of a record by its description; the kind must be the field's. */
const char *tb_field_text(const tb_field *field, const void *record);
tb_integer tb_field_integer(const tb_field *field, const void *record);
tb_real tb_field_real(const tb_field *field, const void *record);

/* The field of that name, or NULL. */
const tb_field *tb_record_field(const tb_record_type *type, const char *name);

#endif
