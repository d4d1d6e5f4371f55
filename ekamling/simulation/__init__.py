"""A regency's night in minutes, behind `ekamling simulate`: invented events and people, the centre's own code."""
