/* Running workers; see launch.h. */
#include "bench/launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/child.h"
#include "bench/interrupt.h"
#include "runtime/base/clock.h"
#include "runtime/base/os.h"
#include "runtime/base/os_process.h"

#define TICK_MS          200
#define MAX_LINE_BYTES   (256u << 20)
#define OUTPUT_TAIL_SIZE 512
#define WORKER_NAME      "tflbench-worker"

/* ---- which program ----------------------------------------------------------------------------- */

/* A line that `PROGRAM --version` prints first; false where it cannot be had. */
static bool first_line_of(const char *program, char *line, int size)
{
    char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "--version", NULL};
    tb_child child;
    if (tb_child_start(program, argv, "", 0, -1, NULL, &child) != TB_OK)
        return false;
    struct pollfd from = {.fd = child.output_fd, .events = POLLIN};
    ssize_t got = -1;
    if (poll(&from, 1, 2000) > 0)
        got = read(child.output_fd, line, (size_t)size - 1);
    kill(child.pid, SIGKILL);
    tb_child_reap(&child);
    if (got <= 0)
        return false;
    line[got] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return true;
}

tb_status tb_worker_program_find(tb_error *err, tb_worker_program *out)
{
    tb_status status = tb_os_executable_path(sizeof out->path, err, out->path);
    if (status != TB_OK)
        return status;
    out->is_driver = true;
    char sibling[sizeof out->path + sizeof WORKER_NAME], line[256];
    const char *slash = strrchr(out->path, '/');
    snprintf(sibling, sizeof sibling, "%.*s/" WORKER_NAME, (int)(slash ? slash - out->path : 0),
             out->path);
    if (access(sibling, X_OK) != 0 || !first_line_of(sibling, line, sizeof line) ||
        !strstr(line, tb_build_revision()) || strlen(sibling) >= sizeof out->path)
        return TB_OK;
    memcpy(out->path, sibling, strlen(sibling) + 1);
    out->is_driver = false;
    return TB_OK;
}

tb_status tb_worker_program_self(tb_error *err, tb_worker_program *out)
{
    out->is_driver = true;
    return tb_os_executable_path(sizeof out->path, err, out->path);
}

tb_status tb_worker_program_at(const char *path, tb_error *err, tb_worker_program *out)
{
    const char *slash = strrchr(path, '/');
    if (access(path, X_OK) != 0)
        return tb_fail_errno(err, "%s: cannot be executed", path);
    if (strlen(path) >= sizeof out->path)
        return tb_fail(err, TB_USAGE, "%s: the path is too long", path);
    snprintf(out->path, sizeof out->path, "%s", path);
    out->is_driver = strncmp(slash ? slash + 1 : path, WORKER_NAME, strlen(WORKER_NAME)) != 0;
    return TB_OK;
}

/* ---- one worker -------------------------------------------------------------------------------- */

typedef struct listener {
    const tb_launch *launch;
    tb_launch_result *result;
    tb_child child;
    tb_buf line;                 /* an event that is not complete yet */
    char tail[OUTPUT_TAIL_SIZE]; /* the end of what was printed */
    size_t tail_size;
    uint64_t heard_ns;
    bool done;
    bool failed; /* an "error" came */
    bool killed; /* by us; result->status says why */
    bool events_open, output_open;
} listener;

static void end_worker(listener *l, tb_process_status status, const char *reason)
{
    if (l->killed)
        return;
    l->killed = true;
    l->result->status = status;
    snprintf(l->result->reason, sizeof l->result->reason, "%s", reason);
    kill(l->child.pid, SIGKILL);
}

