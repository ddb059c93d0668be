// Top-level columns from the tokens that were found, one column after the other.
#include "decoder.hpp"
#include "text.hpp"
#include <climits>

namespace weir {

/// Appends rows first..<last of the chunk to every column; rows with a wrong value are refused and NULL everywhere.
void decoder::fill(int32_t first, int32_t last) {
    if (first == last) return;
    bool good = true;
    std::vector<mark> marks;
    marks.reserve(fields.size());
    for (const column &field : fields) marks.push_back(field.position());
    for (size_t slot = 0; slot < fields.size(); slot++) {
        good &= fill_column(fields[slot], tokens.data() + slot * chunk_rows + (first - chunk_start), first, last);
    }
    if (good) return;
    // Once more, now that the refused rows are known: columns before the wrong one hold their values.
    for (size_t slot = 0; slot < fields.size(); slot++) {
        fields[slot].go_back(marks[slot]);
        fill_column(fields[slot], tokens.data() + slot * chunk_rows + (first - chunk_start), first, last);
    }
}

bool decoder::fill_column(column &into, const uint32_t *where, int32_t first, int32_t last) {
    into.reserve(last);
    switch (into.kind) {
    case WEIR_JSON_BIGINT:
    case WEIR_JSON_TIMESTAMP:
        return fill_fixed<int64_t>(into, where, first, last, [&](auto from, auto to, int64_t &result) {
            return parse_whole(into, from, to, result);
        });
    case WEIR_JSON_INTEGER:
    case WEIR_JSON_DATE:
    case WEIR_JSON_TIME:
        return fill_fixed<int32_t>(into, where, first, last, [&](auto from, auto to, int32_t &result) {
            int64_t whole = 0;
            int32_t reason = parse_whole(into, from, to, whole);
            result = static_cast<int32_t>(whole);
            return reason;
        });
    case WEIR_JSON_DOUBLE:
        return fill_fixed<double>(into, where, first, last, [&](auto from, auto to, double &result) {
            return parse_double(from, to, result);
        });
    case WEIR_JSON_BOOLEAN:
        return fill_fixed<uint8_t>(into, where, first, last, [&](auto from, auto to, uint8_t &result) {
            return parse_boolean(from, to, result);
        });
    case WEIR_JSON_STRING: return fill_strings(into, where, first, last);
    default: return fill_nested(into, where, first, last);
    }
}

template <typename T, typename Parse>
bool decoder::fill_fixed(column &into, const uint32_t *where, int32_t first, int32_t last, Parse parse) {
    bool good = true;
    T *values = into.values<T>();
    for (int32_t row = first; row < last; row++) {
        uint32_t at = where[row - first] & ~exact_name;
        values[row] = 0;
        if (at == 0) {
            into.clear_bit(row);
            continue;
        }
        const uint8_t *from = token(at), *to = token(at + 1);
        if (int32_t reason = parse(from, to, values[row])) {
            into.clear_bit(row);
            if (is_null(from, to)) continue;
            fail_at(into, reason, at);
            refuse(row, reason);
            drop_row(row);
            good = false;
        }
    }
    into.rows = last;
    return good;
}

bool decoder::fill_strings(column &into, const uint32_t *where, int32_t first, int32_t last) {
    bool good = true;
    // No string is longer than its token, so the loop needs no further look at the room.
    size_t room = size_t(text_length) + WEIR_JSON_PADDING;
    if (into.used + room > INT_MAX) throw std::bad_alloc();
    into.data.ensure(into.used + room);
    int32_t *ends = into.offset_values() + 1;
    for (int32_t row = first; row < last; row++) {
        uint32_t at = where[row - first] & ~exact_name;
        if (at == 0) {
            into.clear_bit(row);
            ends[row] = static_cast<int32_t>(into.used);
            continue;
        }
        const uint8_t *from = token(at), *to = token(at + 1);
        if (*from == '"') {
            int64_t length = write_string(from, to, into.data.base + into.used);
            if (length >= 0) {
                into.used += length;
                ends[row] = static_cast<int32_t>(into.used);
                continue;
            }
            fail_at(into, WEIR_JSON_BAD_ESCAPE, at);
        } else {
            size_t before = into.used;
            uint32_t token_at = at;
            bool is_good = is_null(from, to) ? (into.clear_bit(row), true) : render(into, token_at, 0);
            into.data.ensure(into.used + room);
            if (is_good) {
                ends[row] = static_cast<int32_t>(into.used);
                continue;
            }
            into.used = before;
        }
        into.clear_bit(row);
        ends[row] = static_cast<int32_t>(into.used);
        refuse(row, problem.reason);
        drop_row(row);
        good = false;
    }
    into.rows = last;
    return good;
}

bool decoder::fill_nested(column &into, const uint32_t *where, int32_t first, int32_t last) {
    bool good = true;
    for (int32_t row = first; row < last; row++) {
        uint32_t at = where[row - first] & ~exact_name;
        if (at == 0) {
            into.append_null();
        } else if (!value(into, at)) {
            refuse(row, problem.reason);
            drop_row(row);
            good = false;
            into.append_null();
        }
    }
    return good;
}

} // namespace weir
