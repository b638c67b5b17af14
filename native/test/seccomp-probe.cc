// Tells what the kernel does with a system call under compiled seccomp programs (files of struct sock_filter).
//
//   seccomp-probe exec <program>... -- <command> <argument>...   runs the command under the programs
//   seccomp-probe calls <program>...                             makes the calls on stdin, each in a child of its own
//
// A call is a line: `<entry> <number> <argument 0> ... <argument 5>`; entry is `native` or `int80` (the i386 door of
// x86_64). The verdict is a line: `errno <n>`, `returned <n>` or `signal <n>`. Without a program the call is made
// unfiltered: the control of the experiment. Calls are made in namespaces and a session of their own, so that one which
// is let through does no harm to the machine.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Program = std::vector<sock_filter>;

constexpr unsigned kCallDeadlineSeconds = 5;

struct Call {
  bool int80 = false;
  long number = 0;
  std::array<unsigned long, 6> arguments{};
};

struct Outcome {
  long result = 0;
  int error = 0;
};

[[noreturn]] void fail(const char* step) {
  std::perror(step);
  std::exit(2);
}

Program read_program(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(path);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  Program program(bytes.size() / sizeof(sock_filter));
  std::memcpy(program.data(), bytes.data(), program.size() * sizeof(sock_filter));
  return program;
}

void install(Program& program) {
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) fail("PR_SET_SECCOMP");
}

// The strictest comes last: it may refuse to install another.
void install_all(std::span<Program> programs) {
  if (programs.empty()) return;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS");
  for (Program& program : programs) install(program);
}

Outcome make_int80([[maybe_unused]] const Call& call) {
#if defined(__x86_64__)
  long result = 0;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(call.number), "b"(call.arguments[0])
               : "memory", "r8", "r9", "r10", "r11");
  return result < 0 ? Outcome{-1, static_cast<int>(-result)} : Outcome{result, 0};
#else
  return {-1, ENOSYS};
#endif
}

Outcome make(const Call& call) {
  if (call.int80) return make_int80(call);
  const auto& a = call.arguments;
  const long result = syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return {result, result == -1 ? errno : 0};
}

// A child that the call itself makes comes back here too: it writes nothing.
[[noreturn]] void call_and_report(const Call& call, std::span<Program> programs, int report) {
  const pid_t self = getpid();
  alarm(kCallDeadlineSeconds);
  install_all(programs);
  const Outcome outcome = make(call);
  if (getpid() == self && write(report, &outcome, sizeof outcome) != sizeof outcome) _exit(1);
  _exit(0);
}

std::string verdict_of(const Call& call, std::span<Program> programs) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) fail("pipe");
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) call_and_report(call, programs, ends[1]);
  close(ends[1]);
  Outcome outcome;
  const ssize_t got = read(ends[0], &outcome, sizeof outcome);
  close(ends[0]);
  int status = 0;
  if (waitpid(child, &status, 0) != child) fail("waitpid");
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  if (got != sizeof outcome) return "exited " + std::to_string(WEXITSTATUS(status));
  if (outcome.error != 0) return "errno " + std::to_string(outcome.error);
  return "returned " + std::to_string(outcome.result);
}

int probe_calls(std::span<Program> programs) {
  setsid();
  if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET) != 0) fail("unshare");
  std::string entry;
  Call call;
  while (std::cin >> entry >> call.number) {
    call.int80 = entry == "int80";
    for (unsigned long& argument : call.arguments) std::cin >> argument;
    std::cout << verdict_of(call, programs) << std::endl;
  }
  return 0;
}

int exec_under(std::span<Program> programs, char** command) {
  install_all(programs);
  execvp(*command, command);
  fail(*command);
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<size_t>(argc));
  if (argc < 2) return 2;
  std::vector<Program> programs;
  size_t at = 2;
  for (; at < arguments.size() && std::string_view(arguments[at]) != "--"; ++at)
    programs.push_back(read_program(arguments[at]));
  if (std::string_view(arguments[1]) == "calls") return probe_calls(programs);
  if (std::string_view(arguments[1]) == "exec" && at + 1 < arguments.size())
    return exec_under(programs, &arguments[at + 1]);
  return 2;
}
