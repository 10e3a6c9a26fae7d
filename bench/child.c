/* Starting children; see child.h. */
#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INPUT, EVENTS, OUTPUT, EXEC_ERROR, PIPES };

static void close_pipes(int pipes[PIPES][2])
{
    for (int k = 0; k < PIPES; k++)
        for (int end = 0; end < 2; end++)
            if (pipes[k][end] >= 0)
                close(pipes[k][end]);
}

static tb_status open_pipes(int pipes[PIPES][2], tb_error *err)
{
    for (int k = 0; k < PIPES; k++)
        pipes[k][0] = pipes[k][1] = -1;
    for (int k = 0; k < PIPES; k++)
        if (pipe2(pipes[k], O_CLOEXEC) != 0) {
            tb_status status = tb_fail_errno(err, "worker: cannot make a pipe");
            close_pipes(pipes);
            return status;
        }
    return TB_OK;
}

/* In the child: puts the pipes in their places and becomes the program. Never returns. */
static void become(const char *program, char *const argv[], int pipes[PIPES][2], int lent_fd)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    /* Above the places that are about to be taken; the copies that dup2 makes stay open. */
    int error_fd = fcntl(pipes[EXEC_ERROR][1], F_DUPFD_CLOEXEC, 16);
    int events_fd = fcntl(pipes[EVENTS][1], F_DUPFD_CLOEXEC, 16);
    int output_fd = fcntl(pipes[OUTPUT][1], F_DUPFD_CLOEXEC, 16);
    int input_fd = fcntl(pipes[INPUT][0], F_DUPFD_CLOEXEC, 16);
    int lent_copy_fd = lent_fd >= 0 ? fcntl(lent_fd, F_DUPFD_CLOEXEC, 16) : -1;
    if (dup2(input_fd, STDIN_FILENO) >= 0 && dup2(output_fd, STDOUT_FILENO) >= 0 &&
        dup2(output_fd, STDERR_FILENO) >= 0 && dup2(events_fd, TB_CHILD_EVENTS_FD) >= 0 &&
        (lent_copy_fd < 0 || dup2(lent_copy_fd, TB_CHILD_LENT_FD) >= 0))
        execv(program, argv);
    int saved = errno;
    ssize_t ignored = write(error_fd, &saved, sizeof saved);
    (void)ignored;
    _exit(127);
}

static void send_input(int fd, const char *input, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, input, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* the child is gone: its end says more */
        input += written;
        size -= (size_t)written;
    }
}

tb_status tb_child_start(const char *program, char *const argv[], const char *input, size_t size,
                         int lent_fd, tb_error *err, tb_child *out)
{
    int pipes[PIPES][2];
    tb_status status = open_pipes(pipes, err);
    if (status != TB_OK)
        return status;
    pid_t pid = fork();
    if (pid < 0) {
        status = tb_fail_errno(err, "worker: cannot start a process");
        close_pipes(pipes);
        return status;
    }
    if (pid == 0)
        become(program, argv, pipes, lent_fd);
    close(pipes[INPUT][0]);
    close(pipes[EVENTS][1]);
    close(pipes[OUTPUT][1]);
    close(pipes[EXEC_ERROR][1]);
    int code = 0;
    ssize_t got;
    do
        got = read(pipes[EXEC_ERROR][0], &code, sizeof code);
    while (got < 0 && errno == EINTR);
    close(pipes[EXEC_ERROR][0]);
    *out = (tb_child){pid, pipes[EVENTS][0], pipes[OUTPUT][0]};
    if (got == (ssize_t)sizeof code) {
        close(pipes[INPUT][1]);
        tb_child_reap(out);
        errno = code;
        return tb_fail(err, TB_IO, "worker: cannot execute %s: %s", program, strerror(code));
    }
    send_input(pipes[INPUT][1], input, size);
    close(pipes[INPUT][1]);
    fcntl(out->events_fd, F_SETFL, O_NONBLOCK);
    fcntl(out->output_fd, F_SETFL, O_NONBLOCK);
    return TB_OK;
}

int tb_child_reap(tb_child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(child->events_fd);
    close(child->output_fd);
    return status;
}
