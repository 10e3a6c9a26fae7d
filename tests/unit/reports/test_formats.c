/* docs/formats.md speaks of every field that record.def has. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/record.h"
#include "runtime/base/size.h"
#include "tests/unit/reports/fixture.h"

Test(formats, every_field_is_documented)
{
    static const char path[] = "docs/formats.md";
    if (access(path, R_OK) != 0)
        cr_skip("%s is not below the working directory", path);
    char *text = fixture_read(path);
    static const tb_record_type *const types[] = {
        &tb_device_type,  &tb_build_type,       &tb_model_type,   &tb_configuration_type,
        &tb_run_type,     &tb_environment_type, &tb_process_type, &tb_outcome_type,
        &tb_plan_type,    &tb_op_type,          &tb_op_time_type, &tb_figure_type,
        &tb_warning_type, &tb_result_type,
    };
    static const char *const kinds[] = {
        [TB_KIND_TEXT] = "text", [TB_KIND_INTEGER] = "integer", [TB_KIND_REAL] = "real"};
    for (size_t t = 0; t < TB_COUNT_OF(types); t++) {
        for (size_t i = 0; i < types[t]->field_count; i++) {
            char row[120];
            snprintf(row, sizeof row, "\n| `%s` | %s |", types[t]->fields[i].name,
                     kinds[types[t]->fields[i].kind]);
            cr_expect(strstr(text, row), "%s: no row%s", types[t]->table, row + 1);
        }
    }
    free(text);
}
