#include "actors/node/process_limits.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <latch>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace weir::actors {

namespace {

std::string limit_of(decltype(RLIMIT_NOFILE) which) {
  rlimit found{};
  if (::getrlimit(which, &found) != 0 || found.rlim_cur == RLIM_INFINITY)
    return "no limit of the process";
  return "its limit is " + std::to_string(found.rlim_cur);
}

class open_descriptors {
public:
  ~open_descriptors() {
    for (auto descriptor : all_)
      ::close(descriptor);
  }
  bool add() {
    auto opened = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (opened >= 0)
      all_.push_back(opened);
    return opened >= 0;
  }

private:
  std::vector<int> all_;
};

result<void> check_descriptors(std::uint64_t needed) {
  open_descriptors opened;
  for (std::uint64_t count = 0; count < needed; ++count)
    if (!opened.add()) {
      auto reason = errno;
      return fail(error_code::configuration,
                  "the process may open only " + std::to_string(count) + " more files and sockets (" +
                    limit_of(RLIMIT_NOFILE) + ", " + std::strerror(reason) + "), and the application needs " +
                    std::to_string(needed),
                  "limit of open files", "raise it, for example by ulimit -n 1024");
    }
  return {};
}

class waiting_threads {
public:
  ~waiting_threads() {
    let_go_.count_down();
    for (auto& thread : all_)
      thread.join();
  }
  void add() {
    all_.emplace_back([this] {
      std::free(std::malloc(1)); // address space is taken for its memory, too
      let_go_.wait();
    });
  }

private:
  std::latch let_go_{1};
  std::vector<std::thread> all_;
};

result<void> check_threads(std::uint64_t needed) {
  waiting_threads begun;
  for (std::uint64_t count = 0; count < needed; ++count)
    try {
      begun.add();
    } catch (const std::system_error& refused) {
      auto why = refused_thread(refused.code().message());
      why.what = "the process may begin only " + std::to_string(count) + " more threads (" + refused.code().message() +
                 "), and the application needs " + std::to_string(needed);
      return tl::make_unexpected(std::move(why));
    }
  return {};
}

char ending_program[64] = "weir";

/// Without memory of its own, as there may be none.
void say(std::initializer_list<const char*> words) {
  for (auto word : words)
    (void)!::write(STDERR_FILENO, word, std::strlen(word));
}

[[noreturn]] void end_the_process() {
  constexpr auto limits_code = static_cast<int>(error_code::configuration);
  try {
    if (auto thrown = std::current_exception())
      std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    say({ending_program, ": limits of the process: the system gives no more memory; raise them (ulimit -v), or lower "
                         "memory.limit\n"});
    ::_exit(limits_code);
  } catch (const std::system_error& refused) {
    say({ending_program, ": limits of the process: the system refuses a thread or a descriptor: ", refused.what(),
         "; raise them (ulimit -u, ulimit -n, ulimit -v)\n"});
    ::_exit(limits_code);
  } catch (const std::exception& other) {
    say(
      {ending_program, ": an exception that nobody caught: ", other.what(), "; what was acknowledged is in the log\n"});
    std::abort(); // a mistake of the program, whose core tells more
  } catch (...) {}
  if (std::uncaught_exceptions() >
      0) { // a library could not take back what it had begun, as CAF when a thread is refused
    say({ending_program,
         ": limits of the process: the system refuses a thread or memory; raise them (ulimit -u, ulimit -v)"
         "\n"});
    ::_exit(limits_code);
  }
  say({ending_program, ": it breaks off and cannot say why; what was acknowledged is in the log\n"});
  std::abort();
}

} // namespace

error refused_thread(const std::string& reason) {
  return {error_code::configuration, "the system refuses a thread: " + reason, "limit of threads",
          "raise it (ulimit -u), or that of memory (ulimit -v), or give fewer --executors"};
}

error refused_memory() {
  return {error_code::configuration, "the system gives no more memory", "limits of the process",
          "raise them (ulimit -v), or lower memory.limit"};
}

result<void> check_process(const process_needs& needs) {
  if (auto enough = check_descriptors(needs.descriptors); !enough)
    return enough;
  return check_threads(needs.threads);
}

sentence_at_terminate::sentence_at_terminate(const std::string& program) {
  std::snprintf(ending_program, sizeof ending_program, "%s", program.c_str());
  former_ = std::set_terminate(end_the_process);
}

sentence_at_terminate::~sentence_at_terminate() { std::set_terminate(former_); }

} // namespace weir::actors
