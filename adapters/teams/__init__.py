"""Teams: conversations, activities that come in, and cards that go out."""
