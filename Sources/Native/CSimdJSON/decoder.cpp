#include "CSimdJSON.h"
#include <simdjson.h>

#define WEIR_TEXT_OF(x) #x
#define WEIR_TEXT(x) WEIR_TEXT_OF(x)

extern "C" const char *weir_simdjson_version(void) { return WEIR_TEXT(SIMDJSON_VERSION); }
