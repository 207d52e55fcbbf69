// SPDX-License-Identifier: Apache-2.0
#pragma once

// Redacts one answer of a model between its decoder and everything else, part by part as it streams. However an answer
// is cut into pieces, what is shown is the same. What is held back of an item goes out with the item's end; of an item
// that never ends it is lost, since the front of a secret is no word of an answer. One answer, one thread.

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "codec/redaction/json_stream_redactor.hpp"
#include "codec/redaction/run_redactor.hpp"
#include "codec/redaction/stream_redactor.hpp"
#include "event/provider_part.hpp"

namespace orchestrator::harness::codec {

class AnswerRedactor {
 public:
  /// REQUIRES: the redactor outlives it.
  explicit AnswerRedactor(const RunRedactor& redactor) : redactor_(&redactor) {}

  /// Appends to `out` what may be shown of `part`. The pieces of an item add up to its value as they did before. The
  /// provider's own form of an item whose text has changed, or that holds a configured secret, is left out.
  void take(event::ProviderPart part, std::vector<event::ProviderPart>& out);

  /// What was taken out since the last call.
  [[nodiscard]] std::vector<events::RedactionCount> take_counts();

 private:
  struct Item {
    std::variant<StreamRedactor, JsonStreamRedactor> stream;
    std::size_t kind;   // of its pieces: the index in `ProviderPart`
    std::string raw;    // as it came
    std::string shown;  // as it went out
    RedactionCounts counted{};
  };

  template <class Piece>
  void take_piece(Piece piece, std::vector<event::ProviderPart>& out);
  void finish_item(event::ItemDone done, std::vector<event::ProviderPart>& out);
  void show(Item& item, const std::string& item_id, std::string text, std::vector<event::ProviderPart>& out);
  [[nodiscard]] std::string redacted_value(const ConversationItem& item, const std::string& value);
  void clean_names(ConversationItem& item);
  void identifier(std::string& value);
  void error(Error& error);
  void add(const RedactionCounts& counts);

  const RunRedactor* redactor_;
  std::map<std::string, Item> items_;
  RedactionCounts counts_{};
};

}  // namespace orchestrator::harness::codec
