#include "rules/cel/parser.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "rules/cel/lexer.h"
#include "rules/cel/literal.h"
#include "rules/cel/macros.h"
#include "rules/cel/program.h"
#include "rules/cel/unicode.h"

// The grammar, in EBNF (cel-spec, langdef.md); each rule is a function below.
//
//   expression  = or [ "?" or ":" expression ] ;
//   or          = and { "||" and } ;
//   and         = relation { "&&" relation } ;
//   relation    = addition { ( "<" | "<=" | ">" | ">=" | "==" | "!=" | "in" ) addition } ;
//   addition    = product { ( "+" | "-" ) product } ;
//   product     = unary { ( "*" | "/" | "%" ) unary } ;
//   unary       = "!" { "!" } member | "-" { "-" } member | member ;
//   member      = primary { "." FIELD | "." NAME "(" [ arguments ] ")" | "[" expression "]" | "{" [ fields ] "}" } ;
//   primary     = [ "." ] IDENTIFIER [ "(" [ arguments ] ")" ] | "(" expression ")" | "[" [ items ] "]"
//               | "{" [ entries ] "}" | literal ;
//   arguments   = expression { "," expression } ;
//   items       = expression { "," expression } [ "," ] ;
//   entries     = expression ":" expression { "," expression ":" expression } [ "," ] ;
//   fields      = FIELD ":" expression { "," FIELD ":" expression } [ "," ] ;
//   literal     = [ "-" ] INTEGER | UNSIGNED | [ "-" ] FLOATING | STRING | BYTES | "true" | "false" | "null" ;
//   FIELD       = NAME | "`" { letter | digit | "_" | "." | "-" | "/" | " " } "`" ;
//   IDENTIFIER  = NAME, but no reserved word ;
//   NAME        = ( letter | "_" ) { letter | digit | "_" }, but not "in", "true", "false", "null" ;
//   INTEGER     = digit { digit } | "0x" hex { hex } ;
//   UNSIGNED    = INTEGER ( "u" | "U" ) ;
//   FLOATING    = { digit } "." digit { digit } [ EXPONENT ] | digit { digit } EXPONENT ;
//   EXPONENT    = ( "e" | "E" ) [ "+" | "-" ] digit { digit } ;
//   STRING      = [ "r" | "R" ] QUOTED ;
//   BYTES       = ( "b" | "B" ) STRING ;
//   QUOTED      = "'" { character | ESCAPE } "'" | "\"" { character | ESCAPE } "\""            (without line ends)
//               | "'''" { character | ESCAPE } "'''" | "\"\"\"" { character | ESCAPE } "\"\"\"" ;
//   ESCAPE      = "\" ( "\" | "?" | "\"" | "'" | "`" | "a" | "b" | "f" | "n" | "r" | "t" | "v"
//               | ( "x" | "X" ) 2 hex | "u" 4 hex | "U" 8 hex | ( "0" … "3" ) 2 octal ) ;    (not after r or R)
//
// White space (blank, tab, line end, form feed) and comments (// to the end of the line) stand between tokens. A member
// may carry "{ fields }" only when it is a qualified name. Macros are calls whose meaning is not that of a function;
// see macros.h. At most kExpressionBytesMax bytes, nested at most kExpressionDepthMax deep; a chain of && or of || is
// one level.

