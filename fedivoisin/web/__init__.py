"""The pages that members read."""
