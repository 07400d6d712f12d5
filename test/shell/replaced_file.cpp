// SPDX-License-Identifier: GPL-3.0-or-later
// A file that takes another one's place when it is whole.
#include "control/error.hpp"
#include "control/replaced_file.hpp"
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace chronus::control;
namespace fs = std::filesystem;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/chronus-replaced-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }
  auto files() const { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }
};

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

} // namespace

TEST_CASE("the target stays as it was until the new file is put, and nothing is left of one that is not") {
  const Folder f;
  const std::string path = f.path + "/song";
  write(path, "old");
  {
    ReplacedFile file(path);
    CHECK(file.replaces());
    CHECK(file.write("new, but only half") == 0);
    CHECK(text_of(path) == "old");
  }
  CHECK(text_of(path) == "old");
  CHECK(f.files() == 1);
  ReplacedFile file(path);
  CHECK(file.write("new") == 0);
  CHECK(file.put() == 0);
  CHECK(text_of(path) == "new");
  CHECK(f.files() == 1);
}

TEST_CASE("a link stays a link, the mode stays, and a new file obeys the umask") {
  const Folder f;
  write(f.path + "/real", "old");
  fs::permissions(f.path + "/real", fs::perms(0640));
  fs::create_symlink("real", f.path + "/link");
  ReplacedFile through(f.path + "/link");
  CHECK(through.write("new") == 0);
  CHECK(through.put() == 0);
  CHECK(fs::is_symlink(f.path + "/link"));
  CHECK(text_of(f.path + "/real") == "new");
  CHECK(fs::status(f.path + "/real").permissions() == fs::perms(0640));
  const mode_t mask = umask(027);
  ReplacedFile fresh(f.path + "/fresh");
  CHECK_FALSE(fresh.replaces());
  CHECK(fresh.put() == 0);
  umask(mask);
  CHECK(fs::status(f.path + "/fresh").permissions() == fs::perms(0640));
}

TEST_CASE("folders, pipes and links to nowhere are refused") {
  const Folder f;
  CHECK_THROWS_WITH_AS(ReplacedFile(f.path), "is a directory", Error);
  REQUIRE(mkfifo((f.path + "/pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(ReplacedFile(f.path + "/pipe"), "is not a regular file", Error);
  fs::create_symlink("nowhere", f.path + "/link");
  CHECK_THROWS_WITH_AS(ReplacedFile(f.path + "/link"), "is a link to a file that is not there", Error);
  CHECK_THROWS_AS(ReplacedFile(f.path + "/no/folder"), Error);
}

TEST_CASE("what somebody else has made at a free target meanwhile stays, and the new file can stay beside it") {
  const Folder f;
  ReplacedFile file(f.path + "/new");
  CHECK(file.write("mine") == 0);
  write(f.path + "/new", "theirs");
  CHECK(file.put() == EEXIST);
  CHECK(text_of(f.path + "/new") == "theirs");
  const std::string left = file.leave_beside();
  CHECK(left.starts_with(f.path + "/new.part-"));
  CHECK(text_of(left) == "mine");
}

TEST_CASE("a file that is to be shown grows beside its target, and goes with what is not put") {
  const Folder f;
  write(f.path + "/take", "old");
  {
    ReplacedFile file(f.path + "/take", ReplacedFile::Until::shown);
    CHECK(f.files() == 2);
  }
  CHECK(f.files() == 1);
  ReplacedFile file(f.path + "/take", ReplacedFile::Until::shown);
  CHECK(file.write("new") == 0);
  CHECK(file.put() == 0);
  CHECK(f.files() == 1);
  CHECK(text_of(f.path + "/take") == "new");
}
