"""Who is told what came of a night: once when a trouble begins and once when it is over."""
