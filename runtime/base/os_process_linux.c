/* The answers of Linux. */
#include "runtime/base/os_process.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

bool tb_os_die_with_parent(void)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

bool tb_os_heap_bytes(uint64_t *out)
{
#if defined(__GLIBC__)
    struct mallinfo2 info = mallinfo2();
#else
    struct mallinfo info = mallinfo();
#endif
    *out = (uint64_t)info.uordblks + (uint64_t)info.hblkhd;
    return *out > 0;
}

bool tb_os_resident_bytes(const void *data, size_t size, uint64_t *out)
{
    enum { PIECE = 4096 };
    unsigned char resident[PIECE];
    long page = sysconf(_SC_PAGESIZE);
    *out = 0;
    if (page <= 0 || size == 0)
        return size == 0;
    uintptr_t begin = (uintptr_t)data, first = begin & ~((uintptr_t)page - 1);
    uintptr_t end = begin + size;
    for (uintptr_t at = first; at < end; at += (uintptr_t)page * PIECE) {
        size_t left = (size_t)(end - at + (uintptr_t)page - 1) / (size_t)page;
        size_t pages = left < PIECE ? left : PIECE;
        if (mincore((void *)at, pages * (size_t)page, resident) != 0)
            return false;
        for (size_t k = 0; k < pages; k++)
            *out += resident[k] & 1 ? (uint64_t)page : 0;
    }
    *out = *out < size ? *out : size;
    return true;
}

bool tb_os_memory_kills(uint64_t *out)
{
    FILE *file = fopen("/proc/vmstat", "re");
    if (!file)
        return false;
    char name[64];
    unsigned long long value;
    bool found = false;
    while (!found && fscanf(file, "%63s %llu", name, &value) == 2)
        found = strcmp(name, "oom_kill") == 0;
    fclose(file);
    if (found)
        *out = value;
    return found;
}
