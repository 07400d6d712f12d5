// SPDX-License-Identifier: GPL-3.0-or-later
// While the program is built. Fills chronus.1.in from the program's own tables, and writes chronus-modules(7) from the modules'.
#include "control/manual.hpp"
#include "control/shell/options.hpp"
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: generate DATE modules | generate DATE chronus.1.in DATADIR\n", stderr);
    return 2;
  }
  const std::string date = argv[1], what = argv[2];
  if (what == "modules") {
    std::cout << chronus::control::manual_modules(date);
    return 0;
  }
  std::ifstream in(what);
  for (std::string line; std::getline(in, line);) {
    if (line == "@OPTIONS@") std::cout << chronus::control::manual_options();
    else if (line == "@COMMANDS@") std::cout << chronus::control::manual_commands();
    else if (line == "@DATE@") std::cout << ".Dd " << date << '\n';
    else if (const auto at = line.find("@DATADIR@"); at != line.npos && argc > 3) std::cout << line.replace(at, 9, argv[3]) << '\n';
    else std::cout << line << '\n';
  }
  return in.eof() ? 0 : 1;
}