namespace tocsin::cel {
namespace {

constexpr std::array<std::string_view, 18> kReserved = {"as",        "break",  "const",  "continue", "else",  "for",
                                                        "function",  "if",     "import", "let",      "loop",  "package",
                                                        "namespace", "return", "var",    "void",     "while", "in"};

/// std::expected::transform, which this standard library does not have yet.
template <typename T, typename Function>
std::expected<Value, LiteralError> to_value(const std::expected<T, LiteralError>& decoded, Function function) {
  if (!decoded) return std::unexpected(decoded.error());
  return function(*decoded);
}

struct BinaryLevel {
  std::string_view token;
  Operator op;
  int level;  // binds tighter when higher
};
constexpr int kRelation = 1;
constexpr int kAddition = 2;
constexpr int kProduct = 3;
constexpr std::array<BinaryLevel, 12> kBinary = {{{"<", Operator::less, kRelation},
                                                  {"<=", Operator::less_equal, kRelation},
                                                  {">", Operator::greater, kRelation},
                                                  {">=", Operator::greater_equal, kRelation},
                                                  {"==", Operator::equal, kRelation},
                                                  {"!=", Operator::not_equal, kRelation},
                                                  {"in", Operator::in, kRelation},
                                                  {"+", Operator::add, kAddition},
                                                  {"-", Operator::subtract, kAddition},
                                                  {"*", Operator::multiply, kProduct},
                                                  {"/", Operator::divide, kProduct},
                                                  {"%", Operator::modulo, kProduct}}};

class Parser {
 public:
  Parser(std::vector<Token> tokens, Problems& problems, bool macros)
      : tokens_(std::move(tokens)), problems_(problems), macros_(macros) {}

  std::optional<Ast> run() {
    const NodeIndex root = expression();
    if (!failed_ && token().kind != TokenKind::end) unexpected("an operator or the end");
    if (failed_) return std::nullopt;
    ast_.set_root(root);
    return std::move(ast_);
  }

 private:
  const Token& token() const { return tokens_[at_]; }
  const Token& previous() const { return tokens_[at_ - 1]; }
  bool is(std::string_view punctuation) const {
    return token().kind == TokenKind::punctuation && token().text == punctuation;
  }
  bool accept(std::string_view punctuation) {
    if (failed_ || !is(punctuation)) return false;
    ++at_;
    return true;
  }
  bool expect(std::string_view punctuation) {
    if (accept(punctuation)) return true;
    unexpected(fmt::format("`{}`", punctuation));
    return false;
  }

  NodeIndex fail(std::uint32_t begin, std::uint32_t end, std::string code, std::string message) {
    if (!failed_) {
      const std::uint32_t length = std::max<std::uint32_t>(1, end - begin);
      problems_.push_back({begin, length, std::move(code), std::move(message), ""});
    }
    failed_ = true;
    return kNoNode;
  }
  NodeIndex unexpected(std::string_view wanted) {
    if (token().kind == TokenKind::end) {
      return fail(token().begin, token().end, "syntax",
                  fmt::format("the expression ends where {} is expected", wanted));
    }
    const bool is_first = !failed_;
    fail(token().begin, token().end, "syntax", fmt::format("found `{}` where {} is expected", token().text, wanted));
    if (is_first && token().text == "and") problems_.back().suggestion = "did you mean `&&`?";
    if (is_first && token().text == "or") problems_.back().suggestion = "did you mean `||`?";
    if (is_first && (token().text == "like" || token().text == "contains" || token().text == "has"))
      problems_.back().suggestion = "did you mean `.contains(\"…\")`?";
    if (is_first && (token().text == "is" || token().text == "eq")) problems_.back().suggestion = "did you mean `==`?";
    // `not labels.x`: what stands before is read as a name.
    if (is_first && at_ > 0 && previous().text == "not") problems_.back().suggestion = "did you mean `!(…)`?";
    return kNoNode;
  }

  /// Adds a node from `begin` to the last token taken.
  NodeIndex add(Node node, std::uint32_t begin, std::span<const NodeIndex> children) {
    if (failed_) return kNoNode;
    node.begin = begin;
    node.end = previous().end;
    const NodeIndex index = ast_.add(std::move(node), children);
    if (ast_[index].depth > kExpressionDepthMax) return too_deep(begin, previous().end);
    return index;
  }
  NodeIndex add(Node node, std::uint32_t begin, std::initializer_list<NodeIndex> children) {
    return add(std::move(node), begin, std::span(children.begin(), children.size()));
  }
  NodeIndex too_deep(std::uint32_t begin, std::uint32_t end) {
    return fail(begin, end, "too_deep", fmt::format("the expression nests deeper than {}", kExpressionDepthMax));
  }

