/*
 * The bytes of a string tensor: int32 count, int32 offsets[count + 1] from the start of the buffer
 * (the last is its size), then the strings without terminators (TFLite's string_util.h).
 */
#ifndef TB_RUNTIME_STRING_BUFFER_H
#define TB_RUNTIME_STRING_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many strings the buffer holds; -1 where it is not a sound string buffer. */
int32_t tb_string_count(const void *buffer, size_t size);

/* String k < count of a sound buffer; *length receives its length. */
const char *tb_string_at(const void *buffer, int32_t k, int32_t *length);

/* Bytes of a buffer of `count` strings; false for a negative length or more than 2 GiB. */
bool tb_string_buffer_size(const int *lengths, int32_t count, size_t *size);
/* Fills a buffer of that size. */
void tb_string_buffer_fill(void *buffer, const char *const *strings, const int *lengths,
                           int32_t count);

#endif
