/* Error messages: composed once, cut safely, prefixed on the way up. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "runtime/base/status.h"

Test(status, fail_composes_and_returns)
{
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_fail(&err, TB_CORRUPT, "table %d", 7), TB_CORRUPT);
    cr_expect_eq(err.status, TB_CORRUPT);
    cr_expect_str_eq(err.text, "table 7");
    cr_expect_eq(tb_fail(NULL, TB_IO, "x"), TB_IO);
}

Test(status, place_goes_in_front)
{
    tb_error err = TB_ERROR_NONE;
    tb_fail(&err, TB_CORRUPT, "bad offset");
    cr_expect_eq(tb_in(&err, "model.tflite"), TB_CORRUPT);
    cr_expect_str_eq(err.text, "model.tflite: bad offset");
}

Test(status, long_texts_are_cut_and_terminated)
{
    char long_text[2 * TB_ERROR_TEXT_SIZE];
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    tb_error err = TB_ERROR_NONE;
    tb_fail(&err, TB_IO, "%s", long_text);
    cr_expect_eq(strlen(err.text), TB_ERROR_TEXT_SIZE - 1);
    tb_in(&err, "place");
    cr_expect_eq(strncmp(err.text, "place: aaa", 10), 0);
    cr_expect_lt(strlen(err.text), TB_ERROR_TEXT_SIZE);
}

Test(status, errno_gives_text_and_code)
{
    tb_error err = TB_ERROR_NONE;
    errno = ENOENT;
    cr_expect_eq(tb_fail_errno(&err, "open %s", "m"), TB_NOT_FOUND);
    cr_expect_str_eq(err.text, "open m: No such file or directory");
}