  NodeIndex expression() {
    if (failed_) return kNoNode;
    if (++depth_ > kExpressionDepthMax) return too_deep(token().begin, token().end);
    const std::uint32_t begin = token().begin;
    NodeIndex result = logical("||", NodeKind::logical_or);
    if (accept("?")) {
      const NodeIndex then = logical("||", NodeKind::logical_or);
      if (!expect(":")) return kNoNode;
      const NodeIndex otherwise = expression();
      Node node;
      node.kind = NodeKind::conditional;
      result = add(node, begin, {result, then, otherwise});
    }
    --depth_;
    return result;
  }

  /// `||` over `&&` over relations. A chain is one node, so that a long one is not deep.
  NodeIndex logical(std::string_view op, NodeKind kind) {
    const auto operand = [&] {
      return kind == NodeKind::logical_or ? logical("&&", NodeKind::logical_and) : binary(kRelation);
    };
    const std::uint32_t begin = token().begin;
    const NodeIndex first = operand();
    if (failed_ || !is(op)) return first;
    std::vector<NodeIndex> children{first};
    while (accept(op)) children.push_back(operand());
    Node node;
    node.kind = kind;
    return add(node, begin, children);
  }

  const BinaryLevel* binary_operator(int level) const {
    if (token().kind != TokenKind::punctuation && token().kind != TokenKind::keyword_in) return nullptr;
    const auto found = std::ranges::find(kBinary, token().text, &BinaryLevel::token);
    return found != kBinary.end() && found->level == level ? &*found : nullptr;
  }

  NodeIndex binary(int level) {
    const std::uint32_t begin = token().begin;
    const auto operand = [&] { return level == kProduct ? unary() : binary(level + 1); };
    NodeIndex left = operand();
    while (!failed_) {
      const BinaryLevel* found = binary_operator(level);
      if (found == nullptr) break;
      Node node;
      node.kind = NodeKind::operation;
      node.op = found->op;
      node.name_begin = token().begin;
      node.name_end = token().end;
      ++at_;
      const NodeIndex right = operand();
      left = add(node, begin, {left, right});
    }
    return left;
  }

  static bool is_number(const Token& token) {
    return token.kind == TokenKind::integer || token.kind == TokenKind::floating;
  }

  NodeIndex unary() {
    const std::size_t first = at_;
    const std::string_view sign = is("!") ? "!" : "-";
    while (is(sign)) ++at_;
    const std::size_t last = at_;
    // A minus before a number belongs to it: -9223372036854775808 is a literal.
    const bool negative = last > first && sign == "-" && is_number(token());
    NodeIndex result = member(negative);
    for (std::size_t i = negative ? last - 1 : last; i > first && !failed_; --i) {
      Node node;
      node.kind = NodeKind::operation;
      node.op = sign == "!" ? Operator::logical_not : Operator::negate;
      node.name_begin = tokens_[i - 1].begin;
      node.name_end = tokens_[i - 1].end;
      result = add(node, tokens_[i - 1].begin, {result});
    }
    return result;
  }

  NodeIndex member(bool negative) {
    const std::uint32_t begin = negative ? previous().begin : token().begin;
    NodeIndex result = primary(negative);
    while (!failed_) {
      if (accept(".")) {
        result = select_or_call(result, begin);
      } else if (is("[")) {
        Node node;
        node.kind = NodeKind::operation;
        node.op = Operator::index;
        node.name_begin = token().begin;
        ++at_;
        const NodeIndex index = expression();
        if (!expect("]")) return kNoNode;
        node.name_end = previous().end;
        result = add(node, begin, {result, index});
      } else if (is("{") && is_qualified_name(result)) {
        result = message(result, begin);
      } else {
        break;
      }
    }
    return result;
  }

  bool is_qualified_name(NodeIndex index) const {
    while (ast_[index].kind == NodeKind::select) index = ast_.child(index, 0);
    return ast_[index].kind == NodeKind::identifier;
  }

  NodeIndex select_or_call(NodeIndex receiver, std::uint32_t begin) {
    Node node;
    node.name_begin = token().begin;
    node.name_end = token().end;
    const std::optional<std::string_view> name = field_name();
    if (!name) return unexpected("a field or function name");
    node.name = *name;
    const bool quoted = previous().kind == TokenKind::quoted_identifier;
    if (quoted || !accept("(")) {
      node.kind = NodeKind::select;
      return add(node, begin, {receiver});
    }
    return call(node, receiver, begin);
  }

