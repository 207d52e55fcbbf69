// SPDX-License-Identifier: Apache-2.0
// Goal: prompts and files are read as they are, and what cannot be used is refused with the reason. Method: real
// files and pipes.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>

#include "cli/input/input_file.hpp"
#include "cli/input/line_input.hpp"
#include "cli/input/media_type.hpp"
#include "cli/input/prompt.hpp"
#include "cli/testing/temporary_folder.hpp"

namespace orchestrator::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A descriptor that reads `text` and then ends.
class Readable {
 public:
  explicit Readable(const std::string& text) {
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends_[1]);
  }
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;
  ~Readable() { ::close(ends_[0]); }
  [[nodiscard]] int number() const { return ends_[0]; }

 private:
  std::array<int, 2> ends_{};
};

harness::Result<std::string> prompt_of(std::optional<std::string> argument, const std::string& stdin_text,
                                       bool terminal = false) {
  const Readable input(stdin_text);
  PromptSource source;
  source.argument = std::move(argument);
  source.descriptor = input.number();
  source.in_is_terminal = terminal;
  source.bytes_max = 100;
  return read_prompt(source);
}

std::string refusal(const harness::Result<std::string>& result) {
  EXPECT_FALSE(result);
  if (result) {
    return {};
  }
  EXPECT_EQ(result.error().code, "invalid_argument");
  return result.error().message;
}

TEST(Prompt, ComesFromTheArgumentOrStdin) {
  EXPECT_EQ(prompt_of("hello", "ignored"), "hello");
  EXPECT_EQ(prompt_of("-", "two\nlines\n"), "two\nlines");
  EXPECT_EQ(prompt_of("-", "dos\r\n"), "dos");
  EXPECT_EQ(prompt_of(std::nullopt, "piped"), "piped");
}

TEST(Prompt, IsNeverEmptyOrBroken) {
  EXPECT_EQ(refusal(prompt_of("", "")), "the prompt is empty");
  EXPECT_EQ(refusal(prompt_of(" \t\n", "")), "the prompt is only white space");
  EXPECT_EQ(refusal(prompt_of("-", "")), "the prompt on stdin is empty");
  EXPECT_EQ(refusal(prompt_of("-",
                              "abc\xff"
                              "def")),
            "the prompt on stdin is not valid UTF-8: byte 3 of 7");
  EXPECT_THAT(refusal(prompt_of("-", std::string(101, 'x'))), HasSubstr("is larger than 100 bytes"));
}

TEST(Prompt, SaysHowToGiveOne) {
  EXPECT_THAT(refusal(prompt_of(std::nullopt, "", true)), HasSubstr("give it as PROMPT, or '-'"));
  EXPECT_THAT(refusal(prompt_of(std::nullopt, "", false)), HasSubstr("give it as PROMPT, or '-'"));
}

TEST(Prompt, NamesWhatKeepsStdinFromBeingRead) {
  PromptSource source;
  source.argument = "-";
  source.descriptor = ::open("/", O_RDONLY | O_CLOEXEC);
  EXPECT_THAT(refusal(read_prompt(source)), HasSubstr("cannot be read: Is a directory"));
  ::close(source.descriptor);
}

TEST(MediaType, BytesWinOverNames) {
  EXPECT_EQ(media_type_of("a.txt", "\x89PNG\r\n\x1a\n..."), "image/png");
  EXPECT_EQ(media_type_of("a", "\xff\xd8\xff\xe0"), "image/jpeg");
  EXPECT_EQ(media_type_of("a", "RIFF\1\2\3\4WEBPVP8 "), "image/webp");
  EXPECT_EQ(media_type_of("a", "RIFF\1\2\3\4WAVEfmt "), "audio/wav");
  EXPECT_EQ(media_type_of("a.png", "%PDF-1.7"), "application/pdf");
  EXPECT_EQ(media_type_of("README.MD", "# title"), "text/markdown");
  EXPECT_EQ(media_type_of("x.json", "{}"), "application/json");
  EXPECT_EQ(media_type_of("code.cpp", "int main() {}"), "text/plain");
  EXPECT_EQ(media_type_of("a.txt", std::string_view("a\0b", 3)), "");
  EXPECT_EQ(media_type_of("a.txt",
                          "\xff\xfe"
                          "x"),
            "");
}

