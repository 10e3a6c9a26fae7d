/*
 * Writing JSON into a buffer, value by value, with the commas and escapes put in. Keys are ours
 * and need no escape. Running out of memory shows in the buffer's status.
 */
#ifndef TB_BENCH_JSON_WRITE_H
#define TB_BENCH_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/buf.h"

/* Zero-initialise, but for `out`. One value at the top; nesting as deep as one likes. */
typedef struct tb_json_writer {
    tb_buf *out;
    bool comma; /* a value stands before */
} tb_json_writer;

/* `key` is NULL inside arrays and at the top. */
void tb_json_put_object(tb_json_writer *json, const char *key);
void tb_json_put_array(tb_json_writer *json, const char *key);
void tb_json_end_object(tb_json_writer *json);
void tb_json_end_array(tb_json_writer *json);
/* Bytes that are no UTF-8 become U+FFFD; a NULL text writes nothing, not even its key. */
void tb_json_put_text(tb_json_writer *json, const char *key, const char *text);
void tb_json_put_int(tb_json_writer *json, const char *key, int64_t value);
void tb_json_put_uint(tb_json_writer *json, const char *key, uint64_t value);
/* With all digits that tell it from its neighbours; null where it is no finite number. */
void tb_json_put_real(tb_json_writer *json, const char *key, double value);
void tb_json_put_bool(tb_json_writer *json, const char *key, bool value);

#endif
