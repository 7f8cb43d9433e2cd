"""The record models, one for each table. The schemas that Airbyte discovers are derived from them."""
