# shellcheck shell=bash
# Sourced, where $settings is the file of an environment.
value() { # value NAME DEFAULT: the environment counts more than the file
  local found=${!1:-}
  [ -n "$found" ] || found=$(sed -n "s/^$1=//p" "${settings:?}" | tail -1)
  printf '%s' "${found:-$2}"
}
