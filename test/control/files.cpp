// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. source, load and save.
#include "../support/talk.hpp"
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace chronus;
using test::Talk;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / fmt::format("chronus-files-{}", ::getpid());
  Folder() { fs::create_directory(path); }
  ~Folder() { fs::remove_all(path); }
  std::string write(const char* name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return path / name;
  }
};

} // namespace

TEST_CASE("source runs a file's lines on the same clock, in the place of its own line") {
  const Folder folder;
  const std::string inner = folder.write("inner", "wait 1s\nset a.gain 2");
  Talk t;
  t.say("create a sine\nconnect a out\ncommit\nsource " + inner + "\nwait 1s\nset a.gain 3");
  CHECK(t.err == "");
  CHECK(t.host.log[1] == "set a 1 2 @48000");
  CHECK(t.host.log[2] == "set a 1 3 @96000");
}

TEST_CASE("an error in a sourced file names that file and its line") {
  const Folder folder;
  const std::string inner = folder.write("inner", "\n  frobnicate\n");
  Talk t;
  CHECK(t.complaint("source " + inner + "\nnonsense").starts_with(inner + ":2:3: unknown command"));
  CHECK(test::lines_of(t.err)[1].starts_with("<stdin>:2:1: "));
}

TEST_CASE("a file that includes itself, or too many within one another, is refused at the word") {
  const Folder folder;
  const std::string self = folder.path / "self";
  folder.write("self", "source " + self + "\n");
  Talk t;
  CHECK(t.complaint("source " + self).find(self + ":1:8: ") == 0);
  CHECK(t.err.find("itself") != std::string::npos);
  for (int i = 0; i < 20; ++i) folder.write(fmt::format("f{}", i).c_str(), fmt::format("source {}/f{}\n", folder.path.string(), i + 1));
  CHECK(t.complaint("source " + (folder.path / "f0").string()).find("limited to 16") != std::string::npos);
  CHECK(test::lines_of(t.err).size() == 1);
}

TEST_CASE("a folder, a device and a huge file are refused without being read") {
  const Folder folder;
  const std::string huge = folder.write("huge", "");
  fs::resize_file(huge, control::max_file_bytes + 1);
  Talk t;
  CHECK(t.complaint("source " + folder.path.string()).find("is a directory") != std::string::npos);
  CHECK(t.complaint("source /dev/zero").find("is not a regular file") != std::string::npos);
  CHECK(t.complaint("load " + huge).find("limit of 16 MiB") != std::string::npos);
}

TEST_CASE("scripts given by name run one after the other, before the end of the input") {
  const Folder folder;
  Talk t;
  t.session.run_file(folder.write("one", "create a sine\nconnect a out\ncommit\nwait 1s\n"));
  t.session.run_file(folder.write("two", "frobnicate\nset a.gain 2\n"));
  t.session.close();
  t.step();
  CHECK(t.err.find("two:1:1: ") != std::string::npos);
  CHECK(t.host.log.back() == "set a 1 2 @48000");
  CHECK_THROWS(t.session.run_file("/nonexistent"));
}

TEST_CASE("a patch is saved by name, unchanged values left out, and is loaded whole or not at all") {
  const Folder folder;
  const std::string file = folder.path / "my patch";
  Talk t;
  t.say("create z sine freq=55..820 lanes=4\ncreate a biquad mode=bandpass cutoff=[100 1.2k]\ncreate e adsr lanes=4\nconnect z e out.2\nconnect z a.cutoff by=-300\ngate e#2 on\nsave '" + file + "'");
  CHECK(t.err == "");
  CHECK(control::read_script({file}).text ==
        "# A chronus patch: 'load' it, then 'commit'.\ncreate a biquad mode=bandpass cutoff=[100Hz 1200Hz]\ncreate e adsr lanes=4\n"
        "create z sine freq=55Hz..820Hz lanes=4\nconnect z a.cutoff by=-300Hz\nconnect z e\nconnect e out.2\ngate e#2 on\n");
  Talk u;
  u.say("create old gain\nload '" + file + "'");
  CHECK(u.err == "");
  CHECK(u.session.patch().instances.size() == 3);
  const control::Patch before = u.session.patch();
  const std::string bad = folder.write("bad", "create q sine\ncreate q sine\n"), wrong = folder.write("wrong", "create q sine\nwait 1s\n");
  CHECK(u.complaint("load " + bad) == fmt::format("<stdin>:3:6: {}:2:8: there is already a module 'q'\n", bad));
  CHECK(u.complaint("load " + wrong).find(":2:1: 'wait' has no place in a patch") != std::string::npos);
  CHECK(u.session.patch() == before);
}

