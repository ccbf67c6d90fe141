"""Key material: made, sealed, used and destroyed here and nowhere else."""
