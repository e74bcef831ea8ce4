"""What stands on a page, as its reader sees it."""

from streamlit.testing.v1 import AppTest

TEXTS = ("title", "subheader", "markdown", "caption", "text", "info", "success", "warning", "error")


def said(at: AppTest) -> str:
    """Every text on the page, one a line, sorted by what kind of element it is."""
    return "\n".join(str(element.value) for kind in TEXTS for element in getattr(at, kind))


def metrics(at: AppTest) -> dict[str, str]:
    """The value of each card by its label."""
    return {metric.label: metric.value for metric in at.metric}
