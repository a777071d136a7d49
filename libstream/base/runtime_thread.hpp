#pragma once

namespace weir {

/// Marks the calling thread, for as long as this lives, as one on which a runtime runs functions of the program: operators, outputs,
/// receivers. A runtime waits for these threads when it ends, so a function on one of them must not wait for the end.
class runtime_thread {
public:
  runtime_thread() { marked() = true; }
  ~runtime_thread() { marked() = false; }
  runtime_thread(const runtime_thread&) = delete;
  runtime_thread& operator=(const runtime_thread&) = delete;

  static bool is_this() { return marked(); }

private:
  static bool& marked() {
    thread_local bool is_marked = false;
    return is_marked;
  }
};

} // namespace weir
