/* A folder that stands for "/": files of the kernel's as a test wants them. */
#ifndef TB_TEST_FAKE_ROOT_H
#define TB_TEST_FAKE_ROOT_H

/* The folder, from fake_root_begin to fake_root_end. */
extern char fake_root[64];

/* A suite's init and fini: makes the folder; removes it with all that is in it. */
void fake_root_begin(void);
void fake_root_end(void);

/* Writes a file, and the folders on its way. `path` begins with a slash. */
void fake_root_put(const char *path, const char *text);

#endif