static const char *text_of(const cJSON *event, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static tb_process_status status_of_error(const char *text)
{
    static const struct {
        tb_status status;
        tb_process_status process;
    } rows[] = {
        {TB_NO_MEMORY, TB_PROCESS_OUT_OF_MEMORY},
        {TB_UNAVAILABLE, TB_PROCESS_UNAVAILABLE},
        {TB_TIME_LIMIT, TB_PROCESS_TIMED_OUT},
        {TB_CANCELLED, TB_PROCESS_CANCELLED},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        if (strcmp(text, tb_status_text(rows[k].status)) == 0)
            return rows[k].process;
    return TB_PROCESS_FAILED;
}

static tb_status check_hello(const cJSON *event, tb_error *err)
{
    const cJSON *protocol = cJSON_GetObjectItemCaseSensitive(event, "protocol");
    if (!cJSON_IsNumber(protocol) || protocol->valuedouble != TB_PROTOCOL_VERSION)
        return tb_fail(err, TB_UNSUPPORTED,
                       "worker: it speaks protocol version %g, this driver version %d",
                       cJSON_IsNumber(protocol) ? protocol->valuedouble : 0.0, TB_PROTOCOL_VERSION);
    return TB_OK;
}

static tb_status take_event(listener *l, const cJSON *event, tb_error *err)
{
    tb_message message = tb_message_find(text_of(event, "event"));
    switch (message) {
    case TB_MESSAGE_COUNT:
        return TB_OK; /* of a newer worker: nothing we asked for */
    case TB_MESSAGE_ERROR:
        l->failed = true;
        l->result->status = status_of_error(text_of(event, "status"));
        snprintf(l->result->phase, sizeof l->result->phase, "%s", text_of(event, "phase"));
        snprintf(l->result->reason, sizeof l->result->reason, "%s", text_of(event, "message"));
        break;
    case TB_MESSAGE_DONE:
        l->done = true;
        break;
    case TB_MESSAGE_PHASE:
        snprintf(l->result->phase, sizeof l->result->phase, "%s", text_of(event, "phase"));
        break;
    case TB_MESSAGE_HELLO: {
        tb_status status = check_hello(event, err);
        if (status != TB_OK)
            return status;
        break;
    }
    default:
        break;
    }
    return l->launch->message ? l->launch->message(l->launch->context, message, event, err) : TB_OK;
}

static tb_status take_line(listener *l, const char *line, size_t size, tb_error *err)
{
    cJSON *event = cJSON_ParseWithLength(line, size);
    if (!cJSON_IsObject(event)) {
        cJSON_Delete(event);
        return tb_fail(err, TB_CORRUPT, "worker: sent a line that is no JSON object: %.*s",
                       size > 80 ? 80 : (int)size, line);
    }
    tb_status status = take_event(l, event, err);
    cJSON_Delete(event);
    return status;
}

/* Hands over the complete lines of the buffer and keeps the rest. */
static tb_status take_lines(listener *l, tb_error *err)
{
    size_t begin = 0;
    tb_status status = TB_OK;
    while (status == TB_OK && begin < l->line.size) {
        const char *at = l->line.data + begin;
        const char *end = memchr(at, '\n', l->line.size - begin);
        if (!end)
            break;
        status = take_line(l, at, (size_t)(end - at), err);
        begin = (size_t)(end - l->line.data) + 1;
    }
    memmove(l->line.data, l->line.data + begin, l->line.size - begin);
    l->line.size -= begin;
    l->line.data[l->line.size] = '\0';
    if (status == TB_OK && l->line.size > MAX_LINE_BYTES)
        status =
            tb_fail(err, TB_CORRUPT, "worker: sent a line of more than %u bytes", MAX_LINE_BYTES);
    return status;
}

/* False at the end of the stream. */
static bool read_some(int fd, char *piece, size_t size, ssize_t *got)
{
    *got = read(fd, piece, size);
    if (*got < 0)
        return errno == EINTR || errno == EAGAIN;
    return *got > 0;
}

static tb_status hear_events(listener *l, tb_error *err)
{
    char piece[65536];
    ssize_t got;
    l->events_open = read_some(l->child.events_fd, piece, sizeof piece, &got);
    if (got <= 0)
        return TB_OK;
    l->heard_ns = tb_clock_ns();
    tb_buf_append(&l->line, piece, (size_t)got);
    tb_status status = tb_buf_status(&l->line, "worker's events", err);
    return status == TB_OK ? take_lines(l, err) : status;
}

static void hear_output(listener *l)
{
    char piece[4096];
    ssize_t got;
    l->output_open = read_some(l->child.output_fd, piece, sizeof piece, &got);
    if (got <= 0)
        return;
    if (l->launch->show_output)
        fwrite(piece, 1, (size_t)got, stderr);
    size_t size = (size_t)got, keep = sizeof l->tail - 1;
    if (size >= keep) {
        memcpy(l->tail, piece + size - keep, keep);
        l->tail_size = keep;
    } else {
        size_t drop = l->tail_size + size > keep ? l->tail_size + size - keep : 0;
        memmove(l->tail, l->tail + drop, l->tail_size - drop);
        memcpy(l->tail + l->tail_size - drop, piece, size);
        l->tail_size += size - drop;
    }
    l->tail[l->tail_size] = '\0';
}

static void check_silence(listener *l)
{
    uint64_t limit_ns = l->launch->silence_ns;
    if (!limit_ns || tb_clock_ns() - l->heard_ns < limit_ns)
        return;
    char reason[160];
    snprintf(reason, sizeof reason, "no sign of life for %.3g s in phase %s: killed",
             (double)limit_ns / 1e9, l->result->phase[0] ? l->result->phase : "start");
    end_worker(l, TB_PROCESS_TIMED_OUT, reason);
}

static tb_status listen(listener *l, tb_error *err)
{
    tb_status status = TB_OK;
    while (l->events_open && status == TB_OK) {
        struct pollfd from[2] = {
            {.fd = l->child.events_fd, .events = POLLIN},
            {.fd = l->output_open ? l->child.output_fd : -1, .events = POLLIN},
        };
        int ready = poll(from, 2, TICK_MS);
        if (tb_interrupted())
            end_worker(l, TB_PROCESS_CANCELLED, "stopped by the user");
        if (ready > 0 && from[1].revents)
            hear_output(l);
        if (ready > 0 && from[0].revents)
            status = hear_events(l, err);
        check_silence(l);
        if (l->launch->tick)
            l->launch->tick(l->launch->context);
    }
    return status;
}

/* The last line of what the worker printed, which mostly says what went wrong. */
static const char *last_words(listener *l)
{
    while (l->tail_size && (l->tail[l->tail_size - 1] == '\n' || l->tail[l->tail_size - 1] == ' '))
        l->tail[--l->tail_size] = '\0';
    const char *newline = strrchr(l->tail, '\n');
    return newline ? newline + 1 : l->tail;
}

static void explain_end(listener *l, bool memory_kill)
{
    tb_launch_result *result = l->result;
    const char *words = last_words(l);
    const char *colon = *words ? "; it printed: " : "";
    const char *phase = result->phase[0] ? result->phase : "start";
    if (result->signal == SIGKILL && memory_kill) {
        result->status = TB_PROCESS_OUT_OF_MEMORY;
        snprintf(result->reason, sizeof result->reason,
                 "killed by the kernel for want of memory in phase %s", phase);
    } else if (result->signal) {
        result->status = TB_PROCESS_CRASHED;
        snprintf(result->reason, sizeof result->reason, "killed by signal %d (%s) in phase %s%s%s",
                 result->signal, strsignal(result->signal), phase, colon, words);
    } else {
        result->status = TB_PROCESS_CRASHED;
        snprintf(result->reason, sizeof result->reason,
                 "ended without a word in phase %s, exit code %d%s%s", phase, result->exit_code,
                 colon, words);
    }
}

tb_status tb_launch_run(const tb_launch *launch, tb_error *err, tb_launch_result *out)
{
    *out = (tb_launch_result){.status = TB_PROCESS_RUNNING};
    tb_job job = *launch->job;
    job.driver_pid = getpid();
    tb_buf text = {0};
    tb_job_print(&job, &text);
    tb_status status = tb_buf_status(&text, "job", err);
    uint64_t kills_before = 0, kills_after = 0;
    bool kills_known = tb_os_memory_kills(&kills_before);
    listener l = {.launch = launch, .result = out, .events_open = true, .output_open = true};
    char program[sizeof launch->program->path], events[16];
    snprintf(program, sizeof program, "%s", launch->program->path);
    snprintf(events, sizeof events, "%d", TB_CHILD_EVENTS_FD);
    static char command[] = "worker", option[] = "--events";
    char *own[] = {program, command, option, events, NULL};
    char *sibling[] = {program, option, events, NULL};
    if (status == TB_OK)
        status = tb_child_start(program, launch->program->is_driver ? own : sibling,
                                tb_buf_text(&text), text.size, launch->lent_fd, err, &l.child);
    tb_buf_free(&text);
    if (status != TB_OK)
        return status;
    l.heard_ns = tb_clock_ns();
    status = listen(&l, err);
    if (status != TB_OK)
        end_worker(&l, TB_PROCESS_FAILED, "the driver gave up");
    while (l.output_open && !l.killed) {
        struct pollfd from = {.fd = l.child.output_fd, .events = POLLIN};
        if (poll(&from, 1, TICK_MS) <= 0)
            break;
        hear_output(&l);
    }
    int ended = tb_child_reap(&l.child);
    tb_buf_free(&l.line);
    out->signal = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;
    out->exit_code = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    if (status != TB_OK || l.killed)
        return status;
    if (l.done)
        out->status = TB_PROCESS_OK;
    else if (!l.failed)
        explain_end(&l,
                    kills_known && tb_os_memory_kills(&kills_after) && kills_after > kills_before);
    if (l.done)
        out->phase[0] = '\0';
    return TB_OK;
}
