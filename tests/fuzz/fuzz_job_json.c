/* Any bytes as a worker's job: refused with a message, or a job that reads the same once printed. */
#include <stdlib.h>
#include <string.h>

#include "bench/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_again(const tb_buf *first)
{
    tb_error err = TB_ERROR_NONE;
    tb_arena arena = {0};
    tb_buf second = {0};
    tb_job job;
    if (tb_job_parse(tb_buf_text(first), strlen(tb_buf_text(first)), &arena, &err, &job) != TB_OK)
        abort();
    tb_job_print(&job, &second);
    if (strcmp(tb_buf_text(first), tb_buf_text(&second)) != 0)
        abort();
    tb_buf_free(&second);
    tb_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tb_error err = TB_ERROR_NONE;
    tb_arena arena = {0};
    tb_job job;
    if (tb_job_parse((const char *)data, size, &arena, &err, &job) == TB_OK) {
        tb_buf printed = {0};
        tb_job_print(&job, &printed);
        print_again(&printed);
        tb_buf_free(&printed);
    } else if (!err.text[0]) {
        abort(); /* a refusal without a reason */
    }
    tb_arena_free(&arena);
    return 0;
}
