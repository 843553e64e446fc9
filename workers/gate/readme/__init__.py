"""What the check of the README reads with: a page of Markdown, its topics, links and left-overs."""
