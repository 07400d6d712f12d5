// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzing, without a fuzzer: every file of the folders and files that are named is fed to the target once.
#include "input.hpp"
#include <fstream>
#include <iterator>

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    const fs::path path = fs::absolute(argv[i]);
    if (!fs::is_directory(path)) files.push_back(path);
    else
      for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& path : files) {
    fmt::print(stderr, "{}\n", path.filename().string()); // the last one named is the one that failed
    std::ifstream file(path, std::ios::binary);
    if (!file) chronus::fuzz::finding(path.string() + ": cannot be read");
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  fmt::print("{} inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
