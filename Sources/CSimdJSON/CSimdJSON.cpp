#include "CSimdJSON.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

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
};

}  // namespace

struct plumbline_json_rows {
  std::string error;
  size_t count = 0;
  std::map<size_t, std::string> row_errors;
  std::vector<std::unique_ptr<Column>> columns;
  std::string texts;
  std::vector<std::string> groups;
  size_t cell_limit = least_cell_limit;
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
    if (columns.size() >= column_limit) return nullptr;
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
    if (kind != PLUMBLINE_JSON_NUMBER) return;
    if (column.numbers.size() < count) column.numbers.resize(count, 0);
    column.numbers[count - 1] = number;
  }

  // False where there are too many texts.
  bool put(Column &column, std::string_view text) {
    if (texts.size() + text.size() > text_limit) return false;
    put(column, PLUMBLINE_JSON_TEXT);
    if (column.begins.size() < count) column.begins.resize(count, 0), column.ends.resize(count, 0);
    column.begins[count - 1] = static_cast<uint32_t>(texts.size());
    texts.append(text);
    column.ends[count - 1] = static_cast<uint32_t>(texts.size());
    return true;
  }

  // What is wrong within one number or text is of its row alone: where the next cell begins is known.
  simdjson::error_code refuse_cell(simdjson::error_code error) {
    if (error != simdjson::NUMBER_ERROR && error != simdjson::STRING_ERROR) return error;
    row_errors.emplace(count - 1, simdjson::error_message(error));
    return simdjson::SUCCESS;
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

simdjson::error_code read_cell(Rows &rows, Column &column, ondemand::value value) {
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  switch (type) {
    case ondemand::json_type::number: {
      double number;
      if (auto error = value.get_double().get(number)) return rows.refuse_cell(error);
      rows.put(column, PLUMBLINE_JSON_NUMBER, number);
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::string: {
      std::string_view text;
      if (auto error = value.get_string().get(text)) return rows.refuse_cell(error);
      return rows.put(column, text) ? simdjson::SUCCESS : simdjson::CAPACITY;
    }
    case ondemand::json_type::boolean: {
      bool truth;
      if (auto error = value.get_bool().get(truth)) return error;
      rows.put(column, truth ? PLUMBLINE_JSON_TRUE : PLUMBLINE_JSON_FALSE);
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::null:
      if (!value.is_null()) return simdjson::N_ATOM_ERROR;
      rows.put(column, PLUMBLINE_JSON_NULL);
      return simdjson::SUCCESS;
    default: {
      rows.put(column, PLUMBLINE_JSON_NESTED);
      // What is skipped is read, so that mistakes in it are found.
      std::string_view skipped;
      return simdjson::to_json_string(value).get(skipped);
    }
  }
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

void clear_row(Rows &rows) {
  for (auto &column : rows.columns) {
    if (column->kinds.size() == rows.count) column->kinds.back() = PLUMBLINE_JSON_NULL;
  }
}

void read_lines(Rows &rows, const char *text, size_t length) {
  ondemand::parser parser;
  size_t begin = 0;
  while (begin < length) {
    const void *found = std::memchr(text + begin, '\n', length - begin);
    size_t end = found ? static_cast<const char *>(found) - text : length;
    size_t next = end + 1;
    if (end > begin && text[end - 1] == '\r') end -= 1;
    std::string_view line(text + begin, end - begin);
    begin = next;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    ondemand::document document;
    simdjson::padded_string_view padded(line, line.size() + simdjson::SIMDJSON_PADDING);
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
      clear_row(rows);
      rows.row_errors[rows.count - 1] = simdjson::error_message(error);
    }
  }
}

void read_document(Rows &rows, const char *text, size_t length) {
  ondemand::parser parser;
  ondemand::document document;
  simdjson::padded_string_view padded(text, length, length + simdjson::SIMDJSON_PADDING);
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
    rows.error = simdjson::error_message(error);
    const char *location = nullptr;
    if (!document.current_location().get(location) && location >= text &&
        location <= text + length) {
      rows.error += " near byte " + std::to_string(location - text);
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
    auto characters = reinterpret_cast<const char *>(text);
    if (is_lines) {
      read_lines(*rows, characters, length);
    } else {
      read_document(*rows, characters, length);
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
