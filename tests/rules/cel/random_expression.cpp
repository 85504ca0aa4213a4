#include "tests/rules/cel/random_expression.h"

#include <algorithm>
#include <array>

namespace tocsin::cel {
namespace {

/// What may stand for a type. In a form, `@b` is an expression of type b, and `@b+sv` one that may also read the string
/// v; two variables are `@b+sv+in`.
struct Grammar {
  char type;
  std::vector<std::string_view> leaves;
  std::vector<std::string_view> forms;
};

const std::vector<Grammar>& grammar() {
  static const std::vector<Grammar> kGrammar = {
      {'b',
       {"true", "false", "resolved", "incident.acked", "has(labels.team)", "has(labels.zone)",
        "has(incident.priority)"},
       {"@b && @b",
        "@b && @b && @b && @b",
        "@b || @b",
        "@b || @b || @b",
        "!@b",
        "!!@b",
        "@b ? @b : @b",
        "coalesce(@b, @b)",
        "@s == @s",
        "@s != @s",
        "@s < @s",
        "@s <= @s",
        "@s > @s",
        "@s >= @s",
        "@i == @i",
        "@i != @i",
        "@i < @i",
        "@i <= @i",
        "@i > @i",
        "@i >= @i",
        "@i == @d",
        "@i < @u",
        "@d >= @u",
        "@d > @d",
        "@u != @i",
        "@y == @y",
        "@y < @y",
        "@t < @t",
        "@t == @t",
        "@r >= @r",
        "@r != @r",
        "@e == @e",
        "@e != @e",
        "@e < @e",
        "@e >= @e",
        "@b == @b",
        "@b < @b",
        "@p == @p",
        "@c != @c",
        "@S == @S",
        "@I != @I",
        "@D == @D",
        "@M == @M",
        "dyn(@s) == @i",
        "dyn(@i) < @d",
        "dyn(@s) && @b",
        "@b || dyn(@i)",
        "type(@i) == int",
        "type(@D) != list",
        "null == dyn(@s)",
        "@s in @S",
        "@i in @I",
        "@s in @M",
        "@s in labels",
        "@s in svc",
        "@e in [info, error]",
        "@s in ['a', 'b', 'core']",
        "name in ['a', 'KubePodCrash']",
        "dyn(@d) in @I",
        "@s.startsWith(@s)",
        "@s.endsWith(@s)",
        "@s.contains(@s)",
        "@s.startsWith('a')",
        "@s.contains('o')",
        "@s.endsWith('')",
        "@s.matches(@s)",
        "matches(@s, 'b$')",
        "@s.matches('^K.*h')",
        "@s.matches('(?i)[a-c]+')",
        "bool(@s)",
        "@S.all(v, @b+sv)",
        "@S.exists(v, @b+sv)",
        "@S.exists_one(v, @b+sv)",
        "@I.existsOne(n, @b+in)",
        "@I.all(n, v, @b+in+iv)",
        "@S.exists(n, v, @b+in+sv)",
        "@M.exists(k, n, @b+sk+in)",
        "labels.all(k, v, @b+sk+sv)",
        "labels.exists(k, @b+sk)",
        "labels.existsOne(k, v, @b+sk+sv)",
        "svc.exists_one(k, svc[k].tier == @s+sk)",
        "cel.bind(v, @s, @b+sv)",
        "cel.bind(n, @i, @b+in)",
        "has({'a': @i}.a)",
        "has({@s: 1}.b)",
        "math.isNaN(@d)",
        "math.isInf(@d)",
        "math.isFinite(@d)",
        "isIP(@s)",
        "isCIDR(@s)",
        "hostOf(@s) == @s",
        "workloadOf(@s) == productOf(@s)",
        "headline(@s, @s) == headline(@s, @s, @s)",
        "ip.isCanonical(@s)",
        "@p.isUnspecified()",
        "@p.isLoopback()",
        "@p.isGlobalUnicast()",
        "@p.isLinkLocalMulticast()",
        "@p.isLinkLocalUnicast()",
        "@c.containsIP(@p)",
        "@c.containsIP(@s)",
        "@c.containsCIDR(@c)",
        "@c.containsCIDR(@s)",
        "anything == @i",
        "anything in [7, @s]"}},
      {'i',
       {"tier", "incident.alerts", "0", "1", "2", "3", "(-1)", "9223372036854775807", "0x10", "size(tags)"},
       {"@i + @i",
        "@i - @i",
        "@i * @i",
        "@i / @i",
        "@i % @i",
        "-@i",
        "--@i",
        "@b ? @i : @i",
        "coalesce(@i, @i)",
        "size(@s)",
        "@s.size()",
        "size(@S)",
        "@I.size()",
        "size(@y)",
        "size(@M)",
        "labels.size()",
        "int(@s)",
        "int(@u)",
        "int(@d)",
        "int(@t)",
        "int(@e)",
        "int(@i)",
        "@I[@i]",
        "@I[@u]",
        "@M[@s]",
        "{1: @i, 2: @i}[@i]",
        "@s.indexOf(@s)",
        "@s.indexOf(@s, @i)",
        "@s.lastIndexOf(@s)",
        "@s.lastIndexOf(@s, @i)",
        "@t.getFullYear()",
        "@t.getMonth()",
        "@t.getDate()",
        "@t.getDayOfMonth()",
        "@t.getDayOfWeek()",
        "@t.getDayOfYear()",
        "@t.getHours()",
        "@t.getMinutes()",
        "@t.getSeconds()",
        "@t.getMilliseconds()",
        "@t.getHours('Europe/Amsterdam')",
        "@t.getDate('-00:30')",
        "@t.getDayOfWeek('+11:00')",
        "@t.getMinutes(@s)",
        "@r.getHours()",
        "@r.getMinutes()",
        "@r.getSeconds()",
        "@r.getMilliseconds()",
        "math.greatest(@i, @i)",
        "math.least(@i, @i, @i)",
        "math.abs(@i)",
        "math.sign(@i)",
        "math.bitAnd(@i, @i)",
        "math.bitOr(@i, @i)",
        "math.bitXor(@i, @i)",
        "math.bitNot(@i)",
        "math.bitShiftLeft(@i, @i)",
        "math.bitShiftRight(@i, @i)",
        "@p.family()",
        "@c.prefixLength()",
        "cel.bind(n, @i, @i+in)",
        "cel.block([@i, cel.index(0) + 1], cel.index(1) * cel.index(0))",
        "google.protobuf.Int64Value{value: @i}"}},
      {'u',
       {"0u", "1u", "2u", "18446744073709551615u"},
       {"@u + @u", "@u - @u", "@u * @u", "@u / @u", "@u % @u", "uint(@i)", "uint(@s)", "uint(@d)", "uint(@u)",
        "@b ? @u : @u", "math.greatest(@u, @u)", "math.abs(@u)", "math.sign(@u)", "math.bitAnd(@u, @u)",
        "math.bitNot(@u)", "math.bitShiftRight(@u, @i)"}},
      {'d',
       {"0.0", "1.5", "(-2.5)", "1e300", "3.0"},
       {"@d + @d",
        "@d - @d",
        "@d * @d",
        "@d / @d",
        "-@d",
        "double(@i)",
        "double(@u)",
        "double(@s)",
        "double(@d)",
        "@b ? @d : @d",
        "math.greatest(@d, @d)",
        "math.least(@d, @d)",
        "math.abs(@d)",
        "math.sign(@d)",
        "math.sqrt(@d)",
        "math.sqrt(@i)",
        "math.ceil(@d)",
        "math.floor(@d)",
        "math.round(@d)",
        "math.trunc(@d)"}},
      {'s',
       {"name", "service", "labels.team", "labels.env", "labels.zone", "labels['env']", "incident.priority", "'a'",
        "'b'", "'core'", "''", "'KubePodCrash'", "annotations.summary", "'é'", "'10.0.0.1'", "'1'"},
       {"@s + @s",
        "@b ? @s : @s",
        "coalesce(@s, @s)",
        "coalesce(null, @s, 'x')",
        "labels[@s]",
        "svc[@s].tier",
        "svc[service].owner",
        "@S[@i]",
        "string(@i)",
        "string(@u)",
        "string(@d)",
        "string(@b)",
        "string(@y)",
        "string(@t)",
        "string(@r)",
        "string(@e)",
        "string(@p)",
        "string(@c)",
        "string(type(@i))",
        "@S.join()",
        "@S.join(@s)",
        "@s.charAt(@i)",
        "@s.substring(@i)",
        "@s.substring(@i, @i)",
        "@s.upperAscii()",
        "@s.lowerAscii()",
        "extract(@s, '(a|b)(.)', 2)",
        "@s.extract('[a-z]+', 0)",
        "extract(@s, @s)",
        "replace(@s, '(a)(b)?', r'\\2\\1')",
        "@s.trim()",
        "@s.reverse()",
        "@s.replace(@s, @s)",
        "@s.replace(@s, @s, @i)",
        "strings.quote(@s)",
        "base64.encode(@y)",
        "'%s-%d'.format([@s, @i])",
        "'%s %s %s'.format([@D, @M, @t])",
        "'%.2f %e %x %X %o %b'.format([@d, @d, @i, @s, @i, @b])",
        "@s.format([@s])",
        "cel.bind(v, @s, @s+sv + v)",
        "{'a': @s}.a",
        "[@s, @s][@i]"}},
      {'y', {"b''", "b'a'", "b'\\xff'"}, {"@y + @y", "bytes(@s)", "bytes(@y)", "base64.decode(@s)", "@b ? @y : @y"}},
      {'t',
       {"starts_at", "timestamp(0)", "timestamp('2024-02-29T12:00:00.5Z')"},
       {"@t + @r", "@r + @t", "@t - @r", "timestamp(@i)", "timestamp(@s)", "timestamp(@t)", "@b ? @t : @t"}},
      {'r',
       {"duration('1h')", "duration('-90.5s')", "duration('0')"},
       {"@r + @r", "@r - @r", "@t - @t", "duration(@s)", "duration(@r)", "@b ? @r : @r"}},
      {'p', {"ip('10.0.0.1')", "ip('::1')", "ip('fe80::1')"}, {"ip(@s)", "ip(@p)", "@c.ip()", "@b ? @p : @p"}},
      {'c',
       {"cidr('10.0.0.0/8')", "cidr('2001:db8::/32')", "cidr('0.0.0.0/0')"},
       {"cidr(@s)", "cidr(@c)", "@c.masked()", "@b ? @c : @c"}},
      {'e', {"severity", "info", "error", "critical"}, {"@b ? @e : @e"}},
      {'S',
       {"tags", "['a', 'b']", "['core']", "['a', name]", "['']"},
       {"@S + @S", "[@s, @s]", "@S.filter(v, @b+sv)", "@S.map(v, @s+sv)", "@S.map(v, @b+sv, @s+sv)",
        "labels.map(k, @s+sk)", "labels.filter(k, @b+sk)", "labels.transformList(k, v, @s+sk+sv)",
        "@S.transformList(n, v, @b+in+sv, @s+in+sv)", "@s.split(@s)", "@s.split(':')", "@s.split(@s, @i)",
        "@b ? @S : @S"}},
      {'I',
       {"[1, 2, 3]", "[0]", "[tier, 1]"},
       {"@I + @I", "[@i, @i]", "@S.map(v, @i+sv)", "@I.filter(n, @b+in)", "@I.map(n, @i+in)",
        "@M.transformList(k, n, @i+sk+in)", "@I.transformList(k, n, @i+ik+in)"}},
      {'D',
       {"[1, 'a', null]", "[1.0, 2u]", "[[], {}]"},
       {"@D + @D", "[@i, @s, @d]", "[@t, @e, @y, @p]", "[null, @M, @S]"}},
      {'M',
       {"{'a': 1, 'b': 2}", "{'core': 3}", "{'': tier}"},
       {"{@s: @i}", "{@s: @i, @s: @i}", "@M.transformMap(k, n, @i+sk+in)", "@M.transformMap(k, n, @b+sk+in, @i+sk+in)",
        "labels.transformMapEntry(k, v, {@s+sk+sv: @i+sk})", "@M.transformMapEntry(k, n, @b+sk+in, {k: @i+in})",
        "@b ? @M : @M"}},
  };
  return kGrammar;
}

}  // namespace

std::string RandomExpression::of(char type, int depth) {
  const Grammar& of = *std::ranges::find(grammar(), type, &Grammar::type);
  if (depth > 0 && below(8) != 0) return "(" + filled(of.forms[below(of.forms.size())], depth - 1) + ")";
  std::vector<std::string_view> known;
  for (const auto& [variable_type, name] : variables_) {
    if (variable_type == type) known.push_back(name);
  }
  if (!known.empty() && below(2) == 0) return std::string(known[below(known.size())]);
  return std::string(of.leaves[below(of.leaves.size())]);
}

std::string RandomExpression::filled(std::string_view form, int depth) {
  std::string text;
  while (!form.empty()) {
    if (form[0] != '@') {
      text += form[0];
      form.remove_prefix(1);
      continue;
    }
    const char type = form[1];
    form.remove_prefix(2);
    const auto before = variables_;
    while (form.size() > 2 && form[0] == '+' && form[1] != ' ') {
      // Hides a variable of that name, whatever its type.
      std::erase_if(variables_, [&](const auto& known) { return known.second == form.substr(2, 1); });
      variables_.emplace_back(form[1], form.substr(2, 1));
      form.remove_prefix(3);
    }
    text += of(type, depth);
    variables_ = before;
  }
  return text;
}

std::string RandomExpression::everything() {
  std::string all;
  for (const Grammar& of : grammar()) {
    for (const std::string_view leaf : of.leaves) (all += leaf) += '\n';
    for (const std::string_view form : of.forms) (all += form) += '\n';
  }
  return all;
}

}  // namespace tocsin::cel
