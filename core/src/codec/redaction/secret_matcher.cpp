// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/secret_matcher.hpp"

#include <algorithm>
#include <map>

namespace orchestrator::harness::codec {
namespace {

unsigned char code(char c) { return static_cast<unsigned char>(c); }
std::size_t pair_of(char first, char second) { return static_cast<std::size_t>(code(first)) << 8 | code(second); }

}  // namespace

SecretMatcher::SecretMatcher(const std::vector<std::string>& forms) : states_(1) {
  std::vector<std::map<unsigned char, State>> children(1);
  for (const std::string& form : forms) {
    State state = 0;
    for (const char c : form) {
      const auto [edge, is_new] = children[state].try_emplace(code(c), static_cast<State>(states_.size()));
      const std::uint32_t depth = states_[state].depth + 1;
      state = edge->second;
      if (!is_new) continue;
      states_.push_back({.depth = depth});
      children.emplace_back();
    }
    states_[state].found = states_[state].depth;
    pairs_.set(pair_of(form[0], form[1]));
    form_bytes_max_ = std::max(form_bytes_max_, form.size());
  }
  for (State state = 0; state < states_.size(); ++state) {
    states_[state].edges_begin = static_cast<std::uint32_t>(edges_.size());
    for (const auto& [byte, to] : children[state]) edges_.push_back({byte, to});
    states_[state].edges_end = static_cast<std::uint32_t>(edges_.size());
  }
  for (const auto& [byte, to] : children[0]) root_[byte] = to;
  set_fails();
}

void SecretMatcher::set_fails() {
  std::vector<State> order;
  for (const State state : root_) {
    if (state != 0) order.push_back(state);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Node node = states_[order[i]];
    for (std::uint32_t edge = node.edges_begin; edge < node.edges_end; ++edge) {
      Node& below = states_[edges_[edge].to];
      below.fail = next(node.fail, edges_[edge].byte);
      below.found = std::max(below.found, states_[below.fail].found);
      order.push_back(edges_[edge].to);
    }
  }
}

SecretMatcher::State SecretMatcher::child(State state, unsigned char byte) const {
  if (state == 0) return root_[byte];
  const auto begin = edges_.begin() + states_[state].edges_begin;
  const auto end = edges_.begin() + states_[state].edges_end;
  const auto found =
      std::lower_bound(begin, end, byte, [](const Edge& edge, unsigned char b) { return edge.byte < b; });
  return found != end && found->byte == byte ? found->to : 0;
}

SecretMatcher::State SecretMatcher::next(State state, unsigned char byte) const {
  while (true) {
    const State to = child(state, byte);
    if (to != 0 || state == 0) return to;
    state = states_[state].fail;
  }
}

void SecretScan::append(std::string_view text, std::vector<SecretFind>& finds) {
  const std::size_t base = read_;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (state_ == 0) {
      while (i + 1 < text.size() && !matcher_->pairs_.test(pair_of(text[i], text[i + 1]))) ++i;
    }
    state_ = matcher_->next(state_, code(text[i]));
    read_ = base + i + 1;
    const std::size_t found = matcher_->states_[state_].found;
    if (found != 0) take_found(found);
    if (!open_.empty()) hand_out(read_ - matcher_->states_[state_].depth, finds);
  }
  read_ = base + text.size();
}

void SecretScan::take_found(std::size_t bytes) {
  SecretFind find{.begin = read_ - bytes, .end = read_};
  while (!open_.empty() && find.begin < open_.back().end) {
    find.begin = std::min(find.begin, open_.back().begin);
    open_.pop_back();
  }
  open_.push_back(find);
}

void SecretScan::hand_out(std::size_t before, std::vector<SecretFind>& finds) {
  const auto closed = std::ranges::find_if(open_, [&](const SecretFind& find) { return find.end > before; });
  finds.insert(finds.end(), open_.begin(), closed);
  open_.erase(open_.begin(), closed);
}

std::size_t SecretScan::decided() const {
  const std::size_t unread = read_ - matcher_->states_[state_].depth;
  return open_.empty() ? unread : std::min(unread, open_.front().begin);
}

void SecretScan::finish(std::vector<SecretFind>& finds) {
  hand_out(read_, finds);
  state_ = 0;
}

}  // namespace orchestrator::harness::codec
