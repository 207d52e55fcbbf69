// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is known of models: limits, prices, what they do not take, where they run. Data, with a version; a harness has
// the one that comes with it and, before it, the caller's own. Values: copyable, any thread may read a copy.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/model.hpp"

namespace orchestrator::harness {

/// One model of a catalogue.
struct CatalogueEntry {
  ModelRef model;
  std::optional<std::uint64_t> context_tokens;
  std::optional<std::uint64_t> output_tokens_max;
  std::vector<std::string> unsupported;  // names as in `ModelOffer::unsupported`
  std::vector<std::string> regions;
  std::optional<ModelPrice> price;
  bool operator==(const CatalogueEntry&) const = default;
};

/// Models by name. Reading it is safe from several threads while nobody changes it.
class ModelCatalogue {
 public:
  /// A catalogue that knows nothing.
  ModelCatalogue() = default;
  /// The models that this version of the library knows.
  static const ModelCatalogue& built_in();
  /// Reads a catalogue out of its JSON text (docs/harness/reliability-track.md has the form). `origin` names it in
  /// errors. Error: `configuration_invalid`, at a JSON pointer.
  static Result<ModelCatalogue> parse(std::string_view json, std::string_view origin);

  /// Adds `more` before what is there: its entries hide those of the same models.
  void prepend(const ModelCatalogue& more);

  /// What is known of a model: its own entry, else that of the longest known name that ends where the model's has a `-`
  /// (a dated snapshot of it). `is_relative` is then true and its prices are an estimate. Null where nothing is known.
  /// Valid until the catalogue changes.
  struct Found {
    const CatalogueEntry* entry = nullptr;
    bool is_relative = false;
  };
  [[nodiscard]] Found find(const ModelRef& model) const;
  /// Completes what an adapter says of its model: limits and prices where it has none, and what the model does not
  /// take.
  void complete(ModelOffer& offer) const;

  /// All entries, those that count first. Valid until the catalogue changes.
  [[nodiscard]] const std::vector<CatalogueEntry>& entries() const { return entries_; }
  /// Of the first catalogue: what a run's price table is named by.
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  std::string version_;
  std::vector<CatalogueEntry> entries_;  // the first of a model counts
};

}  // namespace orchestrator::harness
