// CRC-32C with the SSE4.2 instruction, three streams at a time: the instruction takes three cycles but one can start every
// cycle. The streams' checksums are joined by multiplying with x^(8n) modulo the polynomial, through four small tables.
#include "CChecksum.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u
// Bytes of one of the three streams; below three of them one stream is as fast.
#define LONG_STREAM 2048
#define SHORT_STREAM 256

static uint32_t byte_table[8][256];
static uint32_t skip_long[4][256];
static uint32_t skip_short[4][256];
static int has_instruction;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// The product of a matrix over GF(2), one column a word, and a vector.
static uint32_t multiply(const uint32_t *matrix, uint32_t vector) {
    uint32_t sum = 0;
    for (; vector; vector >>= 1, matrix++) {
        if (vector & 1) sum ^= *matrix;
    }
    return sum;
}

static void square(uint32_t *result, const uint32_t *matrix) {
    for (int i = 0; i < 32; i++) result[i] = multiply(matrix, matrix[i]);
}

// Fills `table` so that four look-ups advance a checksum over `count` zero bytes; `count` is a power of two.
static void fill_skip(uint32_t table[4][256], size_t count) {
    uint32_t even[32], odd[32];
    odd[0] = POLYNOMIAL;  // one zero bit
    for (int i = 1; i < 32; i++) odd[i] = 1u << (i - 1);
    square(even, odd);  // two bits
    square(odd, even);  // four bits
    const uint32_t *matrix = odd;
    for (size_t bytes = 1; bytes <= count; bytes *= 2) {
        uint32_t *next = matrix == odd ? even : odd;
        square(next, matrix);
        matrix = next;
    }
    for (uint32_t n = 0; n < 256; n++) {
        for (int byte = 0; byte < 4; byte++) table[byte][n] = multiply(matrix, n << (8 * byte));
    }
}

static void prepare(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
        byte_table[0][n] = crc;
    }
    for (uint32_t n = 0; n < 256; n++) {
        for (int k = 1; k < 8; k++) {
            uint32_t before = byte_table[k - 1][n];
            byte_table[k][n] = (before >> 8) ^ byte_table[0][before & 255];
        }
    }
    fill_skip(skip_long, LONG_STREAM);
    fill_skip(skip_short, SHORT_STREAM);
#if defined(__x86_64__)
    has_instruction = __builtin_cpu_supports("sse4.2");
#endif
}

static uint64_t load(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

static uint32_t portable(uint32_t crc, const uint8_t *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word = load(bytes) ^ crc;
        crc = byte_table[7][word & 255] ^ byte_table[6][(word >> 8) & 255] ^ byte_table[5][(word >> 16) & 255]
            ^ byte_table[4][(word >> 24) & 255] ^ byte_table[3][(word >> 32) & 255]
            ^ byte_table[2][(word >> 40) & 255] ^ byte_table[1][(word >> 48) & 255] ^ byte_table[0][word >> 56];
    }
    for (; count; bytes++, count--) crc = (crc >> 8) ^ byte_table[0][(crc ^ *bytes) & 255];
    return crc;
}

uint32_t weir_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&once, prepare);
    return ~portable(~crc, bytes, count);
}

#if defined(__x86_64__)
#include <nmmintrin.h>

static inline uint32_t skip(uint32_t table[4][256], uint32_t crc) {
    return table[0][crc & 255] ^ table[1][(crc >> 8) & 255] ^ table[2][(crc >> 16) & 255] ^ table[3][crc >> 24];
}

__attribute__((target("sse4.2")))
static uint32_t three_streams(uint32_t start, const uint8_t *bytes, size_t stream, uint32_t table[4][256]) {
    uint64_t first = start, second = 0, third = 0;
    for (size_t i = 0; i < stream; i += 8) {
        first = _mm_crc32_u64(first, load(bytes + i));
        second = _mm_crc32_u64(second, load(bytes + stream + i));
        third = _mm_crc32_u64(third, load(bytes + 2 * stream + i));
    }
    uint32_t crc = skip(table, (uint32_t)first) ^ (uint32_t)second;
    return skip(table, crc) ^ (uint32_t)third;
}

__attribute__((target("sse4.2")))
static uint32_t accelerated(uint32_t crc, const uint8_t *bytes, size_t count) {
    for (; count >= 3 * LONG_STREAM; bytes += 3 * LONG_STREAM, count -= 3 * LONG_STREAM) {
        crc = three_streams(crc, bytes, LONG_STREAM, skip_long);
    }
    for (; count >= 3 * SHORT_STREAM; bytes += 3 * SHORT_STREAM, count -= 3 * SHORT_STREAM) {
        crc = three_streams(crc, bytes, SHORT_STREAM, skip_short);
    }
    uint64_t wide = crc;
    for (; count >= 8; bytes += 8, count -= 8) wide = _mm_crc32_u64(wide, load(bytes));
    crc = (uint32_t)wide;
    for (; count; bytes++, count--) crc = _mm_crc32_u8(crc, *bytes);
    return crc;
}
#endif

uint32_t weir_crc32c(uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&once, prepare);
#if defined(__x86_64__)
    if (has_instruction) return ~accelerated(~crc, bytes, count);
#endif
    return ~portable(~crc, bytes, count);
}
