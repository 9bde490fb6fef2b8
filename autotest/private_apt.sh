# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# apt with sources, lists and caches of its own, so that a suite or a source
# package can be had without touching the system's configuration. Sourced.

# The suite of this system.
debian_suite()
{
    # shellcheck source=/dev/null
    (. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
}

# The archive that suite comes from here.
debian_mirror()
{
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
        "Codename: $(debian_suite)" 'Origin: Debian' | sort -u | head -n 1
}

# private_apt_create DIR TYPE SUITE: TYPE is deb or deb-src. Nothing counts as
# installed there, so that downloads come with all they depend on. Signatures
# are checked; the age of an index is not, for the mirror may be a snapshot.
private_apt_create()
{
    local dir=$1 mirror
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || { echo 'no Debian mirror is configured'; return 1; }
    mkdir -p "$dir"/{state/lists/partial,cache/archives/partial,etc}
    : >"$dir/state/status"
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    printf '%s [signed-by=%s] %s %s main\n' \
        "$2" "$keyring" "$mirror" "$3" >"$dir/etc/sources.list"
    cat >"$dir/apt.conf" <<EOF
Dir::State "$dir/state";
Dir::State::status "$dir/state/status";
Dir::Cache "$dir/cache";
Dir::Etc::sourcelist "$dir/etc/sources.list";
Dir::Etc::sourceparts "$dir/etc/none";
Dir::Etc::preferences "$dir/etc/none";
Dir::Etc::preferencesparts "$dir/etc/none";
APT::Sandbox::User "";
Acquire::Check-Valid-Until "false";
APT::Install-Recommends "false";
Acquire::Languages "none";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
EOF
    private_apt "$dir" update
}

# private_apt_unpack DIR TREE: the packages downloaded there, into TREE.
private_apt_unpack()
{
    local package
    for package in "$1"/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$2" \
            --keep-directory-symlink --no-same-owner || return
    done
}

# private_apt DIR ARGUMENT...: apt-get there.
private_apt()
{
    local dir=$1
    shift
    apt-get -q -y -c "$dir/apt.conf" "$@"
}
