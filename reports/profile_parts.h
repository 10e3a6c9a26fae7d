/* What the writers of parts of a profile's document share. A cJSON that could not be made shows in a
   NULL that is passed on. */
#ifndef TB_REPORTS_PROFILE_PARTS_H
#define TB_REPORTS_PROFILE_PARTS_H

#include "reports/profile.h"
#include "reports/store_read.h"

/* NULL adds nothing; bytes that are no UTF-8 are replaced. */
void tb_profile_put_text(cJSON *object, const char *key, const char *text);
/* What is not finite adds nothing. */
void tb_profile_put_number(cJSON *object, const char *key, double value);
void tb_profile_put_real(cJSON *object, const char *key, tb_real real);
/* A new object at the end of an array. */
cJSON *tb_profile_push(cJSON *array);

/* The part "numerics". */
tb_status tb_profile_put_numerics(cJSON *document, const tb_profile *profile, tb_error *err);

#endif
