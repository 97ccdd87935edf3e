"""What runs behind the pages: effects, deliveries, tasks."""
