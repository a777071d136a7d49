#pragma once

namespace weir::actors {

/// SIGINT and SIGTERM of this process, as long as it lives: the first is remembered, a second one ends the process at once (130), wherever it
/// is; what was sealed goes on at the next start. Programs such as `timeout` send both or one twice: what comes within 200 ms of the
/// first is the same one. SIGPIPE and SIGXFSZ are ignored for good: writing into a closed
/// pipe, and beyond a limit of the file size, are errors like others.
///
/// Made before threads are, where possible: those that begin later leave the signals to a thread of this. Threads that were there before,
/// e.g. of an actor system of the user's own, may run the handler, which only counts. One at a time in a process.
class stop_signals {
public:
  stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;
  /// Gives the signals back to whoever had them.
  ~stop_signals();

  /// Whether one has come.
  bool received() const;

private:
  struct state;
  state* state_;
};

} // namespace weir::actors
