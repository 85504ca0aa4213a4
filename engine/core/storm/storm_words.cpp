#include "engine/core/storm/storm_words.h"

#include <chrono>

#include "engine/model/time_text.h"

namespace tocsin {
namespace {

std::string of_scope(const std::string& words) { return words.empty() ? "Storm" : "Storm of " + words; }

std::string counted(std::uint64_t count, std::string_view one) {
  std::string text = grouped_digits(count);
  (text += ' ') += one;
  if (count != 1) text += 's';
  return text;
}

std::string usual(const Storm& storm) {
  if (storm.usual_minutes == 0) return "nothing was heard before";
  return grouped_digits(storm.usual) + (storm.usual == 1 ? " is usual" : " are usual");
}

std::string whole_seconds(Duration span) { return to_text(Duration{std::chrono::floor<std::chrono::seconds>(span)}); }

/// " `count` `what`;": nothing for none.
void add_part(std::string& text, std::uint64_t count, std::string_view what) {
  if (count == 0) return;
  ((text += text.ends_with(':') ? " " : ", ") += grouped_digits(count) + " ") += what;
}

}  // namespace

std::string grouped_digits(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string storm_begins(const StormBook::Scope& scope) {
  const Storm& storm = *scope.storm;
  std::string text = of_scope(scope.words) + ": " + counted(storm.account.peak, "new alert") + " in a minute, ";
  text += usual(storm);
  if (storm.by_queue) text += "; what is received waits";
  return text;
}

std::string storm_title(const std::string& scope, const Storm& storm, Instant now) {
  const StormAccount& account = storm.account;
  if (!storm.is_ending) {
    return of_scope(scope) + ": " + counted(account.opened, "new alert") + " in " +
           whole_seconds(now - storm.began_at) + ", " + grouped_digits(account.folded) + " folded into this incident";
  }
  return of_scope(scope) + " over: " + counted(account.opened, "alert") + " → " +
         counted(account.incidents + account.incidents_after, "incident") + ", " + grouped_digits(account.lost(0)) +
         " transitions lost";
}

std::string storm_description(const Storm& storm, std::uint64_t folded_now, Instant now) {
  const StormAccount& account = storm.account;
  std::string text = counted(account.opened, "new alert") + " in " + whole_seconds(now - storm.began_at) + ", up to " +
                     grouped_digits(account.peak) + " in a minute (" + usual(storm) + "). ";
  text += grouped_digits(account.folded) + " were folded into this incident:";
  add_part(text, folded_now, "fire");
  add_part(text, account.left_by(StormExit::ended), "have ended");
  add_part(text, account.left_by(StormExit::risen), "got too severe to be folded");
  add_part(text, account.left_by(StormExit::released), "fired still at its end and go on by themselves");
  add_part(text, account.left_by(StormExit::dismissed), "were dismissed with it");
  if (text.ends_with(':')) text.back() = '.';
  if (!text.ends_with('.')) text += '.';
  text += " " + counted(account.incidents, "incident") + " opened besides it";
  if (storm.is_ending) text += ", " + grouped_digits(account.incidents_after) + " more of what fired still";
  return text + "; " + grouped_digits(account.lost(folded_now)) + " transitions are lost.";
}

}  // namespace tocsin
