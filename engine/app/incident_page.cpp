#include "engine/app/incident_page.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

#include <boost/json.hpp>

#include "engine/app/incident_table.h"
#include "engine/app/terminal_text.h"
#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

namespace json = boost::json;

constexpr std::size_t kNameColumns = 14;

/// As people read it; "" for what is null or not there.
std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

std::optional<json::object> object_from(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

class Page {
 public:
  explicit Page(std::size_t width) : width_(width) {}

  void line(std::string_view text) { out_ += (width_ == 0 ? for_terminal(text) : fit(text, width_)) + "\n"; }
  void blank() { out_ += '\n'; }
  void head(std::string_view text) {
    blank();
    line(text);
  }
  /// Nothing for what is not known.
  void field(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    std::string padded(name);
    padded.resize(std::max(kNameColumns, padded.size() + 2), ' ');
    line("  " + padded + std::string(text));
  }
  /// A text of several lines, each on one of its own.
  void paragraph(std::string_view name, std::string_view text) {
    bool is_first = true;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      field(is_first ? name : " ", text.substr(0, end));
      is_first = false;
      text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  std::size_t width_;
  std::string out_;
};

std::string since(const json::object& object, std::string_view name, Instant now) {
  const std::string at = text_of(object, name);
  return at.empty() ? at : at + " (" + age_of(at, now) + " ago)";
}

void draw_links(Page& page, const json::object& incident, const std::vector<json::object>& alerts) {
  std::set<std::string> seen;
  const auto link = [&](std::string_view name, std::string url) {
    if (!url.empty() && seen.insert(url).second) page.field(name, url);
  };
  page.head("LINKS");
  if (const auto* links = incident.if_contains("links"); links != nullptr && links->is_array()) {
    for (const json::value& one : links->get_array()) {
      if (one.is_object()) link(text_of(one.get_object(), "title"), text_of(one.get_object(), "url"));
    }
  }
  for (const json::object& alert : alerts) {
    link("source", text_of(alert, "url"));
    link("runbook", text_of(alert, "runbook_url"));
    link("dashboard", text_of(alert, "dashboard_url"));
  }
  if (seen.empty()) page.line("  none");
}

void draw_alert(Page& page, const json::object& alert, Instant now) {
  std::string text = "  " + text_of(alert, "status");
  text.resize(std::max<std::size_t>(12, text.size() + 2), ' ');
  text += text_of(alert, "severity");
  text.resize(std::max<std::size_t>(22, text.size() + 2), ' ');
  text += text_of(alert, "name");
  const std::string node = text_of(alert, text_of(alert, "host").empty() ? "node" : "host");
  if (!node.empty()) text += " on " + node;
  if (const std::string title = text_of(alert, "title"); !title.empty()) text += ": " + title;
  const std::string ended = text_of(alert, "ended_at");
  text +=
      ended.empty() ? ", for " + age_of(text_of(alert, "starts_at"), now) : ", ended " + age_of(ended, now) + " ago";
  if (const std::string by = text_of(alert, "suppressed_by"); !by.empty()) text += ", held back by " + by;
  if (const std::string repeats = text_of(alert, "duplicate_count"); !repeats.empty() && repeats != "0")
    text += ", +" + repeats + " rep.";
  page.line(text);
}

void draw_timeline(Page& page, const json::object& incident, std::string_view timeline) {
  page.head("HISTORY");
  const auto known = object_from(timeline);
  const json::value* entries = known ? known->if_contains("timeline") : nullptr;
  if (entries == nullptr || !entries->is_array() || entries->get_array().empty()) {
    page.line("  " + text_of(incident, "opened_at") + "  opened");
    if (text_of(incident, "revision") != "1")
      page.line("  " + text_of(incident, "updated_at") + "  " + text_of(incident, "change"));
    page.line("  all of it: tocsin timeline " + std::string(short_id(text_of(incident, "incident_id"))) +
              " --data FOLDER");
    return;
  }
  for (const json::value& entry : entries->get_array()) {
    if (!entry.is_object()) continue;
    std::string text = "  " + text_of(entry.get_object(), "at") + "  ";
    if (const std::string alert = text_of(entry.get_object(), "alert"); !alert.empty()) text += alert + " ";
    page.line(text + text_of(entry.get_object(), "words"));
  }
}

/// " (in 12m)"; "" when it is past.
std::string in_words_until(std::string_view at, Instant now) {
  const auto due = parse_rfc3339(at);
  if (!due || *due <= now) return {};
  return " (in " + to_text(std::chrono::ceil<std::chrono::seconds>(*due - now)) + ")";
}

}  // namespace

std::expected<std::string, std::string> draw_incident(std::string_view answer, const std::vector<std::string>& pages,
                                                      std::string_view timeline, Instant now, std::size_t width) {
  const auto incident = object_from(answer);
  if (!incident || !incident->contains("incident_id")) {
    return std::unexpected("the answer is not an incident; is this a tocsin server?");
  }
  std::vector<json::object> alerts;
  for (const std::string& text : pages) {
    auto page = object_from(text);
    json::value* list = page ? page->if_contains("alerts") : nullptr;
    if (list == nullptr || !list->is_array()) return std::unexpected("the answer is not a list of alerts");
    for (json::value& one : list->get_array()) {
      if (one.is_object()) alerts.push_back(std::move(one.get_object()));
    }
  }
  // What a closed incident knows of its alerts is in its record.
  if (const auto* listed = incident->if_contains("alerts"); alerts.empty() && listed != nullptr && listed->is_array()) {
    for (const json::value& one : listed->get_array()) {
      if (one.is_object()) alerts.push_back(one.get_object());
    }
  }

  Page page(width);
  page.line(text_of(*incident, "priority") + "  " + text_of(*incident, "status") + "  " + text_of(*incident, "title"));
  page.blank();
  page.field("id", text_of(*incident, "incident_id") +
                       "  (short: " + std::string(short_id(text_of(*incident, "incident_id"))) + ")");
  page.paragraph("description", text_of(*incident, "description"));
  page.field("why", text_of(*incident, "priority_reason"));
  page.field("grouped by", text_of(*incident, "rule_id") + ": " + shown_key(text_of(*incident, "correlation_key")));
  page.field("cause", text_of(*incident, "cause"));
  page.field("severity", text_of(*incident, "severity"));
  page.field("opened", since(*incident, "opened_at", now));
  page.field("acknowledged", since(*incident, "acknowledged_at", now));
  page.field("escalated to", text_of(*incident, "escalated_to"));
  page.field("asked for", text_of(*incident, "escalated_step"));
  if (const std::string at = text_of(*incident, "next_escalation_at"); !at.empty())
    page.field("next", text_of(*incident, "next_escalation") + " at " + at + in_words_until(at, now));
  page.field("resolved", since(*incident, "resolved_at", now));
  page.field("closed", since(*incident, "closed_at", now));
  for (const char* name : {"service", "component", "environment", "region", "node", "team", "owner", "assignment_group",
                           "standby_group", "commander", "plan", "channel"}) {
    page.field(name, text_of(*incident, name));
  }
  const std::string progress = text_of(*incident, "plan_progress");
  page.paragraph("steps", progress.empty() ? text_of(*incident, "plan_steps") : progress);
  if (const json::value* roles = incident->if_contains("roles"); roles != nullptr && roles->is_object()) {
    std::string who;
    for (const auto& [role, name] : roles->get_object()) {
      if (!name.is_string()) continue;
      who += who.empty() ? "" : ", ";
      who += std::string(role) + " " + std::string(name.get_string());
    }
    page.field("roles", who);
  }
  if (const std::string at = text_of(*incident, "next_update_at"); !at.empty()) {
    const bool is_late = text_of(*incident, "update_overdue") == "true";
    page.field("next update", is_late ? "overdue since " + at : "by " + at + in_words_until(at, now));
  }
  if (const std::string score = text_of(*incident, "score"); !score.empty())
    page.field("score",
               score + " of 5, " + text_of(*incident, "score_by") + ": " + text_of(*incident, "score_comment"));
  page.field("told", "revision " + text_of(*incident, "revision") + ": " + text_of(*incident, "change") +
                         (text_of(*incident, "untold") == "true" ? "; more has changed since" : ""));
  draw_links(page, *incident, alerts);

  page.head("ALERTS  " + text_of(*incident, "active_alert_count") + " fire of " + text_of(*incident, "alert_count"));
  for (const json::object& alert : alerts) draw_alert(page, alert, now);
  if (const json::value* all = incident->if_contains("alert_count"); all != nullptr && all->is_number()) {
    const auto count = all->to_number<std::uint64_t>();
    if (count > alerts.size()) page.line("  " + std::to_string(count - alerts.size()) + " more, which are not kept");
  }
  draw_timeline(page, *incident, timeline);
  return page.take();
}

}  // namespace tocsin::app
