/* Files, paths and the clock, as the operating system gives them. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/clock.h"
#include "runtime/base/os.h"

Test(os, maps_a_file_and_forgets_it)
{
    char path[] = "/tmp/tb_os_XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "hello", 5), 5);
    close(fd);
    tb_mapping mapping;
    cr_assert_eq(tb_os_map_file(path, NULL, &mapping), TB_OK);
    cr_assert_eq(mapping.size, 5);
    cr_assert_eq(memcmp(mapping.data, "hello", 5), 0);
    cr_assert_eq((uintptr_t)mapping.data % tb_os_page_size(), 0);
    tb_os_unmap(&mapping);
    cr_assert_null(mapping.data);
    cr_assert_eq(truncate(path, 0), 0);
    cr_assert_eq(tb_os_map_file(path, NULL, &mapping), TB_OK);
    cr_assert_null(mapping.data);
    cr_assert_eq(mapping.size, 0);
    tb_os_unmap(&mapping);
    unlink(path);
}

Test(os, says_what_is_wrong_with_a_path)
{
    tb_error err;
    tb_mapping mapping;
    cr_assert_eq(tb_os_map_file("/nowhere/model.tflite", &err, &mapping), TB_NOT_FOUND);
    cr_assert_not_null(strstr(err.text, "/nowhere/model.tflite"));
    cr_assert_eq(tb_os_map_file("/tmp", &err, &mapping), TB_IO);
    cr_assert_not_null(strstr(err.text, "directory"));
    cr_assert_eq(tb_os_map_file("/dev/null", &err, &mapping), TB_IO);
}

Test(os, knows_the_running_program)
{
    char path[4096];
    cr_assert_eq(tb_os_executable_path(sizeof path, NULL, path), TB_OK);
    cr_assert_eq(path[0], '/');
    cr_assert_eq(access(path, X_OK), 0);
    cr_assert_eq(tb_os_executable_path(3, NULL, path), TB_IO);
}

Test(clock, never_goes_back)
{
    uint64_t before = tb_clock_ns();
    for (int k = 0; k < 1000; k++) {
        uint64_t now = tb_clock_ns();
        cr_assert_geq(now, before);
        before = now;
    }
}
