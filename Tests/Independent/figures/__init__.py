"""Every figure of the thirteen analyzers computed once more, from the CSV and the documented definitions alone."""
