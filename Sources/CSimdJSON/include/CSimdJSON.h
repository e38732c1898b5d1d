// JSON by simdjson, behind C functions: events as columns, and values of any shape as a tree.
//
// A parse never throws and never reads beyond what it is given. What a row's cells hold is told by
// kinds; which kinds a column may hold is for the caller to say.

#ifndef PLUMBLINE_CSIMDJSON_H
#define PLUMBLINE_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes that have to follow a text in memory.
#define PLUMBLINE_JSON_PADDING 64

enum plumbline_json_kind {
  PLUMBLINE_JSON_NULL = 0,
  PLUMBLINE_JSON_NUMBER = 1,
  PLUMBLINE_JSON_TEXT = 2,
  PLUMBLINE_JSON_TRUE = 3,
  PLUMBLINE_JSON_FALSE = 4,
  // An object or array where one value is expected.
  PLUMBLINE_JSON_NESTED = 5,
  // Of trees alone.
  PLUMBLINE_JSON_LIST = 6,
  PLUMBLINE_JSON_OBJECT = 7,
};

// Cells of one member: of rows themselves where `group` is empty, else of the object of that name.
struct plumbline_json_column {
  const char *group;
  size_t group_length;
  const char *name;
  size_t name_length;
  // Cells; rows beyond have none.
  size_t count;
  const uint8_t *kinds;
  const double *numbers;
  // Where each text begins and ends in the rows' texts. A whole number of a row itself that a double
  // does not hold exactly has its digits there.
  const uint32_t *text_begins;
  const uint32_t *text_ends;
};

struct plumbline_json_rows;

// Parses `length` bytes, which `PLUMBLINE_JSON_PADDING` more have to follow: a JSON array of objects
// (or one object), or where `is_lines` an object on each line. A byte order mark is skipped. An array
// that is broken within its elements is read element by element, so that only those are refused.
//
// Members that are objects and are named in `groups` have columns of their own for what is in them.
struct plumbline_json_rows *plumbline_json_parse(const uint8_t *text, size_t length, int is_lines,
                                                 const char *const *groups, size_t group_count);
void plumbline_json_free(struct plumbline_json_rows *rows);

// Why the text could not be read as a whole; null where it could.
const char *plumbline_json_error(const struct plumbline_json_rows *rows);
size_t plumbline_json_row_count(const struct plumbline_json_rows *rows);
// Why row `index` cannot be read; null where it can.
const char *plumbline_json_row_error(const struct plumbline_json_rows *rows, size_t index);
size_t plumbline_json_column_count(const struct plumbline_json_rows *rows);
struct plumbline_json_column plumbline_json_column_at(const struct plumbline_json_rows *rows,
                                                      size_t index);
// The bytes texts are in.
const char *plumbline_json_texts(const struct plumbline_json_rows *rows);

// A value of a tree. Those of a list or object follow it, each with what it has itself.
struct plumbline_json_node {
  double number;
  // Where a text, and a member's name, begin and end in the tree's texts.
  uint32_t begin, end;
  uint32_t name_begin, name_end;
  // Values a list or object has.
  uint32_t count;
  uint8_t kind;
};

struct plumbline_json_tree;

// Parses `length` bytes, which `PLUMBLINE_JSON_PADDING` more have to follow, of up to `limit` values
// within each other up to `depth` times.
struct plumbline_json_tree *plumbline_json_tree_parse(const uint8_t *text, size_t length,
                                                      size_t limit, size_t depth);
void plumbline_json_tree_free(struct plumbline_json_tree *tree);

// Why the text could not be read; null where it could.
const char *plumbline_json_tree_error(const struct plumbline_json_tree *tree);
size_t plumbline_json_tree_count(const struct plumbline_json_tree *tree);
const struct plumbline_json_node *plumbline_json_tree_nodes(const struct plumbline_json_tree *tree);
// The bytes texts and names are in.
const char *plumbline_json_tree_texts(const struct plumbline_json_tree *tree);

#ifdef __cplusplus
}
#endif

#endif
