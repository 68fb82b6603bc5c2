"""All English that the program writes: units, times, references, reasons, narrative."""
