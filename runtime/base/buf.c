#include "runtime/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

void tb_buf_free(tb_buf *buf)
{
    free(buf->data);
    *buf = (tb_buf){0};
}

void tb_buf_clear(tb_buf *buf)
{
    buf->size = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = 0;
}

bool tb_buf_reserve(tb_buf *buf, size_t extra)
{
    if (buf->failed)
        return false;
    size_t needed;
    if (!tb_add_size(buf->size, extra, &needed) || !tb_add_size(needed, 1, &needed)) {
        buf->failed = true;
        return false;
    }
    if (needed <= buf->capacity)
        return true;
    size_t doubled = buf->capacity > SIZE_MAX / 2 ? needed : buf->capacity * 2;
    size_t capacity = needed > doubled ? needed : doubled;
    if (capacity < 64)
        capacity = 64;
    char *data = realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    buf->data[buf->size] = 0;
    return true;
}

void tb_buf_append(tb_buf *buf, const void *bytes, size_t size)
{
    if (size == 0 || !tb_buf_reserve(buf, size))
        return;
    memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    buf->data[buf->size] = 0;
}

void tb_buf_append_text(tb_buf *buf, const char *text)
{
    tb_buf_append(buf, text, strlen(text));
}

void tb_buf_append_char(tb_buf *buf, char c)
{
    tb_buf_append(buf, &c, 1);
}

void tb_buf_append_fill(tb_buf *buf, char byte, size_t count)
{
    if (count == 0 || !tb_buf_reserve(buf, count))
        return;
    memset(buf->data + buf->size, byte, count);
    buf->size += count;
    buf->data[buf->size] = 0;
}

void tb_buf_vprintf(tb_buf *buf, const char *format, va_list args)
{
    if (buf->failed)
        return;
    va_list again;
    va_copy(again, args);
    size_t room = buf->capacity - buf->size;
    int wanted =
        vsnprintf(buf->data ? buf->data + buf->size : NULL, buf->data ? room : 0, format, args);
    if (wanted < 0) {
        buf->failed = true;
    } else if (buf->data && (size_t)wanted < room) {
        buf->size += (size_t)wanted;
    } else if (tb_buf_reserve(buf, (size_t)wanted)) {
        vsnprintf(buf->data + buf->size, (size_t)wanted + 1, format, again);
        buf->size += (size_t)wanted;
    }
    /* A write that was cut, and that no memory could be had for, leaves no half of it behind. */
    if (buf->data)
        buf->data[buf->size] = 0;
    va_end(again);
}

void tb_buf_printf(tb_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tb_buf_vprintf(buf, format, args);
    va_end(args);
}

const char *tb_buf_text(const tb_buf *buf)
{
    return buf->data ? buf->data : "";
}

char *tb_buf_take(tb_buf *buf)
{
    char *data = buf->failed ? NULL : buf->data;
    if (buf->failed)
        free(buf->data);
    *buf = (tb_buf){0};
    return data;
}

tb_status tb_buf_status(const tb_buf *buf, const char *what, tb_error *err)
{
    if (!buf->failed)
        return TB_OK;
    return tb_fail(err, TB_NO_MEMORY, "no memory for the %s beyond %zu bytes", what, buf->size);
}
