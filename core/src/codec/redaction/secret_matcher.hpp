// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finds configured secrets in a text that comes in pieces: the automaton of Aho and Corasick (1975) over all forms of
// all secrets, so that its work is linear in the text whatever the secrets are. Occurrences that overlap become one
// find. The matcher is immutable and safe on any thread; a scan belongs to one stream of text.

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness::codec {

class SecretMatcher {
 public:
  /// Finds each of `forms`. REQUIRES: none is shorter than 2 bytes.
  explicit SecretMatcher(const std::vector<std::string>& forms);

  [[nodiscard]] bool empty() const { return states_.size() == 1; }
  /// The longest form: no more bytes than this are ever held back.
  [[nodiscard]] std::size_t form_bytes_max() const { return form_bytes_max_; }

 private:
  friend class SecretScan;
  using State = std::uint32_t;
  struct Edge {
    unsigned char byte;
    State to;
  };
  struct Node {
    std::uint32_t edges_begin = 0;
    std::uint32_t edges_end = 0;
    State fail = 0;
    std::uint32_t depth = 0;
    std::uint32_t found = 0;  // the longest form that ends here, in bytes
  };

  void set_fails();
  [[nodiscard]] State child(State state, unsigned char byte) const;
  [[nodiscard]] State next(State state, unsigned char byte) const;

  std::vector<Node> states_;
  std::vector<Edge> edges_;  // of each state, by byte
  std::array<State, 256> root_{};
  std::bitset<65'536> pairs_;  // the first two bytes of the forms
  std::size_t form_bytes_max_ = 0;
};

/// A find, in bytes since the beginning of the stream.
struct SecretFind {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// One stream of text. REQUIRES: the matcher outlives it.
class SecretScan {
 public:
  explicit SecretScan(const SecretMatcher& matcher) : matcher_(&matcher) {}

  /// Reads the next bytes and appends to `finds` those that no later byte can change, in order and apart.
  void append(std::string_view text, std::vector<SecretFind>& finds);
  /// The end of the stream: appends what is left.
  void finish(std::vector<SecretFind>& finds);
  /// How many bytes of the stream are decided: no find that is still to come begins before.
  [[nodiscard]] std::size_t decided() const;

 private:
  void take_found(std::size_t bytes);
  void hand_out(std::size_t before, std::vector<SecretFind>& finds);

  const SecretMatcher* matcher_;
  SecretMatcher::State state_ = 0;
  std::size_t read_ = 0;
  std::vector<SecretFind>
      open_;  // in order and apart; later bytes may join them. Fewer than the longest form has bytes
};

}  // namespace orchestrator::harness::codec