  /// NAME or a quoted name; takes it.
  std::optional<std::string_view> field_name() {
    std::string_view name = token().text;
    if (token().kind == TokenKind::quoted_identifier) {
      name = name.substr(1, name.size() - 2);
    } else if (token().kind != TokenKind::identifier) {
      return std::nullopt;
    }
    ++at_;
    return ast_.keep(name);
  }

  /// After the opening parenthesis. `receiver` is kNoNode for a global call.
  NodeIndex call(Node node, NodeIndex receiver, std::uint32_t begin) {
    std::vector<NodeIndex> children;
    node.kind = NodeKind::call;
    node.member = receiver != kNoNode;
    if (node.member) children.push_back(receiver);
    if (!is(")")) {
      do children.push_back(expression());
      while (accept(","));
    }
    if (!expect(")")) return kNoNode;
    node.begin = begin;
    node.end = previous().end;
    if (macros_) {
      const Expansion expansion = expand_macro(ast_, node, children);
      if (expansion.wrong != nullptr) {
        return fail(node.name_begin, node.end, "syntax", fmt::format("{}: {}", node.name, expansion.wrong));
      }
      if (expansion.node != kNoNode) {
        if (ast_[expansion.node].depth > kExpressionDepthMax) return too_deep(begin, previous().end);
        return expansion.node;
      }
    }
    return add(node, begin, children);
  }

  NodeIndex message(NodeIndex type, std::uint32_t begin) {
    std::vector<NodeIndex> children{type};
    expect("{");
    while (!failed_ && !is("}")) {
      Node field;
      field.kind = NodeKind::literal;
      const std::uint32_t field_begin = token().begin;
      const std::optional<std::string_view> name = field_name();
      if (!name) return unexpected("a field name");
      field.literal = Value::string(*name);
      children.push_back(add(field, field_begin, {}));
      if (!expect(":")) return kNoNode;
      children.push_back(expression());
      if (!accept(",")) break;
    }
    if (!expect("}")) return kNoNode;
    Node node;
    node.kind = NodeKind::message;
    return add(node, begin, children);
  }

  NodeIndex primary(bool negative) {
    const std::uint32_t begin = negative ? previous().begin : token().begin;
    switch (token().kind) {
      case TokenKind::identifier:
        return identifier(begin, false);
      case TokenKind::punctuation:
        break;
      case TokenKind::end:
      case TokenKind::keyword_in:
        return unexpected("a value");
      case TokenKind::quoted_identifier:
        return fail(begin, token().end, "syntax", "a quoted name stands only after a dot, as a field");
      default:
        return literal(begin, negative);
    }
    if (accept(".")) {
      if (token().kind != TokenKind::identifier) return unexpected("a name");
      return identifier(begin, true);
    }
    if (accept("(")) {
      const NodeIndex inner = expression();
      return expect(")") ? inner : kNoNode;
    }
    if (accept("[")) return list(begin);
    if (accept("{")) return map(begin);
    return unexpected("a value");
  }

  NodeIndex identifier(std::uint32_t begin, bool absolute) {
    Node node;
    node.kind = NodeKind::identifier;
    node.absolute = absolute;
    node.name_begin = token().begin;
    node.name_end = token().end;
    if (std::ranges::find(kReserved, token().text) != kReserved.end()) {
      return fail(token().begin, token().end, "syntax", fmt::format("`{}` is a reserved word", token().text));
    }
    node.name = ast_.keep(token().text);
    ++at_;
    if (accept("(")) return call(node, kNoNode, begin);
    return add(node, begin, {});
  }

  NodeIndex list(std::uint32_t begin) {
    std::vector<NodeIndex> children;
    while (!failed_ && !is("]")) {
      children.push_back(expression());
      if (!accept(",")) break;
    }
    if (!expect("]")) return kNoNode;
    Node node;
    node.kind = NodeKind::list;
    return add(node, begin, children);
  }

