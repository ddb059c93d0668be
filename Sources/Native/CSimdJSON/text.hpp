// Strings of a JSON payload into a column's bytes.
#pragma once
#include "column.hpp"
#include "number.hpp"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir {

/// Where the text of a string token ends: its closing quote. The token starts at an opening quote.
inline const uint8_t *closing_quote(const uint8_t *token, const uint8_t *end) {
    // Only white space lies behind the quote: anything else would have started a token of its own.
    const uint8_t *last = end - 1;
    while (last > token && *last != '"') last--;
    return last;
}

/// Copies up to the first backslash; reads and writes up to 16 bytes behind the end. Returns how much was copied.
inline size_t copy_plain(const uint8_t *from, size_t length, uint8_t *to) {
    size_t at = 0;
#if defined(__SSE2__)
    const __m128i backslash = _mm_set1_epi8('\\');
    for (; at < length; at += 16) {
        __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from + at));
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to + at), bytes);
        if (int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, backslash))) {
            size_t stop = at + __builtin_ctz(found);
            return stop < length ? stop : length;
        }
    }
#else
    for (; at < length; at += 8) {
        uint64_t word;
        std::memcpy(&word, from + at, 8);
        std::memcpy(to + at, &word, 8);
        uint64_t differs = word ^ 0x5C5C5C5C5C5C5C5C;
        if ((differs - 0x0101010101010101) & ~differs & 0x8080808080808080) {
            for (size_t end = at + 8; at < end && at < length; at++) {
                if (from[at] == '\\') return at;
            }
            at -= 8;
        }
    }
#endif
    return length;
}

/// Resolves escapes; `to` has room for `length` bytes and 64 more. Returns the length, or -1 for a bad escape.
int64_t unescape(const uint8_t *from, size_t length, uint8_t *to);

/// Writes the text of a string token and returns its length; -1 for a bad escape.
inline int64_t write_string(const uint8_t *token, const uint8_t *end, uint8_t *to) {
    const uint8_t *text = token + 1;
    size_t length = closing_quote(token, end) - text;
    size_t plain = copy_plain(text, length, to);
    if (plain == length) return static_cast<int64_t>(length);
    int64_t rest = unescape(text + plain, length - plain, to + plain);
    return rest < 0 ? -1 : static_cast<int64_t>(plain) + rest;
}

} // namespace weir
