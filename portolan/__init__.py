"""Portolan: a chart of all 65,536 ports, one explainer page per port and language."""

__version__ = "0.1.0"
