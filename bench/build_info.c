/* The identity of this build; the Makefile writes build_id.h. */
#include "bench/build_info.h"

#include "build_id.h"

const char *tb_build_version(void)
{
    return TB_BUILD_VERSION;
}

const char *tb_build_revision(void)
{
    return TB_BUILD_REVISION;
}

const char *tb_build_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

const char *tb_build_flags(void)
{
    return TB_BUILD_FLAGS;
}

const char *tb_build_target(void)
{
    return TB_BUILD_TARGET;
}
