/*
 * Ending long loops early. Whoever starts work that may have to end (a cancelled call, one with a
 * time limit) says for its thread whom to ask; loops of kernels ask tb_stopped() once a row, tile or
 * output element of much work, and leave. What they leave behind is undefined, so whoever started
 * the work asks again when it is over and drops the result. Therefore nothing that was half computed
 * may be used as an index or a count behind such a loop.
 *
 * Without anybody to ask, a question costs one load of the thread's own memory.
 */
#ifndef TB_RUNTIME_BASE_STOP_H
#define TB_RUNTIME_BASE_STOP_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tb_stop {
    /* Once true, always true until the work is over. From any thread. */
    bool (*asked)(const void *context);
    const void *context;
} tb_stop;

/* Whom this thread asks; NULL: nobody. */
extern _Thread_local const tb_stop *tb_stop_here;

/* Asks `stop` (NULL: nobody) from now on; returns who was asked before, to be entered again at the
   end. */
static inline const tb_stop *tb_stop_enter(const tb_stop *stop)
{
    const tb_stop *before = tb_stop_here;
    tb_stop_here = stop;
    return before;
}

static inline bool tb_stopped(void)
{
    const tb_stop *stop = tb_stop_here;
    return stop && stop->asked(stop->context);
}

#endif
