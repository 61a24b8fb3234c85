"""Functions to be compared with, in Lambda's form: a folder each, with an `app.py`."""
