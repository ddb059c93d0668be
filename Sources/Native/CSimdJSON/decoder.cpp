#include "decoder.hpp"

namespace weir {

decoder::decoder(const weir_json_node *list, int32_t count, bool is_wrapped, weir_json_time_reader reader)
    : wrapped(is_wrapped), read_time(reader) {
    int32_t roots = 0;
    for (int32_t at = 0, left = 0; at < count; at++) {
        if (left == 0) roots++;
        left = (left > 0 ? left - 1 : 0) + list[at].children;
    }
    // Reserved at once: `nodes` points into the vectors.
    fields.resize(roots);
    nodes.resize(count);
    int32_t at = 0;
    for (column &field : fields) at = build(list, at, field);
    for (size_t slot = 0; slot < fields.size(); slot++) names.add(fields[slot].name, static_cast<int32_t>(slot));
    tokens.resize(fields.size() * chunk_rows);
    predictions.resize(8);
}

int32_t decoder::build(const weir_json_node *list, int32_t at, column &into) {
    const weir_json_node &node = list[at];
    into.kind = node.kind;
    into.precision = node.precision;
    into.scale = node.scale;
    into.node = at;
    into.name.assign(node.name ? node.name : "", node.name_length);
    into.children.resize(node.children);
    nodes[at] = &into;
    int32_t next = at + 1;
    for (size_t slot = 0; slot < into.children.size(); slot++) {
        next = build(list, next, into.children[slot]);
        if (into.kind == WEIR_JSON_STRUCT) into.names.add(into.children[slot].name, static_cast<int32_t>(slot));
    }
    return next;
}

int32_t decoder::decode(const uint8_t *bytes, const int32_t *starts, const uint64_t *present, int32_t rows) {
    arena = bytes;
    offsets = starts;
    validity = present;
    errors.clear();
    for (column &field : fields) field.begin(rows);
    for (int32_t row = 0; row < rows;) {
        int32_t last = wrapped ? chunk_end(row, rows) : row + 1;
        if (wrapped) {
            chunk(row, last);
        } else {
            bare(row);
        }
        row = last;
    }
    return static_cast<int32_t>(errors.size());
}

/// The row behind the last of a chunk from `first` on: what fits, at least one.
int32_t decoder::chunk_end(int32_t first, int32_t rows) const {
    int32_t row = first + 1;
    if (is_absent(first) && offsets[row] != offsets[first]) return row;
    while (row < rows && row - first < chunk_rows && offsets[row + 1] - offsets[first] <= chunk_bytes) {
        // The bytes of an absent row, if any, are not to be read.
        if (is_absent(row) && offsets[row + 1] != offsets[row]) break;
        row++;
    }
    return row;
}

/// Finds the tokens of arena[from..<to]; returns the reason why there are none.
int32_t decoder::scan(int32_t from, int32_t to) {
    size_t length = to - from;
    text = arena + from;
    text_start = from;
    text_length = to - from;
    index_count = 0;
    if (!scanner) {
        auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
            length > size_t(chunk_bytes) ? length : size_t(chunk_bytes), 8, scanner);
        if (error) throw std::bad_alloc();
    } else if (scanner->capacity() < length && scanner->set_capacity(length + length / 2)) {
        throw std::bad_alloc();
    }
    auto error = scanner->stage1(text, length, simdjson::stage1_mode::regular);
    index = scanner->structural_indexes.get();
    switch (error) {
    case simdjson::SUCCESS: index_count = scanner->n_structural_indexes; return 0;
    case simdjson::EMPTY: return WEIR_JSON_EMPTY;
    case simdjson::UTF8_ERROR: return WEIR_JSON_NOT_UTF8;
    case simdjson::UNCLOSED_STRING: return WEIR_JSON_UNCLOSED_STRING;
    case simdjson::UNESCAPED_CHARS: return WEIR_JSON_CONTROL_CHARACTER;
    default: return WEIR_JSON_MALFORMED;
    }
}

/// Rows first..<last as one text, as far as they are well formed, and the others alone.
void decoder::chunk(int32_t first, int32_t last) {
    chunk_start = first;
    for (size_t slot = 0; slot < fields.size(); slot++) {
        std::memset(tokens.data() + slot * chunk_rows, 0, (last - first) * sizeof(uint32_t));
    }
    int32_t row = first;
    bool is_readable = last - first > 1 || !is_absent(first);
    if (offsets[last] != offsets[first] && is_readable && scan(offsets[first], offsets[last]) == 0) {
        for (uint32_t at = 0; row < last; row++) {
            if (is_absent(row)) continue;
            if (find_fields(row, at)) {
                drop_row(row);
                break;
            }
        }
        fill(first, row);
    }
    for (; row < last; row++) alone(row);
}

