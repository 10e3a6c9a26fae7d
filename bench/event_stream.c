/* Events as lines; see event_stream.h. */
#include "bench/event_stream.h"

#include <errno.h>
#include <unistd.h>

void tb_event_stream_init(tb_event_stream *stream, int fd)
{
    *stream = (tb_event_stream){.fd = fd};
}

void tb_event_stream_free(tb_event_stream *stream)
{
    tb_buf_free(&stream->line);
}

tb_json_writer *tb_event_begin(tb_event_stream *stream, tb_message message)
{
    tb_buf_clear(&stream->line);
    stream->json = (tb_json_writer){.out = &stream->line};
    tb_json_put_object(&stream->json, NULL);
    tb_json_put_text(&stream->json, "event", tb_message_text(message));
    return &stream->json;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

bool tb_event_end(tb_event_stream *stream)
{
    tb_json_end_object(&stream->json);
    tb_buf_append_char(&stream->line, '\n');
    if (stream->line.failed || !write_all(stream->fd, stream->line.data, stream->line.size))
        stream->failed = true;
    return !stream->failed;
}
