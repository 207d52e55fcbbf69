// SPDX-License-Identifier: Apache-2.0
// Any text as the arguments of calls whose schemas use every kind of keyword: a verdict with reasons that point into
// the value, never more than may be.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/json_schema/json_schema.hpp"
#include "kernel/tool_calls.hpp"

namespace {

using namespace orchestrator::harness;

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr std::array kSchemas{
    R"({"type":"object","properties":{"path":{"type":"string","minLength":1,"pattern":"^[a-z/]+$"},
        "lines":{"type":"array","items":{"type":"integer","minimum":1,"maximum":99},"maxItems":5,"uniqueItems":true},
        "mode":{"enum":["read","write",null,1.5]}},"required":["path"],"additionalProperties":false,"minProperties":1})",
    R"({"$defs":{"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"},"right":{"$ref":"#/$defs/tree"},
        "value":{"type":"number","multipleOf":0.5}},"additionalProperties":false}},"$ref":"#/$defs/tree"})",
    R"({"anyOf":[{"type":"array","prefixItems":[{"const":1}],"items":false},{"oneOf":[{"type":"string"},{"maxLength":2}]},
        {"if":{"required":["a"]},"then":{"dependentRequired":{"a":["b"]}},"else":{"propertyNames":{"maxLength":3}}},
        {"not":{"contains":{"type":"null"}}}]})"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array schemas{codec::JsonSchema::compile(kSchemas[0]).value(),
                                  codec::JsonSchema::compile(kSchemas[1]).value(),
                                  codec::JsonSchema::compile(kSchemas[2]).value()};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const codec::JsonSchema& schema : schemas) {
    const auto found = schema.check_text(text);
    if (!found) {
      require(found.error().code == "tool_args_invalid");
      continue;
    }
    require(found->size() <= 16);
    for (const codec::SchemaViolation& violation : *found) {
      require(violation.pointer.empty() || violation.pointer.front() == '/');
      require(!violation.message.empty());
    }
  }
  require(kernel::argument_hash(text) == kernel::argument_hash(text));
  return 0;
}
