"""What a row is: one model per object of the API. The schemas that Airbyte discovers are derived from them."""
