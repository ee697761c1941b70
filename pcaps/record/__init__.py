"""Records the captures of `pcaps/`: real servers and real attack tools in namespaces of its own.

Run as root from the root of the project: `python -m pcaps.record [--check] [NAME ...]`.
"""
