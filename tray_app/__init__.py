"""Jumpseat: every coding tool on a laptop rides along on its owner's GitHub Copilot seat."""

__version__ = "0.1.0"
