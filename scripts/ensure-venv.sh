#!/usr/bin/env bash
# Make a virtual environment, installing Debian's python3-venv first where it is missing.
set -euo pipefail
python=$1 venv=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Seawall needs Python 3.11 or newer; $("$python" --version) was found. Name another with: make PYTHON=python3.12" >&2
  exit 1
}
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  bash "$(dirname "$0")/apt-install.sh" python3-venv
fi
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
