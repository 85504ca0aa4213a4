#include "engine/core/alert_state.h"

namespace tocsin {

LabelFingerprint fingerprint_of(const AlertState& alert) {
  if (alert.fingerprint != LabelFingerprint{}) return alert.fingerprint;
  std::vector<Label> labels;
  std::vector<Label> annotations;
  alert.texts.list(labels, annotations);
  return fingerprint_of(labels);
}

}  // namespace tocsin
