/* Summing up what descriptors tell; see device_memory.h. */
#include "profiler/device_memory.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/proc_file.h"
#include "runtime/base/size.h"

#define PATH_SIZE 512

/* What was counted already: buffers by their inode, clients of GPUs by number and device. */
typedef struct seen {
    uint64_t *keys;
    size_t count, room;
} seen;

typedef struct reading {
    seen buffers, clients;
    uint64_t dmabuf_bytes, gpu_bytes;
    bool has_client, client_tells;
} reading;

/* False: it was there before. Without memory to remember, everything counts as new. */
static bool is_new(seen *known, uint64_t key)
{
    for (size_t k = 0; k < known->count; k++)
        if (known->keys[k] == key)
            return false;
    if (known->count == known->room) {
        size_t room = known->room ? 2 * known->room : 64;
        uint64_t *keys = realloc(known->keys, room * sizeof *keys);
        if (!keys)
            return true;
        known->keys = keys;
        known->room = room;
    }
    known->keys[known->count++] = key;
    return true;
}

/* The rest of the line that starts with `key`; NULL: there is none. */
static const char *value_of(const char *text, const char *key)
{
    size_t size = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, size) == 0)
            return line + size;
    }
    return NULL;
}

/* "123 KiB": the kernel writes bytes without a unit. */
static uint64_t bytes_in(const char *text)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}};
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    while (*end == ' ' || *end == '\t')
        end++;
    for (size_t k = 0; k < TB_COUNT_OF(units); k++)
        if (strncmp(end, units[k].name, 3) == 0)
            return number > UINT64_MAX / units[k].bytes ? 0 : number * units[k].bytes;
    return number;
}

/* The sum over regions of lines "<key>REGION:\t123 KiB"; false: there is no such line. */
static bool sum_regions(const char *text, const char *key, uint64_t *sum)
{
    size_t size = strlen(key);
    bool any = false;
    *sum = 0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, size) != 0)
            continue;
        const char *colon = strchr(line, ':');
        if (!colon)
            break;
        *sum += bytes_in(colon + 1);
        any = true;
    }
    return any;
}

static void take_client(reading *r, const char *text)
{
    static const char *const keys[] = {"drm-resident-", "drm-memory-", "drm-total-"};
    const char *number = value_of(text, "drm-client-id:");
    const char *device = value_of(text, "drm-pdev:");
    uint64_t key = number ? strtoull(number, NULL, 10) : 0, bytes;
    for (; device && *device && *device != '\n'; device++)
        key = key * 31 + (unsigned char)*device;
    r->has_client = true;
    /* A client's descriptors all tell the same. */
    if (number && !is_new(&r->clients, key))
        return;
    for (size_t k = 0; k < TB_COUNT_OF(keys); k++) {
        if (!sum_regions(text, keys[k], &bytes))
            continue;
        r->gpu_bytes += bytes;
        r->client_tells = true;
        return;
    }
}

static void take_buffer(reading *r, const char *text)
{
    const char *inode = value_of(text, "ino:"), *size = value_of(text, "size:");
    if (size && (!inode || is_new(&r->buffers, strtoull(inode, NULL, 10))))
        r->dmabuf_bytes += bytes_in(size);
}

static bool read_descriptors(const char *root, int pid, reading *r)
{
    char path[PATH_SIZE], text[4096];
    snprintf(path, sizeof path, "%.200s/proc/%d/fdinfo", root, pid);
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "%.200s/proc/%d/fdinfo/%.64s", root, pid, entry->d_name);
        if (!tb_proc_read(path, sizeof text, text))
            continue;
        if (value_of(text, "drm-driver:"))
            take_client(r, text);
        else if (value_of(text, "exp_name:"))
            take_buffer(r, text);
    }
    closedir(folder);
    return true;
}

/* Allocated for the process by the driver, and by the process through it. */
static bool read_kgsl(const char *root, int pid, uint64_t *sum)
{
    static const char *const files[] = {"kernel", "user"};
    bool any = false;
    for (size_t k = 0; k < TB_COUNT_OF(files); k++) {
        char path[PATH_SIZE];
        int64_t bytes;
        snprintf(path, sizeof path, "%.200s/sys/class/kgsl/kgsl/proc/%d/%s", root, pid, files[k]);
        if (!tb_proc_read_int(path, &bytes) || bytes < 0)
            continue;
        *sum += (uint64_t)bytes;
        any = true;
    }
    return any;
}

void tb_device_memory_read(const char *root, int pid, tb_device_memory *out)
{
    reading r = {0};
    uint64_t kgsl_bytes = 0;
    bool told = read_descriptors(root, pid, &r), kgsl = read_kgsl(root, pid, &kgsl_bytes);
    *out = (tb_device_memory){
        .dmabuf = {told, r.dmabuf_bytes, told ? NULL : "this kernel tells nothing of descriptors"},
        .gpu = {kgsl || r.client_tells, kgsl_bytes + r.gpu_bytes, NULL},
    };
    if (!out->gpu.known)
        out->gpu.reason = r.has_client
                              ? "the GPU's driver does not tell what it holds"
                              : "no GPU driver that tells it has this process for a client";
    free(r.buffers.keys);
    free(r.clients.keys);
}
