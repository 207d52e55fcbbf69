// SPDX-License-Identifier: Apache-2.0
#include "injection/injection_case.hpp"

#include <sstream>

#include "event/testing/golden_file.hpp"

namespace orchestrator::harness::injection {

std::vector<InjectionCase> read_cases(const std::string& name) {
  std::vector<InjectionCase> cases;
  std::istringstream lines(event::read_text_file(event::repository_path("tests/injection/" + name)));
  for (std::string line; std::getline(lines, line);) {
    const boost::json::object object = boost::json::parse(line).as_object();
    const auto text = [&](const char* key) {
      const auto* value = object.if_contains(key);
      return value == nullptr ? std::string() : std::string(value->as_string());
    };
    InjectionCase& one = cases.emplace_back();
    one.id = text("id");
    one.source = text("source");
    one.text = text("text");
    one.calls = object.contains("obeys") ? object.at("obeys").as_array() : object.at("turns").as_array();
    if (const auto* questions = object.if_contains("questions")) one.questions = questions->to_number<std::size_t>();
  }
  return cases;
}

std::string filled(std::string text, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    const std::string mark = "{" + name + "}";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

}  // namespace orchestrator::harness::injection
