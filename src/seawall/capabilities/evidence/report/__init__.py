"""The assessment as documents that people hand to each other: an HTML report and a gap register."""
