// SPDX-License-Identifier: Apache-2.0
#include "tools/process/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <charconv>
#include <functional>
#include <string_view>
#include <utility>

#include "tools/process/process_tree.hpp"

namespace orchestrator::harness::tools {

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Waiter = std::move_only_function<void(std::shared_ptr<ChildOutcome>)>;

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
constexpr std::size_t kReportBytesMax = std::size_t{4} << 10;
// How long the output of a program that has ended, or was killed, may stay open.
constexpr std::chrono::milliseconds kLingerAfterExit{200};
constexpr std::chrono::milliseconds kLingerAfterKill{900};
// A namespace ends by itself with its bubblewrap, but its memory has to be given back first.
constexpr std::chrono::milliseconds kLingerAfterNamespace{1'000};

void signal_handle(int handle, int signal) {
  if (handle >= 0) ::syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0);
}

struct PipeEnds {
  Descriptor in;
  Descriptor out;
  static std::optional<PipeEnds> make() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    return PipeEnds{Descriptor(ends[0]), Descriptor(ends[1])};
  }
};

class ChildProcess final : public std::enable_shared_from_this<ChildProcess> {
 public:
  ChildProcess(asio::any_io_executor executor, ChildRequest request)
      : executor_(std::move(executor)),
        request_(std::move(request)),
        timer_(executor_),
        handle_(executor_),
        first_(executor_),
        out_(executor_),
        err_(executor_),
        status_(executor_),
        report_(executor_) {
    outcome_->out = OutputCapture(request_.out);
    outcome_->err = OutputCapture(request_.err);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  std::optional<SpawnError> start(std::stop_token stop);
  static auto wait(ChildProcess* self);

 private:
  enum class Sink : std::uint8_t { out, err, status, report };
  struct Reader {
    explicit Reader(const asio::any_io_executor& executor) : stream(executor) {}
    asio::posix::stream_descriptor stream;
    std::string buffer;
    bool is_open = false;
  };

  void read_next(Sink sink);
  Reader& reader(Sink sink);
  void take(Sink sink, std::string_view bytes);
  void take_status(std::string_view bytes);
  void watch_exit();
  void watch_first(pid_t process);
  void release();
  void arm(Clock::time_point at, void (ChildProcess::*then)());
  void on_deadline() { stop(ChildEnd::deadline); }
  void stop(ChildEnd why);
  void kill_all();
  void on_exit();
  void on_linger();
  void reap(int options);
  void end_if_done();
  void finish();

  asio::any_io_executor executor_;
  ChildRequest request_;
  std::shared_ptr<ChildOutcome> outcome_ = std::make_shared<ChildOutcome>();  // handed to the waiter
  asio::steady_timer timer_;
  std::uint64_t timer_round_ = 0;          // outdates handlers of an earlier setting
  asio::posix::stream_descriptor handle_;  // of the program
  asio::posix::stream_descriptor first_;   // of the namespace's first process
  Reader out_;
  Reader err_;
  Reader status_;
  Reader report_;
  Descriptor release_;
  std::string status_text_;
  pid_t pid_ = -1;
  bool has_exited_ = false;
  bool has_first_ = false;
  bool is_stopping_ = false;
  bool is_killed_ = false;
  bool is_done_ = false;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
  Waiter waiter_;
};

// Only where the execution context ends under a child: nobody waits any more, and nothing may be left.
ChildProcess::~ChildProcess() {
  if (pid_ <= 0 || is_done_) return;
  is_done_ = true;
  kill_all();
  pollfd wait{.fd = handle_.native_handle(), .events = POLLIN, .revents = 0};
  ::poll(&wait, 1, 1'000);
  reap(WNOHANG);
}

std::optional<SpawnError> ChildProcess::start(std::stop_token stop) {
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto out = PipeEnds::make();
  auto err = PipeEnds::make();
  if (!nothing.is_open() || !out || !err) return SpawnError{errno, "a pipe"};
  SpawnRequest spawned{.program = request_.program,
                       .arguments = request_.arguments,
                       .environment = request_.environment,
                       .descriptors = {nothing.get(), out->out.get(), err->out.get()},
                       .limits = request_.limits,
                       .cgroups = request_.cgroups};
  std::optional<PipeEnds> status;
  std::optional<PipeEnds> hold;
  std::optional<PipeEnds> report;
  if (request_.kind == ChildKind::bubblewrap) {
    status = PipeEnds::make();
    hold = PipeEnds::make();
    report = PipeEnds::make();
    if (!status || !hold || !report) return SpawnError{errno, "a pipe"};
    spawned.descriptors.insert(spawned.descriptors.end(), {status->out.get(), hold->in.get(), report->out.get()});
  }
  spawned.descriptors.insert(spawned.descriptors.end(), request_.descriptors.begin(), request_.descriptors.end());
  auto child = spawn(spawned);
  if (!child) return child.error();
  pid_ = child->pid;
  handle_.assign(child->handle.release());
  const auto begin = [this](Sink sink, std::optional<PipeEnds>& pipe) {
    if (!pipe) return;
    Reader& of = reader(sink);
    of.stream.assign(pipe->in.release());
    of.stream.non_blocking(true);
    of.buffer.resize(sink == Sink::out || sink == Sink::err ? kReadBytes : 1024);
    of.is_open = true;
    read_next(sink);
  };
  begin(Sink::out, out);
  begin(Sink::err, err);
  begin(Sink::status, status);
  begin(Sink::report, report);
  if (hold) release_ = std::move(hold->out);
  watch_exit();
  arm(request_.deadline, &ChildProcess::on_deadline);
  if (stop.stop_possible()) {
    on_stop_.emplace(std::move(stop), [executor = executor_, weak = weak_from_this()] {
      asio::post(executor, [weak] {
        if (const auto alive = weak.lock()) alive->stop(ChildEnd::cancelled);
      });
    });
  }
  return std::nullopt;
}

auto ChildProcess::wait(ChildProcess* self) {
  const auto initiate = [](auto handler, ChildProcess* child) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([weak = child->weak_from_this()](asio::cancellation_type type) {
        const auto alive = weak.lock();
        if (alive && type != asio::cancellation_type::none) alive->stop(ChildEnd::cancelled);
      });
    }
    child->waiter_ = Waiter(std::move(handler));
  };
  return asio::async_initiate<const asio::deferred_t, void(std::shared_ptr<ChildOutcome>)>(initiate, asio::deferred,
                                                                                           self);
}

