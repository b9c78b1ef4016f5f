"""Faults that cannot occur here yet, and why: what they are about is not there."""

CANNOT_OCCUR = {
    83: "Jumpseat writes no other tool's settings: connecting a tool is not there yet (planned).",
}
