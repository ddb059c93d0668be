#ifndef WEIR_CCHECKSUM_H
#define WEIR_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32C (Castagnoli) of `count` bytes, continuing from `crc`, the checksum of what came before (0 at the start).
uint32_t weir_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same without the processor's CRC instruction, to test one against the other.
uint32_t weir_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

#endif
