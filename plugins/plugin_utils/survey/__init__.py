"""What stands at a site: who answers, what each device is and can do, how its streams and its line really are. Read only."""
