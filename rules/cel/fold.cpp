#include "rules/cel/fold.h"

#include <algorithm>

#include "rules/cel/evaluation.h"
#include "rules/cel/ip_address.h"
#include "rules/cel/tree_walk.h"

namespace tocsin::cel {
namespace {

constexpr std::uint64_t kStepsOfOne = 2'000;
// A list of the shortest numbers takes eight times the bytes of its text.
constexpr std::size_t kBytesOfTextByte = 16;
constexpr std::size_t kBytesMore = 1024;

bool binds(NodeKind kind) { return kind == NodeKind::comprehension || kind == NodeKind::bind; }

}  // namespace

Folder::Folder(const Checked& checked, Arena& arena)
    : checked_(checked),
      arena_(arena),
      bytes_left_(kBytesMore + kBytesOfTextByte * checked.ast[checked.ast.root()].end),
      constant_(checked.ast.size()),
      lowest_local_(checked.ast.size(), kNone),
      values_(checked.ast.size()),
      known_(checked.ast.size()) {
  // Children stand before their parents. Nodes that nothing refers to any more (macro arguments) do no harm.
  for (NodeIndex node = 0; node < checked.ast.size(); ++node) {
    const Resolved& resolved = checked[node];
    using What = Resolved::What;
    if (resolved.what == What::local) lowest_local_[node] = resolved.index;
    const bool by_itself = resolved.what != What::slot && resolved.what != What::fault &&
                           resolved.what != What::host_function && resolved.what != What::local;
    constant_[node] = by_itself || resolved.what == What::local;
    if (resolved.what == What::constant || resolved.what == What::slot || resolved.what == What::local) continue;
    const std::span<const NodeIndex> children = checked.ast.children(node);
    const std::size_t first = resolved.skip_receiver || checked.ast[node].kind == NodeKind::message ? 1 : 0;
    for (std::size_t i = first; i < children.size(); ++i) {
      constant_[node] = constant_[node] && constant_[children[i]];
      lowest_local_[node] = std::min(lowest_local_[node], lowest_local_[children[i]]);
    }
    const bool bound_here = binds(checked.ast[node].kind) && lowest_local_[node] >= resolved.index;
    if (bound_here) lowest_local_[node] = kNone;
  }
}

Value Folder::evaluate(NodeIndex node) {
  scratch_.clear();
  const std::uint64_t steps = std::min(kStepsOfOne, steps_left_);
  Evaluation evaluation(scratch_, steps);
  const Value result = walk(checked_, node, {}, evaluation);
  steps_left_ -= steps - evaluation.steps_left();
  return result;
}

std::optional<Value> Folder::value(NodeIndex node) {
  if (known_[node]) return values_[node];
  if (checked_[node].what == Resolved::What::constant) {  // a literal, also when nothing more is worked out
    known_[node] = true;
    values_[node] = copy(checked_[node].constant, 0);
  } else if (is_constant(node)) {
    known_[node] = true;
    const Value result = evaluate(node);
    if (!result.is_error()) values_[node] = copy(result, 0);
  }
  return values_[node];
}

std::optional<Folder::Failure> Folder::failure(NodeIndex node) {
  if (!is_constant(node)) return std::nullopt;
  const Value error = evaluate(node);
  if (!error.is_error() || error.fault() == Fault::exhausted) return std::nullopt;
  for (const NodeIndex child : checked_.ast.children(node)) {
    if (auto inner = failure(child)) return inner;
  }
  return Failure{node, error};
}

std::optional<Value> Folder::copy(const Value& value, std::uint32_t depth) {
  if (depth > Evaluation::kValueDepthMax) return std::nullopt;
  Evaluation memory(arena_);
  const auto take = [&](std::size_t bytes) {
    if (bytes > bytes_left_) return false;
    bytes_left_ -= bytes;
    return true;
  };
  switch (value.kind()) {
    case Kind::string:
    case Kind::bytes:
      if (!take(value.as_text().size() + 1)) return std::nullopt;
      return memory.join(value.kind(), value.as_text(), {});
    case Kind::ip:
      return Value::ip(*new (memory.allocate<IpAddress>(1)) IpAddress(value.as_ip()));
    case Kind::cidr:
      return Value::cidr(*new (memory.allocate<IpPrefix>(1)) IpPrefix(value.as_cidr()));
    case Kind::list: {
      const std::span<const Value> items = value.as_list();
      if (!take(items.size() * sizeof(Value) + 1)) return std::nullopt;
      Value* to = memory.allocate<Value>(items.size());
      for (std::size_t i = 0; i < items.size(); ++i) {
        const std::optional<Value> item = copy(items[i], depth + 1);
        if (!item) return std::nullopt;
        new (to + i) Value(*item);
      }
      return Value::list({to, items.size()});
    }
    case Kind::map: {
      const std::uint32_t count = value.map_size();
      if (!take(count * sizeof(MapEntry) + 1)) return std::nullopt;
      MapEntry* to = memory.allocate<MapEntry>(count);
      for (std::uint32_t i = 0; i < count; ++i) {
        const MapEntry entry = value.map_entry(i);
        const std::optional<Value> key = copy(entry.key, depth + 1);
        const std::optional<Value> item = copy(entry.value, depth + 1);
        if (!key || !item) return std::nullopt;
        new (to + i) MapEntry{*key, *item};
      }
      return Value::map(std::span<const MapEntry>(to, count));
    }
    case Kind::record:
      return std::nullopt;
    default:
      return value;
  }
}

}  // namespace tocsin::cel
