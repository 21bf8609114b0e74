"""The org tree and its people in MongoDB: units, people, guardianships, rosters."""
