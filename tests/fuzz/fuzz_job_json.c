/*
 * Any bytes as a worker's job: refused with a message, or a job that can be printed and read. Bytes
 * that are no UTF-8 change when they are printed first, so it has to stay the same from then on.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a printed job reads as, printed; tb_buf_free is due. */
static tb_buf print_again(const tb_buf *printed)
{
    tb_error err = TB_ERROR_NONE;
    tb_arena arena = {0};
    tb_buf again = {0};
    tb_job job;
    if (tb_job_parse(tb_buf_text(printed), printed->size, &arena, &err, &job) != TB_OK)
        abort();
    tb_job_print(&job, &again);
    tb_arena_free(&arena);
    return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tb_error err = TB_ERROR_NONE;
    tb_arena arena = {0};
    tb_job job;
    if (tb_job_parse((const char *)data, size, &arena, &err, &job) == TB_OK) {
        tb_buf first = {0};
        tb_job_print(&job, &first);
        tb_buf second = print_again(&first), third = print_again(&second);
        if (strcmp(tb_buf_text(&second), tb_buf_text(&third)) != 0)
            abort();
        tb_buf_free(&first);
        tb_buf_free(&second);
        tb_buf_free(&third);
    } else if (!err.text[0]) {
        abort(); /* a refusal without a reason */
    }
    tb_arena_free(&arena);
    return 0;
}
