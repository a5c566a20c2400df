"""Letters and dossiers for Word: their templates, and what stands in the templates' placeholders."""
