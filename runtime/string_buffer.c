/* The bytes of string tensors; see string_buffer.h. */
#include "runtime/string_buffer.h"

#include <string.h>

static int32_t load(const void *buffer, size_t k)
{
    int32_t value;
    memcpy(&value, (const char *)buffer + 4 * k, sizeof value);
    return value;
}

static void store(void *buffer, size_t k, int32_t value)
{
    memcpy((char *)buffer + 4 * k, &value, sizeof value);
}

int32_t tb_string_count(const void *buffer, size_t size)
{
    if (!buffer || size < 8 || size > INT32_MAX)
        return -1;
    int32_t count = load(buffer, 0);
    if (count < 0 || (size_t)count > size / 4 - 2)
        return -1;
    int32_t head = 4 * (count + 2);
    int32_t before = load(buffer, 1);
    if (before != head)
        return -1;
    for (int32_t k = 1; k <= count; k++) {
        int32_t offset = load(buffer, (size_t)k + 1);
        if (offset < before || (size_t)offset > size)
            return -1;
        before = offset;
    }
    return count;
}

const char *tb_string_at(const void *buffer, int32_t k, int32_t *length)
{
    int32_t begin = load(buffer, (size_t)k + 1);
    *length = load(buffer, (size_t)k + 2) - begin;
    return (const char *)buffer + begin;
}

bool tb_string_buffer_size(const int *lengths, int32_t count, size_t *size)
{
    if (count < 0 || count > INT32_MAX / 4 - 2)
        return false;
    int64_t total = 4 * ((int64_t)count + 2);
    for (int32_t k = 0; k < count; k++) {
        if (lengths[k] < 0)
            return false;
        total += lengths[k];
        if (total > INT32_MAX)
            return false;
    }
    *size = (size_t)total;
    return true;
}

void tb_string_buffer_fill(void *buffer, const char *const *strings, const int *lengths,
                           int32_t count)
{
    int32_t at = 4 * (count + 2);
    store(buffer, 0, count);
    for (int32_t k = 0; k < count; k++) {
        store(buffer, (size_t)k + 1, at);
        if (lengths[k])
            memcpy((char *)buffer + at, strings[k], (size_t)lengths[k]);
        at += lengths[k];
    }
    store(buffer, (size_t)count + 1, at);
}
