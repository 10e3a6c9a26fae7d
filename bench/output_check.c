/* Verdicts on a process' outputs; see output_check.h. */
#include "bench/output_check.h"

#include <stdio.h>
#include <string.h>

#include "bench/delegate_arg.h"

static tb_status take_outputs(tb_output_check *check, tb_error *err, tb_buf *out)
{
    tb_buf_clear(out);
    for (int k = 0; k < check->engine->output_count(check->session); k++) {
        tb_io io;
        tb_status status = check->engine->output(check->session, k, err, &io);
        if (status != TB_OK)
            return status;
        if (io.data)
            tb_buf_append(out, io.data, io.bytes);
    }
    return tb_buf_status(out, "outputs", err);
}

static bool is_ours(const tb_job *job)
{
    return strcmp(job->engine, "native") == 0 &&
           (strcmp(job->delegate, "cpu") == 0 || strncmp(job->delegate, "cpu:", 4) == 0 ||
            strcmp(job->delegate, TB_DELEGATE_REFERENCE) == 0);
}

tb_status tb_output_check_first(tb_output_check *check, const tb_job *job, const tb_engine *engine,
                                tb_session *session, tb_error *err)
{
    *check = (tb_output_check){
        .engine = engine,
        .session = session,
        .path = job->expect_outputs,
        .terms = {.ours = is_ours(job),
                  .real_inputs = job->inputs.count > 0,
                  .quantised = job->quantised},
        .every = job->check_every && !job->stateful,
    };
    if (!check->path)
        return TB_OK;
    tb_status status =
        tb_outputs_check(engine, session, check->path, &check->terms, err, &check->verdict);
    if (status == TB_OK && check->every)
        status = take_outputs(check, err, &check->first);
    size_t said = strlen(check->verdict.detail);
    if (job->check_every && job->stateful)
        snprintf(check->verdict.detail + said, sizeof check->verdict.detail - said,
                 "%sthe first inference alone: the model keeps state", said ? "; " : "");
    return status;
}

/* How bad, and so which of two verdicts stays. */
static int badness(const tb_verdict *verdict)
{
    return strcmp(verdict->verdict, TB_VERDICT_WRONG) == 0    ? 2
           : strcmp(verdict->verdict, TB_VERDICT_UNSURE) == 0 ? 1
                                                              : 0;
}

static tb_status judge_other(tb_output_check *check, tb_error *err)
{
    tb_verdict verdict;
    tb_status status =
        tb_outputs_check(check->engine, check->session, check->path, &check->terms, err, &verdict);
    if (status != TB_OK || badness(&verdict) <= badness(&check->verdict))
        return status;
    check->verdict.verdict = verdict.verdict;
    snprintf(check->verdict.detail, sizeof check->verdict.detail, "inference %lld: %.450s",
             (long long)check->seen + 1, verdict.detail);
    return TB_OK;
}

tb_status tb_output_check_next(void *context, tb_error *err)
{
    tb_output_check *check = context;
    if (!check->every || !check->path)
        return TB_OK;
    check->seen++;
    tb_buf now = {0};
    tb_status status = take_outputs(check, err, &now);
    bool same = status == TB_OK && now.size == check->first.size &&
                (now.size == 0 || memcmp(now.data, check->first.data, now.size) == 0);
    tb_buf_free(&now);
    if (status != TB_OK || same)
        return status;
    check->differing++;
    return judge_other(check, err);
}

void tb_output_check_free(tb_output_check *check)
{
    tb_buf_free(&check->first);
}
