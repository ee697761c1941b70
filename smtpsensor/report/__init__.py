"""The report: what the events of a run add up to. `ReportBuilder` counts, `Report` says, renderers print."""

from smtpsensor.report.builder import ReportBuilder
from smtpsensor.report.model import Report

__all__ = ["Report", "ReportBuilder"]
