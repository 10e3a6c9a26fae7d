/* The growable buffer: growth, formatting, sticky failure, ownership. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/buf.h"

Test(buf, is_empty_text_at_first)
{
    tb_buf buf = {0};
    cr_assert_str_eq(tb_buf_text(&buf), "");
    cr_assert_null(tb_buf_take(&buf));
    tb_buf_free(&buf);
}

Test(buf, appends_and_formats_across_growth)
{
    tb_buf buf = {0};
    for (int k = 0; k < 500; k++)
        tb_buf_printf(&buf, "%d,", k);
    tb_buf_append_text(&buf, "end");
    tb_buf_append_char(&buf, '!');
    tb_buf_append_fill(&buf, '-', 3);
    cr_assert_eq(tb_buf_status(&buf, "list", NULL), TB_OK);
    cr_assert_eq(buf.size, strlen(buf.data));
    cr_assert_eq(strncmp(buf.data, "0,1,2,", 6), 0);
    cr_assert_str_eq(buf.data + buf.size - 13, "8,499,end!---");
    tb_buf_free(&buf);
}

Test(buf, formats_what_exactly_fills_the_capacity)
{
    for (int width = 1; width < 200; width++) {
        tb_buf buf = {0};
        tb_buf_append_char(&buf, 'x');
        tb_buf_printf(&buf, "%*d", width, 7);
        cr_assert_eq(buf.size, (size_t)width + 1);
        cr_assert_eq(buf.data[width], '7');
        cr_assert_eq(buf.data[width + 1], 0);
        tb_buf_free(&buf);
    }
}

Test(buf, keeps_bytes_with_zeros)
{
    tb_buf buf = {0};
    tb_buf_append(&buf, "a\0b", 3);
    tb_buf_append(&buf, "c", 1);
    cr_assert_eq(buf.size, 4);
    cr_assert_eq(memcmp(buf.data, "a\0bc", 5), 0);
    tb_buf_clear(&buf);
    cr_assert_eq(buf.size, 0);
    cr_assert_str_eq(tb_buf_text(&buf), "");
    tb_buf_free(&buf);
}

Test(buf, failure_is_sticky_and_keeps_the_contents)
{
    tb_buf buf = {0};
    tb_buf_append_text(&buf, "kept");
    cr_assert_not(tb_buf_reserve(&buf, SIZE_MAX - 2));
    tb_buf_append_text(&buf, "lost");
    tb_buf_printf(&buf, "%d", 1);
    cr_assert_str_eq(tb_buf_text(&buf), "kept");
    tb_error err;
    cr_assert_eq(tb_buf_status(&buf, "report", &err), TB_NO_MEMORY);
    cr_assert_not_null(strstr(err.text, "report"));
    cr_assert_null(tb_buf_take(&buf));
}

Test(buf, take_gives_the_memory_away)
{
    tb_buf buf = {0};
    tb_buf_append_text(&buf, "mine");
    char *text = tb_buf_take(&buf);
    cr_assert_null(buf.data);
    cr_assert_str_eq(text, "mine");
    free(text);
}