TEST_CASE("a path is looked for beside the file that says it, then in the working folder; ~ is home; a link's target is the file") {
  const Folder folder;
  fs::create_directories(folder.path / "set/parts");
  folder.write("set/song", "source parts/voice\n");
  folder.write("set/parts/voice", "source sound\n");
  folder.write("set/parts/sound", "create a sine\n");
  Talk t;
  t.say("source " + (folder.path / "set/song").string());
  CHECK(t.err == "");
  CHECK(t.session.patch().instances.size() == 1);
  CHECK(control::script_path({"x", 3}, (folder.path / "set/").string()).text == "x");
  ::setenv("HOME", folder.path.c_str(), 1);
  CHECK(control::expand_home("~/a b") == folder.path.string() + "/a b");
  CHECK(control::expand_home("~") == folder.path.string());
  CHECK(control::expand_home("~root/x").ends_with("/x"));
  CHECK(control::expand_home("~nobody_of_that_name/x") == "~nobody_of_that_name/x");
  CHECK(control::expand_home("a~/x") == "a~/x");
  fs::create_symlink("set/parts/sound", folder.path / "link");
  fs::create_hard_link(folder.path / "set/parts/sound", folder.path / "hard");
  const auto id = [&](const char* name) { return control::FileId((folder.path / name).string()); };
  CHECK(id("link").same_as(id("hard")));
  CHECK(id("new").same_as(id("set/../new")));
  CHECK(!id("new").same_as(id("set/new")));
}

TEST_CASE("a patch replaces the script that it came from or went to, another only by save!, and nothing else") {
  const Folder folder;
  const std::string mine = folder.path / "mine", other = folder.write("other", "create z gain\n"), text = folder.write("text", "to do: practise\n");
  Talk t;
  t.say("create a sine\nsave " + mine + "\nset a.gain 0.1\nsave " + mine);
  CHECK(t.err == "");
  CHECK(t.complaint("save " + other).find("'save! FILE' replaces it") != std::string::npos);
  CHECK(t.complaint("save! " + text).find("no chronus script") != std::string::npos);
  CHECK(control::read_script({text}).text == "to do: practise\n");
  CHECK(t.complaint("save! " + other + "\nsave " + other) == "");
  folder.write("mine", "create edited gain\n");
  CHECK(t.complaint("save " + mine).find("has been changed") != std::string::npos);
  CHECK(t.complaint("load " + mine + "\nsave " + mine) == "");
  CHECK(t.complaint("save " + other).find("'save! FILE' replaces it") != std::string::npos);
}

TEST_CASE("a script that comes through a pipe is run as it comes, and holds up what stands behind it") {
  const Folder folder;
  const std::string fifo = folder.path / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  Talk t;
  t.say("source " + fifo + "\ncreate behind sine");
  CHECK(t.session.patch().instances.empty());
  std::ofstream writer(fifo);
  writer << "create a sine\ncre" << std::flush;
  t.step();
  CHECK(t.session.patch().instances.size() == 1);
  writer << "ate b sine" << std::flush;
  writer.close();
  t.step();
  t.step();
  CHECK(t.err == "");
  CHECK(t.session.patch().instances.size() == 3);
}

TEST_CASE("loading what is current changes nothing, and leaves sums as they are") {
  const Folder folder;
  const std::string file = folder.path / "p";
  Talk t;
  t.say("create a sine\ncreate b sine\ncreate c sine\nconnect a out\nconnect b out\nconnect c out\ndisconnect b out\ncommit\nsave " + file + "\nload " + file + "\ndiff");
  CHECK(t.err == "");
  CHECK(!t.session.editing());
  CHECK(t.host.current().cables[1].ordinal == 2);
}

TEST_CASE("how many lanes meet is checked once a file has been read: in between, the order of its cables may not fit") {
  const Folder folder;
  const std::string path = folder.path / "wide";
  Talk t;
  t.say("create s sine lanes=5\ncreate d delay time=[10 20 30]\ncreate a gain\nconnect s d\nconnect d a\nconnect s a\nconnect a out\nsave " + path);
  const control::Patch saved = t.session.patch();
  t.say("abort\nload " + path);
  CHECK(t.err == "");
  CHECK(t.session.patch().instances == saved.instances);
  CHECK(t.session.patch().cables.size() == 4);
  const std::string odd = folder.write("odd", "create s sine lanes=5\ncreate d delay lanes=3\nconnect s d\n");
  CHECK(t.complaint("load " + odd).find("odd: d would have both 3 and 5 lanes") != std::string::npos);
}
