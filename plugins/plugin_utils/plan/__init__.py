"""The plan: what the model means, computed once by pure functions, one file and one public function for each question."""
