/*
 * The worker's side of the protocol: events as lines on the private descriptor. Each event is
 * written at once, by one write where the pipe takes it; a driver that is gone shows as a failed
 * stream, which the worker takes as its order to end.
 */
#ifndef TB_BENCH_EVENT_STREAM_H
#define TB_BENCH_EVENT_STREAM_H

#include "bench/job.h"
#include "bench/json_write.h"

typedef struct tb_event_stream {
    int fd;
    tb_buf line;
    tb_json_writer json; /* of the event under construction */
    bool failed;
} tb_event_stream;

/* `fd` is borrowed. */
void tb_event_stream_init(tb_event_stream *stream, int fd);
void tb_event_stream_free(tb_event_stream *stream);

/* Begins {"event":"<message>", ...; fields are put by the writer that is given back. */
tb_json_writer *tb_event_begin(tb_event_stream *stream, tb_message message);
/* Closes the object and writes the line. False: the driver is gone, or memory. */
bool tb_event_end(tb_event_stream *stream);

#endif
