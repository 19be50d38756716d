"""Every KPI and CPI: sufficient statistics in SQL, an estimate from them in NumPy."""