ChildProcess::Reader& ChildProcess::reader(Sink sink) {
  switch (sink) {
    case Sink::out:
      return out_;
    case Sink::err:
      return err_;
    case Sink::status:
      return status_;
    case Sink::report:
      break;
  }
  return report_;
}

void ChildProcess::read_next(Sink sink) {
  Reader& from = reader(sink);
  from.stream.async_read_some(asio::buffer(from.buffer),
                              [self = shared_from_this(), sink](auto error, std::size_t size) {
                                if (self->is_done_) return;
                                Reader& of = self->reader(sink);
                                if (error) {
                                  of.is_open = false;
                                  self->end_if_done();
                                  return;
                                }
                                self->take(sink, std::string_view(of.buffer).substr(0, size));
                                self->read_next(sink);
                              });
}

void ChildProcess::take(Sink sink, std::string_view bytes) {
  switch (sink) {
    case Sink::out:
      outcome_->out.push(bytes);
      return;
    case Sink::err:
      outcome_->err.push(bytes);
      return;
    case Sink::status:
      take_status(bytes);
      return;
    case Sink::report:
      break;
  }
  outcome_->report.append(bytes.substr(0, kReportBytesMax - outcome_->report.size()));
}

// The first line is `{ "child-pid": NUMBER, ...`, written while the first process of the namespace waits to be
// released: it cannot have ended, so the number is still its own.
void ChildProcess::take_status(std::string_view bytes) {
  if (has_first_ || status_text_.size() > kReportBytesMax) return;
  status_text_.append(bytes);
  constexpr std::string_view kName = "\"child-pid\": ";
  const std::size_t at = status_text_.find(kName);
  if (at == std::string::npos || status_text_.find(',', at) == std::string::npos) return;
  pid_t process = 0;
  std::from_chars(status_text_.data() + at + kName.size(), status_text_.data() + status_text_.size(), process);
  if (process > 1) watch_first(process);
  if (is_stopping_) return kill_all();
  release();
}

void ChildProcess::watch_first(pid_t process) {
  Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!handle.is_open()) return;
  first_.assign(handle.release());
  has_first_ = true;
  first_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](auto error) {
    if (error || self->is_done_) return;
    self->has_first_ = false;
    self->first_.close();
    self->end_if_done();
  });
}

void ChildProcess::release() {
  if (!release_.is_open()) return;
  [[maybe_unused]] const ssize_t written = ::write(release_.get(), "", 1);
  release_.close();
}

void ChildProcess::watch_exit() {
  handle_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](auto error) {
    if (!error && !self->is_done_) self->on_exit();
  });
}

