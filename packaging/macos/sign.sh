#!/bin/bash
# Signs dist/Jumpseat.app, has Apple notarise it and staples the answer to it: `make sign`, on macOS, after `make package`.
#
#   CODESIGN_IDENTITY   "Developer ID Application: NAME (TEAM)", in the keychain
#   NOTARY_PROFILE      made once with: xcrun notarytool store-credentials PROFILE
#
# Without the first the app gets a signature of this machine only, and a Mac that downloaded it refuses to start it
# until the user allows it under Privacy & Security.
set -euo pipefail
cd "$(dirname "$0")/../.."

app=dist/Jumpseat.app
entitlements=packaging/macos/entitlements.plist
identity=${CODESIGN_IDENTITY:--}

options=(--force --options runtime --entitlements "$entitlements" --sign "$identity")
if [ "$identity" != - ]; then
    options+=(--timestamp)
fi

# From the inside out: a signature covers what is inside of it.
while IFS= read -r -d '' library; do
    codesign "${options[@]}" "$library"
done < <(find "$app/Contents" -type f \( -name '*.so' -o -name '*.dylib' \) -print0)
while IFS= read -r -d '' framework; do
    codesign "${options[@]}" "$framework"
done < <(find "$app/Contents" -type d -name '*.framework' -print0)
codesign "${options[@]}" "$app/Contents/MacOS/jumpseat"
codesign "${options[@]}" "$app/Contents/MacOS/jumpseat-tray"
codesign "${options[@]}" "$app"
codesign --verify --deep --strict --verbose=2 "$app"

if [ "$identity" = - ] || [ -z "${NOTARY_PROFILE:-}" ]; then
    echo "Not notarised: that needs CODESIGN_IDENTITY and NOTARY_PROFILE."
    exit 0
fi

archive=$(mktemp -d)/Jumpseat.zip
ditto -c -k --keepParent "$app" "$archive"
xcrun notarytool submit "$archive" --keychain-profile "$NOTARY_PROFILE" --wait
xcrun stapler staple "$app"
spctl --assess --type execute --verbose "$app"
