// One value of any type from its token on.
#include "decoder.hpp"
#include "text.hpp"
#include <climits>
#include <unordered_map>

namespace weir {
namespace {

int32_t reason_of(number_outcome outcome, bool is_text) {
    switch (outcome) {
    case number_outcome::good: return 0;
    case number_outcome::malformed: return is_text ? WEIR_JSON_NOT_A_NUMBER : WEIR_JSON_MALFORMED;
    case number_outcome::out_of_range: return WEIR_JSON_OUT_OF_RANGE;
    case number_outcome::inexact: return WEIR_JSON_INEXACT;
    }
    return WEIR_JSON_MALFORMED;
}

bool starts_number(uint8_t byte) { return is_digit(byte) || byte == '-'; }

/// The reason for a token that is neither a number nor a string where one of them is needed.
int32_t not_scalar(const uint8_t *from, const uint8_t *to) {
    bool is_known = *from == '{' || *from == '[' || *from == '"' || starts_number(*from) ||
                    is_literal(from, to, "true", 4) || is_literal(from, to, "false", 5) || is_null(from, to);
    return is_known ? WEIR_JSON_WRONG_KIND : WEIR_JSON_MALFORMED;
}

void bounds(int32_t kind, int64_t &low, int64_t &high) {
    switch (kind) {
    case WEIR_JSON_BIGINT:
    case WEIR_JSON_TIMESTAMP:
        low = LLONG_MIN;
        high = LLONG_MAX;
        return;
    case WEIR_JSON_TIME:
        low = 0;
        high = 86400000;
        return;
    default:
        low = INT_MIN;
        high = INT_MAX;
    }
}

} // namespace

bool decoder::value(column &into, uint32_t &at) {
    if (at >= index_count) return fail_at(into, WEIR_JSON_MALFORMED, at);
    if (is_null(token(at), token(at + 1))) {
        into.append_null();
        at++;
        return true;
    }
    switch (into.kind) {
    case WEIR_JSON_ARRAY: return *token(at) == '[' ? array(into, at) : fail_at(into, WEIR_JSON_WRONG_KIND, at);
    case WEIR_JSON_MAP: return *token(at) == '{' ? map(into, at) : fail_at(into, WEIR_JSON_WRONG_KIND, at);
    case WEIR_JSON_STRUCT: return *token(at) == '{' ? structure(into, at) : fail_at(into, WEIR_JSON_WRONG_KIND, at);
    case WEIR_JSON_STRING: {
        size_t before = into.used;
        if (!render(into, at, 0)) {
            into.used = before;
            return false;
        }
        into.reserve(into.rows + 1);
        into.close_row();
        return true;
    }
    default: return scalar(into, at++);
    }
}

bool decoder::array(column &into, uint32_t &at) {
    uint32_t i = at + 1;
    if (i < index_count && *token(i) == ']') {
        i++;
    } else {
        for (;;) {
            if (!value(into.children[0], i)) return false;
            if (i >= index_count) return fail_at(into, WEIR_JSON_MALFORMED, at);
            uint8_t next = *token(i++);
            if (next == ']') break;
            if (next != ',') return fail_at(into, WEIR_JSON_MALFORMED, at);
        }
    }
    at = i;
    into.reserve(into.rows + 1);
    into.close_row();
    return true;
}

bool decoder::map(column &into, uint32_t &at) {
    into.tokens.clear();
    uint32_t start = at++;
    if (at < index_count && *token(at) == '}') {
        at++;
    } else if (!map_entries(into, at)) {
        return problem.reason ? false : fail_at(into, WEIR_JSON_MALFORMED, start);
    }
    // Entries keep the order of their names; of equal names the last value counts, as everywhere in JSON.
    for (uint32_t entry : into.tokens) {
        if (!value(into.children[1], entry)) return false;
    }
    into.reserve(into.rows + 1);
    into.close_row();
    return true;
}

/// Appends the keys, collects the tokens of their values, and moves behind the closing bracket.
bool decoder::map_entries(column &into, uint32_t &at) {
    column &keys = into.children[0];
    size_t first = keys.rows;
    std::unordered_map<std::string, uint32_t> many;
    problem.reason = 0;
    for (;;) {
        if (at + 4 > index_count || *token(at) != '"' || *token(at + 1) != ':') return false;
        size_t before = keys.used;
        if (!key(keys, at)) return false;
        const char *bytes = reinterpret_cast<const char *>(keys.data.base);
        size_t length = keys.used - before, found = into.tokens.size();
        if (into.tokens.size() < 16) {
            for (size_t entry = 0; entry < into.tokens.size(); entry++) {
                const int32_t *bound = keys.offset_values() + first + entry;
                if (size_t(bound[1] - bound[0]) == length && !std::memcmp(bytes + bound[0], bytes + before, length)) {
                    found = entry;
                }
            }
        } else {
            for (size_t entry = many.size(); entry < into.tokens.size(); entry++) {
                const int32_t *bound = keys.offset_values() + first + entry;
                many.emplace(std::string(bytes + bound[0], bound[1] - bound[0]), entry);
            }
            auto known = many.find(std::string(bytes + before, length));
            if (known != many.end()) found = known->second;
        }
        at += 2;
        if (found < into.tokens.size()) {
            keys.rows -= 1;
            keys.used = before;
            into.tokens[found] = at;
        } else {
            into.tokens.push_back(at);
        }
        if (*token(at) == '{' || *token(at) == '[') {
            if (!skip(at)) return false;
        } else {
            at++;
        }
        if (at >= index_count) return false;
        uint8_t next = *token(at++);
        if (next == '}') return true;
        if (next != ',') return false;
    }
}

/// Appends a name as a STRING.
bool decoder::key(column &into, uint32_t at) {
    const uint8_t *from = token(at), *to = token(at + 1);
    into.data.ensure(into.used + (to - from) + WEIR_JSON_PADDING);
    int64_t length = write_string(from, to, into.data.base + into.used);
    if (length < 0) return fail_at(into, WEIR_JSON_BAD_ESCAPE, at);
    into.used += length;
    into.reserve(into.rows + 1);
    into.close_row();
    return true;
}

bool decoder::structure(column &into, uint32_t &at) {
    into.tokens.assign(into.children.size(), 0);
    uint32_t i = at + 1;
    bool open = !(i < index_count && *token(i) == '}');
    if (!open) i++;
    while (open) {
        if (i + 4 > index_count || *token(i) != '"' || *token(i + 1) != ':') {
            return fail_at(into, WEIR_JSON_MALFORMED, at);
        }
        const uint8_t *name = token(i) + 1;
        auto match = look_up(into.names, name, closing_quote(token(i), token(i + 1)) - name);
        i += 2;
        if (match.exact >= 0) into.tokens[match.exact] = i | exact_name;
        if (match.upper >= 0 && !(into.tokens[match.upper] & exact_name)) into.tokens[match.upper] = i;
        if (*token(i) == '{' || *token(i) == '[') {
            if (!skip(i) || i >= index_count) return fail_at(into, WEIR_JSON_MALFORMED, at);
        } else {
            i++;
        }
        uint8_t next = *token(i++);
        if (next != ',' && next != '}') return fail_at(into, WEIR_JSON_MALFORMED, at);
        open = next == ',';
    }
    at = i;
    for (size_t slot = 0; slot < into.children.size(); slot++) {
        uint32_t where = into.tokens[slot] & ~exact_name;
        if (where == 0) {
            into.children[slot].append_null();
        } else if (!value(into.children[slot], where)) {
            return false;
        }
    }
    into.reserve(into.rows + 1);
    into.close_row();
    return true;
}

/// Appends a value of any type but the nested ones and STRING.
bool decoder::scalar(column &into, uint32_t at) {
    const uint8_t *from = token(at), *to = token(at + 1);
    into.reserve(into.rows + 1);
    int64_t whole = 0;
    int32_t reason = 0;
    switch (into.kind) {
    case WEIR_JSON_BOOLEAN: reason = parse_boolean(from, to, into.values<uint8_t>()[into.rows]); break;
    case WEIR_JSON_DOUBLE: reason = parse_double(from, to, into.values<double>()[into.rows]); break;
    case WEIR_JSON_DECIMAL: reason = parse_decimal(into, from, to, into.values<__int128>()[into.rows]); break;
    case WEIR_JSON_DIGITS: reason = append_digits(into, from, to); break;
    case WEIR_JSON_BYTES: reason = append_bytes(into, from, to); break;
    case WEIR_JSON_BIGINT:
    case WEIR_JSON_TIMESTAMP: reason = parse_whole(into, from, to, into.values<int64_t>()[into.rows]); break;
    default:
        reason = parse_whole(into, from, to, whole);
        into.values<int32_t>()[into.rows] = static_cast<int32_t>(whole);
    }
    if (reason) return fail_at(into, reason, at);
    into.close_row();
    return true;
}

int32_t decoder::parse_boolean(const uint8_t *from, const uint8_t *to, uint8_t &result) {
    if (*from == 't' && is_literal(from, to, "true", 4)) {
        result = 1;
    } else if (*from == 'f' && is_literal(from, to, "false", 5)) {
        result = 0;
    } else {
        return not_scalar(from, to);
    }
    return 0;
}

int32_t decoder::parse_whole(const column &as, const uint8_t *from, const uint8_t *to, int64_t &result) {
    int64_t low, high;
    bounds(as.kind, low, high);
    if (starts_number(*from)) return reason_of(parse_integer(from, to, low, high, result), false);
    if (*from != '"') return not_scalar(from, to);
    const uint8_t *start;
    size_t length;
    if (int32_t reason = string_text(from, to, start, length)) return reason;
    number_outcome outcome = parse_java_integer(start, start + length, low, high, result);
    bool is_time = as.kind == WEIR_JSON_TIME || as.kind == WEIR_JSON_DATE || as.kind == WEIR_JSON_TIMESTAMP;
    if (!is_time || outcome != number_outcome::malformed) return reason_of(outcome, true);
    return read_time(as.kind, start, length, &result) ? 0 : int32_t(WEIR_JSON_NOT_A_TIME);
}

int32_t decoder::parse_double(const uint8_t *from, const uint8_t *to, double &result) {
    if (starts_number(*from)) return reason_of(parse_json_double(from, to, result), false);
    if (*from != '"') return not_scalar(from, to);
    const uint8_t *start;
    size_t length;
    if (int32_t reason = string_text(from, to, start, length)) return reason;
    return weir_parse_double(start, length, &result) ? 0 : int32_t(WEIR_JSON_NOT_A_NUMBER);
}

int32_t decoder::parse_decimal(const column &as, const uint8_t *from, const uint8_t *to, __int128 &result) {
    exact number;
    bool is_text = *from == '"';
    number_outcome outcome;
    if (is_text) {
        const uint8_t *start;
        size_t length;
        if (int32_t reason = string_text(from, to, start, length)) return reason;
        outcome = parse_exact(start, start + length, grammar::java, number);
    } else {
        if (!starts_number(*from)) return not_scalar(from, to);
        outcome = parse_exact(from, to, grammar::json, number);
    }
    if (outcome == number_outcome::good) outcome = to_decimal(number, as.precision, as.scale, result);
    return reason_of(outcome, is_text);
}

int32_t decoder::append_digits(column &into, const uint8_t *from, const uint8_t *to) {
    bool is_text = *from == '"';
    grammar rules = is_text ? grammar::java : grammar::json;
    size_t length;
    if (is_text) {
        const uint8_t *start;
        if (int32_t reason = string_text(from, to, start, length)) return reason;
        from = start;
        to = start + length;
    } else if (!starts_number(*from)) {
        return not_scalar(from, to);
    }
    into.data.ensure(into.used + into.precision + 1);
    number_outcome outcome =
        write_decimal(from, to, rules, into.precision, into.scale, into.data.base + into.used, length);
    if (outcome != number_outcome::good) return reason_of(outcome, is_text);
    into.used += length;
    return 0;
}

/// The text of a string token without its escapes, valid until the next use of `scratch`.
int32_t decoder::string_text(const uint8_t *from, const uint8_t *to, const uint8_t *&start, size_t &length) {
    scratch.resize((to - from) + WEIR_JSON_PADDING);
    uint8_t *out = reinterpret_cast<uint8_t *>(scratch.data());
    int64_t written = write_string(from, to, out);
    if (written < 0) return WEIR_JSON_BAD_ESCAPE;
    start = out;
    length = written;
    return 0;
}

int32_t decoder::append_bytes(column &into, const uint8_t *from, const uint8_t *to) {
    if (*from != '"') return not_scalar(from, to);
    const uint8_t *start;
    size_t length;
    if (int32_t reason = string_text(from, to, start, length)) return reason;
    into.data.ensure(into.used + length);
    int64_t decoded = weir_base64_decode(start, length, into.data.base + into.used);
    if (decoded < 0) return WEIR_JSON_NOT_BASE64;
    into.used += decoded;
    return 0;
}

/// Notes what is wrong with a column's value; always false.
bool decoder::fail(const column &at, int32_t reason, const uint8_t *from, const uint8_t *to) {
    while (to > from && is_space(to[-1])) to--;
    problem.node = at.node;
    problem.reason = reason;
    problem.start = static_cast<int32_t>(from - arena);
    problem.length = static_cast<int32_t>(to - from);
    return false;
}

bool decoder::fail_at(const column &column, int32_t reason, uint32_t at) {
    if (at >= index_count) return fail(column, reason, text + text_length, text + text_length);
    uint32_t end = at;
    bool is_nested = (*token(at) == '{' || *token(at) == '[') && skip(end);
    return fail(column, reason, token(at), is_nested ? token(end - 1) + 1 : token(at + 1));
}

} // namespace weir