  NodeIndex map(std::uint32_t begin) {
    std::vector<NodeIndex> children;
    while (!failed_ && !is("}")) {
      children.push_back(expression());
      if (!expect(":")) return kNoNode;
      children.push_back(expression());
      if (!accept(",")) break;
    }
    if (!expect("}")) return kNoNode;
    Node node;
    node.kind = NodeKind::map;
    return add(node, begin, children);
  }

  NodeIndex literal(std::uint32_t begin, bool negative) {
    const Token& at = token();
    const std::expected<Value, LiteralError> value = decode(at, negative);
    if (!value) {
      const LiteralError& error = value.error();
      const std::uint32_t from = at.begin + error.offset;
      const NodeIndex none = fail(from, std::min(from + error.length, at.end), "bad_literal", error.message);
      const bool is_plain = at.text.starts_with('"') || at.text.starts_with('\'');
      if (is_plain && !problems_.empty() && problems_.back().offset == from) {
        // In a pattern `\d` is meant: a raw text takes it as it is.
        problems_.back().suggestion = at.text.size() <= 60 ? fmt::format("did you mean `r{}`?", at.text)
                                                           : "a pattern is written `r\"…\"`: there `\\` is itself";
      }
      return none;
    }
    ++at_;
    Node node;
    node.kind = NodeKind::literal;
    node.literal = *value;
    return add(node, begin, {});
  }

  std::expected<Value, LiteralError> decode(const Token& at, bool negative) {
    constexpr std::uint64_t kIntegerMax = std::numeric_limits<std::int64_t>::max();
    constexpr std::uint64_t kUnsignedMax = std::numeric_limits<std::uint64_t>::max();
    switch (at.kind) {
      case TokenKind::keyword_true:
        return Value::boolean(true);
      case TokenKind::keyword_false:
        return Value::boolean(false);
      case TokenKind::keyword_null:
        return Value::null();
      case TokenKind::integer:
        return to_value(decode_integer(at.text, negative ? kIntegerMax + 1 : kIntegerMax), [&](std::uint64_t value) {
          return Value::integer(static_cast<std::int64_t>(negative ? 0 - value : value));
        });
      case TokenKind::unsigned_integer:
        return to_value(decode_integer(at.text.substr(0, at.text.size() - 1), kUnsignedMax), Value::unsigned_integer);
      case TokenKind::floating:
        return to_value(decode_floating(at.text),
                        [&](double value) { return Value::floating(negative ? -value : value); });
      case TokenKind::bytes:
        return to_value(decode_string(at.text), [&](const std::string& text) { return Value::bytes(ast_.keep(text)); });
      default:
        return to_value(decode_string(at.text),
                        [&](const std::string& text) { return Value::string(ast_.keep(text)); });
    }
  }

  std::vector<Token> tokens_;
  Problems& problems_;
  bool macros_;
  Ast ast_;
  std::size_t at_ = 0;
  std::uint32_t depth_ = 0;
  bool failed_ = false;
};

std::uint32_t first_invalid_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint point = code_point_at(text, at);
    if (!point.valid) break;
    at += point.length;
  }
  return static_cast<std::uint32_t>(at);
}

}  // namespace

std::optional<Ast> parse(std::string_view text, Problems& problems, bool macros) {
  if (text.size() > kExpressionBytesMax) {
    const auto length = static_cast<std::uint32_t>(std::min<std::size_t>(text.size(), 1U << 30U) - kExpressionBytesMax);
    problems.push_back({static_cast<std::uint32_t>(kExpressionBytesMax), length, "too_long",
                        fmt::format("the expression is longer than {} bytes", kExpressionBytesMax), ""});
    return std::nullopt;
  }
  if (const std::uint32_t at = first_invalid_byte(text); at < text.size()) {
    problems.push_back({at, 1, "syntax", "the expression is not UTF-8 here", ""});
    return std::nullopt;
  }
  const std::size_t before = problems.size();
  std::vector<Token> tokens = lex(text, problems);
  if (problems.size() > before) return std::nullopt;
  return Parser(std::move(tokens), problems, macros).run();
}

}  // namespace tocsin::cel
