#!/bin/sh
# Takes away what install.sh put there, and nothing else. --quiet: an update follows.
set -eu

prefix=${PREFIX:-$HOME/.local}
program=$prefix/lib/jumpseat

for process in /proc/[0-9]*; do
    case "$(readlink "$process/exe" 2>/dev/null || true)" in
        "$program"/*) kill "${process#/proc/}" 2>/dev/null || true ;;
    esac
done

for name in jumpseat jumpseat-tray; do
    if [ "$(readlink "$prefix/bin/$name" 2>/dev/null || true)" = "$program/$name" ]; then
        rm -f "$prefix/bin/$name"
    fi
done
rm -rf "$program"
rm -f "$prefix/share/applications/jumpseat.desktop" "$prefix/share/metainfo/io.github.jumpseat.metainfo.xml" \
    "$prefix/share/man/man1/jumpseat.1" "$prefix"/share/icons/hicolor/*/apps/jumpseat.* \
    "$prefix"/share/icons/hicolor/*/apps/jumpseat-symbolic.svg

# Start at login would look for a program that is gone.
autostart=${XDG_CONFIG_HOME:-$HOME/.config}/autostart/jumpseat.desktop
if [ "${1:-}" != --quiet ] && grep -q "$prefix/" "$autostart" 2>/dev/null; then
    rm -f "$autostart"
fi

if [ "${1:-}" != --quiet ]; then
    echo "Jumpseat is gone. What you kept was left alone: ~/.config/jumpseat (settings), ~/.local/share/jumpseat"
    echo "(history), ~/.local/state/jumpseat (logs), ~/.cache/jumpseat, and the sign-in in your keyring under \"jumpseat\"."
fi
