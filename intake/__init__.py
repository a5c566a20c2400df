"""How facts come into the inventory: forms, survey files, and edits that leave what people wrote as they wrote it."""
