/*
 * Status codes and error messages of every module above the C ABI.
 *
 * A function that can fail returns a tb_status, takes a `tb_error *` after its inputs, and gives
 * its results through pointers that come last. The message is composed once, where the fault is
 * detected, by tb_fail(); callers on the way up may put the place in front of it with tb_in().
 */
#ifndef TB_RUNTIME_BASE_STATUS_H
#define TB_RUNTIME_BASE_STATUS_H

#include <stdarg.h>
#include <stddef.h>

#define TB_STATUS_LIST(X)                                                                  \
    X(TB_OK, "ok")                                                                         \
    X(TB_USAGE, "usage")             /* the caller's request makes no sense */             \
    X(TB_NOT_FOUND, "not found")     /* a file, name, tensor or row that does not exist */ \
    X(TB_IO, "input/output error")   /* the operating system refused */                    \
    X(TB_CORRUPT, "corrupt")         /* data breaks the rules of its format */             \
    X(TB_UNSUPPORTED, "unsupported") /* valid, but nothing here can do it */               \
    X(TB_UNAVAILABLE, "unavailable") /* could be done, but not on this machine or now */   \
    X(TB_NO_MEMORY, "out of memory") /* the allocator or --memory-limit said no */         \
    X(TB_TIME_LIMIT, "out of time")  /* --time-limit or a time-out */                      \
    X(TB_CANCELLED, "cancelled")                                                           \
    X(TB_STATE, "wrong state")       /* called out of order, or while busy */              \
    X(TB_MISMATCH, "mismatch")       /* a comparison found a difference */                 \
    X(TB_INTERNAL, "internal error") /* our own bug, found at run time */

typedef enum tb_status {
#define TB_STATUS_ENUM(code, text) code,
    TB_STATUS_LIST(TB_STATUS_ENUM)
#undef TB_STATUS_ENUM
} tb_status;

/* The text of a code, e.g. "corrupt"; never NULL. */
const char *tb_status_text(tb_status status);

#define TB_ERROR_TEXT_SIZE 768

/*
 * One error: what was being done, to what, what was found, what would have been right.
 * Owned by the caller, usually on its stack; text is always terminated, cut if too long.
 */
typedef struct tb_error {
    tb_status status;
    char text[TB_ERROR_TEXT_SIZE];
} tb_error;

#define TB_ERROR_NONE \
    {                 \
        TB_OK, ""     \
    }

#if defined(__GNUC__)
#define TB_PRINTF(format_index, first_argument) \
    __attribute__((format(printf, format_index, first_argument)))
#else
#define TB_PRINTF(format_index, first_argument)
#endif

/* Composes the message and returns `status`. `err` may be NULL: then only the status remains. */
tb_status tb_fail(tb_error *err, tb_status status, const char *format, ...) TB_PRINTF(3, 4);
tb_status tb_vfail(tb_error *err, tb_status status, const char *format, va_list args);

/* As tb_fail, with ": <strerror(errno)>" appended; the status is TB_IO, or what errno implies
   (ENOENT: TB_NOT_FOUND, ENOMEM: TB_NO_MEMORY). */
tb_status tb_fail_errno(tb_error *err, const char *format, ...) TB_PRINTF(2, 3);

/* Puts "<place>: " in front of the message and returns the status it has. */
tb_status tb_in(tb_error *err, const char *format, ...) TB_PRINTF(2, 3);

#endif
