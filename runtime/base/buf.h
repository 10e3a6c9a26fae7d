/*
 * A growable buffer of bytes or text. Failure is sticky: append freely, look once at the end with
 * tb_buf_status. After a failed allocation the buffer keeps what it had and takes nothing more.
 */
#ifndef TB_RUNTIME_BASE_BUF_H
#define TB_RUNTIME_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/status.h"

/* Zero-initialised is an empty buffer. Where `data` is not NULL, data[size] is 0. */
typedef struct tb_buf {
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
} tb_buf;

void tb_buf_free(tb_buf *buf);
/* Empties the buffer and forgets a failure; keeps the memory. */
void tb_buf_clear(tb_buf *buf);
/* Room for `extra` more bytes; false (and the buffer failed) where there is none. */
bool tb_buf_reserve(tb_buf *buf, size_t extra);

void tb_buf_append(tb_buf *buf, const void *bytes, size_t size);
void tb_buf_append_text(tb_buf *buf, const char *text);
void tb_buf_append_char(tb_buf *buf, char c);
/* `count` bytes of value `byte`. */
void tb_buf_append_fill(tb_buf *buf, char byte, size_t count);
void tb_buf_printf(tb_buf *buf, const char *format, ...) TB_PRINTF(2, 3);
void tb_buf_vprintf(tb_buf *buf, const char *format, va_list args);

/* The contents as text; "" for an empty buffer, never NULL. Valid until the next append. */
const char *tb_buf_text(const tb_buf *buf);
/* The contents, owned by the caller from now on (free() them); the buffer is empty again. NULL
   where the buffer is empty or failed. */
char *tb_buf_take(tb_buf *buf);

/* TB_OK, or TB_NO_MEMORY with a message that names `what` (e.g. "report"). */
tb_status tb_buf_status(const tb_buf *buf, const char *what, tb_error *err);

#endif
