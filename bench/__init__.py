"""`make bench`: what one machine accepts, delivers and how long one message takes, all measured."""
