#include "CSimdJSON.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "JSONText.h"

static_assert(PLUMBLINE_JSON_PADDING >= simdjson::SIMDJSON_PADDING);

namespace {

namespace ondemand = simdjson::ondemand;

// More members than this in one text are a mistake or an attack.
constexpr size_t column_limit = 20'000;
// More rows than this belong into several texts.
constexpr size_t row_limit = 1'000'000;
// Cells that a text may always have; a longer one may have one for every two bytes. A few bytes a row
// would else make a column, and memory, of every row there is.
constexpr size_t least_cell_limit = 4'000'000;
// Offsets into texts have 32 bits.
constexpr size_t text_limit = UINT32_MAX;
// From here on a double stands for several whole numbers.
constexpr double exact_limit = 9007199254740992;

struct Column {
  std::string group, name;
  std::vector<uint8_t> kinds;
  std::vector<double> numbers;
  std::vector<uint32_t> begins, ends;

  // Cells of rows without this member are null.
  void reach(size_t count) {
    if (kinds.size() >= count) return;
    kinds.resize(count, PLUMBLINE_JSON_NULL);
    if (!numbers.empty()) numbers.resize(count, 0);
    if (!begins.empty()) begins.resize(count, 0), ends.resize(count, 0);
  }

  // As it is told in messages.
  std::string place() const {
    return plumbline::quoted(name) + (group.empty() ? "" : " of " + plumbline::quoted(group));
  }
};

// Whether a token is the digits of a whole number of 64 bits.
bool is_whole(std::string_view token) {
  const char *end = token.data() + token.size();
  int64_t number;
  uint64_t positive;
  return std::from_chars(token.data(), end, number) == std::from_chars_result{end, {}} ||
         std::from_chars(token.data(), end, positive) == std::from_chars_result{end, {}};
}

// Whether a token is what languages write for numbers that JSON does not have.
bool is_not_finite(std::string_view token) {
  if (token.substr(0, 1) == "-") token.remove_prefix(1);
  for (std::string_view word : {"NaN", "nan", "Infinity", "inf", "Inf"}) {
    if (token == word) return true;
  }
  return false;
}

}  // namespace

struct plumbline_json_rows {
  std::string error;
  size_t count = 0;
  std::map<size_t, std::string> row_errors;
  std::vector<std::unique_ptr<Column>> columns;
  std::string texts;
  std::vector<std::string> groups;
  size_t cell_limit = least_cell_limit;
  // Why there was no room for what simdjson had read.
  std::string full;
  // Members come in the same order row after row: the column after the last is tried first.
  size_t next = 0;

  void add_row() {
    if (count == row_limit) {
      throw std::length_error("it has more than " + std::to_string(row_limit) +
                              " rows; send it in smaller batches");
    }
    count += 1;
  }

  Column *column(std::string_view group, std::string_view name) {
    for (size_t tried = 0; tried < columns.size(); tried++) {
      size_t index = next + tried < columns.size() ? next + tried : next + tried - columns.size();
      Column &known = *columns[index];
      if (known.name == name && known.group == group) {
        next = index + 1 < columns.size() ? index + 1 : 0;
        return &known;
      }
      if (tried == 3 && columns.size() > 64) break;
    }
    if (columns.size() > 64) {
      auto found = by_name.find(key(group, name));
      if (found != by_name.end()) {
        next = found->second + 1 < columns.size() ? found->second + 1 : 0;
        return columns[found->second].get();
      }
    }
    if (columns.size() >= column_limit) {
      full = "there would be more than " + std::to_string(column_limit) +
             " members, with those of the rows before";
      return nullptr;
    }
    columns.push_back(std::make_unique<Column>());
    columns.back()->group = group;
    columns.back()->name = name;
    by_name.emplace(key(group, name), columns.size() - 1);
    next = 0;
    return columns.back().get();
  }

  void put(Column &column, uint8_t kind, double number = 0) {
    if (count * columns.size() > cell_limit) {
      throw std::length_error("it has " + std::to_string(columns.size()) +
                              " members over its rows, too many for so many rows; send it in "
                              "smaller batches");
    }
    column.reach(count);
    column.kinds[count - 1] = kind;
    // A member can come twice in a row, and be a text the first time.
    if (!column.begins.empty()) column.begins[count - 1] = column.ends[count - 1] = 0;
    if (kind != PLUMBLINE_JSON_NUMBER) return;
    if (column.numbers.size() < count) column.numbers.resize(count, 0);
    column.numbers[count - 1] = number;
  }

  // A text, or the digits of a number that is there. False where there are too many texts.
  bool put_text(Column &column, std::string_view text) {
    if (texts.size() + text.size() > text_limit) {
      full = "its texts are too long together";
      return false;
    }
    if (column.begins.size() < count) column.begins.resize(count, 0), column.ends.resize(count, 0);
    column.begins[count - 1] = static_cast<uint32_t>(texts.size());
    texts.append(text);
    column.ends[count - 1] = static_cast<uint32_t>(texts.size());
    return true;
  }

