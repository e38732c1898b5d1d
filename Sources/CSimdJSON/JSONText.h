// What both parsers do with a text before simdjson reads it, and say of one afterwards.

#ifndef PLUMBLINE_JSON_TEXT_H
#define PLUMBLINE_JSON_TEXT_H

#include <string>
#include <string_view>

namespace plumbline {

inline constexpr std::string_view json_blanks = " \t\r\n";

// Editors and some languages begin a file with a byte order mark, which says nothing of JSON.
inline std::string_view without_byte_order_mark(std::string_view text) {
  return text.substr(0, 3) == "\xEF\xBB\xBF" ? text.substr(3) : text;
}

inline std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(json_blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(json_blanks) + 1 - begin);
}

// Text of others in a message, of a length that can be read and whole characters.
inline std::string quoted(std::string_view text) {
  size_t end = text.size() > 40 ? 40 : text.size();
  while (end > 0 && end < text.size() && (text[end] & 0xC0) == 0x80) end -= 1;
  return "`" + std::string(text.substr(0, end)) + (end < text.size() ? "…`" : "`");
}

// Calls `take` with each element of a JSON array, whatever it is: brackets, commas and texts alone tell
// where it ends. False, perhaps after some, where the text is no such array.
template <typename Take>
bool each_element(std::string_view text, Take take) {
  size_t at = text.find_first_not_of(json_blanks);
  if (at == text.npos || text[at] != '[') return false;
  size_t begin = at + 1, depth = 1;
  bool is_text = false;
  for (at = begin; at < text.size(); at++) {
    const char character = text[at];
    if (is_text) {
      if (character == '\\') at += 1;
      if (character == '"') is_text = false;
      continue;
    }
    switch (character) {
      case '"': is_text = true; continue;
      case '[': case '{': depth += 1; continue;
      case ']': case '}': depth -= 1; break;
      case ',': break;
      default: continue;
    }
    // Within an element, but for the comma after it and the array's own end.
    const bool is_end = depth == 0;
    if (!is_end && (character != ',' || depth > 1)) continue;
    std::string_view element = trimmed(text.substr(begin, at - begin));
    if (element.empty() || character == '}') return false;
    take(element);
    begin = at + 1;
    if (is_end) return trimmed(text.substr(begin)).empty();
  }
  return false;
}

}  // namespace plumbline

#endif
