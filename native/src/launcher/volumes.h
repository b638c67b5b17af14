// Volumes: what functions keep. Each is an ext4 image in a file, so its size is its quota; while a sandbox has it, it
// is behind a loop device that clears itself.
#pragma once

#include <optional>
#include <string>

#include "sys/fd.h"
#include "sys/result.h"

namespace launcher {

struct VolumeMount {
  std::string image;  // "<tenant>/<name>.img" below the volumes directory
  std::string path;   // inside the sandbox
  bool read_only = false;
};

// "<label>/<label>.img", of lower-case letters, digits and '-'.
bool valid_image_name(const std::string& name);

// Absolute, of plain names alone: no ".", "..", empty name or NUL.
bool valid_mount_path(const std::string& path);

// Opened before the stage is set: no path leads to images or devices afterwards.
class Volumes {
 public:
  static sys::Result<Volumes> open(const std::string& directory);

  // A detached mount of the image, in which files of uid 1000 on the disk are the function's of the sandbox whose user
  // namespace is `owner`. All mounts of an image, of this launcher or another, are of one file system. Nothing is left
  // of it once the last is gone, however that came.
  sys::Result<sys::Fd> mount(const VolumeMount& volume, const sys::Fd& owner) const;

 private:
  sys::Result<sys::Fd> attach(const std::string& image) const;
  sys::Result<std::optional<sys::Fd>> find_attached(const sys::Fd& image) const;
  sys::Result<sys::Fd> attach_new(const sys::Fd& image) const;

  sys::Fd images_;
  sys::Fd devices_;  // the host's /dev
};

// Makes the directory `path` in the root of the sandbox of `init`, which is read-only to what runs there. No tenant's
// code may have run in it yet. A link on the way is an error.
sys::Done make_mount_point(const sys::Fd& init, const std::string& path);

}  // namespace launcher
