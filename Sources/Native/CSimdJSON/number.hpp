// Numbers and literals from the text of a JSON token or of a string.
#pragma once
#include <cstddef>
#include <cstdint>

namespace weir {

inline bool is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }
inline bool is_digit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') < 10; }

/// True when only white space lies between the two.
inline bool only_space(const uint8_t *from, const uint8_t *to) {
    while (from < to && is_space(*from)) from++;
    return from >= to;
}

inline bool is_literal(const uint8_t *text, const uint8_t *end, const char *literal, size_t length) {
    if (static_cast<size_t>(end - text) < length) return false;
    for (size_t index = 0; index < length; index++) {
        if (text[index] != static_cast<uint8_t>(literal[index])) return false;
    }
    return only_space(text + length, end);
}

inline bool is_null(const uint8_t *text, const uint8_t *end) { return *text == 'n' && is_literal(text, end, "null", 4); }

/// An exact decimal: digits times ten to the power of exponent.
struct exact {
    unsigned __int128 digits = 0;
    int64_t exponent = 0;
    bool negative = false;
};

enum class number_outcome { good, malformed, out_of_range, inexact };

/// What may be written as a number: JSON's grammar, or the more lenient one of Java's BigDecimal.
enum class grammar { json, java };

number_outcome parse_exact(const uint8_t *text, const uint8_t *end, grammar rules, exact &result);

/// The number times ten to the power of `scale`, where that is an integer of at most `precision` digits.
number_outcome to_decimal(const exact &number, int precision, int scale, __int128 &result);

/// The digits, behind a sign where it is negative, of the number in the text times ten to the power of `scale`, where that
/// is an integer of at most `precision` digits; `out` has room for them and the sign.
number_outcome write_decimal(
    const uint8_t *text, const uint8_t *end, grammar rules, int precision, int scale, uint8_t *out, size_t &length);

/// The number without its fraction.
number_outcome to_integer(const exact &number, int64_t low, int64_t high, int64_t &result);

/// A JSON number as an integer between `low` and `high`; a fraction is cut off.
number_outcome parse_integer(const uint8_t *text, const uint8_t *end, int64_t low, int64_t high, int64_t &result);

/// An integer as Java's parseLong reads it.
number_outcome parse_java_integer(
    const uint8_t *text, const uint8_t *end, int64_t low, int64_t high, int64_t &result);

/// A JSON number as a double.
number_outcome parse_json_double(const uint8_t *text, const uint8_t *end, double &result);

} // namespace weir
