#include "number.hpp"
#include "CSimdJSON.h"
#include <charconv>
#include <cmath>
#include <cstring>

namespace weir {
namespace {

constexpr unsigned __int128 limit38 = [] {
    unsigned __int128 value = 1;
    for (int index = 0; index < 38; index++) value *= 10;
    return value;
}();

/// Ten to the power of 0 to 38.
unsigned __int128 power_of_ten(int exponent) {
    unsigned __int128 value = 1;
    while (exponent-- > 0) value *= 10;
    return value;
}

/// Collects digits; those behind the 38th must be zero to keep the number exact.
struct digit_sink {
    exact &number;
    bool overflow = false;
    bool any = false;

    void add(uint8_t digit, bool in_fraction) {
        any = true;
        if (number.digits >= limit38 / 10) {
            if (digit != 0) overflow = true;
            if (!in_fraction) number.exponent += 1;
            return;
        }
        number.digits = number.digits * 10 + digit;
        if (in_fraction) number.exponent -= 1;
    }
};

/// Reads `e`, a sign and digits; values beyond a million stay there.
bool parse_exponent(const uint8_t *&text, const uint8_t *end, int64_t &result) {
    bool negative = false;
    if (text < end && (*text == '+' || *text == '-')) negative = *text++ == '-';
    if (text >= end || !is_digit(*text)) return false;
    int64_t value = 0;
    for (; text < end && is_digit(*text); text++) {
        if (value < 1000000) value = value * 10 + (*text - '0');
    }
    result = negative ? -value : value;
    return true;
}

const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

} // namespace

number_outcome parse_exact(const uint8_t *text, const uint8_t *end, grammar rules, exact &result) {
    result = exact();
    digit_sink sink{result};
    if (text < end && (*text == '-' || (rules == grammar::java && *text == '+'))) result.negative = *text++ == '-';
    const uint8_t *whole = text;
    for (; text < end && is_digit(*text); text++) sink.add(*text - '0', false);
    if (rules == grammar::json && (text == whole || (*whole == '0' && text - whole > 1))) {
        return number_outcome::malformed;
    }
    if (text < end && *text == '.') {
        const uint8_t *fraction = ++text;
        for (; text < end && is_digit(*text); text++) sink.add(*text - '0', true);
        if (rules == grammar::json && text == fraction) return number_outcome::malformed;
    }
    if (!sink.any) return number_outcome::malformed;
    if (text < end && (*text | 0x20) == 'e') {
        int64_t exponent = 0;
        text++;
        if (!parse_exponent(text, end, exponent)) return number_outcome::malformed;
        result.exponent += exponent;
    }
    if (rules == grammar::json ? !only_space(text, end) : text != end) return number_outcome::malformed;
    return sink.overflow ? number_outcome::inexact : number_outcome::good;
}

number_outcome to_decimal(const exact &number, int precision, int scale, __int128 &result) {
    unsigned __int128 digits = number.digits;
    int64_t exponent = number.exponent + scale;
    if (digits == 0) {
        result = 0;
        return number_outcome::good;
    }
    for (; exponent < 0; exponent++) {
        if (digits % 10 != 0) return number_outcome::inexact;
        digits /= 10;
    }
    unsigned __int128 bound = power_of_ten(precision < 38 ? precision : 38);
    for (; exponent > 0; exponent--) {
        if (digits >= bound) return number_outcome::out_of_range;
        digits *= 10;
    }
    if (digits >= bound) return number_outcome::out_of_range;
    result = number.negative ? -static_cast<__int128>(digits) : static_cast<__int128>(digits);
    return number_outcome::good;
}

number_outcome write_decimal(
    const uint8_t *text, const uint8_t *end, grammar rules, int precision, int scale, uint8_t *out, size_t &length) {
    exact number;
    if (parse_exact(text, end, rules, number) == number_outcome::malformed) return number_outcome::malformed;
    if (*text == '-' || *text == '+') text++;
    int64_t count = 0, fraction = 0, exponent = 0;
    bool behind_point = false;
    const uint8_t *at = text;
    for (; at < end && (is_digit(*at) || *at == '.'); at++) {
        if (*at == '.') {
            behind_point = true;
        } else {
            count += 1;
            fraction += behind_point;
        }
    }
    if (at < end && (*at | 0x20) == 'e') parse_exponent(++at, end, exponent);
    int64_t shift = scale - fraction + exponent, kept = shift < 0 ? count + shift : count;
    uint8_t *digits = out + (number.negative ? 1 : 0), *next = digits;
    for (int64_t place = 0; place < count; text++) {
        if (*text == '.') continue;
        if (place++ >= kept) {
            if (*text != '0') return number_outcome::inexact;
        } else if (*text != '0' || next != digits) {
            if (next - digits >= precision) return number_outcome::out_of_range;
            *next++ = *text;
        }
    }
    if (next == digits) {
        out[0] = '0';
        length = 1;
        return number_outcome::good;
    }
    if (shift > 0) {
        if (next - digits + shift > precision) return number_outcome::out_of_range;
        std::memset(next, '0', shift);
        next += shift;
    }
    if (number.negative) out[0] = '-';
    length = next - out;
    return number_outcome::good;
}

number_outcome to_integer(const exact &number, int64_t low, int64_t high, int64_t &result) {
    unsigned __int128 digits = number.digits;
    for (int64_t exponent = number.exponent; exponent < 0 && digits != 0; exponent++) digits /= 10;
    for (int64_t exponent = number.exponent; exponent > 0 && digits != 0; exponent--) {
        if (digits >= limit38 / 10) return number_outcome::out_of_range;
        digits *= 10;
    }
    __int128 value = number.negative ? -static_cast<__int128>(digits) : static_cast<__int128>(digits);
    if (value < low || value > high) return number_outcome::out_of_range;
    result = static_cast<int64_t>(value);
    return number_outcome::good;
}

namespace {

/// The leading digits of eight bytes as a number, without a branch on how many there are.
inline uint64_t leading_digits(uint64_t word, size_t room, size_t &count) {
    uint64_t digits = word ^ 0x3030303030303030;
    // Bit 7 of every byte above 9; a carry reaches only bytes behind one that is above 9.
    uint64_t others = ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
    count = others ? size_t(__builtin_ctzll(others)) / 8 : 8;
    if (count > room) count = room;
    if (count == 0) return 0;
    // The digits move to the high end, zeros in front; then pairs, fours and eights are joined.
    digits <<= 64 - 8 * count;
    digits = digits * 10 + (digits >> 8);
    uint64_t low = (digits & 0x000000FF000000FF) * 0x000F424000000064;
    uint64_t high = ((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001;
    return (low + high) >> 32;
}

const uint64_t whole_powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

} // namespace

number_outcome parse_integer(const uint8_t *text, const uint8_t *end, int64_t low, int64_t high, int64_t &result) {
    const uint8_t *at = text;
    bool negative = *at == '-';
    if (negative) at++;
    const uint8_t *first = at;
    uint64_t value = 0, word;
    size_t count = 0;
    std::memcpy(&word, at, 8);
    if (at < end) value = leading_digits(word, end - at, count);
    at += count;
    if (count == 8) {
        std::memcpy(&word, at, 8);
        uint64_t rest = leading_digits(word, end - at, count);
        value = value * whole_powers[count] + rest;
        at += count;
    }
    // Up to 18 digits cannot overflow; a 19th or any other character than a digit takes the exact way.
    while (at < end && is_digit(*at) && at - first < 18) value = value * 10 + (*at++ - '0');
    bool plain = at > first && (*first != '0' || at - first == 1);
    if (plain && (at == end || !(is_digit(*at) || *at == '.' || (*at | 0x20) == 'e'))) {
        if (at != end && !only_space(at, end)) return number_outcome::malformed;
        int64_t signed_value = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
        if (signed_value < low || signed_value > high) return number_outcome::out_of_range;
        result = signed_value;
        return number_outcome::good;
    }
    exact number;
    number_outcome outcome = parse_exact(text, end, grammar::json, number);
    if (outcome == number_outcome::malformed) return outcome;
    return to_integer(number, low, high, result);
}

number_outcome parse_java_integer(
    const uint8_t *text, const uint8_t *end, int64_t low, int64_t high, int64_t &result) {
    exact number;
    for (const uint8_t *at = text; at < end; at++) {
        if (!is_digit(*at) && !(at == text && (*at == '-' || *at == '+'))) return number_outcome::malformed;
    }
    number_outcome outcome = parse_exact(text, end, grammar::java, number);
    if (outcome == number_outcome::malformed) return outcome;
    return to_integer(number, low, high, result);
}

number_outcome parse_json_double(const uint8_t *text, const uint8_t *end, double &result) {
    const uint8_t *at = text;
    bool negative = *at == '-';
    if (negative) at++;
    const uint8_t *whole = at;
    uint64_t mantissa = 0;
    while (at < end && is_digit(*at)) mantissa = mantissa * 10 + (*at++ - '0');
    int64_t digits = at - whole;
    if (digits == 0 || (*whole == '0' && digits > 1)) return number_outcome::malformed;
    int64_t exponent = 0;
    if (at < end && *at == '.') {
        const uint8_t *fraction = ++at;
        while (at < end && is_digit(*at)) mantissa = mantissa * 10 + (*at++ - '0');
        exponent = fraction - at;
        if (exponent == 0) return number_outcome::malformed;
        digits -= exponent;
    }
    if (at < end && (*at | 0x20) == 'e') {
        int64_t power = 0;
        at++;
        if (!parse_exponent(at, end, power)) return number_outcome::malformed;
        exponent += power;
    }
    const uint8_t *stop = at;
    if (!only_space(at, end)) return number_outcome::malformed;
    // Both numbers are exact as doubles, so one rounding gives the nearest double (Clinger).
    if (digits <= 19 && mantissa <= (uint64_t(1) << 53) && exponent >= -22 && exponent <= 22) {
        double value = static_cast<double>(mantissa);
        value = exponent < 0 ? value / exact_powers[-exponent] : value * exact_powers[exponent];
        result = negative ? -value : value;
        return number_outcome::good;
    }
    auto parsed = std::from_chars(
        reinterpret_cast<const char *>(whole), reinterpret_cast<const char *>(stop), result);
    if (parsed.ec == std::errc::result_out_of_range) {
        // As in Java: too large is infinite, too small is zero.
        result = exponent + digits > 0 ? HUGE_VAL : 0.0;
    }
    if (negative) result = -result;
    return number_outcome::good;
}

} // namespace weir

extern "C" bool weir_parse_double(const uint8_t *text, size_t length, double *result) {
    const uint8_t *end = text + length;
    while (text < end && *text <= ' ') text++;
    while (text < end && end[-1] <= ' ') end--;
    bool negative = false;
    if (text < end && (*text == '-' || *text == '+')) negative = *text++ == '-';
    if (text == end) return false;
    size_t rest = end - text;
    if (rest == 3 && std::memcmp(text, "NaN", 3) == 0) {
        *result = NAN;
        return true;
    }
    if (rest == 8 && std::memcmp(text, "Infinity", 8) == 0) {
        *result = negative ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    if (rest > 1 && ((end[-1] | 0x20) == 'd' || (end[-1] | 0x20) == 'f')) end--;
    if (!weir::is_digit(*text) && *text != '.') return false;
    double value = 0;
    auto parsed = std::from_chars(
        reinterpret_cast<const char *>(text), reinterpret_cast<const char *>(end), value);
    if (parsed.ec == std::errc::invalid_argument || reinterpret_cast<const uint8_t *>(parsed.ptr) != end) return false;
    if (parsed.ec == std::errc::result_out_of_range) {
        weir::exact number;
        if (weir::parse_exact(text, end, weir::grammar::java, number) == weir::number_outcome::malformed) return false;
        value = number.digits != 0 && number.exponent > 0 ? HUGE_VAL : 0.0;
    }
    *result = negative ? -value : value;
    return true;
}

extern "C" int64_t weir_base64_decode(const uint8_t *text, size_t length, uint8_t *out) {
    static const auto table = [] {
        struct { uint8_t values[256]; } made;
        std::memset(made.values, 0xFF, sizeof made.values);
        const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (int index = 0; index < 64; index++) made.values[static_cast<uint8_t>(alphabet[index])] = index;
        return made;
    }();
    if (length % 4 != 0) return -1;
    uint8_t *start = out;
    for (size_t index = 0; index < length; index += 4) {
        int padding = 0;
        if (index + 4 == length) padding = text[index + 3] != '=' ? 0 : text[index + 2] != '=' ? 1 : 2;
        uint32_t word = 0;
        for (int place = 0; place < 4; place++) {
            uint8_t value = place < 4 - padding ? table.values[text[index + place]] : 0;
            if (value == 0xFF) return -1;
            word = word << 6 | value;
        }
        *out++ = static_cast<uint8_t>(word >> 16);
        if (padding < 2) *out++ = static_cast<uint8_t>(word >> 8);
        if (padding < 1) *out++ = static_cast<uint8_t>(word);
    }
    return out - start;
}
