/* A child process with three pipes: a text for its standard input, events from a descriptor of its
   own, and whatever it prints. */
#ifndef TB_BENCH_CHILD_H
#define TB_BENCH_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "runtime/base/status.h"

/* The descriptor that the child writes its events to, and the one that `lent_fd` becomes. */
#define TB_CHILD_EVENTS_FD 3
#define TB_CHILD_LENT_FD   4

typedef struct tb_child {
    pid_t pid;
    int events_fd; /* to read from; not blocking */
    int output_fd; /* standard output and error together; not blocking */
} tb_child;

/* Starts `program` with `argv` and gives it `input` on standard input. `lent_fd` is a descriptor
   that the child gets too, -1 for none; all others must be close-on-exec. Keyboard signals are for the
   parent: the child ignores SIGINT and SIGQUIT. A program that cannot be executed is TB_IO. */
tb_status tb_child_start(const char *program, char *const argv[], const char *input, size_t size,
                         int lent_fd, tb_error *err, tb_child *out);

/* Waits for the end and closes the pipes; gives waitpid's status. */
int tb_child_reap(tb_child *child);

#endif
