"""What RQ runs: thin, each job calls one service. Their names stand in `flashsms.queue`."""
