"""The survey form: its tables as data, written as a workbook, and read from XLSX and CSV."""
