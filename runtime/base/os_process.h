/* What is asked of the operating system about this process; as os.h, one function a need. */
#ifndef TB_RUNTIME_BASE_OS_PROCESS_H
#define TB_RUNTIME_BASE_OS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From now on the kernel kills this process when the thread that started it ends. A parent that
   was gone before shows by getppid(). False: this system cannot do it. */
bool tb_os_die_with_parent(void);

/* Bytes that the C library's allocator has handed out; false where it cannot say. */
bool tb_os_heap_bytes(uint64_t *out);

/* How many bytes of [data, data + size) are in memory, by whole pages; false where it cannot say. The
   range is mapped. */
bool tb_os_resident_bytes(const void *data, size_t size, uint64_t *out);

/* How often the kernel has killed a process for want of memory since the system started; false
   where it cannot say. */
bool tb_os_memory_kills(uint64_t *out);

#endif
