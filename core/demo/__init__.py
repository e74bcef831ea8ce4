"""The demo data: six fictional candidates, loaded once into an empty workbench."""

from core.demo.load import load_once

__all__ = ["load_once"]
