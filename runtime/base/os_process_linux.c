/* The answers of Linux. */
#include "runtime/base/os_process.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

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
