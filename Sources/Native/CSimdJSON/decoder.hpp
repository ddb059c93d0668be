// The decoder: finds the tokens of the wanted fields in a chunk of payloads, then fills the columns one after the other.
//
// simdjson's first stage gives the places of all tokens: brackets, colons, commas, and the first bytes of strings,
// numbers and literals, after it has checked UTF-8, control characters and quotes. It runs over a chunk of payloads at
// once, as if they were one text: as long as every payload is an object that ends where it should, the tokens are those
// that the payload would have alone. From the first payload of a chunk on that does not, each is scanned alone.
//
// What is checked: everything of a wanted field; of the others, and of what lies behind the wanted ones, the brackets,
// names, colons, commas and strings, but not the spelling of numbers and literals.
#pragma once
#include "column.hpp"
#include "number.hpp"
#include <memory>
#include <simdjson.h>

namespace weir {

/// Where a field's value is: a token's index, with the top bit set when the name was exactly the column's.
constexpr uint32_t exact_name = 0x80000000;

/// The name at one place of an object in the payload before, so that the next is recognised by comparing bytes.
struct prediction {
    /// The first 16 bytes of the name and its closing quote, and which of them count.
    uint64_t bytes[2] = {0, 0};
    uint64_t mask[2] = {0, 0};
    std::string name;
    bool used = false;
    name_table::match match;
};

class decoder {
  public:
    decoder(const weir_json_node *list, int32_t count, bool wrapped, weir_json_time_reader read_time);
    int32_t decode(const uint8_t *arena, const int32_t *offsets, const uint64_t *validity, int32_t rows);

    std::vector<weir_json_error> errors;
    /// Every column in preorder.
    std::vector<column *> nodes;

  private:
    static constexpr int32_t chunk_bytes = 32 << 10;
    static constexpr int32_t chunk_rows = 1024;
    static constexpr size_t predicted_max = 256;
    static constexpr int depth_max = 500;

    std::vector<column> fields;
    bool wrapped;
    weir_json_time_reader read_time;
    name_table names;
    std::vector<prediction> predictions;
    std::unique_ptr<simdjson::internal::dom_parser_implementation> scanner;
    /// Token of each field (outer) and row of the chunk (inner); 0 for none.
    std::vector<uint32_t> tokens;
    std::string scratch;

    // The run.
    const uint8_t *arena = nullptr;
    const int32_t *offsets = nullptr;
    const uint64_t *validity = nullptr;
    // The chunk.
    const uint8_t *text = nullptr;
    const uint32_t *index = nullptr;
    uint32_t index_count = 0;
    int32_t chunk_start = 0;
    /// Where `text` lies in the arena.
    int32_t text_start = 0;
    int32_t text_length = 0;
    /// What value() found wrong, and where.
    weir_json_error problem = {};

    bool is_absent(int32_t row) const { return validity && !(validity[row >> 6] >> (row & 63) & 1); }

    // decoder.cpp: chunks and errors
    int32_t build(const weir_json_node *list, int32_t at, column &into);
    int32_t chunk_end(int32_t first, int32_t rows) const;
    int32_t scan(int32_t from, int32_t to);
    void chunk(int32_t first, int32_t last);
    void alone(int32_t row);
    void bare(int32_t row);
    void refuse(int32_t row, int32_t reason);

    // objects.cpp: the tokens of the wanted fields
    int32_t find_fields(int32_t row, uint32_t &at);
    int32_t find_members(uint32_t &at, uint32_t *where);
    name_table::match match_name(const uint8_t *name, const uint8_t *limit, size_t &place);
    name_table::match learn(const uint8_t *name, size_t length, size_t place);
    name_table::match look_up(const name_table &table, const uint8_t *name, size_t length);
    bool skip(uint32_t &at) const;

    // columns.cpp: top-level columns from tokens, chunk by chunk
    void fill(int32_t first, int32_t last);
    bool fill_column(column &into, const uint32_t *where, int32_t first, int32_t last);
    template <typename T, typename Parse>
    bool fill_fixed(column &into, const uint32_t *where, int32_t first, int32_t last, Parse parse);
    bool fill_strings(column &into, const uint32_t *where, int32_t first, int32_t last);
    bool fill_nested(column &into, const uint32_t *where, int32_t first, int32_t last);
    void drop_row(int32_t row);

    // values.cpp: one value, however deep; these append a row and move `at` behind the value
    bool value(column &into, uint32_t &at);
    bool array(column &into, uint32_t &at);
    bool map(column &into, uint32_t &at);
    bool map_entries(column &into, uint32_t &at);
    bool structure(column &into, uint32_t &at);
    bool scalar(column &into, uint32_t at);
    bool key(column &into, uint32_t at);
    int32_t parse_boolean(const uint8_t *from, const uint8_t *to, uint8_t &result);
    int32_t parse_whole(const column &as, const uint8_t *from, const uint8_t *to, int64_t &result);
    int32_t parse_double(const uint8_t *from, const uint8_t *to, double &result);
    int32_t parse_decimal(const column &as, const uint8_t *from, const uint8_t *to, __int128 &result);
    int32_t string_text(const uint8_t *from, const uint8_t *to, const uint8_t *&start, size_t &length);
    int32_t append_digits(column &into, const uint8_t *from, const uint8_t *to);
    int32_t append_bytes(column &into, const uint8_t *from, const uint8_t *to);
    bool fail(const column &at, int32_t reason, const uint8_t *from, const uint8_t *to);
    bool fail_at(const column &at, int32_t reason, uint32_t token);

    // rendering.cpp: any value as the text of a STRING; these append bytes without ending the row
    bool render(column &into, uint32_t &at, int depth);
    bool render_array(column &into, uint32_t &at, int depth);
    bool compact(column &into, uint32_t &at, int depth);
    bool compact_members(column &into, uint32_t &at, int depth);
    int32_t scalar_text(column &into, const uint8_t *from, const uint8_t *to);
    void append(column &into, const void *bytes, size_t length);

    const uint8_t *token(uint32_t at) const { return text + index[at]; }
};

} // namespace weir
