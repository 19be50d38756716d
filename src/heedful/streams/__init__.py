"""The two streams and their company: schema, lake, engines and expressions."""
