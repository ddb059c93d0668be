// The members of a payload's object: which token is the value of which column.
#include "decoder.hpp"
#include "text.hpp"

namespace weir {
namespace {

bool ends_something(uint8_t byte) { return byte == ',' || byte == ':' || byte == '}' || byte == ']'; }

} // namespace

/// Finds the values of the wanted fields of a row, whose tokens start at `at`, and moves behind the row.
int32_t decoder::find_fields(int32_t row, uint32_t &at) {
    uint32_t begin = offsets[row] - text_start, end = offsets[row + 1] - text_start;
    if (at >= index_count || index[at] >= end) return WEIR_JSON_EMPTY;
    // What lies before the first token would be part of the token before.
    if (index[at] != begin && !only_space(text + begin, token(at))) return WEIR_JSON_MALFORMED;
    if (*token(at) == '{') {
        at++;
        if (int32_t reason = find_members(at, tokens.data() + (row - chunk_start))) return reason;
        // The object may have been closed by a payload behind.
        if (index[at - 1] >= end) return WEIR_JSON_MALFORMED;
    } else {
        if (!is_null(token(at), text + end)) return WEIR_JSON_NOT_AN_OBJECT;
        at++;
    }
    return at < index_count && index[at] < end ? WEIR_JSON_TRAILING : 0;
}

/// Reads members up to the closing bracket and moves behind it.
int32_t decoder::find_members(uint32_t &at, uint32_t *where) {
    const uint32_t count = index_count;
    uint32_t i = at;
    size_t place = 0;
    if (i < count && *token(i) == '}') {
        at = i + 1;
        return 0;
    }
    while (i + 4 <= count) {
        const uint8_t *name = token(i);
        if (*name != '"' || *token(i + 1) != ':') return WEIR_JSON_MALFORMED;
        name_table::match match = match_name(name + 1, token(i + 1), place);
        i += 2;
        uint32_t value = i;
        uint8_t first = *token(i);
        if (first == '{' || first == '[') {
            if (!skip(i) || i >= count) return WEIR_JSON_MALFORMED;
        } else {
            if (ends_something(first)) return WEIR_JSON_MALFORMED;
            i++;
        }
        if (match.exact >= 0) where[size_t(match.exact) * chunk_rows] = value | exact_name;
        if (match.upper >= 0) {
            uint32_t &slot = where[size_t(match.upper) * chunk_rows];
            if (!(slot & exact_name)) slot = value;
        }
        uint8_t next = *token(i++);
        if (next == ',') continue;
        if (next != '}') return WEIR_JSON_MALFORMED;
        at = i;
        return 0;
    }
    return WEIR_JSON_MALFORMED;
}

/// The columns that a member's name stands for; mostly the name is the one at the same place of the object before.
name_table::match decoder::match_name(const uint8_t *name, const uint8_t *limit, size_t &place) {
    uint64_t words[2];
    std::memcpy(words, name, 16);
    // One place further on as well, for objects that leave a member out.
    for (size_t guess = place; guess < place + 2 && guess < predictions.size(); guess++) {
        const prediction &known = predictions[guess];
        if (((words[0] ^ known.bytes[0]) & known.mask[0]) | ((words[1] ^ known.bytes[1]) & known.mask[1])) continue;
        if (!known.used) continue;
        size_t length = known.name.size();
        if (length >= 16 && (std::memcmp(name, known.name.data(), length) != 0 || name[length] != '"')) continue;
        place = guess + 1;
        return known.match;
    }
    return learn(name, closing_quote(name - 1, limit) - name, place++);
}

/// Looks a name up and expects it at this place from now on.
name_table::match decoder::learn(const uint8_t *name, size_t length, size_t place) {
    name_table::match match = look_up(names, name, length);
    if (place >= predictions.size()) {
        if (place >= predicted_max) return match;
        predictions.resize(predictions.size() * 2);
    }
    prediction &into = predictions[place];
    into.name.assign(reinterpret_cast<const char *>(name), length);
    into.match = match;
    into.used = true;
    uint8_t bytes[16] = {0}, mask[16] = {0};
    for (size_t at = 0; at < 16 && at <= length; at++) {
        bytes[at] = at < length ? name[at] : '"';
        mask[at] = 0xFF;
    }
    std::memcpy(into.bytes, bytes, 16);
    std::memcpy(into.mask, mask, 16);
    return match;
}

/// The columns of a table that a raw name, escapes and all, stands for.
name_table::match decoder::look_up(const name_table &table, const uint8_t *name, size_t length) {
    if (!std::memchr(name, '\\', length)) return table.find(reinterpret_cast<const char *>(name), length);
    scratch.resize(length + WEIR_JSON_PADDING);
    uint8_t *to = reinterpret_cast<uint8_t *>(scratch.data());
    int64_t plain = unescape(name, length, to);
    return plain < 0 ? name_table::match() : table.find(scratch.data(), plain);
}

/// Moves behind the array or object that starts at `at`; false when it does not end.
bool decoder::skip(uint32_t &at) const {
    uint32_t i = at;
    for (int64_t depth = 0; i < index_count;) {
        uint8_t byte = *token(i++);
        if (byte == '{' || byte == '[') {
            depth++;
        } else if ((byte == '}' || byte == ']') && --depth == 0) {
            at = i;
            return true;
        }
    }
    return false;
}

} // namespace weir
