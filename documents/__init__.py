"""A plan as people read it: on one screen, as letters and dossiers for Word, as a workbook, as drawings.

Pure functions over the model and the plan; only ``publish`` and ``pdf`` touch the disk.
"""
