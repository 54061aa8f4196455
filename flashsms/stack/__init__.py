"""`make run`: starts every piece of FlashSMS, keeps it running, and stops it without leftovers."""
