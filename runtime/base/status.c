/* Composing error messages; see status.h. */
#include "runtime/base/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *tb_status_text(tb_status status)
{
    switch (status) {
#define TB_STATUS_CASE(code, text) \
    case code:                     \
        return text;
        TB_STATUS_LIST(TB_STATUS_CASE)
#undef TB_STATUS_CASE
    }
    return "unknown status";
}

tb_status tb_vfail(tb_error *err, tb_status status, const char *format, va_list args)
{
    if (err) {
        err->status = status;
        vsnprintf(err->text, sizeof err->text, format, args);
    }
    return status;
}

tb_status tb_fail(tb_error *err, tb_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tb_vfail(err, status, format, args);
    va_end(args);
    return status;
}

tb_status tb_fail_errno(tb_error *err, const char *format, ...)
{
    int saved = errno;
    tb_status status = saved == ENOENT ? TB_NOT_FOUND : saved == ENOMEM ? TB_NO_MEMORY : TB_IO;
    if (err) {
        va_list args;
        va_start(args, format);
        tb_vfail(err, status, format, args);
        va_end(args);
        size_t used = strlen(err->text);
        snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(saved));
    }
    return status;
}

tb_status tb_in(tb_error *err, const char *format, ...)
{
    if (!err)
        return TB_INTERNAL;
    char place[TB_ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    int written = vsnprintf(place, sizeof place, format, args);
    va_end(args);
    if (written < 0)
        return err->status;
    size_t used = strlen(place);
    if (used + 2 >= sizeof place)
        return err->status;
    size_t kept = strlen(err->text);
    size_t room = sizeof err->text - used - 3;
    if (kept > room)
        kept = room;
    memmove(err->text + used + 2, err->text, kept);
    memcpy(err->text, place, used);
    memcpy(err->text + used, ": ", 2);
    err->text[used + 2 + kept] = '\0';
    return err->status;
}
