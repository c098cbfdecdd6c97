"""What programs would do with clients that are generated from the OpenAPI document."""
