#!/bin/sh
# Installs Jumpseat for one user, below ~/.local or $PREFIX. No root, nothing is downloaded.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=${PREFIX:-$HOME/.local}
program=$prefix/lib/jumpseat

if ! "$here/files/lib/jumpseat/jumpseat" --version >/dev/null 2>&1; then
    echo "Jumpseat does not start on this system:" >&2
    "$here/files/lib/jumpseat/jumpseat" --version >&2 || true
    echo "It needs glibc as new as the one it was built with. \`pipx install\` from the sources works elsewhere." >&2
    exit 1
fi

if [ -e "$program" ]; then
    "$here/uninstall.sh" --quiet
fi
mkdir -p "$prefix/lib" "$prefix/bin"
cp -R "$here/files/lib/jumpseat" "$program"
cp "$here/uninstall.sh" "$program/uninstall.sh"
for name in jumpseat jumpseat-tray; do
    ln -sf "$program/$name" "$prefix/bin/$name"
done
(cd "$here/files" && find share -type f) | while read -r file; do
    mkdir -p "$prefix/$(dirname "$file")"
    cp "$here/files/$file" "$prefix/$file"
done
# A menu does not look into ~/.local/bin, so it gets the whole path.
sed "s|Exec=jumpseat-tray|Exec=$prefix/bin/jumpseat-tray|" \
    "$here/files/share/applications/jumpseat.desktop" >"$prefix/share/applications/jumpseat.desktop"

echo "Installed: $prefix/bin/jumpseat. Start it from the menu, or with \`jumpseat\`."
case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) echo "$prefix/bin is not on your PATH." ;;
esac

missing=""
for library in Gtk-3.0 WebKit2-4.1 AyatanaAppIndicator3-0.1; do
    found=$(find /usr/lib /usr/lib64 /usr/local/lib -name "$library.typelib" 2>/dev/null | head -n 1)
    [ -n "$found" ] || missing="$missing $library"
done
if [ -n "$missing" ]; then
    echo "For the menu and the window these libraries are missing:$missing"
    echo "  Debian, Ubuntu: sudo apt install gir1.2-gtk-3.0 gir1.2-webkit2-4.1 gir1.2-ayatanaappindicator3-0.1"
    echo "  Fedora:         sudo dnf install gtk3 webkit2gtk4.1 libayatana-appindicator-gtk3"
    echo "  Arch:           sudo pacman -S gtk3 webkit2gtk-4.1 libayatana-appindicator gobject-introspection-runtime"
    echo "  openSUSE:       sudo zypper install typelib-1_0-Gtk-3_0 typelib-1_0-WebKit2-4_1 typelib-1_0-AyatanaAppIndicator3-0_1"
fi
