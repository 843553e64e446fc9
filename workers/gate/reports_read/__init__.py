"""Reads what tools and test runs report; what is no report is never taken for a good one."""
