"""Finds code that another repository of the organisation has, by winnowed fingerprints.

S. Schleimer, D. Wilkerson, A. Aiken: Winnowing, local algorithms for document fingerprinting
(SIGMOD 2003).
"""
