#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/cel/ast.h"
#include "rules/cel/environment.h"
#include "rules/cel/functions.h"
#include "rules/cel/message.h"
#include "rules/cel/problem.h"
#include "rules/cel/type.h"

namespace tocsin::cel {

/// What a node turned out to mean.
struct Resolved {
  enum class What : std::uint8_t {
    as_written,     // an operation, literal, list …: the node says it
    slot,           // a variable: `index` is its slot
    local,          // a variable of a macro: `index` counts from the outermost
    constant,       // `constant`
    field,          // select or has on a record type: `index` is the field
    function,       // a call of `function`
    host_function,  // a call of `host`
    message,        // builds a message: `message_kind`, and `record` when it is a declared one
    fault,          // cannot be evaluated: `constant` is the error (unchecked programs only)
  };
  What what = What::as_written;
  bool skip_receiver = false;  // a call whose receiver is its namespace: math.abs(x)
  MessageKind message_kind = MessageKind::open;
  std::uint32_t index = 0;  // of a comprehension or bind: the number of its first local
  Value constant;
  const Function* function = nullptr;
  std::shared_ptr<const HostFunction> host;
  std::shared_ptr<const RecordType> record;
  Type type;
};

/// A tree with the meaning of each node.
struct Checked {
  Ast ast;
  std::vector<Resolved> resolved;                      // indexed like the tree
  std::uint32_t locals = 0;                            // how many exist at once, at most
  std::vector<std::shared_ptr<const EnumType>> enums;  // kept alive for the constants
  std::vector<std::string> named_values;               // those of the environment that are used

  const Resolved& operator[](NodeIndex index) const { return resolved[index]; }
  const Type& type() const { return resolved[ast.root()].type; }
};

/// Resolves names and checks types; all problems are added. Without strict checking there are none: what does not
/// resolve is a fault when it is evaluated. `text`: what the tree was made of, for suggestions that quote it.
Checked check(Ast ast, const Environment& environment, Problems& problems, std::string_view text = {});

}  // namespace tocsin::cel