/// One row as a text of its own.
void decoder::alone(int32_t row) {
    chunk_start = row;
    for (size_t slot = 0; slot < fields.size(); slot++) tokens[slot * chunk_rows] = 0;
    if (!is_absent(row)) {
        uint32_t at = 0;
        problem = {row, -1, 0, 0, offsets[row + 1] - offsets[row]};
        int32_t reason = scan(offsets[row], offsets[row + 1]);
        if (!reason) reason = find_fields(row, at);
        if (reason) {
            drop_row(row);
            refuse(row, reason);
        }
    }
    fill(row, row + 1);
}

/// One row that is the value of the only column.
void decoder::bare(int32_t row) {
    column &field = fields[0];
    if (is_absent(row)) {
        field.append_null();
        return;
    }
    const uint8_t *from = arena + offsets[row], *to = arena + offsets[row + 1];
    while (from < to && is_space(*from)) from++;
    problem = {row, -1, 0, 0, offsets[row + 1] - offsets[row]};
    mark before = field.position();
    int32_t reason = 0;
    uint32_t number[3] = {0, static_cast<uint32_t>(to - from), static_cast<uint32_t>(to - from)};
    if (from == to) {
        reason = WEIR_JSON_EMPTY;
    } else if (is_digit(*from) || *from == '-') {
        // A number needs no scan: what does not belong to it makes it malformed.
        text = from;
        text_start = static_cast<int32_t>(from - arena);
        text_length = static_cast<int32_t>(to - from);
        index = number;
        index_count = 1;
    } else {
        reason = scan(offsets[row], offsets[row + 1]);
        // What lies before the first token would be part of the token before.
        if (!reason && !only_space(text, token(0))) reason = WEIR_JSON_MALFORMED;
    }
    uint32_t at = 0;
    if (!reason) {
        problem.length = text_length;
        uint32_t end = 0;
        uint8_t first = *token(0);
        if (first == '{' || first == '[') {
            if (!skip(end)) reason = WEIR_JSON_MALFORMED;
        } else {
            end = 1;
        }
        if (!reason && end != index_count) reason = WEIR_JSON_TRAILING;
        if (!reason && value(field, at)) return;
        if (!reason) reason = problem.reason;
    }
    refuse(row, reason);
    field.go_back(before);
    field.append_null();
}

void decoder::refuse(int32_t row, int32_t reason) {
    problem.row = row;
    problem.reason = reason;
    if (problem.node < 0) problem.start = offsets[row];
    errors.push_back(problem);
}

/// Makes a row NULL in every column that is not filled yet.
void decoder::drop_row(int32_t row) {
    uint32_t *where = tokens.data() + (row - chunk_start);
    for (size_t slot = 0; slot < fields.size(); slot++) where[slot * chunk_rows] = 0;
}

} // namespace weir

struct weir_json_decoder : weir::decoder {
    using weir::decoder::decoder;
};

extern "C" weir_json_decoder *weir_json_decoder_new(
    const weir_json_node *nodes, int32_t count, bool wrapped, weir_json_time_reader read_time) {
    try {
        return new weir_json_decoder(nodes, count, wrapped, read_time);
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

extern "C" void weir_json_decoder_free(weir_json_decoder *decoder) { delete decoder; }

extern "C" int32_t weir_json_decode(
    weir_json_decoder *decoder, const uint8_t *arena, const int32_t *offsets, const uint64_t *validity, int32_t rows) {
    try {
        return decoder->decode(arena, offsets, validity, rows);
    } catch (const std::bad_alloc &) {
        return -1;
    }
}

extern "C" const weir_json_error *weir_json_errors(const weir_json_decoder *decoder) { return decoder->errors.data(); }

extern "C" int32_t weir_json_rows(const weir_json_decoder *decoder, int32_t node) {
    return static_cast<int32_t>(decoder->nodes[node]->rows);
}

extern "C" uint8_t *weir_json_take(weir_json_decoder *decoder, int32_t node, int32_t part, size_t *capacity) {
    weir::column &column = *decoder->nodes[node];
    if (part == WEIR_JSON_VALIDITY && !column.nulls) return nullptr;
    weir::block &block = part == WEIR_JSON_VALUES    ? column.data
                         : part == WEIR_JSON_OFFSETS ? column.offsets
                                                     : column.validity;
    *capacity = block.capacity;
    return block.take();
}

extern "C" bool weir_is_utf8(const uint8_t *text, size_t length) {
    return simdjson::validate_utf8(reinterpret_cast<const char *>(text), length);
}
