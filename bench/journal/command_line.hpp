// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line of the journal benchmark's programs: `--name value` pairs, each with a default. One thread.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

namespace bench {

class CommandLine {
 public:
  /// `defaults` names every option there is. Ends the process with status 2 where the command line has another.
  CommandLine(int argc, char** argv, std::map<std::string, std::string> defaults) : values_(std::move(defaults)) {
    for (int i = 1; i < argc; i += 2) {
      const auto option = values_.find(argv[i]);
      if (option == values_.end() || i + 1 >= argc) refuse(std::string("what is '") + argv[i] + "'?");
      option->second = argv[i + 1];
    }
  }

  [[nodiscard]] const std::string& text(const std::string& name) const { return values_.at(name); }
  [[nodiscard]] std::uint64_t count(const std::string& name) const {
    const std::string& value = text(name);
    const bool is_number = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) refuse(name + " needs a whole number, got '" + value + "'");
    return std::strtoull(value.c_str(), nullptr, 10);
  }
  [[noreturn]] void refuse(const std::string& what) const {
    std::fprintf(stderr, "%s\noptions and their defaults:", what.c_str());
    for (const auto& [name, value] : values_) std::fprintf(stderr, " %s '%s'", name.c_str(), value.c_str());
    std::fputs("\n", stderr);
    std::exit(2);
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace bench
