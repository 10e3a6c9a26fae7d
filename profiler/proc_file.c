/* Reading /proc and /sys; see proc_file.h. */
#include "profiler/proc_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool tb_proc_read(const char *path, size_t capacity, char *out)
{
    out[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t size = 0;
    ssize_t got = 0;
    while (size + 1 < capacity) {
        got = read(fd, out + size, capacity - 1 - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    close(fd);
    while (size > 0 && isspace((unsigned char)out[size - 1]))
        size--;
    out[size] = '\0';
    return got >= 0 && size > 0;
}

static bool parse_int(const char *text, int64_t *out)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (end == text)
        return false;
    *out = value;
    return true;
}

bool tb_proc_read_int(const char *path, int64_t *out)
{
    char text[64];
    return tb_proc_read(path, sizeof text, text) && parse_int(text, out);
}

bool tb_proc_find(const char *text, const char *key, int64_t *out)
{
    size_t size = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        if (strncmp(line, key, size) == 0)
            return parse_int(line + size, out);
    }
    return false;
}

int tb_proc_list_end(const char *list)
{
    size_t last = strlen(list);
    while (last > 0 && !isdigit((unsigned char)list[last - 1]))
        last--;
    while (last > 0 && isdigit((unsigned char)list[last - 1]))
        last--;
    int64_t highest;
    return parse_int(list + last, &highest) && highest >= 0 && highest < INT32_MAX
               ? (int)highest + 1
               : 0;
}

int tb_proc_cpu_end(int most)
{
    char list[4096];
    int end = tb_proc_read("/sys/devices/system/cpu/present", sizeof list, list)
                  ? tb_proc_list_end(list)
                  : 0;
    return end > 0 && end < most ? end : most;
}
