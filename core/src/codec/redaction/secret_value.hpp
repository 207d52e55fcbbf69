// SPDX-License-Identifier: Apache-2.0
#pragma once

// Is what stands after a secret name a secret, or a word of prose, a piece of code, an example? Pure functions.

#include <cstdint>
#include <string_view>

#include "codec/redaction/secret_names.hpp"

namespace orchestrator::harness::codec {

/// How a value hangs on its name, from certain to doubtful.
enum class ValueForm : std::uint8_t {
  quoted,    // `name: "value"`, `name = 'value'`
  query,     // `?name=value`
  assigned,  // `NAME=value`
  flag,      // `--name value`
  spaced,    // `name = value`
  coloned,   // `name: value`
  bearer,    // `Bearer value`
  prose      // `the name is value`
};

struct SecretValue {
  std::string_view text;
  ValueForm form = ValueForm::quoted;
  char next = '\0';         // the byte after it; 0 at the end
  bool own_line = false;    // name and value are alone on their line
  bool upper_name = false;  // the name has no small letter
  bool token_name = false;  // the name ends with `token`
};

/// True where the value is to be taken out. Empty values, references (`${X}`, `os.environ`), examples (`YOUR_KEY`,
/// `<token>`, `sk-...`), masks (`****`), types and literals (`string`, `null`) stay. Linear in the value.
[[nodiscard]] bool is_secret_value(const SecretValue& value, const SecretNames& names);

/// True for what is hardly a word of a sentence: it has digits with letters, changes of case, or 20 bytes and more.
[[nodiscard]] bool looks_like_key(std::string_view value);

}  // namespace orchestrator::harness::codec
