// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The journal's file: whole at every moment, one program's at a time, and set aside or given back by the next one.
#include "control/shell/journal.hpp"
#include "control/shell/state_folder.hpp"
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

using namespace chronus::control;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/chronus-journal-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }
  std::string path;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void keep(Journal& j, const std::string& text) {
  j.keep([text] { return text; });
  for (int tries = 0; tries < 2000 && !j.idle(); ++tries) usleep(1000);
  REQUIRE(j.idle());
}

std::size_t files_in(const std::string& path) { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {})); }

constexpr auto set_aside = Journal::Old::set_aside, resume = Journal::Old::resume;

} // namespace

TEST_CASE("the last text is kept, in folders that are made for it, and a clean end leaves nothing") {
  Folder f;
  const std::string folder = f.path + "/a/chronus";
  Journal j(folder, "bass", set_aside);
  CHECK_FALSE(j.left_behind());
  CHECK(j.path() == folder + "/bass.chronus");
  CHECK_FALSE(fs::exists(j.path()));
  for (const char* text : {"one\n", "two\n"}) {
    keep(j, text);
    CHECK(text_of(j.path()) == text);
  }
  for (int i = 0; i < 100; ++i) j.keep([i] { return std::to_string(i); });
  j.leave(true);
  CHECK(j.take_error().empty());
  CHECK(files_in(folder) == 0);
}

TEST_CASE("of many texts the last one is written, whole") {
  Folder f;
  {
    Journal j(f.path, "x", set_aside);
    for (int i = 0; i <= 200; ++i) j.keep([i] { return std::string(100'000, static_cast<char>('a' + i % 26)); });
  }
  CHECK(text_of(f.path + "/x.chronus") == std::string(100'000, 'a' + 200 % 26));
}

TEST_CASE("what was left behind is set aside, and can be resumed then or at once") {
  Folder f;
  {
    Journal j(f.path, "x", set_aside);
    keep(j, "mine");
  }
  {
    Journal j(f.path, "x", resume);
    CHECK(j.left_behind());
    CHECK(text_of(j.path()) == "mine");
  }
  {
    Journal j(f.path, "x", set_aside);
    CHECK(j.left_behind());
    CHECK_FALSE(fs::exists(j.path()));
    CHECK(text_of(j.last_path()) == "mine");
    j.leave(true);
  }
  Journal j(f.path, "x", resume);
  CHECK(j.left_behind());
  CHECK(text_of(j.path()) == "mine");
  CHECK_FALSE(fs::exists(j.last_path()));
  j.set_aside();
  keep(j, "another");
  CHECK(text_of(j.last_path()) == "mine");
}

TEST_CASE("of nine that were set aside after one another none is lost; a tenth takes the place of the oldest") {
  Folder f;
  for (int i = 1; i <= 11; ++i) {
    Journal j(f.path, "x", set_aside);
    CHECK(j.left_behind() == (i > 1));
    keep(j, std::to_string(i));
  }
  CHECK(text_of(f.path + "/x.chronus") == "11");
  CHECK(text_of(f.path + "/x.last.chronus") == "10");
  for (int age = 2; age <= 9; ++age) CHECK(text_of(f.path + "/x.last-" + std::to_string(age) + ".chronus") == std::to_string(11 - age));
  CHECK(files_in(f.path) == 10);
}

TEST_CASE("two of one name have a file each; the one that was left behind is found, whichever it was") {
  Folder f;
  auto first = std::make_unique<Journal>(f.path, "x", set_aside), second = std::make_unique<Journal>(f.path, "x", set_aside);
  CHECK(second->path() == f.path + "/x-01.chronus");
  CHECK(text_of(f.path + "/x.lock") == std::to_string(getpid()) + "\n");
  keep(*first, "first");
  keep(*second, "second");
  CHECK(text_of(first->path()) == "first");
  first->leave(true);
  second.reset();
  { Journal third(f.path, "x", set_aside); }
  CHECK(text_of(f.path + "/x-01.last.chronus") == "second");
  Journal fourth(f.path, "x", resume);
  CHECK(fourth.left_behind());
  CHECK(text_of(fourth.path()) == "second");
}

TEST_CASE("a folder that cannot be had is told of once, and stops nobody") {
  Folder f;
  std::ofstream(f.path + "/file") << "in the way";
  Journal j(f.path + "/file/chronus", "x", set_aside);
  CHECK(j.take_error().find("Not a directory") != std::string::npos);
  CHECK(j.take_error().empty());
  j.keep([] { return std::string("text"); });
  j.leave(true);
  Journal nowhere("", "x", set_aside);
  CHECK_FALSE(nowhere.take_error().empty());
}

TEST_CASE("a disk that refuses later is told of once; what was written stays") {
  Folder f;
  Journal j(f.path, "x", set_aside);
  keep(j, "good");
  fs::create_directory(j.path() + ".new"); // nobody, not even root, can write it
  keep(j, "bad");
  CHECK_FALSE(j.take_error().empty());
  keep(j, "bad");
  CHECK(j.take_error().empty());
  CHECK(text_of(j.path()) == "good");
}

TEST_CASE("a clean end sets the last revision aside for --resume; an empty one keeps the older") {
  Folder f;
  {
    Journal j(f.path, "x", set_aside);
    keep(j, "heard last");
    CHECK(j.leave(false));
  }
  CHECK(text_of(f.path + "/x.last.chronus") == "heard last");
  {
    Journal j(f.path, "x", set_aside);
    CHECK_FALSE(j.left_behind()); // nothing to complain of
    keep(j, "nothing");
    j.leave(true);
  }
  Journal j(f.path, "x", resume);
  CHECK(j.left_behind());
  CHECK(text_of(j.path()) == "heard last");
}

TEST_CASE("a folder that others can write to is not used, and links and pipes in it are not followed") {
  Folder f;
  fs::permissions(f.path, fs::perms::others_write, fs::perm_options::add);
  CHECK(Journal(f.path, "x", set_aside).take_error().find("others can write") != std::string::npos);
  fs::permissions(f.path, fs::perms::others_write, fs::perm_options::remove);
  std::ofstream(f.path + "/precious") << "mine";
  fs::create_symlink(f.path + "/precious", f.path + "/y.chronus.new");
  {
    Journal j(f.path, "y", set_aside);
    keep(j, "patch");
    CHECK(text_of(j.path()) == "patch");
  }
  fs::create_symlink(f.path + "/precious", f.path + "/z.lock");
  CHECK_FALSE(Journal(f.path, "z", set_aside).take_error().empty());
  REQUIRE(mkfifo((f.path + "/w.chronus.new").c_str(), 0600) == 0);
  {
    Journal j(f.path, "w", set_aside);
    keep(j, "patch");
    CHECK(text_of(j.path()) == "patch");
  }
  CHECK(text_of(f.path + "/precious") == "mine");
}

TEST_CASE("a client's name makes one file name, and no other name's") {
  CHECK(file_name_of("bass-01") == "bass-01");
  CHECK(file_name_of("../x.last") == "%2E%2E%2Fx%2Elast");
  CHECK(file_name_of("a%2Fb") == "a%252Fb");
}
