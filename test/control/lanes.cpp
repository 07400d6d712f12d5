// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. Lanes and gates.
#include "../support/talk.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using test::Talk;

namespace {

int width(Talk& t, const char* name) { return control::lanes_of(t.session.patch()).at(name); }

} // namespace

TEST_CASE("a module takes the widest of what feeds it, and a draft knows at every edit what lanes_of finds") {
  Talk t;
  t.say("create s sine lanes=8\ncreate m sine freq=[100 200]\ncreate f biquad\ncreate g gain\nconnect s f g out");
  CHECK(width(t, "g") == 8);
  CHECK(width(t, "m") == 2);
  t.say("disconnect s f");
  CHECK(width(t, "g") == 1);
  CHECK(t.session.draft()->width("g") == 1);
  t.say("connect m f");
  CHECK(t.session.draft()->width("g") == 2);
  CHECK(t.complaint("connect s g").find("g would have both 2 and 8 lanes") != std::string::npos);
  CHECK(t.session.draft()->width("g") == 2);
  t.say("delete m");
  CHECK(t.session.draft()->width("g") == 1);
  CHECK(t.complaint("connect s f.cutoff by=10") == "");
  CHECK(t.session.draft()->width("g") == 8);
}

TEST_CASE("in a feedback loop lanes come and go with what feeds it") {
  Talk t;
  t.say("create s sine lanes=4\ncreate g gain\ncreate d delay\nconnect g d g\nconnect s g out");
  CHECK(width(t, "d") == 4);
  t.say("disconnect s g");
  CHECK(t.session.draft()->width("d") == 1);
}

TEST_CASE("setting a value never takes lanes away, neither staged nor live") {
  Talk t;
  t.say("create s sine freq=[100 200 300]\nconnect s out\ncommit\nset s.freq 440");
  CHECK(t.host.log.back() == "set s 0 440 440 440 @0");
  CHECK(width(t, "s") == 3);
  CHECK(t.complaint("set s.freq [1 2 3 4]").find("4 values for 3 lanes") != std::string::npos);
  t.say("create x gain\nset s.freq [1 2]");
  CHECK(t.session.patch().instances.at("s").settings[0].numbers == std::vector<float>{1, 2, 1});
}

TEST_CASE("the limits on lanes, modules and names are named") {
  Talk t;
  CHECK(t.complaint("create s gain lanes=257").find("limits 1 to 256") != std::string::npos);
  CHECK(t.complaint("create " + std::string(65, 'x') + " gain").find("limit of 64") != std::string::npos);
  std::string many;
  for (int i = 0; i < 4096; ++i) many += fmt::format("create s{} gain lanes=256\n", i);
  CHECK(t.complaint(many) == "");
  CHECK(t.complaint("create one gain").find("over the limit of 1048576") != std::string::npos);
  CHECK(t.session.patch().instances.size() == 4096);
}

TEST_CASE("gates open all lanes or one, and only where there are that many") {
  Talk t;
  t.say("create e adsr lanes=3\ngate e#3 on");
  const auto gates = [&] { return t.session.patch().instances.at("e").gates; };
  CHECK(gates() == std::vector<bool>{false, false, true});
  t.say("gate e on");
  CHECK(gates() == std::vector<bool>{true});
  t.say("gate e#1 0");
  CHECK(gates() == std::vector<bool>{false, true, true});
  t.say("gate e off");
  CHECK(gates().empty());
  CHECK(t.complaint("gate e#4 on").find("e has 3 lanes") != std::string::npos);
  for (const char* wrong : {"gate e#0 on", "gate e# on", "gate e yes", "gate e ON", "gate e#x on", "gate e 2"}) CHECK(t.complaint(wrong) != "");
  t.err.clear();
  t.say("commit force\ngate e#2 on\ngate e off");
  CHECK(t.err == "");
  CHECK(t.host.log[1] == "gate e 1 true @0");
  CHECK(t.host.log[2] == "gate e -1 false @0");
}
