/* Memory of devices out of trees of the test's own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profiler/device_memory.h"
#include "tests/unit/support/fake_root.h"

TestSuite(device_memory, .init = fake_root_begin, .fini = fake_root_end);

static tb_device_memory look(void)
{
    tb_device_memory memory;
    tb_device_memory_read(fake_root, 77, &memory);
    return memory;
}

Test(device_memory, nothing_there_is_said_and_not_zero)
{
    tb_device_memory memory = look();
    cr_expect_not(memory.dmabuf.known);
    cr_expect(memory.dmabuf.reason);
    cr_expect_not(memory.gpu.known);
    cr_expect(strstr(memory.gpu.reason, "no GPU driver"));
}

Test(device_memory, a_buffer_counts_once)
{
    fake_root_put("/proc/77/fdinfo/3",
                  "pos:\t0\nflags:\t02\nino:\t11\nsize:\t4096\ncount:\t2\nexp_name:\tsystem\n");
    fake_root_put("/proc/77/fdinfo/4",
                  "pos:\t0\nino:\t11\nsize:\t4096\ncount:\t2\nexp_name:\tsystem\n");
    fake_root_put("/proc/77/fdinfo/5",
                  "pos:\t0\nino:\t12\nsize:\t65536\ncount:\t1\nexp_name:\tqcom\n");
    fake_root_put("/proc/77/fdinfo/6", "pos:\t0\nflags:\t02\nino:\t13\n");
    fake_root_put("/proc/78/fdinfo/3", "ino:\t99\nsize:\t1000000\nexp_name:\tsystem\n");
    tb_device_memory memory = look();
    cr_expect(memory.dmabuf.known);
    cr_expect_eq(memory.dmabuf.bytes, 4096 + 65536, "%llu",
                 (unsigned long long)memory.dmabuf.bytes);
    cr_expect_not(memory.gpu.known);
}

Test(device_memory, no_buffer_is_a_measured_zero)
{
    fake_root_put("/proc/77/fdinfo/0", "pos:\t0\nflags:\t02\n");
    tb_device_memory memory = look();
    cr_expect(memory.dmabuf.known);
    cr_expect_eq(memory.dmabuf.bytes, 0);
}

Test(device_memory, a_client_of_a_gpu_counts_once_and_by_what_is_resident)
{
    static const char client[] = "drm-driver:\tamdgpu\ndrm-client-id:\t7\ndrm-pdev:\t0000:03:00.0\n"
                                 "drm-total-vram:\t9000 KiB\ndrm-resident-vram:\t100 KiB\n"
                                 "drm-resident-gtt:\t2 MiB\ndrm-memory-vram:\t100 KiB\n";
    fake_root_put("/proc/77/fdinfo/3", client);
    fake_root_put("/proc/77/fdinfo/4", client);
    fake_root_put("/proc/77/fdinfo/5", "drm-driver:\tpanfrost\ndrm-client-id:\t7\ndrm-pdev:\tmali\n"
                                       "drm-total-memory:\t512\n");
    tb_device_memory memory = look();
    cr_expect(memory.gpu.known);
    cr_expect_eq(memory.gpu.bytes, 100 * 1024 + 2 * 1024 * 1024 + 512, "%llu",
                 (unsigned long long)memory.gpu.bytes);
}

Test(device_memory, a_driver_that_tells_nothing_is_said_to)
{
    fake_root_put("/proc/77/fdinfo/3", "drm-driver:\tsilent\ndrm-client-id:\t1\n");
    tb_device_memory memory = look();
    cr_expect_not(memory.gpu.known);
    cr_expect(strstr(memory.gpu.reason, "does not tell"));
}

Test(device_memory, adrenos_driver_has_a_folder_for_the_process)
{
    fake_root_put("/proc/77/fdinfo/0", "pos:\t0\n");
    fake_root_put("/sys/class/kgsl/kgsl/proc/77/kernel", "4096\n");
    fake_root_put("/sys/class/kgsl/kgsl/proc/77/user", "1048576\n");
    fake_root_put("/sys/class/kgsl/kgsl/proc/78/user", "5\n");
    tb_device_memory memory = look();
    cr_expect(memory.gpu.known);
    cr_expect_eq(memory.gpu.bytes, 4096 + 1048576);
}

Test(device_memory, damaged_files_do_no_harm)
{
    fake_root_put("/proc/77/fdinfo/3", "exp_name:\nsize:\tx\nino:\t\n");
    fake_root_put("/proc/77/fdinfo/4", "drm-driver:\ndrm-resident-");
    fake_root_put("/proc/77/fdinfo/5",
                  "drm-driver:\tx\ndrm-resident-a:\t99999999999999999999 GiB\n");
    fake_root_put("/proc/77/fdinfo/x", "size:\t5\nexp_name:\tsystem\n");
    tb_device_memory memory = look();
    cr_expect_eq(memory.dmabuf.bytes, 0);
    cr_expect_eq(memory.gpu.bytes, 0);
}
