"""State below KAA_HOME that is lost, torn or another's: what the commands say, and how a person gets it back."""
