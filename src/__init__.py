"""One HTTP client in two colours: ``AsyncClient`` for services, ``Client`` for scripts."""
