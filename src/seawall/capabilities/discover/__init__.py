"""Find sensitive data: sources, parsers, detectors, findings, classification. No value found is ever kept."""
