#include "apps/weir/application.hpp"

#include <cerrno>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

namespace weir::tool {

namespace {

constexpr std::size_t tail_lines = 20;
constexpr std::string_view ready_words = "ready input=";

batch_line batch_of(const nlohmann::json& line) {
  batch_line batch;
  batch.batch = line.value("batch", std::uint64_t{0});
  batch.time_ms = line.value("batch_time_ms", std::int64_t{0});
  batch.records = line.value("records", std::uint64_t{0});
  batch.bytes = line.value("bytes", std::uint64_t{0});
  batch.processing_us = line.value("processing_us", std::int64_t{0});
  batch.total_delay_us = line.value("total_delay_us", std::int64_t{0});
  return batch;
}

} // namespace

result<shared_page> shared_page::make() {
  shared_page page;
  page.file_ = descriptor{::memfd_create("weir-chaos", MFD_CLOEXEC)};
  if (!page.file_ || ::ftruncate(page.file_.get(), sizeof(actors::chaos_page)) != 0)
    return fail(error_code::failed, std::string{"cannot make shared memory: "} + std::strerror(errno));
  auto memory = ::mmap(nullptr, sizeof(actors::chaos_page), PROT_READ | PROT_WRITE, MAP_SHARED, page.file_.get(), 0);
  if (memory == MAP_FAILED)
    return fail(error_code::failed, std::string{"cannot map shared memory: "} + std::strerror(errno));
  page.page_ = new (memory) actors::chaos_page{};
  return page;
}

shared_page::~shared_page() {
  if (page_)
    ::munmap(page_, sizeof *page_);
}

void shared_page::arm(const std::string& point, std::int64_t countdown) {
  std::memset(page_->armed, 0, sizeof page_->armed);
  std::memcpy(page_->armed, point.data(), std::min(point.size(), sizeof page_->armed - 1));
  page_->countdown.store(countdown);
  page_->hit.store(0);
  for (auto& each : page_->open)
    each.store(0);
}

result<application> application::start(std::vector<std::string> arguments, const shared_page* page,
                                       application_listener listener) {
  arguments[0] = sibling_program(arguments[0]);
  command program;
  program.arguments = std::move(arguments);
  program.errors = redirection::pipe();
  if (page) {
    program.inherited = page->file();
    program.environment["WEIR_CHAOS_PAGE"] = std::to_string(command::inherited_number);
  }
  auto process = subprocess::start(program);
  if (!process)
    return tl::make_unexpected(process.error());
  return application{std::move(*process), std::move(listener)};
}

void application::listen() {
  read_available(process_.errors(), unfinished_);
  std::size_t from = 0;
  for (auto end = unfinished_.find('\n'); end != std::string::npos; end = unfinished_.find('\n', from)) {
    hear(unfinished_.substr(from, end - from));
    from = end + 1;
  }
  unfinished_.erase(0, from);
}

void application::hear(const std::string& line) {
  if (line.starts_with("{")) {
    auto parsed = nlohmann::json::parse(line, nullptr, false);
    auto event = parsed.is_object() ? parsed.value("event", std::string{}) : std::string{};
    if (event == "batch_committed" || event == "batch_done") {
      auto& told = event == "batch_done" ? listener_.done : listener_.committed;
      if (told)
        told(batch_of(parsed));
      return;
    }
  }
  tail_.push_back(line);
  if (tail_.size() > tail_lines)
    tail_.erase(tail_.begin());
  if (line.starts_with(ready_words) && listener_.ready)
    listener_.ready(line.substr(ready_words.size()));
}

std::string application::tail() const {
  if (tail_.empty() && unfinished_.empty())
    return "\n  (it wrote nothing on standard error)";
  std::string text;
  for (auto& line : tail_)
    text += "\n  | " + line;
  return unfinished_.empty() ? text : text + "\n  | " + unfinished_;
}

} // namespace weir::tool
