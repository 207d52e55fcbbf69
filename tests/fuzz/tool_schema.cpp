// SPDX-License-Identifier: Apache-2.0
// Any text as a schema, a zero byte, and any text as a value: the schema is refused with its place, or it compiles, and
// then every value gets a verdict in bounded work, the same one twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/json_schema/json_schema.hpp"

namespace {

using namespace orchestrator::harness;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  const auto schema = codec::JsonSchema::compile(input.substr(0, end));
  if (!schema) {
    require(schema.error().code == "tool_schema_invalid" && !schema.error().message.empty());
    return 0;
  }
  for (const std::string_view value : {std::string_view("{}"), std::string_view("[1,\"a\",null]"),
                                       end == input.npos ? std::string_view("7") : input.substr(end + 1)}) {
    const auto once = schema->check_text(value);
    const auto again = schema->check_text(value);
    require(once.has_value() == again.has_value());
    if (once) require(*once == *again && once->size() <= 16);
  }
  return 0;
}
