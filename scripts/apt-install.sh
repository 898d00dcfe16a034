#!/usr/bin/env bash
# Install Debian packages where that is possible; otherwise say what to install.
set -euo pipefail
if ! command -v apt-get >/dev/null; then
  echo "Please install with this system's package manager: $*" >&2
  exit 1
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
    echo "Please run, as root: apt-get install -y $*" >&2
    exit 1
  fi
  sudo=(sudo -n)
fi
echo "installing: $*" >&2
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
