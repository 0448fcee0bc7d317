"""The handlers of the plugins that wait."""
