/*
 * The page of a profile: one file that needs nothing else. It carries the document of
 * docs/formats.md, "Profile", and the script that draws it; what matters most also stands there as
 * plain HTML, for readers without scripts.
 */
#ifndef TB_REPORTS_HTML_PROFILE_H
#define TB_REPORTS_HTML_PROFILE_H

#include <cjson/cJSON.h>

#include "runtime/base/buf.h"
#include "runtime/base/status.h"

/* <json> is one such document, <name> what to call it in messages. TB_CORRUPT where it is none,
   TB_UNSUPPORTED where it is of another version. */
tb_status tb_profile_page(const char *json, const char *name, tb_error *err, tb_buf *out);

/* Part of that: speed against accuracy of all configurations of the run that the document is of. */
void tb_profile_page_speed(const cJSON *document, tb_buf *out);

#endif
