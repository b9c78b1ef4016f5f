"""Ollama's API, for tools that know no other. Read as chat; only its answers differ. Its docs/api.md."""
