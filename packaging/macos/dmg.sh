#!/bin/bash
# Makes dist/jumpseat-VERSION-macos-ARCH.dmg from dist/Jumpseat.app: `make dmg`, on macOS, after `make package`.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$1
image=dist/jumpseat-$version-macos-$(uname -m).dmg

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -R dist/Jumpseat.app "$scratch/"
cp LICENSE dist/THIRD-PARTY.txt "$scratch/"
ln -s /Applications "$scratch/Applications"

rm -f "$image"
hdiutil create -volname "Jumpseat $version" -srcfolder "$scratch" -fs HFS+ -format UDZO -ov "$image"
if [ -n "${CODESIGN_IDENTITY:-}" ]; then
    codesign --force --timestamp --sign "$CODESIGN_IDENTITY" "$image"
fi
if [ -n "${CODESIGN_IDENTITY:-}" ] && [ -n "${NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
du -h "$image"
