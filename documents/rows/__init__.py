"""What stands in tables and findings: rows and sentences, subject by subject, for letters, dossiers, workbook and screen."""
