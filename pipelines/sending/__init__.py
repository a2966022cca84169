"""The sender's side: makes a delivery of what a municipality has, and judges one before it is sent. Nothing is taken in here."""
