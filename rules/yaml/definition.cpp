#include "rules/yaml/definition.h"

#include <string>

namespace tocsin::rules {
namespace {

/// bytes: [kind u8]([length of the text, decimal]':'[text] | [items, decimal]':'[item …])
void append(std::string& bytes, const YamlNode& node) {
  bytes += static_cast<char>('0' + static_cast<int>(node.kind));
  if (node.is_scalar()) {
    bytes.append(std::to_string(node.text.size())).append(1, ':').append(node.text);
    return;
  }
  bytes.append(std::to_string(node.items.size())).append(1, ':');
  for (const YamlNode* item : node.items) append(bytes, *item);
}

}  // namespace

Hash128 definition_of(const YamlNode& node, std::string_view file) {
  std::string bytes;
  append(bytes, node);
  bytes += file;
  return published_key().hash(bytes);
}

}  // namespace tocsin::rules