  // What is wrong within one text, number or word is of its row alone: where the next cell begins is
  // known.
  void refuse_cell(const Column &column, std::string_view token) {
    token = plumbline::trimmed(token);
    std::string reason = column.place();
    if (token.substr(0, 1) == "\"") {
      reason += " is a text with an escape that is none";
    } else if (is_not_finite(token)) {
      reason += " is " + plumbline::quoted(token) + ", which JSON does not have: write null";
    } else {
      reason += " is " + plumbline::quoted(token) + ", which cannot be read";
    }
    row_errors.emplace(count - 1, reason);
  }

  // Takes the last row for one without members. `known` is how many columns there were before it.
  void clear_row(size_t known) {
    while (columns.size() > known) {
      by_name.erase(key(columns.back()->group, columns.back()->name));
      columns.pop_back();
    }
    next = 0;
    for (auto &column : columns) {
      if (column->kinds.size() == count) column->kinds.back() = PLUMBLINE_JSON_NULL;
    }
  }

  // Forgets all that was read.
  void clear() {
    error.clear();
    count = next = 0;
    row_errors.clear();
    columns.clear();
    by_name.clear();
    texts.clear();
  }

  std::string message(simdjson::error_code error) const {
    return error == simdjson::CAPACITY && !full.empty() ? full : simdjson::error_message(error);
  }

 private:
  std::map<std::string, size_t> by_name;

  static std::string key(std::string_view group, std::string_view name) {
    std::string key(group);
    key.push_back('\0');
    key.append(name);
    return key;
  }
};

namespace {

using Rows = plumbline_json_rows;

// Whether a token, as simdjson tells them apart, is none of JSON's marks and not the end of the text.
bool is_word(std::string_view token) {
  const auto first = static_cast<unsigned char>(token.empty() ? 0 : token.front());
  return first > ' ' && std::string_view("{}[]:,\"").find(token.front()) == token.npos;
}

simdjson::error_code read_cell(Rows &rows, Column &column, ondemand::value value) {
  ondemand::json_type type;
  if (auto error = value.type().get(type)) {
    if (!is_word(value.raw_json_token())) return error;
    rows.refuse_cell(column, value.raw_json_token());
    return simdjson::SUCCESS;
  }
  switch (type) {
    case ondemand::json_type::number: {
      double number;
      if (value.get_double().get(number)) break;
      rows.put(column, PLUMBLINE_JSON_NUMBER, number);
      // Ids are members of rows themselves, and have to be exact.
      if (std::abs(number) < exact_limit || !column.group.empty()) return simdjson::SUCCESS;
      auto digits = plumbline::trimmed(value.raw_json_token());
      if (!is_whole(digits) || rows.put_text(column, digits)) return simdjson::SUCCESS;
      return simdjson::CAPACITY;
    }
    case ondemand::json_type::string: {
      std::string_view text;
      if (auto error = value.get_string().get(text)) {
        if (error != simdjson::STRING_ERROR) return error;
        break;
      }
      rows.put(column, PLUMBLINE_JSON_TEXT);
      return rows.put_text(column, text) ? simdjson::SUCCESS : simdjson::CAPACITY;
    }
    case ondemand::json_type::boolean: {
      bool truth;
      if (value.get_bool().get(truth)) break;
      rows.put(column, truth ? PLUMBLINE_JSON_TRUE : PLUMBLINE_JSON_FALSE);
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::null: {
      bool is_null;
      if (value.is_null().get(is_null) || !is_null) break;
      rows.put(column, PLUMBLINE_JSON_NULL);
      return simdjson::SUCCESS;
    }
    default: {
      rows.put(column, PLUMBLINE_JSON_NESTED);
      // What is skipped is read, so that mistakes in it are found.
      std::string_view skipped;
      return simdjson::to_json_string(value).get(skipped);
    }
  }
  rows.refuse_cell(column, value.raw_json_token());
  return simdjson::SUCCESS;
}

simdjson::error_code read_object(Rows &rows, ondemand::object object, std::string_view group) {
  for (auto member : object) {
    ondemand::field field;
    if (auto error = std::move(member).get(field)) return error;
    std::string_view name;
    if (auto error = field.unescaped_key().get(name)) return error;
    ondemand::value value = field.value();
    if (group.empty()) {
      const std::string *grouped = nullptr;
      for (const auto &known : rows.groups) {
        if (known == name) grouped = &known;
      }
      ondemand::json_type type;
      if (grouped != nullptr) {
        if (auto error = value.type().get(type)) return error;
        if (type == ondemand::json_type::object) {
          ondemand::object inner;
          if (auto error = value.get_object().get(inner)) return error;
          if (auto error = read_object(rows, inner, *grouped)) return error;
          continue;
        }
      }
    }
    Column *column = rows.column(group, name);
    if (column == nullptr) return simdjson::CAPACITY;
    if (auto error = read_cell(rows, *column, value)) return error;
  }
  return simdjson::SUCCESS;
}

// One row; whatever is wrong with it is noted, unless the text as a whole is broken.
template <typename Value>
simdjson::error_code read_row(Rows &rows, Value &&value) {
  rows.add_row();
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  if (type != ondemand::json_type::object) {
    rows.row_errors[rows.count - 1] = "it is no JSON object";
    return simdjson::SUCCESS;
  }
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return error;
  return read_object(rows, object, {});
}

// Whether nothing follows what was read.
bool is_at_end(ondemand::document &document) {
  const char *location = nullptr;
  return document.current_location().get(location) == simdjson::OUT_OF_BOUNDS;
}

// Reads a text that is a row by itself; whatever is wrong with it is of this row.
void read_alone(Rows &rows, ondemand::parser &parser, std::string_view text) {
  const size_t known = rows.columns.size();
  ondemand::document document;
  simdjson::padded_string_view padded(text, text.size() + simdjson::SIMDJSON_PADDING);
  auto error = parser.iterate(padded).get(document);
  if (error) {
    rows.add_row();
  } else {
    error = read_row(rows, document);
    if (!error && !rows.row_errors.count(rows.count - 1) && !is_at_end(document)) {
      error = simdjson::TRAILING_CONTENT;
    }
  }
  if (error) {
    rows.clear_row(known);
    rows.row_errors[rows.count - 1] = rows.message(error);
  }
}

void read_lines(Rows &rows, std::string_view text) {
  ondemand::parser parser;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    read_alone(rows, parser, line);
  }
}

// Reads an array that is broken somewhere by its elements, so that the others are read. What is no such
// array stays unread, with its error.
void read_elements(Rows &rows, std::string_view text) {
  if (!plumbline::each_element(text, [](std::string_view) {})) return;
  rows.clear();
  ondemand::parser parser;
  plumbline::each_element(
      text, [&](std::string_view element) { read_alone(rows, parser, element); });
}

void read_document(Rows &rows, std::string_view text) {
  ondemand::parser parser;
  ondemand::document document;
  simdjson::padded_string_view padded(text, text.size() + simdjson::SIMDJSON_PADDING);
  auto error = parser.iterate(padded).get(document);
  if (error) {
    rows.error = simdjson::error_message(error);
    return;
  }
  ondemand::json_type type;
  error = document.type().get(type);
  if (!error && type == ondemand::json_type::object) {
    error = read_row(rows, document);
  } else if (!error && type == ondemand::json_type::array) {
    ondemand::array array;
    error = document.get_array().get(array);
    if (!error) {
      for (auto element : array) {
        ondemand::value value;
        error = std::move(element).get(value);
        if (!error) error = read_row(rows, value);
        if (error) break;
      }
    }
  } else if (!error) {
    rows.error = "it is no array of objects";
    return;
  }
  if (!error && !is_at_end(document)) error = simdjson::TRAILING_CONTENT;
  if (error) {
    rows.error = rows.message(error);
    const char *location = nullptr;
    if (!document.current_location().get(location) && location >= text.data() &&
        location <= text.data() + text.size()) {
      rows.error += " near byte " + std::to_string(location - text.data());
    }
  }
}

}  // namespace

