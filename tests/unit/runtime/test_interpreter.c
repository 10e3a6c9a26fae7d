/* The interpreter: load, allocate, invoke; shapes, variables, limits, messages. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/runtime/rt_fixture.h"

Test(interpreter, adds)
{
    fx_model fx;
    fx_begin(&fx);
    fx_add_chain(&fx, 3);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK, "%s", err.text);
    for (int k = 0; k < 4; k++)
        fx_input(&fx, 0)[k] = (float)k;
    cr_assert_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_OK, "%s", err.text);
    for (int k = 0; k < 4; k++)
        cr_expect_eq(fx_output(&fx, 0)[k], (float)k + 3);
    cr_expect_eq(fx.report_count, 0);
    fx_end(&fx);
}
