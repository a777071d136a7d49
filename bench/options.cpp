#include "bench/options.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace weir::bench {

namespace {

constexpr auto usage = R"(weir-bench [CASE]... [--quick] [--without-log] [--json FILE] [--check] [--record] [--list]

Measures the cases whose names begin with one of CASE (default: all). Each case runs in turns with the best hand-written loop on the
same data; every result is checked; the table shows medians. Exits with 1 if a result is wrong.
  --quick        small data, one run each: shows that the cases work; the figures mean nothing
  --without-log  of the cases that compute the same with and without log, only the latter: to compare two builds in little time
  --json FILE    writes the figures as JSON
  --check        names the cases that are slower than in the last entry of bench/history.json; exits with 1 if there are any
  --record       adds an entry to bench/history.json
  --history FILE uses another file than bench/history.json
  --list         names the cases
)";

[[noreturn]] void refuse(const std::string& sentence) {
  std::fprintf(stderr, "weir-bench: %s\n", sentence.c_str());
  std::exit(64);
}

std::uint64_t number(const std::string& text, const char* flag) {
  char* end = nullptr;
  auto value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != 0)
    refuse(std::string{flag} + " takes a whole number, not \"" + text + "\"");
  return value;
}

} // namespace

options read_options(int argc, char** argv) {
  options made;
  auto sender = [&]() -> sender_options& { return made.sender ? *made.sender : made.sender.emplace(); };
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    auto flag = word.substr(0, word.find('='));
    auto value = [&] {
      if (flag.size() < word.size())
        return word.substr(flag.size() + 1);
      if (++i == argc)
        refuse(flag + " needs a value");
      return std::string{argv[i]};
    };
    if (word == "--help" || word == "-h") {
      std::fputs(usage, stdout);
      std::exit(0);
    } else if (word == "--quick") {
      made.quick = true;
    } else if (word == "--without-log") {
      made.without_log = true;
    } else if (word == "--list") {
      made.list = true;
    } else if (word == "--check") {
      made.check = true;
    } else if (word == "--record") {
      made.record = true;
    } else if (flag == "--json") {
      made.json = value();
    } else if (flag == "--history") {
      made.history = value();
    } else if (flag == "--sender") { // the other process of latency and empty-batch
      sender().address = value();
    } else if (flag == "--start") {
      sender().start_ns = number(value(), "--start");
    } else if (flag == "--rate") {
      sender().rate = number(value(), "--rate");
    } else if (flag == "--count") {
      sender().count = number(value(), "--count");
    } else if (flag == "--tick") {
      sender().tick_us = number(value(), "--tick");
    } else if (word.starts_with("-")) {
      refuse("unknown flag \"" + word +
             "\"; one of --quick, --without-log, --json, --check, --record, --history, --list, --help");
    } else {
      made.cases.push_back(word);
    }
  }
  if (made.record && (made.quick || made.without_log))
    refuse("--record takes no figures of --quick or --without-log: they would be compared with those of whole runs");
  return made;
}

} // namespace weir::bench
