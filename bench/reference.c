/* Reference outputs; see reference.h. */
#include "bench/reference.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/child.h"
#include "bench/delegate_arg.h"

const char *tb_lent_path(void)
{
    static char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", TB_CHILD_LENT_FD);
    return path;
}

int tb_nameless_file(void)
{
    FILE *file = tmpfile();
    if (!file)
        return -1;
    int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
    fclose(file);
    return fd;
}

static tb_status write_case(int fd, const tb_case_model *from, tb_error *err)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *file = copy >= 0 ? fdopen(copy, "wb") : NULL;
    if (!file) {
        close(copy);
        return tb_fail_errno(err, "cannot write the expected outputs of %s", from->name);
    }
    tb_status status = tb_case_model_write_outputs(from, file, err);
    bool written = !ferror(file);
    if (fclose(file) != 0 || !written)
        return status == TB_OK
                   ? tb_fail_errno(err, "cannot write the expected outputs of %s", from->name)
                   : status;
    return status;
}

tb_status tb_reference_make(tb_reference *reference, const tb_worker_program *program,
                            const tb_job *job, const tb_case_model *from, uint64_t silence_ns,
                            tb_error *err)
{
    if (reference->tried)
        return TB_OK;
    reference->tried = true;
    reference->fd = tb_nameless_file();
    if (reference->fd < 0)
        return tb_fail_errno(err, "cannot make a temporary file for the reference outputs");
    if (from && from->has_outputs)
        return write_case(reference->fd, from, err);
    tb_job plain = {
        .model = job->model,
        .engine = "native",
        .delegate = TB_DELEGATE_REFERENCE,
        .threads = job->threads,
        .signature = job->signature,
        .seed = job->seed,
        .custom_ops = job->custom_ops,
        .inputs = job->inputs,
        .shapes = job->shapes,
        .memory_limit_bytes = job->memory_limit_bytes,
        .write_outputs = tb_lent_path(),
        .outputs_only = true,
    };
    tb_launch launch = {
        .program = program,
        .job = &plain,
        .silence_ns = silence_ns,
        .lent_fd = reference->fd,
    };
    tb_launch_result result;
    tb_status status = tb_launch_run(&launch, err, &result);
    if (status != TB_OK || result.status == TB_PROCESS_OK)
        return status;
    snprintf(reference->reason, sizeof reference->reason, "no reference outputs: %.900s",
             result.reason);
    close(reference->fd);
    reference->fd = -1;
    return TB_OK;
}

void tb_reference_free(tb_reference *reference)
{
    if (reference->tried && reference->fd >= 0)
        close(reference->fd);
    *reference = (tb_reference){.fd = -1};
}