void ChildProcess::arm(Clock::time_point at, void (ChildProcess::*then)()) {
  const std::uint64_t round = ++timer_round_;
  timer_.expires_at(at);
  timer_.async_wait([self = shared_from_this(), round, then](auto error) {
    if (!error && !self->is_done_ && round == self->timer_round_) (self.get()->*then)();
  });
}

void ChildProcess::stop(ChildEnd why) {
  if (is_stopping_ || has_exited_ || is_done_) return;
  is_stopping_ = true;
  outcome_->end = why == ChildEnd::cancelled && Clock::now() >= request_.deadline ? ChildEnd::deadline : why;
  // What has not been released has run nothing yet and needs no grace. But bubblewrap is not killed before its first
  // process is known: that one does not die with it until it has asked for that.
  if (release_.is_open()) return arm(Clock::now() + request_.grace, &ChildProcess::kill_all);
  signal_descendants(pid_, SIGTERM);
  // bubblewrap itself would end at once and take the tree along.
  if (request_.kind == ChildKind::plain) signal_handle(handle_.native_handle(), SIGTERM);
  arm(Clock::now() + request_.grace, &ChildProcess::kill_all);
}

void ChildProcess::kill_all() {
  is_killed_ = true;
  if (request_.kind == ChildKind::plain) signal_descendants(pid_, SIGKILL);
  if (has_first_) signal_handle(first_.native_handle(), SIGKILL);
  if (!has_exited_) signal_handle(handle_.native_handle(), SIGKILL);
  if (request_.kind == ChildKind::plain) ::kill(-pid_, SIGKILL);
  if (!is_done_) arm(Clock::now() + kLingerAfterKill, &ChildProcess::on_linger);
}

void ChildProcess::on_exit() {
  siginfo_t info{};
  const int waited = ::waitid(P_PIDFD, static_cast<id_t>(handle_.native_handle()), &info, WEXITED | WNOWAIT);
  if (waited == 0 && info.si_code == CLD_EXITED) {
    outcome_->exit_code = info.si_status;
  } else if (waited == 0) {
    outcome_->signal = info.si_status;
  }
  if (out_.is_open || err_.is_open || has_first_) {
    const bool is_plain = request_.kind == ChildKind::plain;
    arm(Clock::now() + (is_plain ? kLingerAfterExit : kLingerAfterNamespace), &ChildProcess::on_linger);
  }
  has_exited_ = true;
  if (request_.kind == ChildKind::plain && is_stopping_) kill_all();
  end_if_done();
}

// Last of all: until then the zombie keeps its number, and so that of its process group, from being given away.
void ChildProcess::reap(int options) {
  siginfo_t info{};
  if (handle_.is_open()) ::waitid(P_PIDFD, static_cast<id_t>(handle_.native_handle()), &info, WEXITED | options);
}

void ChildProcess::on_linger() {
  if (!is_killed_) {
    outcome_->left_running = true;
    kill_all();
    return;
  }
  outcome_->left_running = true;
  finish();
}

void ChildProcess::end_if_done() {
  if (has_exited_ && !has_first_ && !out_.is_open && !err_.is_open && !report_.is_open) finish();
}

void ChildProcess::finish() {
  if (is_done_) return;
  is_done_ = true;
  on_stop_.reset();
  timer_.cancel();
  reap(has_exited_ ? 0 : WNOHANG);
  boost::system::error_code ignored;
  for (asio::posix::stream_descriptor* stream :
       {&handle_, &first_, &out_.stream, &err_.stream, &status_.stream, &report_.stream}) {
    if (stream->is_open()) stream->close(ignored);
  }
  if (Waiter waiter = std::exchange(waiter_, nullptr)) waiter(outcome_);
}

}  // namespace

Awaitable<std::expected<std::shared_ptr<ChildOutcome>, SpawnError>> run_child(ChildRequest request,
                                                                              std::stop_token stop) {
  const auto executor = co_await asio::this_coro::executor;
  if (stop.stop_requested()) {
    auto none = std::make_shared<ChildOutcome>();
    none->end = ChildEnd::cancelled;
    none->started = false;
    co_return none;
  }
  auto child = std::make_shared<ChildProcess>(executor, std::move(request));
  if (auto error = child->start(std::move(stop))) co_return std::unexpected(std::move(*error));
  // From here on its pending handlers own it: this frame is owned by it in turn, through its waiter.
  ChildProcess* const running = child.get();
  child.reset();
  auto outcome = co_await ChildProcess::wait(running);
  co_return outcome;
}

}  // namespace orchestrator::harness::tools
