/*
 * A JSON document in few bytes: what a page carries. Lists of objects become columns, texts stand
 * once in a table, and figures that were computed from others keep the digits that people read. The
 * form is in docs/formats.md, "Packed"; reports/viewer/pack.js reads it.
 *
 * Nothing but such figures loses anything: whole numbers and texts come back as they were. Members
 * that are null come back absent where their object was one of a list.
 */
#ifndef TB_REPORTS_PACK_JSON_H
#define TB_REPORTS_PACK_JSON_H

#include <cjson/cJSON.h>

#include "runtime/base/buf.h"
#include "runtime/base/status.h"

/* Lists shorter than that stay as they are. */
#define TB_PACK_FEWEST_ROWS 16

/* <document> is an object. */
tb_status tb_pack_json(const cJSON *document, tb_error *err, tb_buf *out);

/* A figure as a page carries it: five significant digits; of a share just below 1 five of what it
   lacks. Whole numbers below 2^53 are exact. No more than 32 bytes with the terminator. */
void tb_pack_figure(double value, char text[32]);

#endif
