// Any JSON value as the text of a STRING: strings as they are, objects as compact JSON, arrays as `[a, b]`.
#include "decoder.hpp"
#include "text.hpp"
#include <climits>
#include <cstdio>

namespace weir {

void decoder::append(column &into, const void *bytes, size_t length) {
    if (into.used + length > INT_MAX - WEIR_JSON_PADDING) throw std::bad_alloc();
    into.data.ensure(into.used + length);
    std::memcpy(into.data.base + into.used, bytes, length);
    into.used += length;
}

bool decoder::render(column &into, uint32_t &at, int depth) {
    const uint8_t *from = token(at), *to = token(at + 1);
    switch (*from) {
    case '"': {
        into.data.ensure(into.used + (to - from) + WEIR_JSON_PADDING);
        int64_t length = write_string(from, to, into.data.base + into.used);
        if (length < 0) return fail_at(into, WEIR_JSON_BAD_ESCAPE, at);
        into.used += length;
        at++;
        return true;
    }
    case '[': return render_array(into, at, depth);
    case '{': return compact(into, at, depth);
    default:
        if (int32_t reason = scalar_text(into, from, to)) return fail_at(into, reason, at);
        at++;
        return true;
    }
}

bool decoder::render_array(column &into, uint32_t &at, int depth) {
    if (depth >= depth_max) return fail_at(into, WEIR_JSON_TOO_DEEP, at);
    uint32_t i = at + 1;
    append(into, "[", 1);
    if (i < index_count && *token(i) == ']') {
        i++;
    } else {
        for (;;) {
            if (i >= index_count) return fail_at(into, WEIR_JSON_MALFORMED, at);
            if (!render(into, i, depth + 1)) return false;
            if (i >= index_count) return fail_at(into, WEIR_JSON_MALFORMED, at);
            uint8_t next = *token(i++);
            if (next == ']') break;
            if (next != ',') return fail_at(into, WEIR_JSON_MALFORMED, at);
            append(into, ", ", 2);
        }
    }
    append(into, "]", 1);
    at = i;
    return true;
}

/// The value as JSON without white space.
bool decoder::compact(column &into, uint32_t &at, int depth) {
    if (at >= index_count) return fail_at(into, WEIR_JSON_MALFORMED, at);
    const uint8_t *from = token(at), *to = token(at + 1);
    if (*from == '{' || *from == '[') {
        if (depth >= depth_max) return fail_at(into, WEIR_JSON_TOO_DEEP, at);
        return compact_members(into, at, depth);
    }
    if (*from == '"') {
        append(into, from, closing_quote(from, to) + 1 - from);
    } else if (int32_t reason = scalar_text(into, from, to)) {
        return fail_at(into, reason, at);
    }
    at++;
    return true;
}

bool decoder::compact_members(column &into, uint32_t &at, int depth) {
    bool is_object = *token(at) == '{';
    uint8_t closing = is_object ? '}' : ']';
    uint32_t i = at + 1;
    append(into, token(at), 1);
    bool open = !(i < index_count && *token(i) == closing);
    if (!open) i++;
    while (open) {
        if (is_object) {
            if (i + 4 > index_count || *token(i) != '"' || *token(i + 1) != ':') {
                return fail_at(into, WEIR_JSON_MALFORMED, at);
            }
            append(into, token(i), closing_quote(token(i), token(i + 1)) + 1 - token(i));
            append(into, ":", 1);
            i += 2;
        }
        if (!compact(into, i, depth + 1)) return false;
        if (i >= index_count) return fail_at(into, WEIR_JSON_MALFORMED, at);
        uint8_t next = *token(i++);
        if (next != ',' && next != closing) return fail_at(into, WEIR_JSON_MALFORMED, at);
        open = next == ',';
        if (open) append(into, ",", 1);
    }
    append(into, &closing, 1);
    at = i;
    return true;
}

/// A literal or number as text; numbers with a point or exponent as Java's BigDecimal writes them.
int32_t decoder::scalar_text(column &into, const uint8_t *from, const uint8_t *to) {
    while (to > from && is_space(to[-1])) to--;
    size_t length = to - from;
    if (is_null(from, to) || is_literal(from, to, "true", 4) || is_literal(from, to, "false", 5)) {
        append(into, from, length);
        return 0;
    }
    exact number;
    if (parse_exact(from, to, grammar::json, number) == number_outcome::malformed) return WEIR_JSON_MALFORMED;
    bool has_exponent = std::memchr(from, 'e', length) || std::memchr(from, 'E', length);
    char digits[48];
    int count = 0;
    for (unsigned __int128 rest = number.digits; rest != 0 || count == 0; rest /= 10) {
        digits[sizeof digits - ++count] = static_cast<char>('0' + int(rest % 10));
    }
    int64_t adjusted = number.exponent + count - 1;
    bool is_plain = number.exponent <= 0 && adjusted >= -6;
    if (is_plain ? !has_exponent : number.exponent == 0) {
        append(into, from, length);
        return 0;
    }
    const char *first = digits + sizeof digits - count;
    if (number.negative) append(into, "-", 1);
    if (!is_plain) {
        append(into, first, 1);
        if (count > 1) {
            append(into, ".", 1);
            append(into, first + 1, count - 1);
        }
        char exponent[32];
        int size = std::snprintf(exponent, sizeof exponent, "E%+lld", static_cast<long long>(adjusted));
        append(into, exponent, size);
        return 0;
    }
    int64_t whole = count + number.exponent;
    if (whole <= 0) {
        append(into, "0.00000000", 2 - whole);
        append(into, first, count);
    } else {
        append(into, first, whole);
        if (number.exponent < 0) {
            append(into, ".", 1);
            append(into, first + whole, count - whole);
        }
    }
    return 0;
}

} // namespace weir
