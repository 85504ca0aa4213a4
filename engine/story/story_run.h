#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/alert.h"
#include "engine/model/hash.h"
#include "rules/set/rule_set.h"
#include "rules/set/story.h"

namespace tocsin {

/// A thing that a story expected and did not find.
struct StoryFailure {
  rules::Place place;
  std::string message;   // one sentence: what was not as expected
  std::string expected;  // in the words of the story
  std::string found;     // the same for what was there
  std::string because;   // what the engine did with what was sent, a line for each alert and incident
};

struct StoryResult {
  std::string name;
  rules::Place place;
  std::vector<StoryFailure> failures;
  bool passed() const { return failures.empty(); }
};

/// Turns a raw body of a source into alerts, for the steps that send one: the decoders are not of the core.
using BodyDecoder =
    std::function<Result<void>(std::string_view source, std::string_view body, const HashKey& key, AlertBatch& batch)>;

class ShardState;

/// Sees what a story does to the engine.
class StoryObserver {
 public:
  virtual ~StoryObserver() = default;
  /// A story begins: nothing has happened yet.
  virtual void begin() = 0;
  /// An input was applied.
  virtual void applied(const ShardState& state) = 0;
};

/// Tells a story to a fresh shard on a virtual clock and compares. Pure and quick: nothing sleeps.
StoryResult run_story(const rules::Story& story, const rules::RuleSetPtr& rules, const BodyDecoder& decode_body,
                      StoryObserver* observer = nullptr);

/// The same for people who want to know why it fails: each failure says what happened before it, with the rules and
/// values that decided. Slower.
StoryResult explain_story(const rules::Story& story, const rules::RuleSetPtr& rules, const BodyDecoder& decode_body);

}  // namespace tocsin
