#pragma once
#ifdef __cplusplus
extern "C" {
#endif
/** Version of the simdjson library that was linked, as text. */
const char *weir_simdjson_version(void);
#ifdef __cplusplus
}
#endif
