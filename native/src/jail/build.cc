#include "jail/build.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail/identity.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "sys/socket.h"

namespace jail {
namespace {

using sys::Done;
using sys::done;

// Where the sandbox takes shape, in the launcher's stage.
const std::string kScratch = "/scratch";
const std::string kRootfs = "/rootfs";

// Room for /etc files and mount points beside /tmp.
constexpr unsigned long long kOverheadBytes = 256 * 1024;
constexpr unsigned long long kOverheadInodes = 32;

// Hidden: they tell of the host, or let it be changed. Source: the OCI default masks, plus what later advisories added.
constexpr const char* kMaskedFiles[] = {"acpi",          "asound",      "interrupts", "kcore",       "keys",
                                        "latency_stats", "sched_debug", "timer_list", "timer_stats", "kmsg",
                                        "kallsyms",      "kpagecount",  "kpageflags", "kpagecgroup", "sysrq-trigger",
                                        "scsi",          "modules"};
constexpr const char* kReadOnlyDirs[] = {"bus", "fs", "irq", "sys"};

Done await_id_map(Blueprint& print) {
  char byte = 0;
  if (print.mapped >= 0 && sys::retrying([&] { return ::read(print.mapped, &byte, 1); }) != 1)
    return sys::failure("read", "id map");
  return sys::set_ids(kRoot, kRoot);
}

Done name_host(Blueprint& print) {
  if (::sethostname(print.hostname.data(), print.hostname.size()) < 0) return sys::failure("sethostname");
  return done();
}

Done loopback_up(Blueprint&) { return sys::loopback_up(); }

Done private_mounts(Blueprint&) { return sys::make_private("/"); }

// One bounded tmpfs holds the overlay's upper layer and /tmp.
Done mount_scratch(Blueprint& print) {
  TRY(sys::mount("tmpfs", kScratch, MS_NOSUID | MS_NODEV,
                 "mode=755," + scratch_size(print.tmp_bytes, print.tmp_files)));
  TRY(sys::make_dir(kScratch + "/upper", 0755));
  TRY(sys::make_dir(kScratch + "/work", 0755));
  TRY(sys::make_dir(kScratch + "/tmp", 0755));
  if (::chmod((kScratch + "/tmp").c_str(), 01777) < 0) return sys::failure("chmod", "/tmp");
  return done();
}

// The base's files name uid 1000 alone, and a sandbox nested in a domain has a function of another.
Done write_accounts(const std::string& etc, uid_t function) {
  const std::string id = std::to_string(function);
  TRY(sys::write_path(etc + "/group", "root:x:0:\nfn:x:" + id + ":\n"));
  return sys::write_path(etc + "/passwd", "root:x:0:0:root:/:/usr/sbin/nologin\nfn:x:" + id + ":" + id +
                                              ":function:/tmp:/usr/sbin/nologin\n");
}

Done write_etc(Blueprint& print) {
  TRY(sys::make_dir(kScratch + "/upper/etc", 0755));
  if (print.ids.function != kFunction) TRY(write_accounts(kScratch + "/upper/etc", print.ids.function));
  TRY(sys::write_path(kScratch + "/upper/etc/hostname", print.hostname + "\n"));
  return sys::write_path(kScratch + "/upper/etc/hosts",
                         "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 " + print.hostname + "\n");
}

Done mount_overlay(Blueprint& print) {
  std::string lower;
  for (const std::string& layer : {print.layer, print.dependencies}) lower += layer.empty() ? "" : layer + ":";
  lower += print.base;
  return sys::mount("overlay", kRootfs, MS_NOSUID | MS_NODEV,
                    "lowerdir=" + lower + ",upperdir=" + kScratch + "/upper,workdir=" + kScratch + "/work");
}

Done mount_tmp(Blueprint&) {
  TRY(sys::bind(kScratch + "/tmp", kRootfs + "/tmp"));
  return sys::remount(kRootfs + "/tmp", MS_NOSUID | MS_NODEV | MS_NOEXEC);
}

Done mount_dev(Blueprint&) { return sys::bind("/dev", kRootfs + "/dev"); }

// A function sees its own processes: pid 1 is another uid's, in cgroups of the host's.
Done mount_proc(Blueprint&) {
  return sys::mount("proc", kRootfs + "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2");
}

Done mask_proc(Blueprint&) {
  for (const char* name : kMaskedFiles) {
    const std::string path = kRootfs + "/proc/" + name;
    struct stat found {};
    if (::lstat(path.c_str(), &found) < 0) continue;
    TRY(sys::bind(S_ISDIR(found.st_mode) ? "/empty" : "/dev/null", path));
    TRY(sys::remount(path, MS_RDONLY | MS_NOSUID | MS_NOEXEC | (S_ISDIR(found.st_mode) ? unsigned{MS_NODEV} : 0U)));
  }
  for (const char* name : kReadOnlyDirs) {
    const std::string path = kRootfs + "/proc/" + name;
    struct stat found {};
    if (::lstat(path.c_str(), &found) < 0) continue;
    TRY(sys::bind(path, path));
    TRY(sys::remount(path, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));
  }
  return done();
}

Done enter_root(Blueprint&) { return sys::pivot_root(kRootfs); }

Done root_read_only(Blueprint&) { return sys::remount("/", MS_RDONLY | MS_NOSUID | MS_NODEV); }

// Leaves 3 for init (see init/main.cc); status and the program itself go on exec.
Done place_fds(Blueprint& print) {
  constexpr int kAbove = 10;
  const int lifeline = ::fcntl(print.lifeline, F_DUPFD, kAbove);
  const int status = ::fcntl(print.status, F_DUPFD, kAbove);
  const int program = ::fcntl(print.init_program, F_DUPFD, kAbove);
  if (lifeline < 0 || status < 0 || program < 0) return sys::failure("fcntl F_DUPFD");
  if (::dup2(lifeline, 3) < 0 || ::dup3(status, 4, O_CLOEXEC) < 0 || ::dup3(program, 5, O_CLOEXEC) < 0) {
    return sys::failure("dup2");
  }
  print.lifeline = 3;
  print.status = 4;
  print.init_program = 5;
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return sys::failure("open", "/dev/null");
  for (int fd = 0; fd <= 2; ++fd) {
    if (::dup2(null, fd) < 0) return sys::failure("dup2");
  }
  if (::close_range(6, ~0U, 0) < 0) return sys::failure("close_range");
  return done();
}

Done default_signals(Blueprint&) {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  return done();
}

Done drop_privileges(Blueprint& print) {
  TRY(sys::drop_bounding_capabilities());
  TRY(sys::set_ids(print.ids.init, print.ids.init));
  TRY(sys::drop_capabilities(0));
  return sys::no_new_privileges();
}

constexpr Step<Blueprint> kPlan[] = {
    {"id-map", await_id_map},
    {"hostname", name_host},
    {"loopback", loopback_up},
    {"private-mounts", private_mounts},
    {"scratch", mount_scratch},
    {"etc", write_etc},
    {"overlay", mount_overlay},
    {"tmp", mount_tmp},
    {"dev", mount_dev},
    {"proc", mount_proc},
    {"proc-masks", mask_proc},
    {"pivot-root", enter_root},
    {"read-only-root", root_read_only},
    {"descriptors", place_fds},
    {"signals", default_signals},
    {"privileges", drop_privileges},
};

}  // namespace

std::span<const Step<Blueprint>> build_plan() { return kPlan; }

std::string scratch_size(unsigned long long tmp_bytes, unsigned long long tmp_files) {
  return "size=" + std::to_string(tmp_bytes + kOverheadBytes) +
         ",nr_inodes=" + std::to_string(tmp_files + kOverheadInodes);
}

}  // namespace jail
