#include "rules/cel/signature.h"

#include <vector>

namespace tocsin::cel {
namespace {

/// One form of a function, as Function::forms writes it.
struct Form {
  struct Parameter {
    char letter;
    bool repeats;
  };
  std::vector<Parameter> parameters;
  char result = 'a';
};

std::vector<Form> forms_of(const Function& function) {
  std::vector<Form> forms(1);
  bool arguments = true;
  for (const char c : function.forms) {
    if (c == ' ') {
      forms.emplace_back();
      arguments = true;
    } else if (c == ':') {
      arguments = false;
    } else if (c == '*') {
      forms.back().parameters.back().repeats = true;
    } else if (arguments) {
      forms.back().parameters.push_back({c, false});
    } else {
      forms.back().result = c;
    }
  }
  return forms;
}

Type type_of(char letter) {
  switch (letter) {
    case 'b':
      return Type::Kind::boolean;
    case 'i':
      return Type::Kind::integer;
    case 'u':
      return Type::Kind::unsigned_integer;
    case 'd':
      return Type::Kind::floating;
    case 's':
      return Type::Kind::string;
    case 'y':
      return Type::Kind::bytes;
    case 'n':
      return Type::Kind::null;
    case 't':
      return Type::Kind::timestamp;
    case 'r':
      return Type::Kind::duration;
    case 'T':
      return Type::Kind::type;
    case 'p':
      return Type::Kind::ip;
    case 'c':
      return Type::Kind::cidr;
    case 'L':
      return Type::list({});
    case 'S':
      return Type::list(Type::Kind::string);
    case 'M':
      return Type::map({}, {});
    default:
      return {};
  }
}

bool accepts(char letter, const Type& type) {
  if (letter == 'e') return type.is_dyn() || type.is(Type::Kind::enumeration);
  if (letter == 'N') return type.is_dyn() || type.is_number();
  return assignable(type, type_of(letter));
}

bool accepts(const Form& form, std::span<const Type> arguments) {
  std::size_t parameter = 0;
  for (const Type& argument : arguments) {
    if (parameter >= form.parameters.size() || !accepts(form.parameters[parameter].letter, argument)) return false;
    if (!form.parameters[parameter].repeats) ++parameter;
  }
  return parameter == form.parameters.size() || form.parameters[parameter].repeats;
}

std::string letter_text(char letter) {
  if (letter == 'e') return "enum";
  if (letter == 'N') return "number";
  return type_of(letter).text();
}

}  // namespace

std::optional<Type> result_of(const Function& function, std::span<const Type> arguments) {
  std::optional<Type> result;
  for (const Form& form : forms_of(function)) {
    if (!accepts(form, arguments)) continue;
    result = result ? join(*result, type_of(form.result)) : type_of(form.result);
  }
  return result;
}

std::string describe(const Function& function) {
  std::string text;
  for (const Form& form : forms_of(function)) {
    text += text.empty() ? "(" : " or (";
    bool first = true;
    for (const Form::Parameter& parameter : form.parameters) {
      text += (first ? "" : ", ") + letter_text(parameter.letter) + (parameter.repeats ? " …" : "");
      first = false;
    }
    text += ")";
  }
  return text;
}

std::optional<Type> arithmetic_type(Operator op, const Type& a, const Type& b) {
  using enum Type::Kind;
  if (a.is_dyn() || b.is_dyn()) {
    const Type& known = a.is_dyn() ? b : a;
    const bool fits = known.is_dyn() || known.is_number() || known.is(timestamp) || known.is(duration) ||
                      (op == Operator::add && (known.is(string) || known.is(bytes) || known.is(list)));
    return fits ? std::optional<Type>(Type()) : std::nullopt;
  }
  if (a.is_number()) {
    const bool fits = a == b && !(op == Operator::modulo && a.is(floating));
    return fits ? std::optional<Type>(a) : std::nullopt;
  }
  if (op != Operator::add && op != Operator::subtract) return std::nullopt;
  if (a.is(duration) && b.is(duration)) return a;
  if (a.is(timestamp) && b.is(duration)) return a;
  if (a.is(timestamp) && b.is(timestamp) && op == Operator::subtract) return Type(duration);
  if (op == Operator::subtract) return std::nullopt;
  if (a.is(duration) && b.is(timestamp)) return b;
  if (a == b && (a.is(string) || a.is(bytes))) return a;
  if (a.is(list) && b.is(list)) return join(a, b);
  return std::nullopt;
}

}  // namespace tocsin::cel
