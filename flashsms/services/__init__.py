"""The verbs: each public function is one step of the business and one transaction."""
