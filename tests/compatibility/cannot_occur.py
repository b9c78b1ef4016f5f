"""Faults that cannot occur here yet, and why: what they are about is not there."""

CANNOT_OCCUR = {
    61: "Responses over WebSocket is not served yet (planned); the upgrade is answered with 426.",
    83: "Jumpseat writes no other tool's settings: connecting a tool is not there yet (planned).",
}
