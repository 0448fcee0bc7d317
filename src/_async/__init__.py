"""The ring that orders and waits: clients, the chain, the handlers of plugins, engines, responses."""
