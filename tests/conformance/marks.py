"""Which engines a test is not for, and why; see conftest."""

from __future__ import annotations

import pytest

__all__ = ["needs", "over_network", "without"]

needs = pytest.mark.needs
without = pytest.mark.without
over_network = pytest.mark.over_network
