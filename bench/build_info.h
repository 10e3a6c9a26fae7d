/* Which build this is: stored with every result and exchanged between driver and worker. */
#ifndef TB_BENCH_BUILD_INFO_H
#define TB_BENCH_BUILD_INFO_H

/* "0.1.0" */
const char *tb_build_version(void);
/* Revision of the sources, with "-dirty.<checksum of the changes>" where there are any; "unknown"
   outside a repository. Two programs of the same build have the same. */
const char *tb_build_revision(void);
/* "gcc 12.2.0" */
const char *tb_build_compiler(void);
/* The flags that shape the code, e.g. "-std=c11 -O2 -g ...". */
const char *tb_build_flags(void);
/* "x86_64", "aarch64" */
const char *tb_build_target(void);

#endif
