#include "runtime/base/stop.h"

_Thread_local const tb_stop *tb_stop_here;
