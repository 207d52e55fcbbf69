// SPDX-License-Identifier: Apache-2.0
// Any text as a path: it is refused, or what it opens lies in the workspace. The workspace has links that lead out, in,
// nowhere and round in circles.
#include <unistd.h>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tools/files/file_state.hpp"
#include "tools/files/workspace_path.hpp"

namespace {

namespace fs = std::filesystem;
using namespace orchestrator::harness;

void require(bool condition) {
  if (!condition) std::abort();
}

struct World {
  fs::path base;
  std::shared_ptr<const Workspace> workspace;

  World() {
    std::string name = (fs::temp_directory_path() / "orchestrator-fuzz-XXXXXX").string();
    base = ::mkdtemp(name.data());
    fs::create_directories(base / "ws/a/b");
    fs::create_directories(base / "ws-evil");
    std::ofstream(base / "secret") << "secret";
    std::ofstream(base / "ws/a/f") << "inside";
    fs::create_directory_symlink("..", base / "ws/up");
    fs::create_directory_symlink("a", base / "ws/in");
    fs::create_symlink("../secret", base / "ws/s");
    fs::create_symlink("loop", base / "ws/loop");
    fs::create_directory_symlink("/", base / "ws/root");
    workspace = Workspace::open((base / "ws").string()).value();
  }
  ~World() {
    std::error_code ignored;
    fs::remove_all(base, ignored);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const std::string path(reinterpret_cast<const char*>(data), size);
  const auto opened = tools::open_path(*world.workspace, path);
  if (!opened) {
    require(!opened.error().message.empty());
    return 0;
  }
  char name[PATH_MAX] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(opened->folder.get());
  const ssize_t length = ::readlink(link.c_str(), name, sizeof name);
  const std::string folder(name, length < 0 ? 0 : static_cast<std::size_t>(length));
  const std::string& root = world.workspace->directory();
  require(folder == root || folder.starts_with(root + "/"));
  const auto read = tools::read_state(*opened);
  require(!read || read->content != "secret");
  return 0;
}
