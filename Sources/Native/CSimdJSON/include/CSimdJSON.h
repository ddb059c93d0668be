/**
 * Decodes runs of JSON payloads straight into column buffers, on simdjson's structural index.
 *
 * A decoder is made once for a list of fields and used by one thread. Each call of weir_json_decode reads a whole run;
 * afterwards the buffers of every column are taken one by one and belong to the caller, who frees them with free().
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Readable bytes that must lie behind the payloads, and that lie behind every buffer made here. */
#define WEIR_JSON_PADDING 64

/** The SQL types; each determines the layout of a column. */
enum {
    WEIR_JSON_BOOLEAN,   /**< one byte a row */
    WEIR_JSON_INTEGER,   /**< int32_t */
    WEIR_JSON_BIGINT,    /**< int64_t */
    WEIR_JSON_DOUBLE,    /**< double */
    WEIR_JSON_DECIMAL,   /**< __int128, unscaled */
    WEIR_JSON_STRING,    /**< rows + 1 offsets (int32_t) into bytes */
    WEIR_JSON_BYTES,     /**< the same; base64 text in JSON */
    WEIR_JSON_TIME,      /**< int32_t milliseconds of the day */
    WEIR_JSON_DATE,      /**< int32_t days */
    WEIR_JSON_TIMESTAMP, /**< int64_t milliseconds */
    WEIR_JSON_ARRAY,     /**< offsets into one child */
    WEIR_JSON_MAP,       /**< offsets into two children, keys (STRING) and values */
    WEIR_JSON_STRUCT,    /**< one child a field, each with as many rows */
    WEIR_JSON_DIGITS     /**< as STRING: the digits of a decimal's unscaled value, behind a - where it is negative */
};

/** A column to fill. Types are given as a list in preorder: a column, then its children. */
typedef struct {
    int32_t kind;
    int32_t precision;
    int32_t scale;
    int32_t children;
    /** Name of a top-level column or of a STRUCT's field, UTF-8, copied. */
    const char *name;
    int32_t name_length;
} weir_json_node;

/** Why a payload was refused. */
enum {
    WEIR_JSON_EMPTY = 1,
    WEIR_JSON_MALFORMED,
    WEIR_JSON_NOT_UTF8,
    WEIR_JSON_UNCLOSED_STRING,
    WEIR_JSON_CONTROL_CHARACTER,
    WEIR_JSON_NOT_AN_OBJECT,
    WEIR_JSON_TRAILING,
    WEIR_JSON_WRONG_KIND,
    WEIR_JSON_OUT_OF_RANGE,
    WEIR_JSON_INEXACT,
    WEIR_JSON_NOT_A_NUMBER,
    WEIR_JSON_NOT_BASE64,
    WEIR_JSON_TOO_DEEP,
    WEIR_JSON_BAD_ESCAPE,
    WEIR_JSON_TOO_LARGE,
    WEIR_JSON_NOT_A_TIME
};

/** A refused payload. */
typedef struct {
    int32_t row;
    /** Index of the column in the list of nodes; -1 when the payload as a whole is wrong. */
    int32_t node;
    int32_t reason;
    /** The offending text in the arena. */
    int32_t start;
    int32_t length;
} weir_json_error;

typedef struct weir_json_decoder weir_json_decoder;

/** Reads a value of WEIR_JSON_TIME, _DATE or _TIMESTAMP from text that is no number; false when it is none. */
typedef bool (*weir_json_time_reader)(int32_t kind, const uint8_t *text, size_t length, int64_t *result);

/**
 * A decoder for `count` nodes. With `wrapped` payloads are objects whose members are the top-level columns; without it
 * the payload is the value of the only top-level column. NULL when out of memory.
 */
weir_json_decoder *weir_json_decoder_new(
    const weir_json_node *nodes, int32_t count, bool wrapped, weir_json_time_reader read_time);
void weir_json_decoder_free(weir_json_decoder *decoder);

/**
 * Decodes payloads `arena[offsets[i]]` to `arena[offsets[i + 1]]`; bit i of `validity` (may be NULL) clear: no payload,
 * which gives a row of NULLs. WEIR_JSON_PADDING bytes behind the arena must be readable. Refused rows hold NULLs.
 * Returns the number of refused payloads, or -1 when out of memory.
 */
int32_t weir_json_decode(
    weir_json_decoder *decoder, const uint8_t *arena, const int32_t *offsets, const uint64_t *validity, int32_t rows);

/** The refused payloads of the last call, in no particular order, each row once. */
const weir_json_error *weir_json_errors(const weir_json_decoder *decoder);

/** Rows of a column after the last call. */
int32_t weir_json_rows(const weir_json_decoder *decoder, int32_t node);

enum { WEIR_JSON_VALUES, WEIR_JSON_OFFSETS, WEIR_JSON_VALIDITY };

/** Takes a buffer of a column; NULL when the column has none (validity: when nothing is NULL). Free it with free(). */
uint8_t *weir_json_take(weir_json_decoder *decoder, int32_t node, int32_t part, size_t *capacity);

/** Reads a DOUBLE as Java's parseDouble does, apart from hexadecimal; false when the text is no number. */
bool weir_parse_double(const uint8_t *text, size_t length, double *result);

/** True when the bytes are UTF-8. */
bool weir_is_utf8(const uint8_t *text, size_t length);

/** Decodes base64 with padding into `out` (room: 3 bytes for every 4); -1 when the text is not base64. */
int64_t weir_base64_decode(const uint8_t *text, size_t length, uint8_t *out);

#ifdef __cplusplus
}
#endif
