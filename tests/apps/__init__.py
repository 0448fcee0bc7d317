"""Applications that tests give to AsgiEngine and WsgiEngine."""
