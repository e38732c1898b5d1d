#include "CSimdJSON.h"

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "JSONText.h"

namespace ondemand = simdjson::ondemand;

struct plumbline_json_tree {
  std::string error;
  std::vector<plumbline_json_node> nodes;
  std::string texts;
  size_t limit = 0;
  size_t depth_limit = 0;
};

namespace {

using Tree = plumbline_json_tree;

std::pair<uint32_t, uint32_t> keep(Tree &tree, std::string_view text) {
  size_t begin = tree.texts.size();
  if (begin + text.size() > UINT32_MAX) throw std::length_error("its texts are too long");
  tree.texts.append(text);
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + text.size())};
}

// The name of a node that has none is empty. `Value` is a value, or the document itself.
template <typename Value>
simdjson::error_code read_node(Tree &tree, Value &&value, std::string_view name, size_t depth) {
  if (tree.nodes.size() >= tree.limit) {
    throw std::length_error("it has more than " + std::to_string(tree.limit) +
                            " values; send fewer at a time");
  }
  if (depth > tree.depth_limit) {
    throw std::length_error("it is nested more than " + std::to_string(tree.depth_limit) + " deep");
  }
  const size_t place = tree.nodes.size();
  plumbline_json_node node{};
  std::tie(node.name_begin, node.name_end) = keep(tree, name);
  tree.nodes.push_back(node);
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  switch (type) {
    case ondemand::json_type::number: {
      if (auto error = value.get_double().get(node.number)) return error;
      node.kind = PLUMBLINE_JSON_NUMBER;
      break;
    }
    case ondemand::json_type::string: {
      std::string_view text;
      if (auto error = value.get_string().get(text)) return error;
      std::tie(node.begin, node.end) = keep(tree, text);
      node.kind = PLUMBLINE_JSON_TEXT;
      break;
    }
    case ondemand::json_type::boolean: {
      bool truth;
      if (auto error = value.get_bool().get(truth)) return error;
      node.kind = truth ? PLUMBLINE_JSON_TRUE : PLUMBLINE_JSON_FALSE;
      break;
    }
    case ondemand::json_type::null:
      if (!value.is_null()) return simdjson::N_ATOM_ERROR;
      node.kind = PLUMBLINE_JSON_NULL;
      break;
    case ondemand::json_type::array: {
      node.kind = PLUMBLINE_JSON_LIST;
      ondemand::array array;
      if (auto error = value.get_array().get(array)) return error;
      for (auto element : array) {
        ondemand::value inner;
        if (auto error = std::move(element).get(inner)) return error;
        if (auto error = read_node(tree, inner, {}, depth + 1)) return error;
        node.count += 1;
      }
      break;
    }
    case ondemand::json_type::object: {
      node.kind = PLUMBLINE_JSON_OBJECT;
      ondemand::object object;
      if (auto error = value.get_object().get(object)) return error;
      for (auto member : object) {
        ondemand::field field;
        if (auto error = std::move(member).get(field)) return error;
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return error;
        ondemand::value inner = field.value();
        if (auto error = read_node(tree, inner, key, depth + 1)) return error;
        node.count += 1;
      }
      break;
    }
    default: return simdjson::TAPE_ERROR;
  }
  tree.nodes[place] = node;
  return simdjson::SUCCESS;
}

simdjson::error_code read(Tree &tree, std::string_view text) {
  ondemand::parser parser;
  ondemand::document document;
  simdjson::padded_string_view padded(text, text.size() + simdjson::SIMDJSON_PADDING);
  if (auto error = parser.iterate(padded).get(document)) return error;
  if (auto error = read_node(tree, document, {}, 0)) return error;
  const char *location = nullptr;
  return document.current_location().get(location) == simdjson::OUT_OF_BOUNDS
             ? simdjson::SUCCESS
             : simdjson::TRAILING_CONTENT;
}

}  // namespace

plumbline_json_tree *plumbline_json_tree_parse(const uint8_t *text, size_t length, size_t limit,
                                               size_t depth) {
  auto tree = new (std::nothrow) plumbline_json_tree;
  if (tree == nullptr) return nullptr;
  tree->limit = limit;
  tree->depth_limit = depth;
  try {
    auto characters = plumbline::without_byte_order_mark(
        {reinterpret_cast<const char *>(text), length});
    if (auto error = read(*tree, characters)) {
      tree->error = std::string("it is no JSON: ") + simdjson::error_message(error);
    }
  } catch (const std::exception &error) {
    tree->error = error.what();
  }
  return tree;
}

void plumbline_json_tree_free(plumbline_json_tree *tree) { delete tree; }

const char *plumbline_json_tree_error(const plumbline_json_tree *tree) {
  return tree->error.empty() ? nullptr : tree->error.c_str();
}

size_t plumbline_json_tree_count(const plumbline_json_tree *tree) { return tree->nodes.size(); }

const plumbline_json_node *plumbline_json_tree_nodes(const plumbline_json_tree *tree) {
  return tree->nodes.data();
}

const char *plumbline_json_tree_texts(const plumbline_json_tree *tree) { return tree->texts.data(); }
