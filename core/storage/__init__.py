"""The databases, with all SQL of the program.

``database`` opens a file, ``migrations`` makes its tables, ``thread`` lends it to trio.
Every other module here is one aggregate: functions or a small class over a ``Transaction``; rows in, records out.
"""