TEST(InputFile, BecomesAPart) {
  const testing::TemporaryFolder folder;
  const auto text = read_input_file(folder.write("note.md", "# hi"), 1'000);
  ASSERT_TRUE(text);
  EXPECT_EQ(std::get<harness::TextPart>(*text).text, "--- note.md ---\n# hi\n--- end of note.md ---");
  const auto image = read_input_file(folder.write("p.png", "\x89PNG\r\n\x1a\n"), 1'000);
  ASSERT_TRUE(image);
  EXPECT_EQ(std::get<harness::ImagePart>(*image).source.media_type, "image/png");
  EXPECT_EQ(std::get<harness::ImagePart>(*image).source.name, "p.png");
  const auto file = read_input_file(folder.write("d.pdf", "%PDF-1.7"), 1'000);
  ASSERT_TRUE(file);
  EXPECT_EQ(std::get<harness::FilePart>(*file).source.bytes.view(), "%PDF-1.7");
}

TEST(InputFile, NamesWhatIsWrong) {
  const testing::TemporaryFolder folder;
  const auto refused = [&](const std::string& path) {
    const auto part = read_input_file(path, 10);
    EXPECT_FALSE(part) << path;
    return part ? "" : part.error().message;
  };
  EXPECT_THAT(refused(folder.path("none")), AllOf(HasSubstr("none'"), HasSubstr("No such file")));
  EXPECT_THAT(refused(folder.path()), HasSubstr("is a folder"));
  EXPECT_THAT(refused(folder.write("empty", "")), HasSubstr("is empty"));
  EXPECT_THAT(refused(folder.write("large", std::string(11, 'x'))), HasSubstr("larger than 10 bytes"));
  EXPECT_THAT(refused(folder.write("binary", std::string("\0\1\2", 3))), HasSubstr("no text, image, audio"));
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
  EXPECT_THAT(refused(folder.path("fifo")), HasSubstr("is a pipe"));
}

TEST(OutputSchema, IsOneJsonObject) {
  const testing::TemporaryFolder folder;
  const auto schema = read_output_schema(folder.write("my answer.v2.json", "{\n  \"type\": \"object\"\n}\n"));
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->name, "my_answer");
  EXPECT_EQ(schema->schema.text, R"({"type":"object"})");
  const auto refused = [&](const std::string& text) {
    const auto read = read_output_schema(folder.write("bad.json", text));
    EXPECT_FALSE(read) << text;
    return read ? "" : read.error().message;
  };
  EXPECT_THAT(refused("{\n\"a\": }"), HasSubstr("is not JSON: line 2"));
  EXPECT_THAT(refused("[]"), HasSubstr("root must be an object"));
  EXPECT_THAT(refused("{} {}"), HasSubstr("more than one JSON value"));
  EXPECT_THAT(refused(std::string(10'000, '[')), HasSubstr("is not JSON"));
}

TEST(LineInput, GivesLinesThenTheRestThenTheEnd) {
  const Readable input("one\r\ntwo\n\nrest");
  std::array<int, 2> wake{};
  ASSERT_EQ(::pipe2(wake.data(), O_CLOEXEC), 0);
  LineInput lines(input.number(), wake[0]);
  std::string line;
  for (const std::string wanted : {"one", "two", "", "rest"}) {
    EXPECT_EQ(lines.next(line), LineInput::Outcome::line);
    EXPECT_EQ(line, wanted);
  }
  EXPECT_EQ(lines.next(line), LineInput::Outcome::end);
  ::close(wake[0]);
  ::close(wake[1]);
}

TEST(LineInput, CanBeWoken) {
  std::array<int, 2> input{};
  std::array<int, 2> wake{};
  ASSERT_EQ(::pipe2(input.data(), O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(wake.data(), O_CLOEXEC), 0);
  ASSERT_EQ(::write(wake[1], "12345678", 8), 8);
  LineInput lines(input[0], wake[0]);
  std::string line;
  EXPECT_EQ(lines.next(line), LineInput::Outcome::interrupted);
  for (const int number : {input[0], input[1], wake[0], wake[1]}) {
    ::close(number);
  }
}

}  // namespace
}  // namespace orchestrator::cli
