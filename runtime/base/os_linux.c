/* The answers of Linux (Android's are the same here). */
#include "runtime/base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
    /* A file that the system caches in large pages would count as read as a whole where a byte is. */
    madvise(data, (size_t)info.st_size, MADV_NOHUGEPAGE);
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

void tb_os_want_large_pages(void *data, size_t size)
{
    const uintptr_t large = TB_OS_LARGE_PAGE;
    const uintptr_t first = ((uintptr_t)data + large - 1) / large * large;
    const uintptr_t end = ((uintptr_t)data + size) / large * large;
    if (first < end)
        madvise((void *)first, end - first, MADV_HUGEPAGE);
}

void tb_os_release_pages(const void *data, size_t size)
{
    const uintptr_t page = tb_os_page_size();
    const uintptr_t first = ((uintptr_t)data + page - 1) / page * page;
    const uintptr_t end = ((uintptr_t)data + size) / page * page;
    if (first < end)
        madvise((void *)first, end - first, MADV_DONTNEED);
}

static tb_status write_all(int fd, const char *data, size_t size, const char *name, tb_error *err)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return tb_fail_errno(err, "cannot keep a copy of %s in memory", name);
        data += written;
        size -= (size_t)written;
    }
    return TB_OK;
}

tb_status tb_os_memory_file(const char *name, const void *data, size_t size, tb_error *err,
                            int *descriptor, size_t capacity, char *path)
{
    /* Through syscall: older C libraries of Android have no memfd_create. */
    int fd = (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */);
    if (fd < 0)
        return tb_fail_errno(err, "cannot keep a copy of %s in memory", name);
    tb_status status = write_all(fd, data, size, name, err);
    int length = snprintf(path, capacity, "/proc/self/fd/%d", fd);
    if (status == TB_OK && (length < 0 || (size_t)length >= capacity))
        status = tb_fail(err, TB_INTERNAL, "no room for the path of %s", name);
    if (status == TB_OK)
        *descriptor = fd;
    else
        close(fd);
    return status;
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

void *tb_os_take_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void tb_os_give_pages(void *pages, size_t size)
{
    if (pages)
        munmap(pages, size);
}

void tb_os_wait_word(_Atomic uint32_t *word, uint32_t expected)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void tb_os_wake_word(_Atomic uint32_t *word, int waiters)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, waiters, NULL, NULL, 0);
}

/* Bits of the auxiliary vector that <asm/hwcap.h> only names where they exist. */
#if defined(__aarch64__)
enum { ARM_HWCAP_DOTPROD = 1 << 20, ARM_HWCAP2_I8MM = 1 << 13 };
#else
enum { ARM_HWCAP_DOTPROD = 0, ARM_HWCAP2_I8MM = 0 };
#endif

bool tb_os_has_arm_dotprod(void)
{
    return (getauxval(AT_HWCAP) & ARM_HWCAP_DOTPROD) != 0;
}

bool tb_os_has_arm_i8mm(void)
{
    return (getauxval(AT_HWCAP2) & ARM_HWCAP2_I8MM) != 0;
}
