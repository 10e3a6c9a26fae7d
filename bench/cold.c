/* Evicting files from memory; see cold.h. */
#include "bench/cold.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/os.h"
#include "runtime/base/os_process.h"
#include "runtime/base/size.h"

#define DROP_FILE "/proc/sys/vm/drop_caches"

static const char *const texts[] = {[TB_COLD_FILE] = "file", [TB_COLD_ALL] = "all"};

static bool drop_caches(const char *what)
{
    int fd = open(DROP_FILE, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool written = write(fd, what, strlen(what)) == (ssize_t)strlen(what);
    close(fd);
    return written;
}

tb_status tb_cold_parse(const char *text, tb_error *err, tb_cold *out)
{
    for (size_t k = TB_COLD_FILE; k < TB_COUNT_OF(texts); k++)
        if (strcmp(text, texts[k]) == 0) {
            *out = (tb_cold)k;
            if (*out == TB_COLD_ALL && access(DROP_FILE, W_OK) != 0)
                return tb_fail_errno(err, "--cold all: " DROP_FILE " cannot be written");
            return TB_OK;
        }
    return tb_fail(err, TB_USAGE, "--cold %s: goes file or all", text);
}

const char *tb_cold_text(tb_cold cold)
{
    return texts[cold] ? texts[cold] : "";
}

/* Only clean pages can go. */
static int64_t evict_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    tb_mapping file;
    uint64_t left = 0;
    if (tb_os_map_file(path, NULL, &file) != TB_OK)
        return 0;
    if (!tb_os_resident_bytes(file.data, file.size, &left))
        left = 0;
    tb_os_unmap(&file);
    return (int64_t)left;
}

int64_t tb_cold_evict(tb_cold cold, const char *const *files, size_t count)
{
    if (cold == TB_COLD_ALL) {
        sync();
        drop_caches("3");
    }
    int64_t left = 0;
    for (size_t k = 0; k < count; k++)
        left += evict_file(files[k]);
    return left;
}
