// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include "evals/case_json.hpp"
#include "evals/expected_value.hpp"
#include "orchestrator/harness/eval_scorer.hpp"

namespace orchestrator::harness {
namespace {

namespace json = boost::json;

double cosine(const std::vector<float>& left, const std::vector<float>& right) {
  double dot = 0;
  double left_square = 0;
  double right_square = 0;
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    dot += static_cast<double>(left[i]) * static_cast<double>(right[i]);
    left_square += static_cast<double>(left[i]) * static_cast<double>(left[i]);
    right_square += static_cast<double>(right[i]) * static_cast<double>(right[i]);
  }
  const double norm = std::sqrt(left_square) * std::sqrt(right_square);
  return norm > 0 ? dot / norm : 0;
}

class SimilarityScorer final : public Scorer {
 public:
  SimilarityScorer(std::string name, std::shared_ptr<Embedder> embedder, double threshold)
      : name_(std::move(name)), embedder_(std::move(embedder)), threshold_(threshold) {}
  std::string name() const override { return name_; }
  RawJson config() const override {
    return {evals::canonical_line(
        json::object{{"kind", "similarity"}, {"model", embedder_->model()}, {"threshold", threshold_}})};
  }
  Awaitable<Result<Score>> score(std::shared_ptr<const EvalSample> sample, ScorerContext context) override {
    auto texts = evals::expected_texts(*sample);
    if (!texts) co_return std::unexpected(texts.error());
    if (sample->output.empty()) co_return evals::verdict(false, "the output is empty");
    std::vector<std::string> all{sample->output};
    all.insert(all.end(), texts->begin(), texts->end());
    auto batch = co_await embedder_->embed(std::move(all), context.deadline);
    if (!batch) co_return std::unexpected(batch.error());
    if (batch->vectors.size() != texts->size() + 1) {
      co_return fail(ProviderErrorCode::provider_protocol_violation, "the embedder gave another number of vectors",
                     embedder_->model());
    }
    double nearest = -1;
    for (std::size_t i = 1; i < batch->vectors.size(); ++i) {
      nearest = std::max(nearest, cosine(batch->vectors.front(), batch->vectors[i]));
    }
    Score score;
    score.value = std::clamp(nearest, 0.0, 1.0);
    score.passed = nearest >= threshold_;
    const json::object details{{"cosine", nearest}, {"model", embedder_->model()}};
    score.details = {evals::canonical_line(details)};
    if (!score.passed) score.explanation = "cosine " + evals::canonical_line(json::value(nearest));
    score.tokens = batch->tokens;
    score.cost_micro_usd = batch->cost_micro_usd;
    co_return score;
  }

 private:
  std::string name_;
  std::shared_ptr<Embedder> embedder_;  // shared with whoever made it
  double threshold_;
};

}  // namespace

Result<std::shared_ptr<Scorer>> similarity_scorer(std::shared_ptr<Embedder> embedder, double threshold,
                                                  std::string name) {
  if (!(threshold >= -1 && threshold <= 1)) {
    return fail(RuntimeErrorCode::invalid_argument, "the threshold must be from -1 to 1", name);
  }
  if (embedder == nullptr) return fail(RuntimeErrorCode::invalid_argument, "there is no embedder", name);
  return std::make_shared<SimilarityScorer>(std::move(name), std::move(embedder), threshold);
}

}  // namespace orchestrator::harness
