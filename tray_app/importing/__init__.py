"""Settings of other proxies, taken over: ghc-proxy's `config.yaml` and copilot-api's `config.json`."""