plumbline_json_rows *plumbline_json_parse(const uint8_t *text, size_t length, int is_lines,
                                          const char *const *groups, size_t group_count) {
  auto rows = new (std::nothrow) plumbline_json_rows;
  if (rows == nullptr) return nullptr;
  rows->cell_limit = std::max(least_cell_limit, length / 2);
  try {
    for (size_t index = 0; index < group_count; index++) rows->groups.emplace_back(groups[index]);
    auto characters = plumbline::without_byte_order_mark(
        {reinterpret_cast<const char *>(text), length});
    if (is_lines) {
      read_lines(*rows, characters);
    } else {
      read_document(*rows, characters);
      if (!rows->error.empty()) read_elements(*rows, characters);
    }
  } catch (const std::exception &error) {
    rows->error = error.what();
  }
  return rows;
}

void plumbline_json_free(plumbline_json_rows *rows) { delete rows; }

const char *plumbline_json_error(const plumbline_json_rows *rows) {
  return rows->error.empty() ? nullptr : rows->error.c_str();
}

size_t plumbline_json_row_count(const plumbline_json_rows *rows) { return rows->count; }

const char *plumbline_json_row_error(const plumbline_json_rows *rows, size_t index) {
  auto found = rows->row_errors.find(index);
  return found == rows->row_errors.end() ? nullptr : found->second.c_str();
}

size_t plumbline_json_column_count(const plumbline_json_rows *rows) { return rows->columns.size(); }

plumbline_json_column plumbline_json_column_at(const plumbline_json_rows *rows, size_t index) {
  const Column &column = *rows->columns[index];
  return {column.group.data(),       column.group.size(),
          column.name.data(),        column.name.size(),
          column.kinds.size(),       column.kinds.data(),
          column.numbers.empty() ? nullptr : column.numbers.data(),
          column.begins.empty() ? nullptr : column.begins.data(),
          column.ends.empty() ? nullptr : column.ends.data()};
}

const char *plumbline_json_texts(const plumbline_json_rows *rows) { return rows->texts.data(); }
