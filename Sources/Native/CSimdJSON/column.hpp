// Columns that grow row by row, in the layout that Swift's Column has.
#pragma once
#include "CSimdJSON.h"
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

namespace weir {

/// Memory from malloc with WEIR_JSON_PADDING bytes behind its capacity.
struct block {
    uint8_t *base = nullptr;
    size_t capacity = 0;

    block() = default;
    block(const block &) = delete;
    block &operator=(const block &) = delete;
    block(block &&other) noexcept : base(other.base), capacity(other.capacity) {
        other.base = nullptr;
        other.capacity = 0;
    }
    ~block() { std::free(base); }

    /// Makes room for `needed` bytes.
    void ensure(size_t needed) {
        if (needed > capacity || !base) grow(needed);
    }

    uint8_t *take() {
        uint8_t *result = base;
        base = nullptr;
        capacity = 0;
        return result;
    }

  private:
    void grow(size_t needed) {
        size_t wide = needed > capacity * 2 ? needed : capacity * 2;
        void *moved = std::realloc(base, wide + WEIR_JSON_PADDING);
        if (!moved) throw std::bad_alloc();
        base = static_cast<uint8_t *>(moved);
        capacity = wide;
    }
};

/// Finds the column of a field name: the exact name, or one that equals the name in upper case (ASCII letters).
class name_table {
  public:
    struct match {
        int32_t exact = -1;
        int32_t upper = -1;
    };

    void add(const std::string &name, int32_t slot) { slots.emplace(name, slot); }

    match find(const char *name, size_t length) const {
        match result;
        scratch.assign(name, length);
        auto found = slots.find(scratch);
        if (found != slots.end()) result.exact = found->second;
        bool changed = false;
        for (char &letter : scratch) {
            if (letter >= 'a' && letter <= 'z') {
                letter -= 32;
                changed = true;
            }
        }
        if (!changed) return result;
        found = slots.find(scratch);
        if (found != slots.end()) result.upper = found->second;
        return result;
    }

  private:
    std::unordered_map<std::string, int32_t> slots;
    mutable std::string scratch;
};

/// How far a column and its children were filled, to go back to.
struct mark {
    size_t rows;
    size_t used;
    std::vector<mark> children;
};

/// A column being filled.
struct column {
    int32_t kind = 0;
    int32_t precision = 0;
    int32_t scale = 0;
    int32_t node = 0;
    std::string name;
    std::vector<column> children;
    /// STRUCT: the fields by name.
    name_table names;
    /// STRUCT: the token of each field of the object being read. MAP: the token of each entry's value.
    std::vector<uint32_t> tokens;

    block data;
    block offsets;
    block validity;
    size_t rows = 0;
    /// Bytes in `data` where rows have bytes.
    size_t used = 0;
    bool nulls = false;
    /// Rows that there is room for.
    size_t room = 0;

    size_t width() const {
        switch (kind) {
        case WEIR_JSON_BOOLEAN: return 1;
        case WEIR_JSON_INTEGER:
        case WEIR_JSON_TIME:
        case WEIR_JSON_DATE: return 4;
        case WEIR_JSON_BIGINT:
        case WEIR_JSON_DOUBLE:
        case WEIR_JSON_TIMESTAMP: return 8;
        case WEIR_JSON_DECIMAL: return 16;
        default: return 0;
        }
    }

    bool has_bytes() const {
        return kind == WEIR_JSON_STRING || kind == WEIR_JSON_BYTES || kind == WEIR_JSON_DIGITS;
    }
    bool has_offsets() const { return has_bytes() || kind == WEIR_JSON_ARRAY || kind == WEIR_JSON_MAP; }

    /// Empties the column and makes room for `expected` rows, and for as many bytes as the last time.
    void begin(size_t expected) {
        if (has_bytes()) data.ensure(used + used / 8 + 64);
        rows = 0;
        used = 0;
        nulls = false;
        room = 0;
        reserve(expected ? expected : 1);
        if (has_offsets()) offset_values()[0] = 0;
        for (column &child : children) child.begin(kind == WEIR_JSON_STRUCT ? expected : 16);
    }

    /// Makes room for `total` rows.
    void reserve(size_t total) {
        if (total <= room) return;
        size_t wide = total > room * 2 ? total : room * 2;
        if (size_t bytes = width()) data.ensure(wide * bytes);
        if (has_offsets()) offsets.ensure((wide + 1) * 4);
        size_t old_words = (room + 63) / 64, words = (wide + 63) / 64;
        validity.ensure(words * 8);
        std::memset(validity.base + old_words * 8, 0xFF, (words - old_words) * 8);
        room = wide;
    }

    int32_t *offset_values() { return reinterpret_cast<int32_t *>(offsets.base); }

    template <typename T> T *values() { return reinterpret_cast<T *>(data.base); }

    void clear_bit(size_t row) {
        nulls = true;
        reinterpret_cast<uint64_t *>(validity.base)[row >> 6] &= ~(uint64_t(1) << (row & 63));
    }

    void append_null() {
        reserve(rows + 1);
        clear_bit(rows);
        if (size_t bytes = width()) std::memset(data.base + rows * bytes, 0, bytes);
        if (kind == WEIR_JSON_STRUCT) {
            for (column &child : children) child.append_null();
        }
        close_row();
    }

    /// Ends a row whose bytes or children were appended.
    void close_row() {
        rows += 1;
        if (has_bytes()) {
            offset_values()[rows] = static_cast<int32_t>(used);
        } else if (has_offsets()) {
            offset_values()[rows] = static_cast<int32_t>(children[0].rows);
        }
    }

    mark position() const {
        mark result{rows, used, {}};
        for (const column &child : children) result.children.push_back(child.position());
        return result;
    }

    /// Forgets the rows behind the mark.
    void go_back(const mark &to) {
        uint64_t *words = reinterpret_cast<uint64_t *>(validity.base);
        for (size_t row = to.rows; row < rows; row++) words[row >> 6] |= uint64_t(1) << (row & 63);
        rows = to.rows;
        used = to.used;
        for (size_t index = 0; index < children.size(); index++) children[index].go_back(to.children[index]);
    }
};

} // namespace weir
