/*
 * Children that verify cases; see verify_pool.h. The parent writes the number of a case into a
 * child's pipe and reads back a length and the result as JSON. Whatever ends a child before its
 * answer is the result of the case it was working on.
 */
#include "bench/verify_pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/json_get.h"
#include "runtime/base/buf.h"
#include "runtime/base/clock.h"
#include "runtime/base/os_process.h"
#include "runtime/base/size.h"

enum { IDLE = -1, MAX_ANSWER = 1 << 26, NS_PER_MS = 1000000 };

typedef struct child {
    pid_t pid; /* 0: none */
    int to;    /* the parent writes case numbers */
    int from;  /* the parent reads answers */
    int working_on;
    uint64_t deadline_ns; /* UINT64_MAX: none */
    tb_buf answer;
} child;

typedef struct pool_run {
    const tb_verify_pool *pool;
    tb_arena *arena;
    tb_error *err;
    tb_verify_result *results;
    child *children;
    int count; /* of cases */
    int next;  /* the case to hand out next */
    int done;
} pool_run;

/* ---- the child's side -------------------------------------------------------------------------- */

static bool read_all(int fd, void *data, size_t size)
{
    char *at = data;
    while (size > 0) {
        ssize_t got = read(fd, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

static bool answer_case(const tb_verify_pool *pool, int k, int to)
{
    tb_arena arena = {0};
    tb_verify_result result;
    tb_verify_case(pool->suite, k, pool->options, &arena, &result);
    tb_buf text = {0};
    tb_json_writer json = {.out = &text};
    tb_verify_result_print(&result, &json);
    tb_arena_free(&arena);
    uint32_t size = (uint32_t)text.size;
    bool sent = !text.failed && text.size <= MAX_ANSWER && write_all(to, &size, sizeof size) &&
                write_all(to, text.data, size);
    tb_buf_free(&text);
    return sent;
}

/* Ends with the parent: its end of the pipe closes then. */
static void serve(const tb_verify_pool *pool, int from, int to)
{
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core); /* crashes are expected here; no one wants their dumps */
    signal(SIGPIPE, SIG_DFL);
    tb_os_die_with_parent();            /* a case that hangs would not see the pipe close */
    dup2(STDERR_FILENO, STDOUT_FILENO); /* plugins print, and standard output is the parent's */
    int32_t k;
    while (read_all(from, &k, sizeof k) && answer_case(pool, k, to))
        continue;
}

/* ---- starting and ending children -------------------------------------------------------------- */

static void close_child(child *c)
{
    close(c->to);
    close(c->from);
    tb_buf_free(&c->answer);
    *c = (child){.working_on = IDLE};
}

static tb_status start_child(pool_run *run, child *c)
{
    int there[2], back[2];
    if (pipe(there) != 0)
        return tb_fail_errno(run->err, "cannot make a pipe for a child that verifies cases");
    if (pipe(back) != 0) {
        close(there[0]);
        close(there[1]);
        return tb_fail_errno(run->err, "cannot make a pipe for a child that verifies cases");
    }
    fflush(stdout);
    fflush(stderr);
    pid_t pid = fork();
    if (pid == 0) {
        /* Pipes of its siblings have to close when the parent closes them. */
        for (int k = 0; k < run->pool->jobs; k++) {
            if (run->children[k].pid) {
                close(run->children[k].to);
                close(run->children[k].from);
            }
        }
        close(there[1]);
        close(back[0]);
        serve(run->pool, there[0], back[1]);
        _exit(0); /* the parent's output buffers and exit handlers are not the child's */
    }
    close(there[0]);
    close(back[1]);
    *c = (child){.pid = pid, .to = there[1], .from = back[0], .working_on = IDLE};
    if (pid < 0) {
        tb_status status = tb_fail_errno(run->err, "cannot start a child that verifies cases");
        c->pid = 0;
        close_child(c);
        return status;
    }
    return TB_OK;
}

static int wait_for(pid_t pid)
{
    int state = 0;
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
        continue;
    return state;
}

/* False where a forked child does not get as far as a word: some emulators of user programs give
   children that never run. */
static bool children_run(void)
{
    enum { PATIENCE_MS = 3000 };
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    fflush(stderr);
    pid_t pid = fork();
    if (pid == 0) {
        tb_os_die_with_parent();
        write_all(ends[1], "", 1);
        _exit(0);
    }
    close(ends[1]);
    struct pollfd polled = {.fd = ends[0], .events = POLLIN};
    char word;
    bool spoke = pid > 0 && poll(&polled, 1, PATIENCE_MS) == 1 && read_all(ends[0], &word, 1);
    close(ends[0]);
    if (pid > 0) {
        kill(pid, SIGKILL);
        wait_for(pid);
    }
    return spoke;
}

static void end_children(pool_run *run)
{
    for (int k = 0; k < run->pool->jobs; k++) {
        child *c = &run->children[k];
        if (!c->pid)
            continue;
        pid_t pid = c->pid;
        bool busy = c->working_on != IDLE;
        close_child(c);
        if (busy)
            kill(pid, SIGKILL);
        wait_for(pid);
    }
}

/* ---- results ----------------------------------------------------------------------------------- */

static void tell_progress(pool_run *run, int k)
{
    run->done++;
    if (run->pool->progress)
        run->pool->progress(run->pool->context, &run->results[k], run->done);
}

static const char *format_text(tb_arena *arena, const char *format, ...) TB_PRINTF(2, 3);
static const char *format_text(tb_arena *arena, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return tb_arena_text(arena, text, strlen(text));
}

/* The result of a case whose child ended without an answer. */
static void record_loss(pool_run *run, int k, tb_verdict verdict, const char *message)
{
    const char *name = tb_suite_name(run->pool->suite, k);
    const char *slash = strchr(name, '/');
    const char *op = tb_arena_text(run->arena, name, slash ? (size_t)(slash - name) : strlen(name));
    run->results[k] =
        (tb_verify_result){.name = name, .op = op, .verdict = verdict, .message = message};
    tell_progress(run, k);
}

static void lose_child(pool_run *run, child *c)
{
    int k = c->working_on, state = wait_for(c->pid);
    close_child(c);
    if (k == IDLE)
        return;
    const char *message =
        WIFSIGNALED(state)
            ? format_text(run->arena, "killed by signal %d (%s)", WTERMSIG(state),
                          strsignal(WTERMSIG(state)))
            : format_text(run->arena, "ended the process with status %d", WEXITSTATUS(state));
    record_loss(run, k, TB_VERDICT_CRASHED, message);
}

static void end_overdue(pool_run *run, child *c)
{
    int k = c->working_on;
    kill(c->pid, SIGKILL);
    wait_for(c->pid);
    close_child(c);
    const char *message = format_text(run->arena, "no result after %.3g s, killed",
                                      (double)run->pool->timeout_ns / 1e9);
    record_loss(run, k, TB_VERDICT_TIMED_OUT, message);
}

static tb_status take_answer(pool_run *run, child *c)
{
    cJSON *json;
    tb_status status = tb_json_parse(c->answer.data + sizeof(uint32_t),
                                     c->answer.size - sizeof(uint32_t), run->err, &json);
    if (status != TB_OK)
        return tb_in(run->err, "answer of a child");
    int k = c->working_on;
    status = tb_verify_result_from_json(json, run->arena, run->err, &run->results[k]);
    cJSON_Delete(json);
    if (status != TB_OK)
        return tb_in(run->err, "answer of a child");
    tb_buf_clear(&c->answer);
    c->working_on = IDLE;
    tell_progress(run, k);
    return TB_OK;
}

static tb_status read_answer(pool_run *run, child *c)
{
    char part[16384];
    ssize_t got = read(c->from, part, sizeof part);
    if (got < 0)
        return errno == EINTR ? TB_OK : tb_fail_errno(run->err, "cannot read from a child");
    if (got == 0) {
        lose_child(run, c);
        return TB_OK;
    }
    tb_buf_append(&c->answer, part, (size_t)got);
    tb_status status = tb_buf_status(&c->answer, "answer of a child", run->err);
    uint32_t size;
    if (status != TB_OK || c->answer.size < sizeof size)
        return status;
    memcpy(&size, c->answer.data, sizeof size);
    return c->answer.size == sizeof size + (size_t)size ? take_answer(run, c) : TB_OK;
}

/* ---- the parent's loop ------------------------------------------------------------------------- */

/* Gives every idle child a case, starting children where there are fewer than there may be. */
static tb_status hand_out(pool_run *run)
{
    const tb_verify_pool *pool = run->pool;
    for (int j = 0; j < pool->jobs && run->next < run->count; j++) {
        child *c = &run->children[j];
        if (c->pid && c->working_on != IDLE)
            continue;
        tb_status status = c->pid ? TB_OK : start_child(run, c);
        if (status != TB_OK)
            return status;
        int32_t k = run->next++;
        c->working_on = k;
        c->deadline_ns = pool->timeout_ns ? tb_clock_ns() + pool->timeout_ns : UINT64_MAX;
        /* A child that is gone already shows as the end of its answers. */
        (void)write_all(c->to, &k, sizeof k);
    }
    return TB_OK;
}

static int wait_ms(const pool_run *run)
{
    uint64_t first = UINT64_MAX, now = tb_clock_ns();
    for (int j = 0; j < run->pool->jobs; j++)
        if (run->children[j].working_on != IDLE && run->children[j].deadline_ns < first)
            first = run->children[j].deadline_ns;
    if (first == UINT64_MAX)
        return -1;
    uint64_t left_ms = first > now ? (first - now) / NS_PER_MS + 1 : 0;
    return left_ms > 60000 ? 60000 : (int)left_ms;
}

static tb_status listen_once(pool_run *run, struct pollfd *polled)
{
    int jobs = run->pool->jobs;
    for (int j = 0; j < jobs; j++)
        polled[j] = (struct pollfd){.fd = run->children[j].pid ? run->children[j].from : -1,
                                    .events = POLLIN};
    if (poll(polled, (nfds_t)jobs, wait_ms(run)) < 0 && errno != EINTR)
        return tb_fail_errno(run->err, "cannot wait for the children");
    tb_status status = TB_OK;
    for (int j = 0; status == TB_OK && j < jobs; j++) {
        child *c = &run->children[j];
        if (polled[j].fd >= 0 && polled[j].revents)
            status = read_answer(run, c);
        if (c->pid && c->working_on != IDLE && tb_clock_ns() >= c->deadline_ns)
            end_overdue(run, c);
    }
    return status;
}

static tb_status run_children(pool_run *run)
{
    int jobs = run->pool->jobs;
    run->children = calloc((size_t)jobs, sizeof *run->children);
    struct pollfd *polled = calloc((size_t)jobs, sizeof *polled);
    tb_status status = TB_OK;
    if (!run->children || !polled)
        status = tb_fail(run->err, TB_NO_MEMORY, "out of memory for %d children", jobs);
    /* Writing to a child that has just crashed must not end the parent. */
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    for (int j = 0; status == TB_OK && j < jobs; j++)
        run->children[j].working_on = IDLE;
    while (status == TB_OK && run->done < run->count) {
        status = hand_out(run);
        if (status == TB_OK)
            status = listen_once(run, polled);
    }
    if (run->children)
        end_children(run);
    signal(SIGPIPE, before);
    free(polled);
    free(run->children);
    return status;
}

static tb_status run_in_process(pool_run *run)
{
    for (int k = 0; k < run->count; k++) {
        tb_verify_case(run->pool->suite, k, run->pool->options, run->arena, &run->results[k]);
        tell_progress(run, k);
    }
    return TB_OK;
}

tb_status tb_verify_pool_run(const tb_verify_pool *pool, tb_arena *arena, tb_error *err,
                             tb_verify_result *results)
{
    pool_run run = {.pool = pool,
                    .arena = arena,
                    .err = err,
                    .results = results,
                    .count = tb_suite_count(pool->suite)};
    if (pool->in_process)
        return run_in_process(&run);
    if (children_run())
        return run_children(&run);
    fprintf(stderr, "verify: child processes do not run here; cases run in this process, and a "
                    "crash would end it\n");
    return run_in_process(&run);
}
