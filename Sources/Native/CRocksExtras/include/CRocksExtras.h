/**
 * Options that RocksDB's C interface lacks.
 */
#pragma once
#include <rocksdb/c.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes a database that is opened with `options` stay as it is after a full disk until it is opened anew, and write no
 * log file of its own: Debian's RocksDB, built with its assertions, ends the process when it cannot write that.
 */
void weir_rocksdb_prepare(rocksdb_options_t *options);

#ifdef __cplusplus
}
#endif
