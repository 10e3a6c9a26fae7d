/*
 * Files that a model carries at its end, as a ZIP archive that TFLite's metadata tools append there:
 * mostly the names of its classes.
 */
#ifndef TB_BENCH_MODEL_FILES_H
#define TB_BENCH_MODEL_FILES_H

#include "bench/job.h"
#include "runtime/base/arena.h"
#include "runtime/flatbuffer.h"

/* The bytes of a file of the archive that `whole` ends with, which they lie in. An archive or a file
   that is not there is TB_NOT_FOUND; a packed file TB_UNSUPPORTED (TFLite's tools only store them). */
tb_status tb_model_file_find(tb_bytes whole, const char *name, tb_error *err, tb_bytes *out);

/* The names of the classes of the first output, in order, from the file that the model's metadata names
   for them; count 0: it names none. Texts live in `arena`. */
tb_status tb_model_labels(const char *model_path, tb_arena *arena, tb_error *err,
                          tb_text_list *out);

#endif
