"""The forms of the dashboard: what a browser sends, and nothing of what it must mean."""
