/* The answers of Linux (Android's are the same here). */
#include "runtime/base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Maps the open file `fd`; closing it is the caller's. */
static tb_status map_descriptor(int fd, const char *path, tb_error *err, tb_mapping *out)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return tb_fail_errno(err, "cannot examine %s", path);
    if (!S_ISREG(info.st_mode))
        return tb_fail(err, TB_IO, "cannot read %s: it is %s, not a regular file", path,
                       S_ISDIR(info.st_mode) ? "a directory" : "a device, pipe or socket");
    *out = (tb_mapping){NULL, (size_t)info.st_size};
    if (info.st_size == 0)
        return TB_OK;
    void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return tb_fail_errno(err, "cannot map %s", path);
    out->data = data;
    return TB_OK;
}

tb_status tb_os_map_file(const char *path, tb_error *err, tb_mapping *out)
{
    /* Without O_NONBLOCK, opening a FIFO would wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return tb_fail_errno(err, "cannot open %s", path);
    tb_status status = map_descriptor(fd, path, err, out);
    close(fd);
    return status;
}

void tb_os_unmap(tb_mapping *mapping)
{
    if (mapping->data)
        munmap((void *)(uintptr_t)mapping->data, mapping->size);
    *mapping = (tb_mapping){NULL, 0};
}

size_t tb_os_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

tb_status tb_os_executable_path(size_t capacity, tb_error *err, char *out)
{
    ssize_t size = readlink("/proc/self/exe", out, capacity);
    if (size < 0)
        return tb_fail_errno(err, "cannot find the path of the running program");
    if ((size_t)size >= capacity)
        return tb_fail(err, TB_IO, "the path of the running program has %zu bytes or more",
                       capacity);
    out[size] = 0;
    return TB_OK;
}
