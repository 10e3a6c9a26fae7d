/* Descriptions of the records, from record.def. */
#include "reports/record.h"

#include <assert.h>
#include <string.h>

#include "runtime/base/size.h"

#define DESCRIBE(record, kind_, name_, doc_) \
    {.name = #name_, .doc = doc_, .offset = offsetof(record, name_), .kind = TB_KIND_##kind_},

static const tb_field device_fields[] = {
#define TB_DEVICE_FIELD(kind, name, doc) DESCRIBE(tb_device, kind, name, doc)
#include "reports/record.def"
};
static const tb_field build_fields[] = {
#define TB_BUILD_FIELD(kind, name, doc) DESCRIBE(tb_build, kind, name, doc)
#include "reports/record.def"
};
static const tb_field model_fields[] = {
#define TB_MODEL_FIELD(kind, name, doc) DESCRIBE(tb_model_info, kind, name, doc)
#include "reports/record.def"
};
static const tb_field configuration_fields[] = {
#define TB_CONFIGURATION_FIELD(kind, name, doc) DESCRIBE(tb_configuration, kind, name, doc)
#include "reports/record.def"
};
static const tb_field run_fields[] = {
#define TB_RUN_FIELD(kind, name, doc) DESCRIBE(tb_run, kind, name, doc)
#include "reports/record.def"
};
static const tb_field environment_fields[] = {
#define TB_ENVIRONMENT_FIELD(kind, name, doc) DESCRIBE(tb_environment, kind, name, doc)
#include "reports/record.def"
};
static const tb_field process_fields[] = {
#define TB_PROCESS_FIELD(kind, name, doc) DESCRIBE(tb_process, kind, name, doc)
#include "reports/record.def"
};
static const tb_field outcome_fields[] = {
#define TB_OUTCOME_FIELD(kind, name, doc) DESCRIBE(tb_outcome, kind, name, doc)
#include "reports/record.def"
};
static const tb_field plan_fields[] = {
#define TB_PLAN_FIELD(kind, name, doc) DESCRIBE(tb_plan, kind, name, doc)
#include "reports/record.def"
};
static const tb_field op_fields[] = {
#define TB_OP_FIELD(kind, name, doc) DESCRIBE(tb_op, kind, name, doc)
#include "reports/record.def"
};
static const tb_field op_time_fields[] = {
#define TB_OP_TIME_FIELD(kind, name, doc) DESCRIBE(tb_op_time, kind, name, doc)
#include "reports/record.def"
};
static const tb_field figure_fields[] = {
#define TB_FIGURE_FIELD(kind, name, doc) DESCRIBE(tb_figure, kind, name, doc)
#include "reports/record.def"
};
static const tb_field warning_fields[] = {
#define TB_WARNING_FIELD(kind, name, doc) DESCRIBE(tb_warning, kind, name, doc)
#include "reports/record.def"
};
static const tb_field result_fields[] = {
#define TB_RESULT_FIELD(kind, name, doc) DESCRIBE(tb_result_row, kind, name, doc)
#include "reports/record.def"
};

#define RECORD_TYPE(table_name, fields, record)                 \
    {                                                           \
        table_name, fields, TB_COUNT_OF(fields), sizeof(record) \
    }

const tb_record_type tb_device_type = RECORD_TYPE("device", device_fields, tb_device);
const tb_record_type tb_build_type = RECORD_TYPE("build", build_fields, tb_build);
const tb_record_type tb_model_type = RECORD_TYPE("model", model_fields, tb_model_info);
const tb_record_type tb_configuration_type =
    RECORD_TYPE("configuration", configuration_fields, tb_configuration);
const tb_record_type tb_run_type = RECORD_TYPE("run", run_fields, tb_run);
const tb_record_type tb_environment_type =
    RECORD_TYPE("environment", environment_fields, tb_environment);
const tb_record_type tb_process_type = RECORD_TYPE("process", process_fields, tb_process);
const tb_record_type tb_outcome_type = RECORD_TYPE("process", outcome_fields, tb_outcome);
const tb_record_type tb_plan_type = RECORD_TYPE("plan", plan_fields, tb_plan);
const tb_record_type tb_op_type = RECORD_TYPE("op", op_fields, tb_op);
const tb_record_type tb_op_time_type = RECORD_TYPE("op_time", op_time_fields, tb_op_time);
const tb_record_type tb_figure_type = RECORD_TYPE("figure", figure_fields, tb_figure);
const tb_record_type tb_warning_type = RECORD_TYPE("warning", warning_fields, tb_warning);
const tb_record_type tb_result_type = RECORD_TYPE("result", result_fields, tb_result_row);

static const void *member(const tb_field *field, const void *record, tb_kind kind)
{
    assert(field->kind == kind);
    (void)kind;
    return (const char *)record + field->offset;
}

const char *tb_field_text(const tb_field *field, const void *record)
{
    return *(const char *const *)member(field, record, TB_KIND_TEXT);
}

tb_integer tb_field_integer(const tb_field *field, const void *record)
{
    return *(const tb_integer *)member(field, record, TB_KIND_INTEGER);
}

tb_real tb_field_real(const tb_field *field, const void *record)
{
    return *(const tb_real *)member(field, record, TB_KIND_REAL);
}

const tb_field *tb_record_field(const tb_record_type *type, const char *name)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (strcmp(type->fields[i].name, name) == 0)
            return &type->fields[i];
    return NULL;
}
