#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::cel {

/// The candidate nearest to `name` by edits (insert, delete, replace, swap of neighbours, case), "" when none is near.
std::string nearest(std::string_view name, std::span<const std::string_view> candidates);

/// The only candidate that begins with `name`, three letters or more, their case ignored; "" when none or several do.
std::string only_completion(std::string_view name, std::span<const std::string_view> candidates);

/// The nearest, else the only one that begins like it.
std::string nearest_or_completion(std::string_view name, std::span<const std::string_view> candidates);

/// "did you mean `x`?", "" for "".
std::string did_you_mean(std::string_view name);

}  // namespace tocsin::cel
