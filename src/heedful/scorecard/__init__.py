"""The scorecard: objectives in the customer's voice, the lint of their wording, and where they stand."""
