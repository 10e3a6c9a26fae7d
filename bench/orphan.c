/* The end of orphaned workers; see orphan.h. */
#include "bench/orphan.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/os_process.h"

#define STACK_BYTES (64 << 10)

static void *watch(void *argument)
{
    struct pollfd reader = {.fd = (int)(intptr_t)argument, .events = 0};
    for (;;) {
        int ready = poll(&reader, 1, -1);
        if (ready > 0 && (reader.revents & (POLLERR | POLLHUP | POLLNVAL)))
            kill(getpid(), SIGKILL);
    }
    return NULL;
}

static tb_status start_watch(int events_fd, tb_error *err)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* Signals are for the thread that works. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int code = pthread_create(&thread, &attributes, watch, (void *)(intptr_t)events_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (code != 0)
        return tb_fail(err, TB_IO, "worker: cannot start the thread that watches the driver: %s",
                       strerror(code));
    return TB_OK;
}

tb_status tb_orphan_guard(int events_fd, int64_t driver_pid, tb_error *err)
{
    if (driver_pid > 0) {
        tb_os_die_with_parent();
        if (getppid() != (pid_t)driver_pid)
            return tb_fail(err, TB_STATE, "worker: the driver (process %lld) is gone",
                           (long long)driver_pid);
    }
    return start_watch(events_fd, err);
}
